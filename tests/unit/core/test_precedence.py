"""Who goes first: those who wait for a first word, then ends of answers, a few at a time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest

from hub.core.precedence import LONGEST_SECONDS, MANY_A_SECOND, TOGETHER, WINDOW_SECONDS, Precedence

PATIENTLY = 20 * LONGEST_SECONDS
"""Seconds by which whatever waits for no more than its bound has long begun."""


class Ends:
    """Answers that end and stay at it until they are told to leave; `begun`: their numbers in order."""

    def __init__(self, precedence: Precedence) -> None:
        self.begun: list[int] = []
        self.left = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self._precedence = precedence

    def start(self, count: int) -> None:
        self.tasks += [asyncio.create_task(self._end(len(self.tasks) + number)) for number in range(count)]

    async def _end(self, number: int) -> None:
        async with self._precedence.ending():
            self.begun.append(number)
            await self.left.wait()

    async def close(self) -> None:
        self.left.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def precedence() -> Precedence:
    return Precedence()


@pytest.fixture
async def ends(precedence: Precedence) -> AsyncIterator[Ends]:
    ends = Ends(precedence)
    yield ends
    await ends.close()


async def rounds(count: int = 5) -> None:
    """Let the loop go round; takes no time to speak of."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


async def test_an_end_alone_does_not_wait(ends: Ends) -> None:
    ends.start(1)
    await rounds()
    assert ends.begun == [0]


async def test_an_end_waits_for_those_who_ask(precedence: Precedence, ends: Ends) -> None:
    with precedence.asking():
        with precedence.asking():
            ends.start(1)
            await rounds()
        await rounds()
        assert ends.begun == []
    await rounds()
    assert ends.begun == [0]


async def test_who_goes_on_to_ask_is_not_overtaken(precedence: Precedence, ends: Ends) -> None:
    """Between being taken in and asking a model lies a round of the loop: a task that is made begins in the next."""

    async def ask() -> None:
        with precedence.asking():
            await rounds()
            assert ends.begun == []

    with precedence.asking():
        ends.start(1)
        await rounds()
    asking = asyncio.create_task(ask())
    await asking
    await rounds()
    assert ends.begun == [0]


async def test_no_end_waits_longer_than_its_bound(precedence: Precedence, ends: Ends) -> None:
    with precedence.asking():
        began = time.monotonic()
        ends.start(TOGETHER + 3)
        await until(lambda: len(ends.begun) == TOGETHER + 3)
        assert LONGEST_SECONDS * 0.9 < time.monotonic() - began < PATIENTLY
        ends.start(1)
        await rounds()
        assert len(ends.begun) == TOGETHER + 4, "others do not wait as long again"
        await asyncio.sleep(WINDOW_SECONDS)
        ends.start(1)
        await rounds()
        assert len(ends.begun) == TOGETHER + 4


async def test_one_that_waited_and_takes_long_changes_nothing_for_others(precedence: Precedence, ends: Ends) -> None:
    with precedence.asking():
        ends.start(1)
        await rounds()
    await rounds()
    assert ends.begun == [0]
    await asyncio.sleep(2 * LONGEST_SECONDS)
    with precedence.asking():
        ends.start(1)
        await rounds()
        assert ends.begun == [0]


async def test_a_few_end_at_a_time_in_their_order(ends: Ends) -> None:
    ends.start(2 * TOGETHER)
    await rounds()
    assert ends.begun == list(range(TOGETHER))
    ends.left.set()
    await rounds(20)
    assert ends.begun == list(range(2 * TOGETHER))


async def test_an_end_that_fails_or_is_given_up_gives_its_place_back(precedence: Precedence, ends: Ends) -> None:
    for _ in range(3 * TOGETHER):
        with contextlib.suppress(LookupError):
            async with precedence.ending():
                raise LookupError
    with precedence.asking():
        ends.start(2 * TOGETHER)
        await rounds()
        for task in ends.tasks[: TOGETHER + 1]:
            task.cancel()
        await rounds()
    ends.start(5)
    await rounds()
    assert len(ends.begun) == TOGETHER
    assert min(ends.begun) == TOGETHER + 1


async def test_one_that_is_given_up_as_it_is_let_in_gives_its_place_back(precedence: Precedence, ends: Ends) -> None:
    for _ in range(TOGETHER):
        holding = precedence.asking()
        holding.__enter__()
        ends.start(1)
        await rounds()
        holding.__exit__(None, None, None)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(ends.tasks[-1].cancel)
        await rounds()
    ends.start(TOGETHER)
    await rounds()
    begun = [number for number in ends.begun if not ends.tasks[number].cancelled()]
    assert begun == list(range(TOGETHER, 2 * TOGETHER))


async def test_a_house_at_its_limits_holds_nothing_up(precedence: Precedence, ends: Ends) -> None:
    for _ in range(2 * MANY_A_SECOND):
        async with precedence.ending():
            pass
    await asyncio.sleep(WINDOW_SECONDS)
    async with precedence.ending():
        pass
    with precedence.asking():
        ends.start(2 * TOGETHER)
        await rounds()
        assert len(ends.begun) == 2 * TOGETHER
        await asyncio.sleep(WINDOW_SECONDS)
        ends.start(2)
        await rounds()
        assert len(ends.begun) == 2 * TOGETHER, "a window with few ends, and they wait again"
