"""People who share a balance. Knows teams, members, roles, caps and places; must not know how they are stored.

A team is an account: its number here is that of the account.
"""

from __future__ import annotations

from enum import StrEnum

from hub.domain.conversation import Account
from hub.domain.group import GroupPolicy
from hub.domain.money import Cap
from hub.domain.value import dataclass

NO_CAP = 2**53 - 1
"""A cap that bounds nothing, whatever the team's is."""


class Role(StrEnum):
    """What a member may do. ADMIN: invite, cap, bind, buy; OWNER: that, and say who is admin or owner."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def runs(self) -> bool:
        """Whether they decide for the team."""
        return self is not Role.MEMBER


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody in a team. `id`: the row's, under which their cap is counted for as long as they come and go.

    `cap` of nothing: the team's; `spent` since the month began, in the unit of the cap that counts; `paid`: the team
    pays for what they ask where it is at home.
    """

    id: int
    team_id: int
    account_id: int
    name: str
    role: Role
    cap: Cap
    paid: bool
    spent: int = 0

    def bound(self, common: Cap) -> Cap:
        """The cap that counts, `common` being the team's; of NO_CAP where there is none."""
        return self.cap if self.cap.amount else Cap(common.amount or NO_CAP, common.unit)


@dataclass(frozen=True, slots=True)
class TeamPlace:
    """A workspace, server or group that is a team's. `everybody`: all who ask there become members; `private`: private
    chats with the bot are part of it."""

    platform: str
    bot: str
    place: str
    team_id: int
    everybody: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """A team; `cap` of each member who has none of their own. `me`: who asked, if they are in it."""

    id: int
    tenant: int
    name: str
    cap: Cap
    me: Membership | None = None


class Change(StrEnum):
    """What came of a change to a team. LAST_OWNER: somebody else has to own it first."""

    DONE = "done"
    UNKNOWN = "unknown"
    LAST_OWNER = "last_owner"


@dataclass(frozen=True, slots=True)
class Purse:
    """Everything that decides who pays for a turn somewhere.

    `payer`: the sponsor's account, or that of the team; `membership` and `cap` of who asks, when that is a team;
    `joins`: who asks is no member yet and becomes one by asking. `home`: the team that the place belongs to, 0: none.
    """

    policy: GroupPolicy
    payer: Account | None = None
    membership: Membership | None = None
    cap: Cap = Cap()
    joins: int = 0
    home: int = 0
