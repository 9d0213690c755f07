"""The terminal as a platform. Knows how to make the adapter; must not do anything at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.terminal.config import TerminalConfig
    from hub.ports.adapter import Adapter
    from hub.ports.house import House


def create(config: TerminalConfig, house: House) -> Adapter:
    """The adapter of one person at one terminal, or of one pipe."""
    from adapters.terminal.adapter import TerminalAdapter

    return TerminalAdapter(config, house)
