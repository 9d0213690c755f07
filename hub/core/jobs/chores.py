"""What the house does for itself, job by job. Knows the store's verbs; must not know when they are due."""

from __future__ import annotations

from dataclasses import dataclass

from hub.ports.store import Retention, Store

ACCOUNTS_AT_ONCE = 200
"""Accounts whose balances one step recomputes."""

MOST_NAMED = 5
"""Disagreements that the alert spells out."""


def several(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Deletes what is past its time."""

    store: Store
    retention: Retention

    async def __call__(self, slot: int, now: int) -> str:
        """Until nothing is left, a bounded batch at a time. Raises StoreDown."""
        gone = 0
        while left := await self.store.retain(self.retention, now):
            gone += left
        return f"{several(gone, 'row')} past their time deleted" if gone else "nothing was past its time"
