"""All of Telegram, small. Knows who and what there is, and how to misbehave; must not know our adapter.

    async with TelegramSandbox() as platform:
        ann = platform.person("Ann", language="de")
        team = platform.group("Team", ann)
        await ann.says("hi")
        await ann.sees("hello")

`calls` holds every call a bot made, `complaints` what Telegram would have taken but a good bot does not do.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from adapters.telegram.sandbox.faults import Fault, Faults, Limits
from adapters.telegram.sandbox.feed import Feed
from adapters.telegram.sandbox.people import Group, Person
from adapters.telegram.sandbox.server import Call, Server
from adapters.telegram.sandbox.state import Document, Place
from adapters.telegram.sandbox.till import Till

Json = dict[str, Any]
T = TypeVar("T")

FIRST_TOKEN = "700001:sandbox-token-of-the-first-bot"  # noqa: S105 - of nothing that exists
"""Token of the bot that is always there."""

DRAFT_METHODS = frozenset({"sendMessageDraft"})
RICH_METHODS = frozenset({"sendRichMessage", "sendRichMessageDraft"})


class Account:
    """One bot. `reads_all`: privacy mode is off; `commands` by (scope, language); `presses`: answers by query id."""

    def __init__(self, token: str, name: str, username: str, *, reads_all: bool, topics: bool) -> None:
        self.token = token
        self.id = int(token.partition(":")[0])
        self.name, self.username = name, username
        self.reads_all, self.topics = reads_all, topics
        self.feed = Feed()
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.presses: dict[str, str] = {}

    def user(self) -> Json:
        """As the Bot API shows it."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


class TelegramSandbox:
    """Runs while entered. `drafts`, `rich`: whether those methods are served; `speed` divides Telegram's own times."""

    def __init__(self, *, drafts: bool = True, rich: bool = False, speed: float = 1.0) -> None:
        self.bots: dict[str, Account] = {}
        self.people: list[Person] = []
        self.places: dict[tuple[int, int], Place] = {}
        self.files: dict[str, Document] = {}
        self.complaints: list[str] = []
        self.faults = Faults()
        self.unserved: set[str] = set()
        self.no_topic_rights: set[int] = set()
        """Bots that may not rename topics."""
        if not drafts:
            self.unserved |= DRAFT_METHODS
        if not rich:
            self.unserved |= RICH_METHODS
        self._speed = speed
        self.till = Till(self)
        self._server = Server(self)
        self._user_ids = itertools.count(5001)
        self._group_ids = itertools.count(1_001_000_001)
        self._private_numbers = itertools.count(1)
        self._waiting: set[asyncio.Event] = set()
        self.numbers = itertools.count(1)
        self.bot = self.add_bot(FIRST_TOKEN, "Parley", "parley_bot")

    async def __aenter__(self) -> TelegramSandbox:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> TelegramSandbox:
        """Listen on loopback."""
        await self._server.start(port)
        return self

    async def stop(self) -> None:
        """Deliver and answer nothing more."""
        for bot in self.bots.values():
            await bot.feed.close()
        await self._server.stop()

    @property
    def url(self) -> str:
        """What stands for https://api.telegram.org."""
        return self._server.url

    @property
    def token(self) -> str:
        """Token of the first bot."""
        return self.bot.token

    @property
    def calls(self) -> list[Call]:
        """Every call so far, oldest first."""
        return self._server.calls

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def add_bot(
        self, token: str, name: str, username: str, *, reads_all: bool = False, topics: bool = False
    ) -> Account:
        """One more bot."""
        bot = Account(token, name, username, reads_all=reads_all, topics=topics)
        bot.feed.speed = self._speed
        self.bots[token] = bot
        return bot

    def person(self, name: str, *, language: str = "en", username: str = "") -> Person:
        """Somebody new."""
        person = Person(self, next(self._user_ids), name, language, username or f"{name.lower()}_tests")
        self.people.append(person)
        return person

    def group(self, title: str, *people: Person, forum: bool = False, basic: bool = False) -> Group:
        """A group that the first of `people` made, with every bot; `forum`: with topics, `basic`: no supergroup yet."""
        number = next(self._group_ids)
        number = -(number - 1_000_000_000) if basic else -(number + 1_000_000_000_000 - 1_000_000_000)
        place = Place(number, "group" if basic else "supergroup", title, forum=forum)
        self.places[0, number] = place
        place.members = {person.id: "member" if nth else "creator" for nth, person in enumerate(people)}
        return Group(self, place, list(people))

    def private(self, bot: Account, person: Person) -> Place:
        """The chat of a person with a bot."""
        key = (bot.id, person.id)
        if key not in self.places:
            self.places[key] = Place(
                person.id, "private", person=person.user(), numbers=self._private_numbers, forum=bot.topics
            )
        return self.places[key]

    def find_place(self, bot_id: int, chat: int) -> Place | None:
        """A chat that a bot knows; one with a person only once they have written."""
        return self.places.get((0, chat)) or self.places.get((bot_id, chat))

    def misbehave(
        self, kind: str, calls: int = 1, *, method: str = "", seconds: float = 0.0, status: int = 500
    ) -> None:
        """Meet the next calls with a fault; see faults.Fault. `seconds`: of a flood's retry_after, or of slowness."""
        self.faults.coming.append(Fault(kind, calls, method, seconds, status))

    def enforce_limits(self, speed: float = 1.0) -> Limits:
        """From now on refuse what is faster than Telegram's flood limits; `speed` divides their times."""
        self.faults.limits = Limits(speed)
        return self.faults.limits

    def stir(self) -> None:
        """Something changed: whoever waits looks again."""
        for event in self._waiting:
            event.set()

    async def until(self, found: Callable[[], T | None], timeout: float, what: str | Callable[[], str]) -> T:
        """Wait for `found` to find something. Raises AssertionError after `timeout` seconds."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    event.clear()
                    seen = found()
                    if seen is not None:
                        return seen
                    await event.wait()
        except TimeoutError:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {timeout:g} s: {said}") from None
        finally:
            self._waiting.discard(event)
