"""The part of the store port about usage added up, on either database. Knows which verb writes; must not know how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.usage import LoginLine, Statement, UsageKey, UsageRow, WarnedGrant


class UsagesOn:
    """`hub.ports.usage.Usages` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def rolled_until(self) -> int:
        """Where the roll-ups end."""
        from storage.verbs import usage

        mark: int = await self._read(usage.rolled_until)
        return mark

    async def roll_up(self, hour: int, until: int) -> int:
        """Add up one hour anew."""
        from storage.verbs import usage

        following: int = await self._write(usage.roll_up, hour, until, long=True)
        return following

    async def first_unsettled(self, until: int) -> int:
        """When the oldest call was begun that has to be looked at."""
        from storage.verbs import usage

        at: int = await self._read(usage.first_unsettled, until)
        return at

    async def usage(
        self, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
    ) -> tuple[UsageRow, ...]:
        """A page of rows."""
        from storage.verbs import usage

        rows: tuple[UsageRow, ...] = await self._read(usage.usage, tenant, account_id, since, until, after, limit)
        return rows

    async def statement(self, tenant: int, account_id: int, since: int, until: int) -> Statement:
        """What the ledger says about an account in a span."""
        from storage.verbs import statements

        whole: Statement = await self._read(statements.statement, tenant, account_id, since, until)
        return whole

    async def warned_grants(self, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
        """Allowances of which people have been warned."""
        from storage.verbs import statements

        grants: tuple[WarnedGrant, ...] = await self._read(statements.warned_grants, after, limit, now)
        return grants

    async def logins(self, after: int, limit: int) -> tuple[LoginLine, ...]:
        """Who can be written to."""
        from storage.verbs import statements

        lines: tuple[LoginLine, ...] = await self._read(statements.logins, after, limit)
        return lines
