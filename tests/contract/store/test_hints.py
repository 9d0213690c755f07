"""What two processes on one PostgreSQL call to each other, and what becomes of it when their connections go."""

import asyncio
from collections.abc import Callable

import pytest

from storage.hints import MOST_WAITING
from storage.store import StoreOn
from tests.contract.store.conftest import Database

LISTENING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()"
)
KILL = f"SELECT pg_terminate_backend(pid) FROM ({LISTENING}) AS line"


class Ear:
    """Somebody who listens to one topic."""

    def __init__(self, store: StoreOn) -> None:
        self.store = store
        self.heard: list[str] = []
        self.missed = 0
        store.hints.hear("talk", self.heard.append, self._miss)

    def _miss(self) -> None:
        self.missed += 1


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_processes_hear_each_other_and_not_themselves(database: Database) -> None:
    ann = Ear(await database.open())
    await until(lambda: not ann.store.hints.deaf)
    assert not ann.store.hints.others
    ann.store.hints.tell("talk", "to nobody")
    bob = Ear(await database.open())
    await until(lambda: ann.store.hints.others and bob.store.hints.others)
    told = [f"{number} {'ü' * (number % 3000)}" for number in range(500)]
    for words in told:
        ann.store.hints.tell("talk", words)
        ann.store.hints.tell("another topic", words)
    await until(lambda: len(bob.heard) == len(told))
    assert bob.heard == told, "in order, though many fit one notification and some hardly one"
    assert not ann.heard
    missed = ann.missed, bob.missed

    assert await database.sql(KILL.format(database.name))
    await until(lambda: (ann.missed, bob.missed) > missed and ann.missed > missed[0] and bob.missed > missed[1])
    await until(lambda: ann.store.hints.others and bob.store.hints.others)
    bob.store.hints.tell("talk", "again")
    await until(lambda: ann.heard == ["again"])

    missed = ann.missed, bob.missed
    for number in range(MOST_WAITING + 1):
        bob.store.hints.tell("talk", f"flood {number}")
    await until(lambda: ann.missed > missed[0])
    assert bob.missed == missed[1]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_whoever_hangs_up_says_the_last_words_first(database: Database) -> None:
    ann, bob = Ear(await database.open()), Ear(await database.open())
    await until(lambda: ann.store.hints.others and bob.store.hints.others)
    ann.store.hints.tell("talk", "goodbye")
    await ann.store.close()
    await until(lambda: bob.heard == ["goodbye"])


async def test_on_one_file_there_is_nobody_to_tell(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    ear = Ear(store)
    store.hints.tell("talk", "hello")
    assert not store.hints.others
    assert not store.hints.deaf
    assert (ear.heard, ear.missed) == ([], 0)
