"""The part of the store port about teams, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.address import Address
from hub.domain.conversation import Account
from hub.domain.inbound import Inbound
from hub.domain.money import Cap
from hub.domain.reply import Notice
from hub.domain.team import Change, Membership, Purse, Role, Team, TeamPlace
from hub.ports.accounts import CodeRules


class TeamsOn:
    """`hub.ports.teams.Teams` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def create_team(self, tenant: int, name: str, owner: int, key: str = "") -> int:
        """A team with its first owner."""
        from storage.verbs import teams

        number: int = await self._write(teams.create_team, tenant, name, owner, key)
        return number

    async def teams(self, tenant: int, after: int, limit: int) -> tuple[Team, ...]:
        """Every team."""
        from storage.verbs import teams

        found: tuple[Team, ...] = await self._read(teams.teams, tenant, after, limit)
        return found

    async def team(self, tenant: int, team_id: int) -> Team | None:
        """One team."""
        from storage.verbs import teams

        found: Team | None = await self._read(teams.team, tenant, team_id)
        return found

    async def team_account(self, tenant: int, team_id: int) -> Account | None:
        """The account that a team is."""
        from storage.verbs import team_places

        found: Account | None = await self._read(team_places.team_account, tenant, team_id)
        return found

    async def teams_of(self, tenant: int, account_id: int) -> tuple[Team, ...]:
        """The teams somebody is in."""
        from storage.verbs import teams

        found: tuple[Team, ...] = await self._read(teams.teams_of, tenant, account_id)
        return found

    async def members(self, tenant: int, team_id: int, window: str, after: int, limit: int) -> tuple[Membership, ...]:
        """A team's members."""
        from storage.verbs import teams

        found: tuple[Membership, ...] = await self._read(teams.members, tenant, team_id, window, after, limit)
        return found

    async def put_member(self, tenant: int, team_id: int, account_id: int, role: Role) -> Change:
        """Make somebody a member, or a member something else."""
        from storage.verbs import teams

        change: Change = await self._write(teams.put_member, tenant, team_id, account_id, role)
        return change

    async def remove_member(self, tenant: int, team_id: int, account_id: int) -> Change:
        """Somebody is in the team no more."""
        from storage.verbs import teams

        change: Change = await self._write(teams.remove_member, tenant, team_id, account_id)
        return change

    async def set_cap(self, tenant: int, team_id: int, account_id: int, cap: Cap) -> Change:
        """A member's cap, or everybody's."""
        from storage.verbs import teams

        change: Change = await self._write(teams.set_cap, tenant, team_id, account_id, cap)
        return change

    async def set_paid(self, tenant: int, team_id: int, account_id: int, paid: bool) -> Change:
        """Whether the team pays for a member."""
        from storage.verbs import teams

        change: Change = await self._write(teams.set_paid, tenant, team_id, account_id, paid)
        return change

    async def invite(self, tenant: int, team_id: int, digest: str, rules: CodeRules) -> None:
        """Keep a code that lets somebody join."""
        from storage.verbs import team_places

        await self._write(team_places.invite, tenant, team_id, digest, rules)

    async def join_team(self, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules) -> int | None:
        """Let somebody join by a code."""
        from storage.verbs import team_places

        team: int | None = await self._write(team_places.join_team, inbound, turn_id, digest, rules)
        return team

    async def bind(self, tenant: int, place: TeamPlace) -> bool:
        """Make a place a team's."""
        from storage.verbs import team_places

        done: bool = await self._write(team_places.bind, tenant, place)
        return done

    async def unbind(self, tenant: int, platform: str, bot: str, place: str, team_id: int) -> bool:
        """The place is that team's no more."""
        from storage.verbs import team_places

        done: bool = await self._write(team_places.unbind, tenant, platform, bot, place, team_id)
        return done

    async def places(self, tenant: int, team_id: int) -> tuple[TeamPlace, ...]:
        """What is bound to a team."""
        from storage.verbs import team_places

        found: tuple[TeamPlace, ...] = await self._read(team_places.places, tenant, team_id)
        return found

    async def purse(self, address: Address, place: str, account_id: int) -> Purse:
        """Who pays for what somebody asks somewhere."""
        from storage.verbs import team_places

        found: Purse = await self._read(team_places.purse, address, place, account_id)
        return found

    async def tell_admins(self, tenant: int, team_id: int, window: str, told: Notice) -> int:
        """Tell those who run a team something, once in every window."""
        from storage.verbs import team_places

        reached: int = await self._write(team_places.tell_admins, tenant, team_id, window, told)
        return reached
