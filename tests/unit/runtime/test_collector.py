"""Garbage goes by the clock, and what is old with it."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from hub.runtime import collector
from hub.runtime.collector import AT_MOST, YOUNG, Collector


class Thing:
    """Something that holds itself, as only the collector finds out."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(collector, "ROUND_SECONDS", 0.005)
    monkeypatch.setattr(collector, "WALKS", 3)
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def fresh(count: int) -> list[list[int]]:
    """So many new objects that the collector counts."""
    return [[] for _ in range(count)]


async def until_gone(ghost: "weakref.ref[Thing]") -> list[list[int]]:
    """Go on making objects, fewer than the collector would walk for by itself; those that live on."""
    kept: list[list[int]] = []
    async with asyncio.timeout(20):
        while ghost() is not None:
            kept += fresh(YOUNG + 10)
            await asyncio.sleep(0.006)
    return kept


async def test_what_is_young_goes_after_a_round() -> None:
    walking = Collector()
    assert gc.get_threshold() == (AT_MOST, 20, 20)
    ghost = weakref.ref(Thing())
    kept = fresh(YOUNG + 10)
    await asyncio.sleep(0.1)
    assert ghost() is None
    assert gc.get_count()[0] < len(kept)
    walking.close()


async def test_for_a_few_it_does_not_walk() -> None:
    walking = Collector()
    ghost = weakref.ref(Thing())
    await asyncio.sleep(0.1)
    assert ghost() is not None
    walking.close()


@pytest.mark.parametrize("age", [1, 2])
async def test_what_is_older_goes_with_time(age: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "OLD_SECONDS", 0.01)
    walking = Collector()
    thing = Thing()
    for generation in range(age):
        gc.collect(generation)
    ghost = weakref.ref(thing)
    del thing
    await until_gone(ghost)
    walking.close()


async def test_all_that_lives_is_walked_seldom() -> None:
    walking = Collector()
    thing = Thing()
    gc.collect(0)
    gc.collect(1)
    ghost = weakref.ref(thing)
    del thing
    kept: list[list[int]] = []
    for _ in range(40):
        kept += fresh(YOUNG + 10)
        await asyncio.sleep(0.012)
    assert ghost() is not None, "the first minute has not passed"
    walking.close()


async def test_a_closed_one_walks_no_more() -> None:
    Collector().close()
    ghost = weakref.ref(Thing())
    kept = fresh(YOUNG + 10)
    await asyncio.sleep(0.1)
    assert ghost() is not None
    assert kept
