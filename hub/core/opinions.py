"""What people think of answers. Knows what an opinion looks like; must not know platforms or turns.

It is kept at the door: no row of the inbox, no turn, and whoever has one becomes nobody that we know.
"""

from __future__ import annotations

from hub.domain.inbound import Content, Inbound, Pressed
from hub.ports.store import Store

OPINIONS = {"good": True, "bad": False, "none": None}


def is_opinion(content: Content) -> bool:
    """Whether it is the press of `rate`, the button that is always there."""
    return isinstance(content, Pressed) and content.command == "rate"


async def keep_opinion(store: Store, inbound: Inbound) -> None:
    """Keep `good REF`, `bad REF` or `none REF`, if an answer of ours is shown there. Raises StoreDown."""
    content = inbound.content
    opinion, _, ref = content.argument.partition(" ") if isinstance(content, Pressed) else ("", "", "")
    if opinion in OPINIONS and ref:
        await store.rate(inbound.address, ref, inbound.sender.user, OPINIONS[opinion])
