"""Who pays for what is asked. Knows accounts and what bounds them; must not know groups, teams or plans."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.conversation import Account
from hub.domain.money import Ceiling
from hub.domain.value import dataclass


class PaidBy(StrEnum):
    """Who pays for what is asked. SPONSOR: an account that agreed; TEAM: a team, for its members."""

    SENDER = "sender"
    SPONSOR = "sponsor"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Payer:
    """The account on which is held what somebody else asks; `ceilings` are met before its balance is."""

    account: Account
    by: PaidBy
    ceilings: tuple[Ceiling, ...] = ()
