"""Two hubs on one PostgreSQL: a person talks to either, in one order; the one takes over what the other left.

Two processes on one SQLite file are refused: tests/journeys/test_lifecycle.py."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.web.sandbox import Person
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.postgres import Server
from tests.kit.running import House, answered, finished, settings, until

LEASE = 2
STORY = " ".join(f"word{number}" for number in range(60))
BROKE_OFF = "The answer broke off here. Press *Retry* to ask again."


@dataclass(frozen=True)
class Two:
    """Two processes of one hub, and the model both ask."""

    a: HubProcess
    b: HubProcess
    models: OpenAISandbox

    def asked(self) -> list[str]:
        """The newest question of every call the model got, from either."""
        return House(self.a, self.models).asked()


@pytest.fixture
async def two(postgres: Server, tmp_path: Path) -> AsyncIterator[Two]:
    name = await postgres.new_database()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(postgres.drop, name)
        models = await stack.enter_async_context(OpenAISandbox())
        hubs = []
        for each in "ab":
            (tmp_path / each).mkdir()
            text = settings(models.base_url, f"lease_seconds = {LEASE}")
            hubs.append(HubProcess(tmp_path / each, text, postgres.url(name)))
            stack.push_async_callback(hubs[-1].kill)
        # both at once, on an empty database: one of them makes the tables
        await asyncio.gather(*(hub.start() for hub in hubs))
        yield Two(hubs[0], hubs[1], models)
    for hub in hubs:
        assert "Traceback" not in hub.log


async def through(hub: HubProcess, ann: Person, stack: AsyncExitStack) -> Person:
    """The same person with the same token, as a load balancer might send them: to another process."""
    other = Person(hub.url)
    other.token = ann.token
    await stack.enter_async_context(other)
    assert other.visitor == ann.visitor
    return other


async def screen(person: Person) -> list[str]:
    """What stands on their screen when they come anew."""
    return [message["text"] for message in await person.history()]


async def rests(person: Person, count: int) -> None:
    """Wait until `count` answers stand there, none of them growing."""

    async def done() -> bool:
        shown = [message for message in await person.history() if message["role"] != "person"]
        return len(shown) == count and all(message["state"] != "streaming" for message in shown)

    await until(done, 20, f"{count} answers")


async def test_a_person_talks_to_both_and_is_answered_in_order(two: Two) -> None:
    two.models.default = Script(wait=0.3)
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        beside = await through(two.b, ann, stack)
        for turn in range(4):
            await ann.says(f"{turn} to a")
            await beside.says(f"{turn} to b")
        expected = [f"{turn} to {hub}" for turn in range(4) for hub in "ab"]
        await rests(ann, 8)
        assert two.asked() == expected, "one order, over both processes"
        assert [text for text in await screen(ann) if text.startswith("You said: ")] == [
            f"You said: {e}" for e in expected
        ]
        assert await screen(ann) == await screen(beside)
        last = two.models.heard[-1].body["messages"]
        assert isinstance(last, list)
        assert len([each for each in last if each["role"] == "user"]) == 8, "each knew what was said before"


async def test_words_reach_a_page_that_hangs_on_the_other_as_they_come(two: Two) -> None:
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        two.models.default = Script(text=STORY, pace=0.02)
        await ann.says("before she looks")
        await ann.until(lambda: next((each for each in ann.answers() if each["nodes"]), None), 10, "a first word")
        beside = await through(two.b, ann, stack)
        # who comes in mid-answer sees its beginning too, and what follows word by word
        seen = await beside.sees(STORY, timeout=5)
        assert await frames(beside) > 5
        await ann.says("while she looks")
        assert seen in beside.answers()
        assert await answered(beside, 2, 5) == [STORY, STORY]
        assert [each["text"] for each in beside.screen.values()] == [each["text"] for each in ann.screen.values()]
        two.models.default = Script(text=STORY, pace=1)
        await ann.says("to be stopped")
        await beside.until(lambda: None if len(beside.answers()) < 3 else beside.answers()[-1], 5, "a third answer")
        await beside.stop()
        stopped = (await answered(beside, 3, 5))[-1]
        assert stopped.startswith("word0")
        assert "word59" not in stopped
        assert (await answered(ann, 3, 5))[-1] == stopped
        assert len(ann.answers()) == len(beside.answers()) == 3, "nobody is told that there was nothing to stop"


async def frames(person: Person) -> int:
    """How often an answer was seen growing."""
    return len([event for event in person.events if event["type"] == "frame"])


async def test_the_same_message_to_both_is_answered_once(two: Two) -> None:
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        beside = await through(two.b, ann, stack)
        for turn in range(5):
            ids = await asyncio.gather(*(each.says(f"message {turn}", key=f"k{turn}") for each in (ann, beside)))
            assert ids[0] == ids[1]
        await rests(ann, 5)
        assert two.asked() == [f"message {turn}" for turn in range(5)]


async def test_many_people_on_both_at_once(two: Two) -> None:
    two.models.default = Script(pace=0.01)
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(Person(hub.url)) for hub in (two.a, two.b) for _ in range(4)]
        besides = [await through(two.b if ann.base == two.a.url else two.a, ann, stack) for ann in people]

        async def talk(number: int) -> None:
            for turn in range(6):
                await (people, besides)[turn % 2][number].says(f"{number}-{turn}")
                await asyncio.sleep(0.05 * (number % 3))

        await asyncio.gather(*(talk(number) for number in range(8)))
        for number, ann in enumerate(people):
            await rests(ann, 6)
            answers = [text for text in await screen(ann) if text.startswith("You said: ")]
            assert answers == [f"You said: {number}-{turn}" for turn in range(6)]
        assert sorted(two.asked()) == sorted(f"{number}-{turn}" for number in range(8) for turn in range(6))


@pytest.mark.parametrize("when", ["before a word", "in mid-answer"])
async def test_one_is_killed_and_the_other_takes_over(two: Two, when: str) -> None:
    two.models.next(Script(text=STORY, wait=30 if when == "before a word" else 0, pace=0.05))
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        beside = await through(two.b, ann, stack)
        await ann.says("tell me")
        await until(lambda: _heard(two, 1), 10, "the model is asked")
        if when == "in mid-answer":
            await ann.until(lambda: next((each for each in ann.answers() if each["nodes"]), None), 10, "a first word")
        await two.a.kill()
        (text,) = await answered(beside, 1, LEASE + 10)
        if when == "in mid-answer":
            came, _, notice = text.partition("\n\n---\n\n")
            assert notice == BROKE_OFF
            assert came.startswith("word0")
            assert two.asked() == ["tell me"], "what was seen is not generated again"
        else:
            assert text == "You said: tell me"
            assert two.asked() == ["tell me", "tell me"], "nobody had seen a word"
        await beside.says("and now")
        await beside.sees("You said: and now")
        assert len(finished(beside)) == 2
        await two.a.start()
        await answered(ann, 2)
        assert [message["text"] for message in finished(ann)] == [text, "You said: and now"]
        assert await screen(ann) == await screen(beside)


async def _heard(two: Two, calls: int) -> bool:
    return len(two.models.heard) >= calls


async def test_one_that_was_asleep_for_too_long_gives_way(two: Two) -> None:
    """A suspended machine wakes up in mid-answer, after the other process has ended that answer with a notice."""
    two.models.next(Script(text=STORY, pace=0.1))
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        beside = await through(two.b, ann, stack)
        await ann.says("tell me")
        await ann.until(lambda: next((each for each in ann.answers() if each["nodes"]), None), 10, "a first word")
        two.a.signal(signal.SIGSTOP)
        (text,) = await answered(beside, 1, LEASE + 10)
        assert text.endswith(BROKE_OFF)
        two.a.signal(signal.SIGCONT)
        assert await answered(ann, 1, 25) == [text], "also the page that saw more words in the end shows what is kept"
        assert two.asked() == ["tell me"]
        await asyncio.wait_for(two.models.heard[0].left.wait(), 5)
        assert not two.models.heard[0].completed, "the call is given up"
        await ann.says("and now")
        await ann.sees("You said: and now")
        assert await screen(ann) == await screen(beside) == ["tell me", text, "and now", "You said: and now"]


async def test_one_is_stopped_in_order_and_the_other_goes_on(two: Two) -> None:
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Person(two.a.url))
        beside = await through(two.b, ann, stack)
        await ann.says("before")
        await rests(beside, 1)
        assert await two.a.stop() == 0
        await beside.says("after")
        await beside.sees("You said: after")
        assert two.asked() == ["before", "after"]
