"""Linking and leaving while the process is killed: each happens once, and everybody concerned hears of it once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.web.sandbox import Person
from storage.store import open_store
from tests.journeys.test_accounts import code_of
from tests.kit.hub import HubProcess
from tests.kit.postgres import Server


@pytest.fixture
async def database(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = await server.new_database()
    yield server.url(name)
    await server.drop(name)


async def owners(database: str, *people: Person) -> list[int]:
    """Whose account each of them has."""
    store = await open_store(database)
    try:
        return [await store.account_of(1, "web", f"default:{person.visitor}") for person in people]
    finally:
        await store.close()


def heard(person: Person, words: str) -> int:
    """How many messages on their screen hold `words`."""
    return sum(words in message["text"] for message in person.answers())


@pytest.mark.parametrize(
    ("database", "failpoint"),
    [
        ("sqlite", "after_start:3"),
        ("sqlite", "before_finish:3"),
        ("sqlite", "after_finish:3"),
        ("postgres", "before_finish:3"),
    ],
    indirect=["database"],
)
async def test_killed_while_joining(database: str, failpoint: str, tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, "[limits]\nlease_seconds = 2\n", database)
    await hub.start(failpoint)
    try:
        async with Person(hub.url) as ann, Person(hub.url) as phone:
            code = await code_of(ann)
            await phone.says(f"/link {code}")
            await phone.sees("Join the account of")
            typing = asyncio.create_task(phone.says(f"/link {code} yes", patience=40))
            await hub.died()
            await hub.start()
            await typing
            await phone.sees("Linked with", timeout=30)
            await ann.sees("is linked with this chat now", timeout=30)
            first, second = await owners(database, ann, phone)
            assert first == second > 0
            await asyncio.sleep(1.5)
            assert (heard(ann, "is linked with"), heard(phone, "Linked with")) == (1, 1)
    finally:
        await hub.kill()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_killed_while_leaving(database: str, tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, "[limits]\nlease_seconds = 2\n", database)
    await hub.start("before_finish:4")
    try:
        async with Person(hub.url) as ann, Person(hub.url) as phone:
            code = await code_of(ann)
            await phone.says(f"/link {code}")
            await phone.sees("Join the account of")
            await phone.says(f"/link {code} yes")
            await phone.sees("Linked with")
            leaving = asyncio.create_task(phone.says("/link off yes", patience=40))
            await hub.died()
            await hub.start()
            await leaving
            await phone.sees("has an account of its own now", timeout=30)
            first, second = await owners(database, ann, phone)
            assert first != second
            assert heard(phone, "has an account of its own now") == 1
    finally:
        await hub.kill()
