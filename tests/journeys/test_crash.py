"""The process is killed again and again while many talk. What counts is what they saw."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

from adapters.web.sandbox import Person
from providers.kit.stand_in import Script
from storage.store import open_store
from tests.kit.running import answered, finished, running_house, until


async def test_killed_at_random_under_load_every_message_gets_one_answer(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with running_house(tmp_path, Script(pace=0.005)) as house, AsyncExitStack() as stack:
        people = [await stack.enter_async_context(Person(house.hub.url)) for _ in range(8)]

        async def talk(number: int, ann: Person) -> None:
            for turn in range(6):
                await ann.says(f"message {turn} of {number}", patience=60)
                await asyncio.sleep(dice.uniform(0, 0.3))

        talking = [asyncio.create_task(talk(number, ann)) for number, ann in enumerate(people)]
        for _ in range(6):
            await asyncio.sleep(dice.uniform(0.2, 0.9))
            await house.hub.kill()
            await house.hub.start()
        await asyncio.gather(*talking)
        store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
        stack.push_async_callback(store.close)

        async def rests() -> bool:
            return not any((await store.counts()).values())

        await until(rests, 40, "every row in a final state")
        for ann in people:
            await answered(ann, 6, 20)
            said = [message for message in await ann.history() if message["role"] == "person"]
            assert len(said) == 6, "every message once"
            assert len(finished(ann)) == 6, "every message one answer"
            whole = [message["text"] for message in finished(ann) if "broke off" not in message["text"]]
            assert len(set(whole)) == len(whole), "nothing is said twice"
