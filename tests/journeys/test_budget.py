"""A platform's pace, kept by the house: frames are shed, words arrive whole and in order, nobody is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.domain.capabilities import Budget, Scope
from hub.domain.errors import RateLimited
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house
from tests.kit.paper import PLAIN, Paper

PACED = replace(PLAIN, edit_interval=0.01, budgets=(Budget(Scope.CHAT, 4, 0.4), Budget(Scope.BOT, 12, 0.2)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


def most(stamps: list[float], seconds: float) -> int:
    return max(sum(first <= other < first + seconds for other in stamps) for first in stamps)


def keeps_pace(paper: Paper) -> bool:
    for budget in paper.offers.budgets:
        chats = {chat for chat, _ in paper.calls} if budget.scope is Scope.CHAT else {""}
        for chat in chats:
            if most([at for one, at in paper.calls if one == chat or not chat], budget.seconds) > budget.calls:
                return False
    return True


async def test_ten_people_grow_answers_within_the_pace(store: StoreOn) -> None:
    async with paper_house(store, capabilities=PACED) as house:
        story = " ".join(f"word{number}" for number in range(60))
        house.models.default = Script(text=story, pace=0.02)
        people = [house.person(f"p{number}") for number in range(10)]
        await asyncio.gather(*(person.says("tell") for person in people))
        for person in people:
            await person.sees("word59", seconds=20)
        await house.rests()
        assert keeps_pace(house.paper)
        for person in people:
            assert house.paper.texts(person.name) == [story]
        frames = [len(shown.texts) for shown in house.paper.screen.values()]
        assert min(frames) >= 2, "even so it grows"


async def test_many_words_at_once_arrive_whole_and_in_order(store: StoreOn) -> None:
    slow = replace(PACED, text_limit=40, budgets=(Budget(Scope.CHAT, 3, 0.3),))
    async with paper_house(store, capabilities=slow) as house:
        house.models.default = Script(text="\n\n".join(f"paragraph number {number:02}" for number in range(10)))
        ann = house.person("ann")
        await ann.says("tell")
        await ann.sees("number 09", seconds=20)
        await house.rests()
        assert keeps_pace(house.paper)
        said = "\n\n".join(house.paper.texts("ann"))
        assert said == "\n\n".join(f"paragraph number {number:02}" for number in range(10))


async def test_after_a_refusal_the_chat_is_left_alone_by_everybody(store: StoreOn) -> None:
    async with paper_house(store) as house:
        house.paper.faults = [RateLimited(0.7)]
        house.models.default = Script(text=" ".join("abcdefghijklmnopqrstuvwxyz"), pace=0.01)
        ann, bob = house.person("ann"), house.person("bob")
        await ann.says("hi")
        while not house.paper.calls:
            await asyncio.sleep(0.005)
        refused = house.paper.calls[0][1]
        await bob.says("hi")
        await bob.sees("z")
        await ann.sees("z")
        again = [at for chat, at in house.paper.calls if chat == "ann"][1]
        assert again - refused >= 0.7
        assert any(refused < at < refused + 0.7 for chat, at in house.paper.calls if chat == "bob")


async def test_what_a_long_refusal_puts_off_comes_in_its_order(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.delivery.LONGEST_WAIT", 0.1)
    async with paper_house(store, capabilities=replace(PLAIN, edits=False, typing=False)) as house:
        house.paper.faults = [RateLimited(2.5)]
        ann = house.person("ann")
        began = time.monotonic()
        for number in range(4):
            await ann.says(f"question {number}")
        await ann.sees("You said: question 3", seconds=20)
        assert time.monotonic() - began >= 2.5
        assert house.paper.texts("ann") == [f"You said: question {number}" for number in range(4)]
        assert len(house.paper.calls) - len(house.paper.titles) == 5, "nobody knocked in vain"
        await undelivered(house, 0)


async def undelivered(house: PaperHouse, count: int) -> None:
    async with asyncio.timeout(5):
        while (await house.store.counts())["undelivered"] != count:
            await asyncio.sleep(0.02)
