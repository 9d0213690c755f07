"""Hints over LISTEN and NOTIFY. Knows one connection and its loss; must not know what is told over it.

They are told after the commit that they are about, gathered, on the connection that listens: NOTIFY inside the
transactions themselves would have the commits of all processes wait in one row behind a lock of the whole server.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.ports.hints import LONGEST_HINT

CHANNEL = "parley"

PAYLOAD = LONGEST_HINT + 500
"""Bytes of one notification; PostgreSQL takes 8,000."""

MOST_WAITING = 20_000
"""Hints that wait to be told; beyond it they are dropped, and everybody is told that some were missed."""

HERE_SECONDS = 10.0
"""How often a process says that it listens; what has not been heard for three times as long does not."""

ANSWER_SECONDS = 5.0
"""How long the server may take for one step of ours; then the connection counts as lost."""

PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds before the connection is made again; the last one repeats."""

HERE, MISSED = "here", "missed"
"""Our own topics: that somebody listens; that some of what they told was dropped."""

log = logging.getLogger("parley.store")


class PostgresHints:
    """`hub.ports.hints.Hints` between the processes on one PostgreSQL database. Connects at the first `hear`."""

    def __init__(self, engine: AsyncEngine, settings: dict[str, str]) -> None:
        self._engine, self._settings = engine, settings
        self._ears: dict[str, tuple[Callable[[str], None], Callable[[], None]]] = {}
        self._waiting: deque[str] = deque()
        self._news = asyncio.Event()
        self._heard: dict[int, float] = {}
        self._echo = float("-inf")
        self._ours = 0
        self._line: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def others(self) -> bool:
        """See hub.ports.hints.Hints."""
        return bool(self._heard)

    @property
    def deaf(self) -> bool:
        """See hub.ports.hints.Hints: what we say ourselves has to come back to us."""
        return time.monotonic() - self._echo > 3 * HERE_SECONDS

    def tell(self, topic: str, words: str) -> None:
        """See hub.ports.hints.Hints."""
        if self._heard and not self._closing:
            self._say(f"{topic} {words}")

    def hear(self, topic: str, take: Callable[[str], None], missed: Callable[[], None]) -> None:
        """See hub.ports.hints.Hints."""
        self._ears[topic] = take, missed
        if self._line is None:
            self._line = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Tell what waits, and hang up."""
        self._closing = True
        self._news.set()
        if self._line is not None:
            await asyncio.wait({self._line}, timeout=1)
            self._line.cancel()
            await asyncio.gather(self._line, return_exceptions=True)

    def _say(self, hint: str) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            hint = MISSED
        self._waiting.append(hint)
        self._news.set()

    async def _keep(self) -> None:
        """Be on the line until closed; one that is lost is made again."""
        failures, told = 0, False
        while not self._closing:
            try:
                await self._talk()
                failures, told = 0, False
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not told:
                    told = True
                    log.warning("hints from other processes are not heard: %s", type(error).__name__)
            self._heard.clear()
            self._waiting.clear()
            if not self._closing:
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    async def _talk(self) -> None:
        """Listen and tell until the connection is lost or we close. Raises what asyncpg raises."""
        _, options = self._engine.dialect.create_connect_args(self._engine.url)
        for ours in ("prepared_statement_cache_size", "prepared_statement_name_func"):
            options.pop(ours, None)
        line = await asyncpg.connect(
            **options, server_settings=self._settings, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS
        )
        try:
            self._ours = line.get_server_pid()
            line.add_termination_listener(lambda _: self._news.set())
            await line.add_listener(CHANNEL, self._take)
            self._missed()
            here_at = 0.0
            while not line.is_closed():
                now = time.monotonic()
                if now >= here_at:
                    self._waiting.append(HERE)
                    self._heard = {other: at for other, at in self._heard.items() if now - at < 3 * HERE_SECONDS}
                    here_at = now + HERE_SECONDS
                await self._tell(line)
                if self._closing:
                    return
                self._news.clear()
                if not self._waiting and not line.is_closed():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), here_at - now)
        finally:
            line.terminate()

    async def _tell(self, line: Any) -> None:
        """Send all that waits in one step, as few notifications as will hold it."""
        notes: list[str] = []
        size = PAYLOAD
        while self._waiting:
            hint = self._waiting.popleft()
            size += len(hint.encode()) + 1
            if size > PAYLOAD:
                notes.append(hint)
                size = len(hint.encode())
            else:
                notes[-1] += "\n" + hint
        if notes:
            await line.execute("SELECT pg_notify($1, note) FROM unnest($2::text[]) AS note", CHANNEL, notes)

    def _take(self, line: Any, process: int, channel: str, payload: str) -> None:
        now = time.monotonic()
        if process == self._ours:
            self._echo = now
            return
        if process not in self._heard:
            # they cannot know of us yet, if they came just now
            self._say(HERE)
        self._heard[process] = now
        for hint in payload.split("\n"):
            topic, _, words = hint.partition(" ")
            if topic == MISSED:
                self._missed()
            elif topic in self._ears:
                self._ears[topic][0](words)

    def _missed(self) -> None:
        for _, missed in self._ears.values():
            missed()
