"""The whole house on Discord: a process, killed and started again, with people on a stand-in that keeps count."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.discord.sandbox import DiscordSandbox, Person
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.running import settings

IDENTIFY, RESUME = 2, 6


@dataclass
class Place:
    hub: HubProcess
    platform: DiscordSandbox
    models: OpenAISandbox

    def opened(self) -> list[int]:
        return [op for _, op, _ in self.platform.gateway.opened]

    async def connected(self, times: int) -> None:
        await self.platform.town.until(
            lambda: True if len(self.opened()) >= times else None,
            20,
            lambda: f"{self.opened()}\n{self.hub.log[-3000:]}",
        )

    async def menu(self) -> None:
        await self.platform.town.until(
            lambda: self.platform.parley.commands or None, 10, lambda: f"no menu\n{self.hub.log[-3000:]}"
        )


@asynccontextmanager
async def house(home: Path, script: Script, failpoint: str = "", limits: str = "") -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(DiscordSandbox())
        models = await stack.enter_async_context(OpenAISandbox(script))
        discord = f'[discord]\ntoken = "{platform.token}"\napi_base = "{platform.api_base}"\n'
        hub = HubProcess(home, settings(models.base_url, limits, discord))
        place = Place(hub, platform, models)
        await hub.start(failpoint)
        stack.push_async_callback(hub.kill)
        await place.connected(1)
        yield place


def answers(ann: Person) -> list[str]:
    return [text for text in ann.screen() if "You" in text]


async def test_a_day_on_discord(tmp_path: Path) -> None:
    async with house(tmp_path, Script(pace=0.3)) as place:
        platform = place.platform
        ann, bob = platform.person("Ann"), platform.person("Bob", language="de")
        await ann.says("good morning to you all of you out there")
        answer = await ann.sees("You said: good morning to you all of you out there", timeout=20)
        assert len(answer.frames) >= 3
        assert all(len(frame) < 2_000 for frame in answer.frames)

        room = platform.group("Team", ann, bob)
        asked = await bob.says(f"{platform.mention} what about the team", in_=room)
        await bob.sees("You said: what about the team", timeout=20)
        thread = platform.thread_of(asked)
        assert thread is not None
        assert bob.screen(room) == []
        await ann.says("and me", thread=thread)
        await ann.sees("You said: and me", timeout=20, in_=thread)

        await place.menu()
        call = await bob.calls("/help", in_=room)
        await bob.sees("Du kannst einfach schreiben", timeout=10, in_=room)
        assert call.answered == 5
        assert call.original is not None
        await ann.calls("/ask something quick", in_=room)
        await ann.sees("You said: something quick", timeout=20, in_=room)
        assert all(
            message.pinged == [] for channel in platform.town.channels.values() for message in channel.messages.values()
        )


async def test_reactions_are_opinions_also_of_an_answer_that_came_at_once(tmp_path: Path) -> None:
    async with house(tmp_path, Script("quick")) as place:
        ann, bob = place.platform.person("Ann"), place.platform.person("Bob")
        await ann.says("hi")
        await ann.sees("quick", timeout=20)
        await ann.reacts("👍")
        room = place.platform.group("Team", ann, bob)
        asked = await bob.says(f"{place.platform.mention} and here", in_=room)
        answer = await bob.sees("quick", timeout=20)
        await ann.reacts("👎", answer)
        await ann.reacts("👍", asked)

        def kept() -> list[int]:
            with closing(sqlite3.connect(tmp_path / "parley.db")) as database:
                return [row[0] for row in database.execute("SELECT good FROM feedback ORDER BY id")]

        async with asyncio.timeout(10):
            while len(kept()) < 2:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert kept() == [1, 0]


async def test_an_answer_is_stopped_by_its_button_and_by_a_call(tmp_path: Path) -> None:
    async with house(tmp_path, Script("one two three four five six seven eight nine ten " * 10, pace=0.2)) as place:
        await place.menu()
        ann = place.platform.person("Ann")
        await ann.says("count")
        await ann.sees("one two", timeout=20)
        await place.platform.town.until(
            lambda: next((one for one in ann.private().messages.values() if one.components), None), 10, ann.screen
        )
        press = await ann.presses("Stop")
        await ann.sees("Stopped.", timeout=10)
        sign = await place.platform.town.until(lambda: press.answered or None, 3, lambda: "no sign")
        assert sign == 6
        assert len(ann.screen()) == 1
        await ann.says("count again")
        await place.platform.town.until(lambda: True if len(ann.screen()) == 2 else None, 20, lambda: str(ann.screen()))
        call = await ann.calls("/stop")
        await place.platform.town.until(
            lambda: True if sum("Stopped." in text for text in ann.screen()) >= 2 else None,
            10,
            lambda: str(ann.screen()),
        )
        await place.platform.town.until(lambda: call.answered or None, 5, lambda: "no sign")
        assert ann.thinking() == 0


async def test_a_call_is_answered_well_within_its_three_seconds(tmp_path: Path) -> None:
    async with house(tmp_path, Script()) as place:
        await place.menu()
        ann = place.platform.person("Ann")
        clock = asyncio.get_running_loop()
        for _ in range(3):
            began = clock.time()
            call = await ann.calls("/help")
            await place.platform.town.until(
                lambda call=call: True if call.original and not call.original.thinking else None, 5, lambda: "no answer"
            )
            assert clock.time() - began < 1.5


@pytest.mark.parametrize("failpoint", ["after_inbox_commit", "after_attempt", "after_first_frame"])
async def test_a_call_is_answered_by_its_token_after_a_crash(tmp_path: Path, failpoint: str) -> None:
    async with house(tmp_path, Script(pace=0.02), failpoint) as place:
        await place.menu()
        ann = place.platform.person("Ann")
        call = await ann.calls("/ask are you there")
        assert await place.hub.died() == -signal.SIGKILL
        await place.hub.start()
        await place.platform.town.until(
            lambda: True if any(len(text) > 8 for text in ann.screen()) else None, 30, lambda: f"{ann.screen()}"
        )
        assert len(ann.screen()) == 1
        if call.answered:
            assert call.original is not None
            assert not call.original.thinking
        assert ann.thinking() == 0


async def test_what_is_said_while_the_hub_is_down_is_answered_in_order(tmp_path: Path) -> None:
    async with house(tmp_path, Script()) as place:
        people = [place.platform.person(f"P{number}") for number in range(10)]
        for person in people:
            await person.says("first")
        for person in people:
            await person.sees("You said: first", timeout=20)
        assert await place.hub.stop() == 0
        for turn in range(5):
            for person in people:
                await person.says(f"message {turn}")
        await place.hub.start()
        await place.connected(2)
        for person in people:
            await person.sees("You said: message 4", timeout=30)
        expected = ["You said: first", *(f"You said: message {turn}" for turn in range(5))]
        for person in people:
            assert answers(person) == expected
        assert place.opened() == [IDENTIFY, RESUME]


async def test_killed_at_random_under_load_with_sessions_lost_every_message_gets_one_answer(tmp_path: Path) -> None:
    dice = random.Random(11)
    async with house(tmp_path, Script(pace=0.005)) as place:
        people = [place.platform.person(f"P{number}") for number in range(6)]

        async def talk(number: int, person: Person) -> None:
            for turn in range(6):
                await person.says(f"message {turn} of {number}")
                await asyncio.sleep(dice.uniform(0, 0.4))

        talking = [asyncio.create_task(talk(number, person)) for number, person in enumerate(people)]
        for round_ in range(5):
            await asyncio.sleep(dice.uniform(0.3, 0.9))
            await place.hub.kill()
            if round_ % 2:
                place.platform.forget_sessions()
            await place.hub.start()
        await asyncio.gather(*talking)
        for number, person in enumerate(people):
            await place.platform.town.until(
                lambda person=person: True if len(settled(person)) >= 6 else None,
                60,
                lambda person=person: f"{person.screen()}\n{place.hub.log[-3000:]}",
            )
            shown = settled(person)
            assert len(shown) == 6
            whole = [text for text in shown if "broke off" not in text]
            assert len(set(whole)) == len(whole)
            assert all(f"of {number}" in text or "broke off" in text for text in shown)


def settled(person: Person) -> list[str]:
    """Answers that will not change any more."""
    whole = re.compile(r"You said: message \d of \d")
    return [text for text in person.screen() if whole.match(text) or "broke off" in text]
