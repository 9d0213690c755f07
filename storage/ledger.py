"""The part of the store port about money, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.money import (
    BalanceLine,
    Disagreement,
    EntryKind,
    EntryLine,
    NewGrant,
    Unit,
    WindowShare,
)
from storage.rows import now_ms
from storage.verbs import abandoned, ledger


class LedgerOn:
    """`hub.ports.ledger.Ledger` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def balances(self, tenant: int, account_id: int) -> tuple[BalanceLine, ...]:
        """Every balance of an account."""
        lines: tuple[BalanceLine, ...] = await self._read(ledger.balances, tenant, account_id)
        return lines

    async def grant(self, tenant: int, grant: NewGrant) -> bool:
        """Give credits."""
        given: bool = await self._write(ledger.grant, tenant, grant, now_ms(), resolve=ledger.find_given)
        return given

    async def adjust(
        self,
        tenant: int,
        account_id: int,
        unit: Unit,
        amount: int,
        key: str,
        note: str,
        kind: EntryKind = EntryKind.ADJUST,
        grant_key: str = "",
    ) -> bool:
        """Correct a balance."""
        correction = (tenant, account_id, unit, amount, key, note, kind, grant_key, now_ms())
        done: bool = await self._write(ledger.adjust, *correction, resolve=ledger.find_adjusted)
        return done

    async def set_plan(self, tenant: int, account_id: int, plan: str, anchor: int, until: int) -> None:
        """Put an account on a plan."""
        await self._write(ledger.set_plan, tenant, account_id, plan, anchor, until)

    async def entries(self, tenant: int, account_id: int, after: int, limit: int) -> tuple[EntryLine, ...]:
        """Lines of the ledger."""
        lines: tuple[EntryLine, ...] = await self._read(ledger.entries, tenant, account_id, after, limit)
        return lines

    async def verify(self, after: int, limit: int) -> tuple[tuple[Disagreement, ...], int]:
        """Add up again."""
        from storage.verbs import audit

        found: tuple[tuple[Disagreement, ...], int] = await self._read(audit.verify, after, limit)
        return found

    async def window_share(self, tenant: int, account_id: int) -> WindowShare | None:
        """The allowance that is running."""
        share: WindowShare | None = await self._read(ledger.window_share, tenant, account_id)
        return share

    async def pace(self, tenant: int, scope: str, per_minute: int) -> int:
        """Count one of so many in a minute."""
        from storage.verbs import paces

        seconds: int = await self._write(paces.pace, tenant, scope, per_minute, soon=True)
        return seconds

    async def keep_process(self, owner: str, seconds: float) -> None:
        """The process lives."""
        await self._write(abandoned.keep_process, owner, seconds)

    async def close_abandoned(self, limit: int) -> int:
        """Close what dead processes called."""
        left: list[tuple[int, str]] = await self._read(abandoned.left_open, now_ms(), limit)
        closed = [await self._write(abandoned.close_one, attempt, progress) for attempt, progress in left]
        if not left:
            await self._write(abandoned.forget_processes)
        return sum(closed)

    async def close_calls_of(self, owner: str | None) -> None:
        """Close what a process left open when it ended; None: what every one did."""
        for attempt, progress in await self._read(abandoned.open_calls, owner):
            await self._write(abandoned.close_one, attempt, progress)
