"""Events worked on side by side, and how far they are all done. Knows sequence numbers; must not know events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

MOST_AT_ONCE = 1_000
"""Events taken from the gateway and not yet committed; beyond it nothing more is read, and Discord keeps the rest."""

log = logging.getLogger("parley.discord")


class Order:
    """Work in as many chains as there are channels: within one in order, across them at the same time."""

    def __init__(self) -> None:
        self._pending: dict[int, int] = {}
        self._seen = 0
        self._newest = 0
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._done_moments: dict[int, int] = {}

    def reset(self, seq: int, newest: int) -> None:
        """A new session, or one taken up again: everything up to `seq` is done."""
        self._pending.clear()
        self._done_moments.clear()
        self._seen, self._newest = seq, newest

    @property
    def committed(self) -> int:
        """Everything up to this sequence number is done."""
        first = next(iter(self._pending), None)
        return self._seen if first is None else first - 1

    @property
    def newest(self) -> int:
        """The newest snowflake of what is done without a gap."""
        return self._newest

    def begin(self, seq: int, moment: int = 0) -> None:
        """An event arrived; `moment` is its snowflake, 0 if it has none."""
        self._pending[seq] = moment
        self._seen = max(self._seen, seq)

    def done(self, seq: int) -> None:
        """An event is dealt with."""
        if seq not in self._pending:
            return
        self._done_moments[seq] = self._pending[seq]
        del self._pending[seq]
        committed = self.committed
        for past in [one for one in self._done_moments if one <= committed]:
            self._newest = max(self._newest, self._done_moments.pop(past))

    def follow(self, chain: str, seq: int, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Do `work` after everything before it in `chain`; then `seq` is done (0: it is no event of its own)."""
        task = asyncio.create_task(self._run(self._last.get(chain), chain, work))
        self._last[chain] = task
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, seq))
        return task

    async def room(self) -> None:
        """Return once not too much is under way."""
        while len(self._tasks) >= MOST_AT_ONCE:
            self._room.clear()
            await self._room.wait()

    async def stop(self) -> None:
        """End whatever is under way; it stays undone."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, before: asyncio.Task[None] | None, chain: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            if before is not None:
                await asyncio.wait({before})
            await work()
        finally:
            if self._last.get(chain) is asyncio.current_task():
                del self._last[chain]

    def _ended(self, seq: int, task: asyncio.Task[None]) -> None:
        """Also what fell is dealt with: repeating it would fall again, and hold up everything after it."""
        self._tasks.discard(task)
        self._room.set()
        if task.cancelled():
            return
        self.done(seq)
        if (error := task.exception()) is not None:
            log.error("an event of Discord's was not dealt with", exc_info=error)
