"""What storage offers about teams. Knows members, codes, places and who pays; must not know commands or words.

Each verb is one atomic step; each may raise StoreDown (then nothing was written). A team is named by its account.
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.address import Address
from hub.domain.conversation import Account
from hub.domain.inbound import Inbound
from hub.domain.money import Cap
from hub.domain.reply import Notice
from hub.domain.team import Change, Membership, Purse, Role, Team, TeamPlace
from hub.ports.accounts import CodeRules


class Teams(Protocol):
    """People who share a balance."""

    async def create_team(self, tenant: int, name: str, owner: int, key: str = "") -> int:
        """A team with `owner` (an account, 0: nobody yet); its number. The same `key` again makes no second one."""
        ...

    async def teams(self, tenant: int, after: int, limit: int) -> tuple[Team, ...]:
        """Teams with numbers greater than `after`, in order."""
        ...

    async def team(self, tenant: int, team_id: int) -> Team | None:
        """One team."""
        ...

    async def team_account(self, tenant: int, team_id: int) -> Account | None:
        """The account that a team is."""
        ...

    async def teams_of(self, tenant: int, account_id: int) -> tuple[Team, ...]:
        """The teams somebody is in, oldest membership first, each with `me`."""
        ...

    async def members(self, tenant: int, team_id: int, window: str, after: int, limit: int) -> tuple[Membership, ...]:
        """Members with rows greater than `after`, in order, and what each has spent in `window` under their cap."""
        ...

    async def put_member(self, tenant: int, team_id: int, account_id: int, role: Role) -> Change:
        """Make somebody a member, or a member something else."""
        ...

    async def remove_member(self, tenant: int, team_id: int, account_id: int) -> Change:
        """Somebody is in the team no more."""
        ...

    async def set_cap(self, tenant: int, team_id: int, account_id: int, cap: Cap) -> Change:
        """A member's cap; account 0: of everybody who has none of their own."""
        ...

    async def set_paid(self, tenant: int, team_id: int, account_id: int, paid: bool) -> Change:
        """Whether the team pays for what a member asks where it is at home, or they do."""
        ...

    async def invite(self, tenant: int, team_id: int, digest: str, rules: CodeRules) -> None:
        """Keep the digest of a code that lets somebody join; the team's oldest make room."""
        ...

    async def join_team(self, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules) -> int | None:
        """Let who wrote `inbound` join the team that a code is for, once; the team, 0 for a wrong code (which counts
        against them, together with those of `use_code`), None: too many wrong ones. The same turn twice joins once."""
        ...

    async def bind(self, tenant: int, place: TeamPlace) -> bool:
        """Make a workspace, server or group a team's; False: it is another's. With `everybody`, those who are known in
        private there become members at once."""
        ...

    async def unbind(self, tenant: int, platform: str, bot: str, place: str, team_id: int) -> bool:
        """The place is that team's no more; False: it was not."""
        ...

    async def places(self, tenant: int, team_id: int) -> tuple[TeamPlace, ...]:
        """What is bound to a team."""
        ...

    async def purse(self, address: Address, place: str, account_id: int) -> Purse:
        """Who pays for what `account_id` asks at `address`, which is part of `place`."""
        ...

    async def tell_admins(self, tenant: int, team_id: int, window: str, told: Notice) -> int:
        """Send those who run the team `told`, each where they last wrote privately and in their language, once for
        every window; to how many."""
        ...
