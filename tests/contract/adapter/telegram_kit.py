"""The contract's person on Telegram: a private chat with a polling bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from aiohttp import web
from pydantic import SecretStr

from adapters.table import create
from adapters.telegram.config import TelegramBot, TelegramConfig
from adapters.telegram.sandbox import TelegramSandbox
from adapters.telegram.sandbox.text import piece
from hub.domain.address import DEFAULT_TENANT, Address
from tests.kit.hub import free_port

from .house import Room


def config_for(platform: TelegramSandbox, tenant: int = DEFAULT_TENANT, **more: Any) -> TelegramConfig:
    """Every bot of the sandbox; the first is the tenant's."""
    bots = tuple(
        TelegramBot(token=SecretStr(token), tenant=DEFAULT_TENANT if number else tenant)
        for number, token in enumerate(platform.bots)
    )
    return TelegramConfig(**{"bots": bots, "api_base": platform.url, **more})


class TelegramKit:
    """What the contract asks of a platform."""

    lacks: ClassVar[Mapping[str, str]] = {}

    def __init__(self, platform: TelegramSandbox, tenant: int = DEFAULT_TENANT, **more: Any) -> None:
        self.platform = platform
        self.room = Room()
        if tenant != DEFAULT_TENANT:
            platform.add_bot("700002:another-tenants", "Other", "other_bot")
        self.adapter: Any = create("telegram", config_for(platform, tenant, **more), self.room)
        self.person = platform.person("Ann")
        platform.private(platform.bot, self.person)
        platform.bot.reads_all = True
        self.address = Address(tenant, "telegram", str(platform.bot.id), str(self.person.id))
        self._group = platform.group("Team", self.person, platform.person("Bob"), forum=True)
        self._running: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None

    @classmethod
    async def by_webhook(cls, tenant: int = DEFAULT_TENANT) -> TelegramKit:
        """The same where Telegram pushes."""
        platform = await TelegramSandbox(speed=100).start()
        port = free_port()
        kit = cls(platform, tenant, mode="webhook", public_url=f"http://127.0.0.1:{port}")
        app = web.Application()
        for route in kit.adapter.routes():
            app.router.add_route(route.method, route.path, route.serve)
        kit._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await kit._runner.setup()
        await web.TCPSite(kit._runner, "127.0.0.1", port).start()
        await kit.listen()
        await platform.until(lambda: platform.called("setWebhook") or None, 5, "setWebhook")
        return kit

    @classmethod
    async def start(cls, tenant: int = DEFAULT_TENANT, **more: Any) -> TelegramKit:
        return await cls(await TelegramSandbox(speed=100).start(), tenant, **more).listen()

    async def listen(self) -> TelegramKit:
        """Let the adapter run, until its first poll."""
        self._running = asyncio.create_task(self.adapter.run(self.room.accept))
        await self.platform.until(lambda: self.platform.called("getMe") or None, 5, "getMe")
        return self

    async def says(self, text: str) -> None:
        before = len(self.room.inbox)
        await self.person.says(text)
        await self.hears(before + 1)

    async def hears(self, count: int, timeout: float = 5) -> None:
        """Wait until the room has that many inbounds."""
        async with asyncio.timeout(timeout):
            while len(self.room.inbox) < count:
                await asyncio.sleep(0.005)

    async def again(self) -> None:
        feed, message = self.platform.bot.feed, list(self._private().messages.values())[-1]
        feed.put(feed.next_id - 1, {"update_id": feed.next_id - 1, "message": message.json()})

    async def presses(self, label: str) -> None:
        await self.person.presses(label)

    async def elsewhere(self, text: str) -> None:
        await self.person.says(text, bot=list(self.platform.bots.values())[1])

    async def opens(self, label: str) -> str:
        return await self.person.opens(label)

    async def reacts(self, emoji: str) -> None:
        await self.person.reacts(emoji)

    async def uploads(self, name: str, media_type: str, content: bytes) -> None:
        await self.person.uploads(name, media_type, content)

    async def in_group(self, text: str, *, named: bool) -> None:
        await self.person.says(f"@{self.platform.bot.username} {text}" if named else text, in_=self._group)

    def files(self) -> list[tuple[str, bytes]]:
        return [(one.document.name, one.document.content) for one in self.person.shown() if one.document]

    def pings(self) -> list[str]:
        kinds = {"mention", "text_mention"}
        shown = [(one, entity) for one in self.person.shown() for entity in one.entities if entity["type"] in kinds]
        return [piece(one.text, entity) for one, entity in shown]

    def mention(self) -> str:
        return f"@{self.person.username} [Ann](tg://user?id={self.person.id})"

    async def titled(self) -> tuple[Address, Callable[[], str]]:
        address, topics, thread = self.topic()
        return address, lambda: topics[thread]

    def topic(self) -> tuple[Address, dict[int, str], int]:
        """A topic of the private chat: where it is, all topics there, its id."""
        place = self._private()
        thread = next(place.numbers)
        place.topics[thread] = "New chat"
        return replace(self.address, thread=str(thread)), place.topics, thread

    def floods(self, seconds: float) -> None:
        self.platform.misbehave("flood", method="sendMessage", seconds=seconds)

    async def leaves(self) -> None:
        await self.person.blocks()

    def _private(self) -> Any:
        return self.platform.private(self.platform.bot, self.person)

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        if holding:
            await self.person.sees(holding, timeout)
        return self.person.screen()

    async def frames(self) -> int:
        return len(self.person.frames())

    async def quiet(self) -> None:
        """Let the adapter listen no more; sending still works."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def again_run(self) -> None:
        """Begin to listen anew, as after a restart."""
        await self.quiet()
        await self.listen()

    async def stop(self) -> None:
        await self.quiet()
        await self.adapter.close()
        await self.platform.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        assert self.platform.complaints == []
