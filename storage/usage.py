"""The part of the store port about usage added up, on either database. Knows which verb writes; must not know how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.usage import Invoice, LoginLine, Statement, UsageKey, UsageLine, UsageRow, WarnedGrant


class UsagesOn:
    """`hub.ports.usage.Usages` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def rolled_until(self) -> int:
        """Where the roll-ups end."""
        from storage.verbs import usage

        mark: int = await self._read(usage.rolled_until)
        return mark

    async def roll_up(self, until: int) -> int:
        """Add up one hour."""
        from storage.verbs import usage

        mark: int = await self._write(usage.roll_up, until, long=True)
        return mark

    async def usage(
        self, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
    ) -> tuple[UsageRow, ...]:
        """A page of rows."""
        from storage.verbs import usage

        rows: tuple[UsageRow, ...] = await self._read(usage.usage, tenant, account_id, since, until, after, limit)
        return rows

    async def used(self, tenant: int, account_id: int, since: int, until: int) -> tuple[UsageLine, ...]:
        """What was used, by model."""
        from storage.verbs import usage

        lines: tuple[UsageLine, ...] = await self._read(usage.used, tenant, account_id, since, until)
        return lines

    async def statement(self, tenant: int, account_id: int, since: int, until: int) -> Statement:
        """As it was written, or what the ledger says."""
        from storage.verbs import statements

        whole: Statement = await self._read(statements.statement, tenant, account_id, since, until)
        return whole

    async def write_statements(self, since: int, until: int, after: int, limit: int) -> tuple[int, int]:
        """Write some of a month's."""
        from storage.verbs import statements

        step: tuple[int, int] = await self._write(statements.write, since, until, after, limit, long=True)
        return step

    async def write_house_statements(self, since: int, until: int) -> int:
        """Write the houses'."""
        from storage.verbs import statements

        new: int = await self._write(statements.write_houses, since, until, long=True)
        return new

    async def invoices(self, tenant: int, account_id: int, since: int, until: int) -> tuple[Invoice, ...]:
        """What an account has paid."""
        from storage.verbs import letters

        paid: tuple[Invoice, ...] = await self._read(letters.invoices, tenant, account_id, since, until)
        return paid

    async def warned_grants(self, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
        """Allowances of which people have been warned."""
        from storage.verbs import letters

        grants: tuple[WarnedGrant, ...] = await self._read(letters.warned_grants, after, limit, now)
        return grants

    async def logins(self, after: int, limit: int) -> tuple[LoginLine, ...]:
        """Who can be written to."""
        from storage.verbs import letters

        lines: tuple[LoginLine, ...] = await self._read(letters.logins, after, limit)
        return lines
