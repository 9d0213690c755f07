"""Who goes first. Knows how many wait for a first word, and lets ends of answers wait for them a little.

Must not know turns. A first word that comes late is a silence; a last one that comes late is not noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

TOGETHER = 8
"""So many answers end at the same time: who was answered asks again, and should not find everybody's end before him.
With 16 and 32 the last of fifty who go on talking waits 3 and 7 ms longer for a first word (18 alternating runs)."""

LONGEST_SECONDS = 0.03
"""No end waits longer, whoever asks; and once one has waited so long, none does for the rest of the window."""

MANY_A_SECOND, WINDOW_SECONDS = 400, 0.2
"""With more ends than that none is held up: a house at its limits saves what many small commits cost, an eighth of a
turn's CPU. Counted in windows in which fifty who were asked together may end together."""


class Precedence:
    """Counts who asks, holds up what ends. One for the whole house."""

    def __init__(self) -> None:
        self._asking = self._ending = self._ended = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._since = time.monotonic()
        self._many = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Somebody waits for a first word, and we for a row before the model can be asked."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            self._let_soon()

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """An answer is brought to its end: in a small group once nobody asks, or after LONGEST_SECONDS."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._count()
        self._let()
        try:
            if not place.done():
                await self._wait(place)
            yield
        finally:
            if not place.cancelled():
                self._ending -= 1
                self._let_soon()

    async def _wait(self, place: asyncio.Future[None]) -> None:
        alarm = asyncio.get_running_loop().call_later(LONGEST_SECONDS, self._let_all)
        try:
            await place
        finally:
            alarm.cancel()

    def _let_soon(self) -> None:
        """Let some in, two rounds of the loop later: who was taken in begins to ask meanwhile."""
        if self._waiting:
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._let)

    def _let(self) -> None:
        while self._waiting and (self._many or not (self._asking or self._ending >= TOGETHER)):
            place = self._waiting.popleft()
            if not place.done():
                self._ending += 1
                place.set_result(None)

    def _let_all(self) -> None:
        self._many = True
        self._let()

    def _count(self) -> None:
        self._ended += 1
        if (passed := time.monotonic() - self._since) >= WINDOW_SECONDS:
            self._many = self._ended > MANY_A_SECOND * passed
            self._since += passed
            self._ended = 0
