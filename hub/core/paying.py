"""Who pays for a turn. Knows the turn alone; must not know plans or balances."""

from __future__ import annotations

from hub.core.bid import Spender
from hub.domain.turn import Turn


def spender_of(turn: Turn) -> Spender:
    """The account the conversation is kept for pays: the person's in private, the chat's in a group."""
    return Spender(turn.account, turn.inbound.address.platform)
