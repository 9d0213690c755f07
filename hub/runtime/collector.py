"""When garbage is collected. Knows Python's collector and a clock; must not know what runs.

By itself the collector walks when many objects are new, and so in the middle of a crowd's questions. Here it walks by
the clock, in short steps: those who ask at one instant then hardly ever wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import time

ROUND_SECONDS = 0.25
YOUNG = 2_000
"""Objects that are new since the last walk, fewer of which are not worth one: 1 ms."""

WALKS = 4
"""So many walks of the young make one of the middle-aged, which takes 5 ms then, and 20 with twenty; so many of those
one of all that lives, if that is due."""

OLD_SECONDS, OLD_SHARE = 60.0, 1_000
"""The least time between two walks through all that lives, and how many times longer than such a walk it is."""

AT_MOST = 50_000
"""New objects at which the collector walks without us. A walk through so many takes 20 ms."""


class Collector:
    """Walks in the running loop until it is closed. What lives when it is made is never walked again."""

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(AT_MOST, 20, 20)
        self._loop = asyncio.get_running_loop()
        self._next_old = time.monotonic() + OLD_SECONDS
        self._timer = self._loop.call_later(ROUND_SECONDS, self._go_round)

    def close(self) -> None:
        """No more walks by the clock."""
        self._timer.cancel()

    def _go_round(self) -> None:
        self._timer = self._loop.call_later(ROUND_SECONDS, self._go_round)
        young, middle, old = gc.get_count()
        if young < YOUNG:
            return
        began = time.monotonic()
        if old < WALKS or began < self._next_old:
            gc.collect(1 if middle >= WALKS else 0)
            return
        gc.collect()
        ended = time.monotonic()
        self._next_old = ended + max(OLD_SECONDS, (ended - began) * OLD_SHARE)
