"""The process is killed at every failpoint, on both databases. What counts: what was billed and what a person saw."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import AsyncExitStack

import pytest

from adapters.web.sandbox import Person
from hub.core.failpoints import FAILPOINTS
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import open_store
from tests.kit.hub import HubProcess

LEASE = 2
"""Seconds after which another process may take over on PostgreSQL; 60 outside of tests."""

BEFORE_WORDS = ("after_inbox_commit", "after_start", "after_attempt")
"""Failpoints before anybody saw a word: the turn is taken again and answered whole."""

AFTER_FINISH = ("after_finish", "after_send", "after_delivered")
"""Failpoints after the answer was stored: it is delivered, not generated again."""


def settings(base_url: str) -> str:
    return f"""
[providers.stand-in]
kind = "openai-compatible"
api_key = "sk-crash-test-key"
base_url = "{base_url}"
[[models]]
name = "stand-in"
provider = "stand-in"
free = true
[limits]
person_per_minute = 0
lease_seconds = {LEASE}
"""


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request, tmp_path, postgres):
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}"
        return
    name = await postgres.new_database()
    yield postgres.url(name)
    await postgres.drop(name)


async def rows(database: str) -> dict[str, int]:
    """Open rows by kind."""
    store = await open_store(database)
    try:
        return await store.counts()
    finally:
        await store.close()


async def comes_to_rest(database: str, seconds: float = 20) -> None:
    """Every row is in a final state, at the latest once the sweep has come by."""
    async with asyncio.timeout(seconds):
        while any((await rows(database)).values()):
            await asyncio.sleep(0.3)


def finals(ann: Person) -> list[str]:
    """Texts of what stands finished on the screen and they did not say."""
    return [message["text"] for message in ann.answers() if message["state"] != "streaming"]


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_killed_at_a_failpoint_nothing_is_lost_and_nothing_said_twice(database, failpoint, tmp_path):
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(OpenAISandbox(Script(pace=0.02)))
        hub = HubProcess(tmp_path, settings(models.base_url), database)
        await hub.start(failpoint)
        stack.push_async_callback(hub.kill)
        ann = await stack.enter_async_context(Person(hub.url))
        asking = asyncio.create_task(ann.says("are you there", patience=30))
        assert await hub.died() == -signal.SIGKILL
        await hub.start()
        await asking
        answer = await ann.until(lambda: next(iter(_done(ann)), None), 30, "an answer or a notice")
        await comes_to_rest(database)

        assert len(finals(ann)) == 1, "exactly one answer"
        whole = "You said: are you there"
        if failpoint in BEFORE_WORDS:
            assert answer["text"] == whole
        elif failpoint in AFTER_FINISH:
            assert answer["text"] == whole
            assert len(models.heard) == 1, "a stored answer is never generated again"
        else:
            assert answer["text"].startswith("You")
            assert "broke off" in answer["text"]
            assert len(models.heard) == 1, "what was seen is not generated again"
        assert [message["text"] for message in await ann.history() if message["role"] != "person"] == finals(ann)

        await ann.says("and now")
        await ann.sees("You said: and now", timeout=20)
        assert await hub.stop() == 0


def _done(ann: Person) -> list[dict]:
    return [message for message in ann.answers() if message["state"] != "streaming"]


async def test_killed_at_random_under_load_every_message_gets_one_answer(tmp_path):
    database = f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}"
    dice = random.Random(7)
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(OpenAISandbox(Script(pace=0.005)))
        hub = HubProcess(tmp_path, settings(models.base_url), database)
        await hub.start()
        stack.push_async_callback(hub.kill)
        people = [await stack.enter_async_context(Person(hub.url)) for _ in range(8)]

        async def talk(number: int, ann: Person) -> None:
            for turn in range(6):
                await ann.says(f"message {turn} of {number}", patience=60)
                await asyncio.sleep(dice.uniform(0, 0.3))

        talking = [asyncio.create_task(talk(number, ann)) for number, ann in enumerate(people)]
        for _ in range(6):
            await asyncio.sleep(dice.uniform(0.2, 0.9))
            await hub.kill()
            await hub.start()
        await asyncio.gather(*talking)
        await comes_to_rest(database, 40)
        for ann in people:
            await ann.until(lambda ann=ann: ann if len(_done(ann)) >= 6 else None, 20, "six answers")
            said = [message for message in await ann.history() if message["role"] == "person"]
            assert len(said) == 6, "every message once"
            assert len(finals(ann)) == 6, "every message one answer"
            whole = [text for text in finals(ann) if "broke off" not in text]
            assert len(set(whole)) == len(whole), "nothing is said twice"
