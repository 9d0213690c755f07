"""The whole hub among many people: groups that ask at once, a farewell, a long queue, and one of two hubs killed.

What counts is what the stand-ins showed people, never our own tables.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.sandbox import DiscordSandbox
from adapters.slack.sandbox import SlackSandbox
from adapters.telegram.sandbox import TelegramSandbox
from adapters.web.sandbox import Person
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import open_store
from tests.kit.hub import HubProcess
from tests.kit.postgres import Server
from tests.kit.running import finished, running_house, settings, until
from tests.kit.towns import NAMES, TOWNS, DiscordTown, SlackTown, TelegramTown, Town, comes, town

PLATFORMS = sorted(TOWNS)
STORY = " ".join(f"word{number}" for number in range(60))
BROKE_OFF = "The answer broke off here."
LEASE = 2


async def sees(where: Town, question: Any, words: str, seconds: float = 20) -> None:
    """Wait until `words` stand where `question` is answered."""
    await comes(lambda: any(words in each for each in where.answers(question)), seconds, where.group)


@pytest.mark.parametrize("name", PLATFORMS)
async def test_two_of_five_ask_at_once_and_each_is_answered_where_they_asked(name: str, tmp_path: Path) -> None:
    async with town(name) as here, running_house(tmp_path, Script(pace=0.05), more=here.settings) as house:
        await here.listened()
        await here.tells("Ann", "my secret is bluebird")
        await here.tells("Cy", "mine is kingfisher")
        await comes(lambda: any("bluebird" in each for each in here.private("Ann")), 20, lambda: house.hub.log[-2000:])
        await comes(lambda: any("kingfisher" in each for each in here.private("Cy")), 20, lambda: here.private("Cy"))
        ann, bob = await asyncio.gather(here.asks("Ann", "what shall we cook"), here.asks("Bob", "and who drives us"))
        await sees(here, ann, "You said: what shall we cook")
        await sees(here, bob, "You said: and who drives us")
        cy = await here.asks("Cy", "do you know my secret")
        await sees(here, cy, "You said: do you know my secret")

        assert [len(here.answers(question)) for question in (ann, bob, cy)] == [1, 1, 1]
        assert len(here.group()) == 3
        assert all(len(here.private(each)) == (each in ("Ann", "Cy")) for each in NAMES), "nothing of it in private"
        shared = [json.dumps(call.body) for call in house.models.heard[2:]]
        assert len(shared) == 3
        assert not any("bluebird" in each or "kingfisher" in each for each in (*here.group(), *shared))


@pytest.mark.parametrize("name", PLATFORMS)
async def test_thrown_out_in_mid_answer_it_leaves_quietly(name: str, tmp_path: Path) -> None:
    async with town(name) as here, running_house(tmp_path, Script(), more=here.settings) as house:
        await here.listened()
        house.models.next(Script(text=STORY, pace=0.08))
        question = await here.asks("Ann", "tell us a story")
        await sees(here, question, "word0")
        await here.throws_us_out()

        def dead() -> bool:
            with closing(sqlite3.connect(tmp_path / "parley.db")) as database:
                return database.execute("SELECT state FROM outbox").fetchall() == [("dead",)]

        await comes(dead, 20, lambda: house.hub.log[-2000:])
        before = here.calls()
        await asyncio.sleep(1.5)
        assert here.calls() == before, "nothing is tried again"
        await here.tells("Bob", "are you still here")
        await comes(lambda: here.private("Bob") == ["You said: are you still here"], 20, lambda: here.private("Bob"))
        assert "Traceback" not in house.hub.log
        assert len(house.asked()) == 2


@pytest.mark.timeout(240)
async def test_thousands_that_waited_at_telegram_are_answered_in_order(tmp_path: Path) -> None:
    """5,000 messages of 90 people and 10 groups while the hub was down: each answered once, in its chat's order."""
    people, groups, each = 90, 10, 50
    limits = f"waiting_per_conversation = {2 * each}"
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramSandbox(speed=10))
        models = await stack.enter_async_context(OpenAISandbox())
        table = f'[telegram]\ntoken = "{telegram.token}"\napi_base = "{telegram.url}"\n[assistant]\nsummarise = false\n'
        hub = HubProcess(tmp_path, settings(models.base_url, limits, table))
        crowd = [telegram.person(f"p{number}") for number in range(people)]
        teams = [telegram.group(f"g{number}", crowd[number], crowd[-1 - number]) for number in range(groups)]
        for number in range(each):
            for person in crowd:
                await person.says(f"question {number}")
            for at, team in enumerate(teams):
                await crowd[at if number % 2 else -1 - at].says(f"@parley_bot question {number}", in_=team)
        stack.push_async_callback(hub.kill)
        await hub.start()
        expected = [f"You said: question {number}" for number in range(each)]

        def shown() -> list[list[str]]:
            return [person.screen() for person in crowd] + [crowd[0].screen(in_=team) for team in teams]

        await comes(lambda: all(len(screen) >= each for screen in shown()), 180, lambda: Counter(map(len, shown())))
        assert await hub.stop() == 0
        assert shown() == [expected] * (people + groups)
        asked = Counter(models.question(call.body) for call in models.heard)
        assert asked == {f"question {number}": people + groups for number in range(each)}, "nothing was asked twice"
        assert "Traceback" not in hub.log


@dataclass(frozen=True)
class Two:
    """Two hubs on one database; `first` polls Telegram and holds the gateway of Discord."""

    first: HubProcess
    second: HubProcess
    telegram: TelegramTown
    slack: SlackTown
    discord: DiscordTown
    models: OpenAISandbox
    database: str


async def two_hubs(stack: AsyncExitStack, home: Path, postgres: Server) -> Two:
    """Both listen on Slack and the web, one of them on Telegram and Discord."""
    name = await postgres.new_database()
    stack.push_async_callback(postgres.drop, name)
    telegram = TelegramTown(await stack.enter_async_context(TelegramSandbox(speed=10)))
    slack = SlackTown(await stack.enter_async_context(SlackSandbox()))
    discord = DiscordTown(await stack.enter_async_context(DiscordSandbox()))
    slack.platform.courier.minute = 0.5
    slack.platform.courier.ack_seconds = 1.0
    models = await stack.enter_async_context(OpenAISandbox(Script(pace=0.02)))
    hubs = []
    for each in "ab":
        (home / each).mkdir()
        tables = telegram.settings + slack.settings + discord.settings
        text = settings(models.base_url, f"lease_seconds = {LEASE}", tables)
        hubs.append(HubProcess(home / each, text, postgres.url(name)))
        stack.push_async_callback(hubs[-1].kill)
        await hubs[-1].start()
        await telegram.listened()
        await discord.listened()
    await comes(lambda: len(slack.platform.courier.lines) == 2, 20, lambda: slack.platform.courier.lines)
    assert "polling" in hubs[0].log
    assert "polling" not in hubs[1].log
    return Two(hubs[0], hubs[1], telegram, slack, discord, models, postgres.url(name))


async def test_one_of_two_hubs_is_killed_in_mid_answer_on_every_platform(postgres: Server, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        two = await two_hubs(stack, tmp_path, postgres)
        will, wanda = [await stack.enter_async_context(Person(hub.url)) for hub in (two.second, two.first)]
        chats = {("telegram", name): (two.telegram, name) for name in NAMES}
        chats |= {("slack", name): (two.slack, name) for name in NAMES}
        chats |= {("discord", name): (two.discord, name) for name in NAMES}
        two.models.default = Script(text=STORY, pace=0.04)
        for place, name in chats.values():
            await place.tells(name, f"story for {name}")
        await will.says("story for Will")
        await wanda.says("story for Wanda")

        def begun(place: Town, name: str) -> bool:
            if place is two.telegram:
                return any("word2" in draft for draft in two.telegram.drafts(name))
            return any("word2" in words for words in place.private(name))

        await comes(lambda: all(begun(*chat) for chat in chats.values()), 20, lambda: two.first.log[-2000:])
        await wanda.until(lambda: next((each for each in wanda.answers() if each["nodes"]), None), 10, "a first word")
        await two.first.kill()
        two.models.default = Script()
        for place, name in chats.values():
            await place.tells(name, f"and now {name}")
        moved = Person(two.second.url)
        moved.token = wanda.token
        await stack.enter_async_context(moved)
        await will.says("and now Will")
        await moved.says("and now Wanda")

        def settled(place: Town, name: str) -> bool:
            shown = place.private(name)
            ended = [words for words in shown if "word59" in words or BROKE_OFF in words]
            return len(ended) == 1 and f"You said: and now {name}" in shown

        def seen() -> dict[Any, list[str]]:
            return {key: [each[-80:] for each in place.private(name)] for key, (place, name) in chats.items()}

        await comes(lambda: all(settled(*chat) for chat in chats.values()), 40, seen)
        await will.sees("You said: and now Will", timeout=20)
        await moved.sees("You said: and now Wanda", timeout=20)
        await two.first.start()
        await asyncio.sleep(1.0)
        store = await open_store(two.database)
        stack.push_async_callback(store.close)
        doubts = Counter(platform for _, platform, _ in await store.doubts(99))
        for platform, place in (("telegram", two.telegram), ("slack", two.slack), ("discord", two.discord)):
            spare = [len(place.private(name)) - 2 for name in NAMES]
            assert min(spare) == 0, seen()
            assert sum(spare) <= doubts[platform], (doubts, seen())
        assert [len(finished(will)), len(finished(moved))] == [2, 2]
        assert BROKE_OFF in finished(moved)[0]["text"]
        asked = Counter(two.models.question(call.body) for call in two.models.heard)
        times = {**dict.fromkeys(NAMES, 3), "Will": 1, "Wanda": 1}
        assert asked == {f"{what} {name}": count for what in ("story for", "and now") for name, count in times.items()}
        assert sum(BROKE_OFF in text for key in chats for text in chats[key][0].private(key[1])), "it did hit answers"
        await until(lambda: idle(two), 10, "everything Telegram had is taken")
        assert "Traceback" not in two.first.log + two.second.log


async def idle(two: Two) -> bool:
    return not two.telegram.platform.bot.feed.waiting
