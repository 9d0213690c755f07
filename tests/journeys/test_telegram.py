"""The whole hub as a process on Telegram's stand-in: it polls or is pushed to, answers, dies, comes back.

What counts is what the stand-in showed people, never our own tables.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.telegram.sandbox import TelegramSandbox
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.running import settings


@dataclass
class TelegramHouse:
    hub: HubProcess
    telegram: TelegramSandbox
    models: OpenAISandbox


def table(telegram: TelegramSandbox, more: str = "", mode: str = "polling") -> str:
    return f'[telegram]\ntoken = "{telegram.token}"\napi_base = "{telegram.url}"\nmode = "{mode}"\n{more}\n'


@asynccontextmanager
async def telegram_house(
    home: Path,
    script: Script | None = None,
    *,
    more: str = "",
    mode: str = "polling",
    start: bool = True,
    limits: str = "",
    telegram: TelegramSandbox | None = None,
) -> AsyncIterator[TelegramHouse]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(telegram or TelegramSandbox(speed=10))
        models = await stack.enter_async_context(OpenAISandbox(script))
        hub = HubProcess(home, "")
        server = f'[server]\npublic_url = "{hub.url}"\n' if mode == "webhook" else ""
        text = settings(models.base_url, limits=limits, more=table(telegram, more, mode) + server)
        (home / "settings.toml").write_text(text)
        if start:
            await hub.start()
        stack.push_async_callback(hub.kill)
        yield TelegramHouse(hub, telegram, models)
        assert telegram.complaints == []


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., object]:
    def make(*args: object, **named: object) -> object:
        return telegram_house(tmp_path, *args, **named)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_a_person_asks_and_sees_the_answer_grow(house, mode):
    async with house(Script(text="**One** two three four five six seven.", pace=0.25), mode=mode) as here:
        ann = here.telegram.person("Ann", language="de")
        if mode == "webhook":
            await here.telegram.until(lambda: here.telegram.called("setWebhook") or None, 10, "setWebhook")
        await ann.says("count")
        shown = await ann.sees("seven", timeout=20)
        assert shown.text == "One two three four five six seven."
        assert [entity["type"] for entity in shown.entities] == ["bold"]
        frames = ann.frames()
        assert len(frames) >= 2
        assert len(ann.screen()) == 1
        assert all(shown.text.startswith(frame.rstrip(".")) for frame in frames if frame)
        assert bool(here.telegram.called("getUpdates")) == (mode == "polling")


async def test_commands_buttons_and_the_menu(house):
    async with house() as here:
        ann = here.telegram.person("Ann", language="de")
        await ann.calls("/start")
        await ann.sees("/help", timeout=20)
        await ann.calls("/model stand-in")
        await ann.sees("stand-in")
        await here.telegram.until(
            lambda: here.telegram.bot.commands.get(('{"type": "default"}', "de")), 10, "a menu in German"
        )
        names = {command["command"] for command in here.telegram.bot.commands['{"type": "default"}', ""]}
        assert {"help", "new", "model", "stop"} <= names


async def test_a_group_is_answered_where_it_asks_and_wherever_it_moves(house):
    async with house() as here:
        ann, bea = here.telegram.person("Ann"), here.telegram.person("Bea")
        team = here.telegram.group("Team", ann, bea, basic=True)
        question = await ann.says("@parley_bot one", in_=team)
        await ann.sees("You said: one", in_=team, timeout=20)
        await bea.says("@parley_bot two", in_=team)
        await bea.sees("You said: two", in_=team)
        first = next(one for one in ann.shown(in_=team) if "one" in one.text)
        assert first.reply_to is question
        assert ann.screen() == []
        here.models.default = Script(text="words " * 30, pace=0.05)
        await ann.says("@parley_bot and now at length", in_=team)
        await ann.sees("words", in_=team)
        await team.moves()
        whole = await ann.sees(("words " * 30).strip(), in_=team, timeout=20)
        await bea.says("@parley_bot what came before?", in_=team)
        await here.telegram.until(lambda: len(here.models.heard) == 4 or None, 20, "a question")
        assert ann.screen(in_=team)[0] == whole.text
        assert "and now at length" in str(here.models.heard[-1].body["messages"])


async def test_hundreds_of_messages_that_waited_are_answered_in_order(house):
    async with house(start=False) as here:
        people = [here.telegram.person(name) for name in ("Ann", "Bea", "Cy", "Di", "Ed")]
        for number in range(60):
            for person in people:
                await person.says(f"question {number}", ago=600)
        await here.hub.start()
        for person in people:
            await person.sees("You said: question 59", timeout=20)
            assert person.screen() == [f"You said: question {number}" for number in range(60)]


async def test_floods_and_trouble_delay_and_lose_nothing(house):
    async with house() as here:
        ann = here.telegram.person("Ann")
        here.telegram.misbehave("flood", method="sendMessage", seconds=1)
        here.telegram.misbehave("status", 3, method="sendMessageDraft", status=502)
        here.telegram.misbehave("garbage", 2, method="getUpdates", status=502)
        await ann.says("hello")
        await ann.sees("You said: hello", timeout=20)
        here.telegram.misbehave("status", method="sendMessage", status=500)
        await ann.says("again")
        await ann.sees("You said: again", timeout=20)
        await asyncio.sleep(0.3)
        assert ann.screen() == ["You said: hello", "You said: again"]


async def test_telegrams_own_pace_is_kept(house):
    async with house(
        Script(text="one two three four five six seven eight", pace=0.1), more='pace = "platform"'
    ) as here:
        limits = here.telegram.enforce_limits()
        people = [here.telegram.person(name) for name in ("Ann", "Bea", "Cy", "Di")]
        team = here.telegram.group("Team", *people)
        for person in people:
            await person.says("first")
            await person.says("@parley_bot second", in_=team)
            await person.says("third")
        for person in people:
            await here.telegram.until(lambda who=person: len(who.screen()) == 2 or None, 60, "two answers")
        await here.telegram.until(lambda: len(people[0].screen(in_=team)) == 4 or None, 90, "four answers")
        assert limits.refusals == 0


async def test_topics_in_a_private_chat_are_conversations(house):
    telegram = TelegramSandbox(speed=10)
    telegram.bot.topics = True
    async with house(telegram=telegram) as here:
        ann = telegram.person("Ann")
        place = telegram.private(telegram.bot, ann)
        thread = next(place.numbers)
        place.topics[thread] = "New chat"
        await ann.says("in a topic", thread=thread)
        shown = await ann.sees("You said: in a topic", timeout=20)
        assert shown.thread == thread
        drafts = here.telegram.called("sendMessageDraft")
        assert all(call.fields["message_thread_id"] == str(thread) for call in drafts)
        await ann.says("elsewhere")
        assert (await ann.sees("You said: elsewhere")).thread is None
        assert [len(call.body["messages"]) for call in here.models.heard[:2]] == [2, 2], "no word of one in the other"


async def test_two_bots_are_one_hub(house):
    telegram = TelegramSandbox(speed=10)
    second = telegram.add_bot("700002:sandbox-token-of-the-second", "Second", "second_bot")
    more = f'[[telegram.bots]]\ntoken = "{second.token}"\n'
    async with house(telegram=telegram, more=more) as here:
        ann = telegram.person("Ann")
        await ann.says("to one")
        await ann.says("to two", bot=second)
        await ann.sees("You said: to one", timeout=20)
        await ann.sees("You said: to two", bot=second, timeout=20)
        assert len(ann.screen()) == len(ann.screen(bot=second)) == 1
        assert telegram.token.partition(":")[2] not in here.hub.log


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_killed_at_random_every_message_gets_one_answer(house, mode):
    dice = random.Random(11)
    kills = 4
    async with house(Script(pace=0.005), mode=mode, limits="lease_seconds = 2") as here:
        people = [here.telegram.person(name) for name in ("Ann", "Bea", "Cy", "Di")]

        async def talk(person):
            for number in range(5):
                await person.says(f"message {number}")
                await asyncio.sleep(dice.uniform(0, 0.6))

        talking = [asyncio.create_task(talk(person)) for person in people]
        for _ in range(kills):
            await asyncio.sleep(dice.uniform(0.2, 0.7))
            await here.hub.kill()
            await here.hub.start()
        await asyncio.gather(*talking)
        for person in people:
            await here.telegram.until(
                lambda who=person: answered(who) >= 5 or None, 60, lambda who=person: str(who.screen())
            )
        doubled = sum(len(person.screen()) - 5 for person in people)
        assert doubled <= kills, "at most one message in doubt for each kill"
        assert not here.telegram.bot.feed.waiting or mode == "polling"


def answered(person) -> int:
    """How many of a person's messages have an answer, one that broke off included."""
    screen = person.screen()
    return len({text for text in screen if "broke off" not in text}) + sum("broke off" in text for text in screen)


async def test_an_album_is_one_question(house) -> None:
    """Told as three messages, answered once; the words of one of them are about all."""
    async with house(mode="webhook") as here:
        ann = here.telegram.person("Ann")
        await ann.says("hello")
        await ann.sees("You said: hello")
        for number in range(3):
            text = "what are these?" if number == 1 else ""
            await ann.uploads(f"{number}.txt", "text/plain", f"file {number}".encode(), text, album="a1")
        await ann.says("and this?")
        await ann.sees("You said: and this?", timeout=10)
        assert len(ann.screen()) == 3
        assert sum("what are these?" in answer for answer in ann.screen()) == 1
        asked = str(here.models.heard[1])
        assert all(f"file {number}" in asked for number in range(3))
