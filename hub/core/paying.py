"""Who pays for a turn. Knows the turn alone; must not know plans or balances."""

from __future__ import annotations

from hub.core.bid import Spender
from hub.domain.turn import Turn


def spender_of(turn: Turn) -> Spender:
    """Who asks pays, unless a sponsor or a team was found to; the guard over a person counts who asks all the same."""
    platform, asker, payer = turn.inbound.address.platform, turn.account, turn.payer
    if payer is None:
        return Spender(asker, platform)
    return Spender(payer.account, platform, asker.id, payer.ceilings)
