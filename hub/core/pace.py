"""How fast one may write or call. Knows a bucket for each who did lately; must not know who they are."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable

from hub.ports.paces import Paces as Shared

SWEEP_AT = 10_000
"""Buckets kept at least before the full ones (those of people who were quiet) are thrown out; when few are full, twice
as many as were left are kept before the next time."""


class Pace:
    """A token bucket per person: `per_minute` in a minute, all of them at once if they were saved up. 0 = no limit."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._sweep_at = SWEEP_AT
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def wait(self, person: Hashable) -> int:
        """Seconds until `person` may write again; 0: now."""
        if not self._capacity or person not in self._buckets:
            return 0
        left = self._left(person)
        return 0 if left >= 1 else math.ceil((1 - left) / self._per_second)

    def count(self, person: Hashable) -> None:
        """`person` wrote."""
        if not self._capacity:
            return
        if len(self._buckets) >= self._sweep_at:
            self._buckets = {who: kept for who, kept in self._buckets.items() if self._left(who) < self._capacity}
            self._sweep_at = max(SWEEP_AT, 2 * len(self._buckets))
        self._buckets[person] = (self._left(person) - 1, time.monotonic())

    def _left(self, person: Hashable) -> float:
        left, at = self._buckets.get(person, (self._capacity, 0.0))
        return min(self._capacity, left + (time.monotonic() - at) * self._per_second)


class Paces:
    """The same for anything that is counted, with its own `per_minute`: in this process where it works alone, else
    where every process sees it."""

    def __init__(self, store: Shared) -> None:
        self._store = store
        self._here: dict[int, Pace] = {}

    async def wait(self, tenant: int, scope: str, per_minute: int) -> int:
        """Seconds until the next one may come; 0: it is counted and may come now. Raises StoreDown."""
        if not per_minute:
            return 0
        if self._store.shared:
            return await self._store.pace(tenant, scope, per_minute)
        pace = self._here.setdefault(per_minute, Pace(per_minute))
        seconds = pace.wait((tenant, scope))
        if not seconds:
            pace.count((tenant, scope))
        return seconds
