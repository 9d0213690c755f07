"""What was decided for one group. Knows overlap, who may ask and who pays; must not know who decides or platforms."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.money import Cap
from hub.domain.payer import PaidBy
from hub.domain.turn import Overlap
from hub.domain.value import dataclass


class Asking(StrEnum):
    """Who is answered. MEMBERS: those the policy lists; ADMINS: those the platform says run the group."""

    EVERYBODY = "everybody"
    MEMBERS = "members"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """One group's policy; None: as the house has it.

    `always`: what was only overheard is answered too. `members`: platform's users who may ask, with MEMBERS.
    `payer`: the account of the sponsor or team, 0: of the team that the place belongs to. `cap`: the most a sponsor
    pays in a calendar month. `id`: the row's, 0 where nothing was decided.
    """

    overlap: Overlap | None = None
    always: bool | None = None
    asking: Asking | None = None
    members: frozenset[str] = frozenset()
    paid_by: PaidBy | None = None
    payer: int = 0
    cap: Cap = Cap()
    id: int = 0


AS_THE_HOUSE = GroupPolicy()
"""Of a group that nothing was decided for."""

MOST_MEMBERS = 500
"""Users that one policy lists."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group that something was decided for, as an operator or sponsor sees it."""

    tenant: int
    platform: str
    bot: str
    chat: str
    policy: GroupPolicy
