"""The contract's person on a stand-in Discord, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from adapters.discord.config import DiscordConfig
from adapters.discord.sandbox import DiscordSandbox
from adapters.table import create
from hub.domain.address import DEFAULT_TENANT, Address
from hub.domain.reply import Part

from .house import Room


class Hub:
    """Our adapter, connected to a stand-in; can be stopped and started like a process."""

    def __init__(self, platform: DiscordSandbox, room: Room | None = None, **config: Any) -> None:
        self.platform = platform
        self.room = room or Room()
        self.config = DiscordConfig(
            **{"token": platform.token, "api_base": platform.api_base, "pause_seconds": 0.02, **config}
        )
        self.adapter: Any = create("discord", self.config, self.room)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Hub:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        before = len(self.platform.gateway.opened)
        self._running = asyncio.create_task(self.adapter.run(self.room.accept))
        await self.platform.town.until(
            lambda: True if len(self.platform.gateway.opened) > before else None, 5, lambda: "nobody connects"
        )

    async def hears(self, count: int, timeout: float = 5) -> None:
        """Wait until the room has so many inbounds."""
        async with asyncio.timeout(timeout):
            while len(self.room.inbox) < count:
                await asyncio.sleep(0.005)

    async def deaf(self) -> None:
        """Listen no longer; sending still works."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def stop(self) -> None:
        await self.deaf()
        await self.adapter.close()


class DiscordKit:
    """What the contract asks of a platform, in a private talk."""

    lacks: ClassVar[Mapping[str, str]] = {}

    def __init__(self, platform: DiscordSandbox, tenant: int) -> None:
        self.platform = platform
        self.other = platform.bot("Other")
        bots = ({"token": platform.token, "tenant": tenant}, {"token": self.other.token})
        self.hub = Hub(platform, token="", bots=bots[: 1 + (tenant != DEFAULT_TENANT)])
        self.adapter = self.hub.adapter
        self.room = self.hub.room
        self.person = platform.person("Ann")
        self.address = Address(tenant, "discord", platform.parley.id, self.person.private().id)
        self._group = platform.group("Team", self.person, platform.person("Bob"))

    @classmethod
    async def start(cls, tenant: int = DEFAULT_TENANT) -> DiscordKit:
        platform = DiscordSandbox()
        await platform.start()
        kit = cls(platform, tenant)
        await kit.hub.start()
        return kit

    async def says(self, text: str) -> None:
        before = len(self.room.inbox)
        await self.person.says(text)
        await self.hub.hears(before + 1)

    async def again(self) -> None:
        place = self.person.private()
        newest = [one for one in place.messages.values() if not one.author.is_bot][-1]
        self.platform.gateway.tell("MESSAGE_CREATE", place, {}, newest, None)

    async def presses(self, label: str) -> None:
        await self.person.presses(label)

    async def elsewhere(self, text: str) -> None:
        await self.person.says(text, to=self.other)

    async def opens(self, label: str) -> str:
        return await self.person.opens(label)

    async def reacts(self, emoji: str) -> None:
        await self.person.reacts(emoji)

    async def uploads(self, name: str, media_type: str, content: bytes) -> None:
        await self.person.uploads(name, media_type, content)

    async def in_group(self, text: str, *, named: bool) -> None:
        await self.person.says(f"{self.platform.mention} {text}" if named else text, in_=self._group)

    def files(self) -> list[tuple[str, bytes]]:
        shown = [one for one in self.person.private().messages.values() if one.author.is_bot]
        return [(file.name, file.content) for one in shown for file in one.files]

    def pings(self) -> list[str]:
        shown = [one for one in self.person.private().messages.values() if one.author.is_bot]
        return [each for one in shown for each in (*(named.id for named in one.mentions), *one.pinged)]

    def mention(self) -> str:
        return f"<@{self.person.id}> <@!{self.person.id}> <@&{self.platform.parley.id}>"

    async def titled(self) -> tuple[Address, Callable[[], str]]:
        await self.in_group("a thread begins", named=True)
        await self.hub.hears(1)
        address = self.room.inbox[-1].address
        await self.adapter.send(address, Part("here"), "t1")
        return address, lambda: self.platform.town.channels[address.thread].name

    def floods(self, seconds: float) -> None:
        self.platform.misbehave("POST channels/{}/messages", status=429, after=seconds)

    async def leaves(self) -> None:
        self.person.private().members.discard(self.platform.parley.id)

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        if holding:
            await self.person.sees(holding, timeout)
        return self.person.screen()

    async def frames(self) -> int:
        return sum(len(one.frames) for one in self.person.private().messages.values() if one.author.is_bot)

    async def stop(self) -> None:
        await self.hub.stop()
        await self.platform.stop()
