"""A group of people on each chat platform, done and seen alike. Knows the stand-ins; must not know what is tested."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from adapters.discord.sandbox import DiscordSandbox
from adapters.slack.sandbox import SlackSandbox
from adapters.telegram.sandbox import TelegramSandbox


class Town(Protocol):
    """Ann, Bob, Cy, Di and Ed, each with a private talk with us, and one group with all of them and us."""

    settings: str
    platform: Any

    async def listened(self) -> None:
        """Wait until the hub listens."""

    async def tells(self, name: str, text: str, after: Any = None) -> Any:
        """Somebody writes to us privately, where threads divide such talk in that of `after`; what was written."""

    async def asks(self, name: str, text: str) -> Any:
        """Somebody asks us in the group; what was written."""

    def private(self, name: str) -> list[str]:
        """What we have shown somebody in private."""

    def group(self) -> list[str]:
        """All that we have shown in the group."""

    def answers(self, question: Any) -> list[str]:
        """What we have shown as an answer to a question of `asks`: in its thread, or as a reply to it."""

    async def throws_us_out(self) -> None:
        """We are no longer in the group."""

    def calls(self) -> int:
        """How many messages we have sent or changed, or tried to."""

    def owed(self) -> int:
        """How much the platform told us that we have not acknowledged, where it waits for that."""


NAMES = ("Ann", "Bob", "Cy", "Di", "Ed")


class TelegramTown(Town):
    def __init__(self, platform: TelegramSandbox) -> None:
        self.platform = platform
        self.settings = f'[telegram]\ntoken = "{platform.token}"\napi_base = "{platform.url}"\n'
        self._people = {name: platform.person(name) for name in NAMES}
        self._group = platform.group("Team", *self._people.values())

    async def listened(self) -> None:
        await self.platform.until(lambda: self.platform.called("getUpdates") or None, 20, "a poll")

    async def tells(self, name: str, text: str, after: Any = None) -> Any:
        return await self._people[name].says(text)

    async def asks(self, name: str, text: str) -> Any:
        return await self._people[name].says(f"@{self.platform.bot.username} {text}", in_=self._group)

    def private(self, name: str) -> list[str]:
        return self._people[name].screen()

    def drafts(self, name: str) -> list[str]:
        """What is being written to somebody just now."""
        return self._people[name].drafts()

    def group(self) -> list[str]:
        return self._people["Ann"].screen(in_=self._group)

    def answers(self, question: Any) -> list[str]:
        return [one.text for one in self._people["Ann"].shown(in_=self._group) if one.reply_to is question]

    async def throws_us_out(self) -> None:
        await self._group.kicks()

    def calls(self) -> int:
        return sum(call.method in ("sendMessage", "editMessageText") for call in self.platform.calls)

    def owed(self) -> int:
        return len(self.platform.bot.feed.waiting)


class SlackTown(Town):
    def __init__(self, platform: SlackSandbox) -> None:
        self.platform, app = platform, platform.app
        self.settings = (
            f'[slack]\nbot_token = "{app.bot_token}"\napp_token = "{app.app_token}"\napi_base = "{platform.api_base}"\n'
        )
        self._people = {name: platform.person(name) for name in NAMES}
        self._group = platform.group("team", *self._people.values())

    async def listened(self) -> None:
        async with asyncio.timeout(20):
            while not self.platform.courier.lines:
                await asyncio.sleep(0.02)

    async def tells(self, name: str, text: str, after: Any = None) -> Any:
        return await self._people[name].says(text, thread=after, settle=False)

    async def asks(self, name: str, text: str) -> Any:
        return await self._people[name].says(text, in_=self._group, mention=True, settle=False)

    def private(self, name: str) -> list[str]:
        return [one.bare for one in self._people[name].direct().messages.values() if one.app]

    def group(self) -> list[str]:
        return [one.bare for one in self._group.messages.values() if one.app]

    def answers(self, question: Any) -> list[str]:
        return [one.bare for one in self._group.messages.values() if one.app and one.thread_ts == question.ts]

    async def throws_us_out(self) -> None:
        self._group.members.discard(self.platform.app.user)

    def calls(self) -> int:
        return sum(call.method in ("chat.postMessage", "chat.update") for call in self.platform.calls)

    def owed(self) -> int:
        return sum(not errand.acked for errand in self.platform.courier.delivered)


class DiscordTown(Town):
    def __init__(self, platform: DiscordSandbox) -> None:
        self.platform = platform
        self.settings = f'[discord]\ntoken = "{platform.token}"\napi_base = "{platform.api_base}"\n'
        self._people = {name: platform.person(name) for name in NAMES}
        self._group = platform.group("Team", *self._people.values())

    async def listened(self) -> None:
        await self.platform.town.until(lambda: self.platform.gateway.opened or None, 20, lambda: "nobody connects")

    async def tells(self, name: str, text: str, after: Any = None) -> Any:
        return await self._people[name].says(text)

    async def asks(self, name: str, text: str) -> Any:
        return await self._people[name].says(f"{self.platform.mention} {text}", in_=self._group)

    def private(self, name: str) -> list[str]:
        return self._people[name].screen(self._people[name].private())

    def group(self) -> list[str]:
        guild = self._group.guild
        assert guild is not None
        return [words for place in guild.channels.values() for words in self._people["Ann"].screen(place)]

    def answers(self, question: Any) -> list[str]:
        thread = self.platform.thread_of(question)
        return self._people["Ann"].screen(thread) if thread is not None else []

    async def throws_us_out(self) -> None:
        self.platform.kick(self._group)

    def calls(self) -> int:
        shapes = ("channels/{}/messages", "channels/{}/messages/{}")
        return sum(call.shape in shapes and call.method in ("POST", "PATCH") for call in self.platform.calls)

    def owed(self) -> int:
        return 0


TOWNS: dict[str, Callable[[], Any]] = {
    "telegram": lambda: TelegramSandbox(speed=10),
    "slack": SlackSandbox,
    "discord": DiscordSandbox,
}


@asynccontextmanager
async def town(name: str) -> AsyncIterator[Town]:
    """One of TOWNS, running."""
    made: dict[str, Any] = {"telegram": TelegramTown, "slack": SlackTown, "discord": DiscordTown}
    async with TOWNS[name]() as platform:
        yield made[name](platform)


async def comes(found: Callable[[], Any], seconds: float, what: Callable[[], object]) -> None:
    """Wait until `found` finds something; `what` is there instead is told."""
    try:
        async with asyncio.timeout(seconds):
            while not found():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s; there is: {what()}") from None
