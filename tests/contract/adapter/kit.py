"""What the contract asks of every adapter's test kit, and the kits there are."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, Protocol

from aiohttp import web

from adapters.web.config import Site, WebConfig
from adapters.web.sandbox import Person, words_of
from hub.domain.address import Address
from hub.ports.adapter import Adapter, Webhook

from .discord_kit import DiscordKit
from .house import Room
from .slack_kit import SlackKit
from .telegram_kit import TelegramKit
from .terminal_kit import TerminalKit


class AdapterKit(Protocol):
    """A platform with one person on it, and our adapter connected to it.

    `lacks`: what of the following the platform cannot have, and why; what it merely does not offer is left to its
    capabilities and abilities, which the suite reads."""

    adapter: Adapter
    address: Address
    room: Room
    lacks: Mapping[str, str]

    async def says(self, text: str) -> None:
        """The person writes; returns once the room has it."""

    async def again(self) -> None:
        """The platform tells of the newest message a second time."""

    async def presses(self, label: str) -> None:
        """The person presses the button that reads `label`."""

    async def opens(self, label: str) -> str:
        """The person presses the button that reads `label` and opens a page; the page's address."""

    async def reacts(self, emoji: str) -> None:
        """The person reacts to our newest message."""

    async def uploads(self, name: str, media_type: str, content: bytes) -> None:
        """The person sends a file."""

    async def in_group(self, text: str, *, named: bool) -> None:
        """Somebody writes in a group that we are in; `named`: to us."""

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        """The bare words of everything we have shown the person, oldest first, once `holding` is among them."""

    async def frames(self) -> int:
        """How many frames of a growing text the person has seen."""

    def files(self) -> list[tuple[str, bytes]]:
        """Name and content of every file we have shown the person."""

    def pings(self) -> list[str]:
        """Every mention among our words that rang at somebody's."""

    def mention(self) -> str:
        """How the platform writes a mention of the person."""

    async def titled(self) -> tuple[Address, Callable[[], str]]:
        """An address that bears a title, and what reads it."""

    def floods(self, seconds: float) -> None:
        """The platform refuses the next message: too many, wait so long."""

    async def elsewhere(self, text: str) -> None:
        """The person writes to another bot or site of this adapter, which is another tenant's."""

    async def leaves(self) -> None:
        """We are blocked, kicked or gone from where `address` is."""

    async def stop(self) -> None: ...


TENANT = 2
"""Whose the bots and sites of every kit are; beside each there is another tenant's in the same adapter."""


class WebServer:
    """The web adapter behind a real HTTP server on loopback."""

    def __init__(self, config: WebConfig | None = None, room: Room | None = None) -> None:
        from adapters.table import create

        self.room = room or Room()
        self.adapter: Any = create("web", config or WebConfig(), self.room)
        self.people: list[Person] = []
        self.url = ""
        self._running: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None

    async def start(self, *, listen: bool = True) -> WebServer:
        app = web.Application()
        listener: Webhook = self.adapter
        for route in listener.routes():
            app.router.add_route(route.method, route.path, route.serve)  # type: ignore[arg-type]
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None, lingering_time=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        if listen:
            self._running = asyncio.create_task(self.adapter.run(self.room.accept))
            await asyncio.sleep(0)
        return self

    async def person(self, *, watching: bool = True, **given: Any) -> Person:
        person = Person(self.url, **given)
        self.people.append(person)
        await person.begin()
        if watching:
            await person.back()
            await person.until(lambda: {} if person.events else None, 5, "a snapshot")
        return person

    def address(self, person: Person, tenant: int = 1) -> Address:
        return Address(tenant, "web", person.site, person.visitor)

    async def stop(self) -> None:
        for person in self.people:
            await person.leave()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.adapter.close()
        if self._runner is not None:
            await self._runner.cleanup()


class WebKit(AdapterKit):
    lacks: ClassVar[Mapping[str, str]] = {
        "in_group": "a page is one visitor's",
        "reacts": "the widget has buttons",
        "mention": "nobody can be mentioned on a page",
        "floods": "nobody is over us who could refuse",
        "leaves": "who closes the page may come back",
    }

    def __init__(self, server: WebServer, person: Person) -> None:
        self.server = server
        self.person = person
        self.adapter = server.adapter
        self.address = server.address(person, TENANT)
        self.room = server.room
        self._said = ("", "")

    @classmethod
    async def start(cls) -> WebKit:
        sites = (Site(key="default", tenant=TENANT), Site(key="other"))
        server = await WebServer(WebConfig(sites=sites)).start()
        return cls(server, await server.person())

    async def says(self, text: str) -> None:
        self._said = (text, uuid.uuid4().hex)
        await self.again()

    async def again(self) -> None:
        text, key = self._said
        await self.person.says(text, key=key)

    async def presses(self, label: str) -> None:
        buttons = [button for answer in self.person.answers() for button in answer["buttons"]]
        button = next(each for each in buttons if each["label"] == label)
        await self.person.presses(button["command"], button["argument"])

    async def opens(self, label: str) -> str:
        return await self.person.opens(label)

    async def elsewhere(self, text: str) -> None:
        await (await self.server.person(site="other")).says(text)

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        def found() -> dict[str, Any] | None:
            shown = [words_of(answer["nodes"]) for answer in self.person.answers()]
            return {"shown": shown} if not holding or any(holding in each for each in shown) else None

        return list((await self.person.until(found, timeout, holding))["shown"])

    async def frames(self) -> int:
        return sum(event["type"] == "frame" for event in self.person.events)

    async def stop(self) -> None:
        await self.server.stop()


KITS: dict[str, Any] = {
    "web": WebKit.start,
    "terminal": partial(TerminalKit.start, TENANT),
    "discord": partial(DiscordKit.start, TENANT),
    "slack": partial(SlackKit.start, tenant=TENANT),
    "slack-http": partial(SlackKit.start, "http", tenant=TENANT),
    "telegram": partial(TelegramKit.start, TENANT),
    "telegram-webhook": partial(TelegramKit.by_webhook, TENANT),
}
"""Every adapter, once for each road it has to its platform; the name begins with the platform's."""


def kits() -> dict[str, Any]:
    """What starts each kit by name: ours, or a guest's alone that comes as `PARLEY_ADAPTER_KIT=module:Kit`."""
    guest = os.environ.get("PARLEY_ADAPTER_KIT", "")
    if not guest:
        return KITS
    module, _, name = guest.partition(":")
    return {module.partition(".")[0]: getattr(import_module(module), name).start}
