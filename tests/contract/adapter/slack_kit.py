from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar

from aiohttp import web
from pydantic import SecretStr

from adapters.slack.config import SlackBot, SlackConfig
from adapters.slack.sandbox import App, Person, SlackSandbox
from adapters.slack.sandbox.api import Fault
from adapters.table import create
from hub.domain.address import DEFAULT_TENANT, Address, ChatKind

from .house import Room


def bot_of(app: App, **given: Any) -> SlackBot:
    return SlackBot(
        bot_token=SecretStr(app.bot_token),
        app_token=SecretStr(app.app_token),
        signing_secret=SecretStr(app.signing_secret),
        **{"agent": app.agent, **given},
    )


class Slack:
    """A workspace and our adapter in it: connected by Socket Mode, or listening for HTTP."""

    def __init__(
        self,
        platform: SlackSandbox,
        mode: str = "socket",
        room: Room | None = None,
        bots: tuple[SlackBot, ...] = (),
        pace: str | None = None,
    ) -> None:
        self.platform, self.mode, self.room = platform, mode, room or Room()
        config: Any = {
            "bots": bots or (bot_of(platform.app),),
            "mode": mode,
            "api_base": platform.api_base,
            "pace": pace,
        }
        self.adapter: Any = create("slack", SlackConfig(**config), self.room)
        self.running: asyncio.Task[None] | None = None
        self.hook = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> Slack:
        if self.mode == "http":
            app = web.Application()
            for route in self.adapter.routes():
                app.router.add_route(route.method, route.path, route.serve)
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self.hook = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/slack"
            for each in self.platform.world.apps:
                each.request_url = self.hook
        await self.listen()
        return self

    async def listen(self) -> None:
        before = len(self.platform.courier.lines)
        self.running = asyncio.create_task(self.adapter.run(self.room.accept))
        await asyncio.sleep(0)
        if self.mode == "socket":
            async with asyncio.timeout(5):
                while len(self.platform.courier.lines) == before:
                    await asyncio.sleep(0.002)

    async def deafen(self) -> None:
        """Stop listening; sending still works."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def stop(self) -> None:
        await self.deafen()
        await self.adapter.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def thread(self, person: Person, ts: str, app: App | None = None) -> Address:
        """A thread of a person's direct messages."""
        bot = app or self.platform.app
        return Address(1, "slack", f"{bot.team}:{bot.user}", person.direct(bot).id, ts)

    def channel(self, channel: str, ts: str) -> Address:
        """A thread of a channel."""
        app = self.platform.app
        return Address(1, "slack", f"{app.team}:{app.user}", channel, ts, ChatKind.GROUP)


@asynccontextmanager
async def slack(
    mode: str = "socket", room: Room | None = None, pace: str | None = None, **given: Any
) -> AsyncIterator[Slack]:
    async with SlackSandbox(**given) as platform:
        server = await Slack(platform, mode, room, pace=pace).start()
        try:
            yield server
        finally:
            await server.stop()


class SlackKit:
    """What the contract asks of a platform: Ann in one thread of her direct messages."""

    lacks: ClassVar[Mapping[str, str]] = {}

    def __init__(self, platform: SlackSandbox, server: Slack, person: Person, root: str, tenant: int) -> None:
        self.platform, self.server, self.person, self.root = platform, server, person, root
        self.adapter, self.room = server.adapter, server.room
        self.address = replace(server.thread(person, root), tenant=tenant)
        self._group = platform.group("team", person, platform.person("Bob"))

    @classmethod
    async def start(cls, mode: str = "socket", tenant: int = DEFAULT_TENANT) -> SlackKit:
        platform = await SlackSandbox().__aenter__()
        bots: tuple[SlackBot, ...] = (bot_of(platform.app, tenant=tenant),)
        other = platform.install("Other") if tenant != DEFAULT_TENANT else None
        if other is not None:
            bots = (*bots, bot_of(other))
        platform.courier.ack_seconds, platform.courier.minute = 0.5, 0.3
        server = await Slack(platform, mode, bots=bots).start()
        person = platform.person("Ann")
        root = await person.says("a thread begins", settle=True)
        server.room.inbox.clear()
        server.room.offered.clear()
        return cls(platform, server, person, root.ts, tenant)

    async def says(self, text: str) -> None:
        await self.person.says(text, thread=self.root)

    async def again(self) -> None:
        last = self.platform.courier.delivered[-1]
        await self.platform.courier.tell(last.app, last.kind, last.payload).over.wait()

    async def presses(self, label: str) -> None:
        await self.person.presses(label)

    async def elsewhere(self, text: str) -> None:
        await self.person.says(text, to=self.platform.world.apps[1])

    async def opens(self, label: str) -> str:
        return await self.person.opens(label)

    async def reacts(self, emoji: str) -> None:
        await self.person.reacts(emoji)

    async def uploads(self, name: str, media_type: str, content: bytes) -> None:
        await self.person.uploads(name, media_type, content, thread=self.root)

    async def in_group(self, text: str, *, named: bool) -> None:
        await self.person.says(text, in_=self._group, mention=named)

    def files(self) -> list[tuple[str, bytes]]:
        world, ours = self.platform.world, (each for each in self.person.direct().messages.values() if each.app)
        return [(file["name"], world.contents[file["id"]]) for each in ours for file in each.files]

    def pings(self) -> list[str]:
        return [words for _, words in self.platform.pings]

    def mention(self) -> str:
        return f"<@{self.person.id}> <!channel> <!subteam^S012ABC|team>"

    async def titled(self) -> tuple[Address, Callable[[], str]]:
        titles = self.person.direct().titles
        return self.address, lambda: titles[self.root]

    def floods(self, seconds: float) -> None:
        self.platform.api.misbehave("*", Fault(429, after=int(seconds)))

    async def leaves(self) -> None:
        self.person.direct().members.discard(self.platform.app.user)

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        if holding:
            await self.person.sees(holding, timeout)
        return self.person.screen()

    async def frames(self) -> int:
        return sum(len(each.shots) for each in self.person.direct().messages.values() if each.app)

    async def stop(self) -> None:
        await self.server.stop()
        await self.platform.__aexit__()
