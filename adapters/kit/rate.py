"""How often somebody may do something. Knows counting in memory; must not know who is counted or why."""

from __future__ import annotations

import time

MOST_COUNTED = 100_000
"""Distinct names counted in one minute; beyond it the count starts afresh rather than grow."""


REFUSALS = 6
"""Times a minute that somebody is told why something was not taken: who floods us must not make us flood a platform."""


class PerMinute:
    """At most `limit` times a minute for each name; 0 = no limit. Fixed windows: cheap, and enough against a flood."""

    __slots__ = ("_counts", "_ends", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ends = 0.0
        self._counts: dict[str, int] = {}

    def wait(self, name: str) -> int:
        """Count one; 0 when allowed, else the whole seconds until it is again."""
        if not self._limit:
            return 0
        now = time.monotonic()
        if now >= self._ends or len(self._counts) >= MOST_COUNTED:
            self._counts.clear()
            self._ends = now + 60
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        return 0 if count <= self._limit else max(1, int(self._ends - now) + 1)
