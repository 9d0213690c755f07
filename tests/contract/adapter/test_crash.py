"""The hub is killed at every failpoint on every platform, and started again.

What counts is what people were shown and what the model's vendor may bill, by the stand-ins' own record. Our tables are
asked for two things only: that nothing is left open, and that what may stand twice is known and told to the operator.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from adapters.web.sandbox import Person
from hub.core.failpoints import FAILPOINTS
from hub.runtime.doctor.database import look_at_doubts
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import StoreOn, open_store
from tests.kit.hub import HubProcess
from tests.kit.postgres import Server
from tests.kit.running import House, settings
from tests.kit.towns import TOWNS, Town, comes, town
from tools.platforms import PLACES

QUESTION, ANSWER = "are you there", "You said: are you there"

NEXT, NEXT_ANSWER = "and now", "You said: and now"

LEASE = 2
"""Seconds after which another process may take over on PostgreSQL; 60 outside of tests."""

TAKEN_AGAIN = ("after_inbox_commit", "after_start", "after_attempt")
"""Before anybody saw a word: the turn is taken again."""

BROKEN_OFF = ("after_shown", "after_first_frame", "after_provider", "before_finish")
"""Words were seen: what is there is closed with a notice, and nothing is asked for again."""

DELIVERED = ("after_finish", "after_send", "after_delivered")
"""The answer was stored: it is shown, and not asked for again."""

BY_EDIT = ("slack", "discord")
"""Where the end of an answer is an edit of what has grown: only what did not grow is sent as a whole."""

SEEN_TWICE = {"telegram": tuple(FAILPOINTS), "slack": BROKEN_OFF}
"""Where a message that is sent again stands twice: what is sent whole on Slack is found again, what streams is not."""


class Scene(Protocol):
    """Ann's private talk on one platform."""

    settings: str

    async def listened(self, hub: HubProcess) -> None:
        """Wait until the hub hears her."""

    async def says(self, text: str) -> None:
        """She writes."""

    def owed(self) -> int:
        """How much of what she did her platform waits for us to acknowledge."""

    def shown(self) -> list[str]:
        """What stands finished on her screen and she did not say."""

    async def anew(self) -> list[str]:
        """The same for one who comes anew."""


class ChatScene(Scene):
    def __init__(self, town: Town) -> None:
        self.settings, self._town = town.settings, town
        self._first: Any = None

    async def listened(self, hub: HubProcess) -> None:
        await self._town.listened()

    async def says(self, text: str) -> None:
        said = await self._town.tells("Ann", text, self._first)
        self._first = self._first or said

    def owed(self) -> int:
        return self._town.owed()

    def shown(self) -> list[str]:
        return self._town.private("Ann")

    async def anew(self) -> list[str]:
        return self.shown()


class WebScene(Scene):
    def __init__(self, stack: AsyncExitStack) -> None:
        self.settings, self._stack = "", stack
        self._ann: Person | None = None

    async def listened(self, hub: HubProcess) -> None:
        self._ann = await self._stack.enter_async_context(Person(hub.url))

    async def says(self, text: str) -> None:
        assert self._ann is not None
        await self._ann.says(text, patience=30)

    def owed(self) -> int:
        return 0  # the widget keeps what it writes until it is taken: `says` returns no earlier

    def shown(self) -> list[str]:
        assert self._ann is not None
        return [message["text"] for message in self._ann.answers() if message["state"] != "streaming"]

    async def anew(self) -> list[str]:
        assert self._ann is not None
        return [message["text"] for message in await self._ann.history() if message["role"] != "person"]


@dataclass
class Killed:
    """One story: asked, killed, started again."""

    failpoint: str
    platform: str
    scene: Scene
    house: House
    store: StoreOn

    @property
    def command(self) -> bool:
        """Whether she asks what the hub answers itself, which is sent as a whole everywhere."""
        return self.failpoint == "after_send" and self.platform in BY_EDIT

    def answers(self) -> list[str]:
        """What is shown for the first question and will not change any more."""
        shown = [text for text in self.scene.shown() if text != NEXT_ANSWER]
        return shown if self.command else [text for text in shown if text == ANSWER or "broke off" in text]

    async def happens(self) -> None:
        hub = self.house.hub
        await hub.start(self.failpoint)
        await self.scene.listened(hub)
        asking = asyncio.create_task(self.scene.says("/help" if self.command else QUESTION))
        assert await hub.died() == -signal.SIGKILL
        await hub.start()
        await asking
        await comes(self.answers, 30, self.scene.shown)
        await self.scene.says(NEXT)
        await comes(lambda: NEXT_ANSWER in self.scene.shown(), 30, self.scene.shown)
        await comes(lambda: not self.scene.owed(), 10, self.scene.owed)
        async with asyncio.timeout(20):
            while any((await self.store.counts()).values()):
                await asyncio.sleep(0.1)

    async def is_well(self) -> None:
        shown = self.scene.shown()
        about = [text for text in shown if text != NEXT_ANSWER]
        (answer,) = set(self.answers())
        doubts = [platform for _, platform, _ in await self.store.doubts(9)]
        told = [finding.says async for finding in look_at_doubts(self.store)]
        assert doubts in ([], [self.platform]), "one part at most"
        assert len(told) == len(doubts), "the operator hears of it"
        assert not doubts or self.failpoint in SEEN_TWICE.get(self.platform, ())
        assert 1 <= len(about) <= 1 + len(doubts), "nothing is lost, and what stands twice is what is in doubt"
        frames = [text for text in about if text != answer]
        assert all(ANSWER.startswith(each) for each in frames), "nothing else is shown"
        assert len(shown) == len(about) + 1
        assert await self.scene.anew() == shown
        asked = self.house.asked()
        assert asked.count(NEXT) == 1
        assert asked.count(QUESTION) == (not self.command), "billed once, whatever happened"
        if self.failpoint in BROKEN_OFF:
            assert answer.startswith("You")
            assert "broke off" in answer
        elif not self.command:
            assert answer == ANSWER


@asynccontextmanager
async def killed(platform: str, failpoint: str, home: Path, database: str = "") -> AsyncIterator[Killed]:
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(OpenAISandbox(Script(pace=0.03)))
        here = None if platform == "web" else await stack.enter_async_context(town(platform))
        scene: Scene = ChatScene(here) if here else WebScene(stack)
        text = settings(models.base_url, limits=f"lease_seconds = {LEASE}", more=scene.settings)
        hub = HubProcess(home, text, database)
        stack.push_async_callback(hub.kill)
        store = await open_store(database or f"sqlite+aiosqlite:///{home / 'parley.db'}")
        stack.push_async_callback(store.close)
        yield Killed(failpoint, platform, scene, House(hub, models), store)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
@pytest.mark.parametrize("platform", ["web", *TOWNS])
async def test_killed_nothing_is_lost_and_nothing_stands_twice_unknown(
    platform: str, failpoint: str, tmp_path: Path
) -> None:
    async with killed(platform, failpoint, tmp_path) as story:
        await story.happens()
        await story.is_well()
        assert await story.house.hub.stop() == 0


async def test_the_same_on_postgresql(postgres: Server, tmp_path: Path) -> None:
    """At every failpoint at once: another process takes over what is leased, for which these wait together."""

    async def happens(failpoint: str) -> None:
        home = tmp_path / failpoint
        home.mkdir()
        name = await postgres.new_database()
        async with killed("web", failpoint, home, postgres.url(name)) as story:
            await story.happens()
            await story.is_well()
        await postgres.drop(name)

    async with asyncio.TaskGroup() as together:
        for failpoint in FAILPOINTS:
            together.create_task(happens(failpoint))


def test_every_platform_and_every_failpoint_has_its_story() -> None:
    assert {"web", *TOWNS} == set(PLACES) - {"terminal"}, "the terminal ends with its process"
    assert sorted((*TAKEN_AGAIN, *BROKEN_OFF, *DELIVERED)) == sorted(FAILPOINTS)
