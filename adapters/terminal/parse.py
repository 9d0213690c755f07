"""A typed line to an inbound. Knows lines; must not know where they come from."""

from __future__ import annotations

from hub.domain.address import Address
from hub.domain.inbound import Inbound, Said, Sender


def inbound(line: str, address: Address, sender: Sender, event_id: str) -> Inbound | None:
    """What the person said, as typed, or None for a blank line."""
    text = line.rstrip("\r\n")
    return Inbound(address, sender, event_id, Said(text)) if text.strip() else None
