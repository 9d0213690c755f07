"""The contract's person on Telegram: a private chat with a polling bot."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import SecretStr

from adapters.table import create
from adapters.telegram.config import TelegramBot, TelegramConfig
from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.address import DEFAULT_TENANT, Address

from .house import Room


def config_for(platform: TelegramSandbox, **more: Any) -> TelegramConfig:
    """Every bot of the sandbox."""
    bots = tuple(TelegramBot(token=SecretStr(token)) for token in platform.bots)
    return TelegramConfig(**{"bots": bots, "api_base": platform.url, **more})


class TelegramKit:
    """What the contract asks of a platform."""

    def __init__(self, platform: TelegramSandbox, **more: Any) -> None:
        self.platform = platform
        self.room = Room()
        self.adapter: Any = create("telegram", config_for(platform, **more), self.room)
        self.person = platform.person("Ann")
        platform.private(platform.bot, self.person)
        self.address = Address(DEFAULT_TENANT, "telegram", str(platform.bot.id), str(self.person.id))
        self._running: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, **more: Any) -> TelegramKit:
        return await cls(await TelegramSandbox(speed=100).start(), **more).listen()

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

    async def stop(self) -> None:
        await self.quiet()
        await self.adapter.close()
        await self.platform.stop()
        assert self.platform.complaints == []
