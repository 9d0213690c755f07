"""What Slack delivers, on its way into the house. Knows order, twins and what people are told; must not know HTTP
or WebSockets, and nothing of what the house does with it.

A message and its app_mention are one inbound. The mention knows no files, so it waits a moment for the message.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from adapters.kit.rate import REFUSALS, PerMinute
from adapters.slack.adapter.bots import Bots, Door, Installed
from adapters.slack.adapter.greeting import Greeting
from adapters.slack.adapter.people import People
from adapters.slack.adapter.recent import Recent
from adapters.slack.adapter.screen import Screen
from adapters.slack.parse import Asked, Opened, aside_of, read_event, read_interaction, read_slash
from adapters.slack.parse.events import kind_of, read_callback
from adapters.slack.parse.interactions import team_of
from adapters.slack.parse.place import PLATFORM, is_direct
from hub.domain.errors import AdapterError, BadInput, ForPerson, StoreDown
from hub.domain.inbound import Inbound, Said
from hub.ports.adapter import Accept
from hub.ports.house import House

TWIN_SECONDS = 0.5
"""How long a mention waits for the message it belongs to; longer only where the app does not get channels' messages."""

UNPARSED_KEPT, UNPARSED_BYTES = 32, 4_096
"""What we could not read is kept for the operator: so many, so much of each."""

log = logging.getLogger("parley.slack")


class Arrivals:
    """`take` says whether a delivery may be acknowledged. `accept` is None while nobody listens."""

    def __init__(self, house: House, bots: Bots, people: People, screen: Screen, greeting: Greeting) -> None:
        self.accept: Accept | None = None
        self.commands: frozenset[str] = frozenset()
        self._house, self._bots, self._people, self._screen, self._greeting = house, bots, people, screen, greeting
        self._refusals = PerMinute(REFUSALS)
        self._heard: Recent[str, asyncio.Event] = Recent(5_000)
        self._orders: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, door: Door, kind: str, content: bytes | msgspec.Raw) -> bool:
        """One delivery: `events_api`, `interactive` or `slash_commands` with JSON."""
        try:
            match kind:
                case "events_api":
                    await self._event(door, content)
                case "interactive":
                    await self._interaction(door, content)
                case "slash_commands":
                    await self._slash(door, _fields(content))
        except BadInput as error:
            return await self._keep(content, error)
        except (StoreDown, AdapterError) as error:
            log.warning("a delivery of Slack is not taken; Slack repeats it: %s", error or type(error).__name__)
            return False
        except Exception:
            # One delivery that nobody foresaw must not silence every bot; Slack repeats it a few times, then no more.
            log.exception("a delivery of Slack fell")
            return False
        return True

    async def _event(self, door: Door, content: bytes | msgspec.Raw) -> None:
        callback = read_callback(content)
        bot = await self._serving(door, callback.team)
        happening = read_event(callback, bot.me) if bot is not None else None
        if bot is None or happening is None:
            return
        if isinstance(happening, Opened):
            await self._greeting.give(bot, happening)
            return
        kind, twins = kind_of(callback), f"{bot.me.id}/{happening.event_id}"
        if kind == "app_mention" and await self._twin_came(twins):
            return
        await self._enter(bot, happening)
        if kind == "message" and not is_direct(happening.address.chat):
            self._event_of(twins).set()

    async def _interaction(self, door: Door, content: bytes | msgspec.Raw) -> None:
        bot = await self._serving(door, team_of(content))
        asked = read_interaction(content, bot.me) if bot is not None else None
        if bot is None or asked is None:
            return
        if asked.quote:
            language = (await self._people.known(bot, asked.inbound.sender)).language
            quote = "\n".join(f"> {line}" for line in asked.quote.splitlines())
            question = Said(f"{quote}\n\n{self._house.words('slack_ask_about', language)}")
            asked = replace(asked, inbound=replace(asked.inbound, content=question))
        await self._enter_asked(bot, asked)

    async def _slash(self, door: Door, fields: Mapping[str, str]) -> None:
        bot = await self._serving(door, fields.get("team_id", ""))
        asked = read_slash(fields, self.commands, bot.me) if bot is not None else None
        if bot is None or asked is None:
            return
        channel, user = aside_of(asked.inbound.address.chat)
        if is_direct(channel) and channel == await self._screen.direct(bot, user):
            place = bot.me.at(channel, "", private=True)
            asked = Asked(replace(asked.inbound, address=place))
        await self._enter_asked(bot, asked)

    async def _enter_asked(self, bot: Installed, asked: Asked) -> None:
        await self._screen.remember(asked.inbound.address, asked.response_url)
        await self._enter(bot, asked.inbound)

    async def _enter(self, bot: Installed, inbound: Inbound) -> None:
        """Hand it to the house, in the order of its chat. Raises StoreDown."""
        if self.accept is None:
            raise StoreDown
        address = inbound.address
        async with self._order(f"{address.bot}/{address.chat}"):
            sender = await self._people.known(bot, inbound.sender)
            self._people.heard(address, sender.language)
            try:
                await self.accept(replace(inbound, sender=sender))
            except ForPerson as error:
                text = self._house.words(error.key, sender.language, **error.arguments)
                await self._tell(bot, inbound, text)

    async def _tell(self, bot: Installed, inbound: Inbound, text: str) -> None:
        if self._refusals.wait(f"{bot.me.id} {inbound.sender.user}"):
            return
        try:
            await self._screen.whisper(bot, inbound.address, inbound.sender.user, text)
        except AdapterError as error:
            log.warning("somebody on Slack could not be told why their message is not taken: %s", error)

    @asynccontextmanager
    async def _order(self, chat: str) -> AsyncIterator[None]:
        lock = self._orders.get(chat)
        if lock is None:
            lock = self._orders[chat] = asyncio.Lock()
        async with lock:
            yield

    def _event_of(self, twins: str) -> asyncio.Event:
        """Set once the message of that bot is taken; another bot's says nothing about it."""
        return self._heard.find(twins) or self._heard.put(twins, asyncio.Event())

    async def _twin_came(self, twins: str) -> bool:
        try:
            async with asyncio.timeout(TWIN_SECONDS):
                await self._event_of(twins).wait()
        except TimeoutError:
            return False
        return True

    async def _serving(self, door: Door, team: str) -> Installed | None:
        bot = await self._bots.serving(door, team)
        if bot is None:
            log.warning(
                "%s: something came from workspace %s, for which no bot works; it is let go", door.name, team[:32]
            )
        return bot

    async def _keep(self, content: bytes | msgspec.Raw, error: BadInput) -> bool:
        """Keep what we could not read where the operator finds it. False when it cannot be kept now."""
        held = bytes(content)
        slot = int.from_bytes(hashlib.sha256(held).digest()[:2]) % UNPARSED_KEPT
        log.error("Slack sent what we cannot read (%s); it is kept as unparsed:%d", error.arguments.get("why"), slot)
        try:
            await self._house.notebook.write(
                PLATFORM, f"unparsed:{slot}", held[:UNPARSED_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
            )
        except StoreDown:
            return False
        return True


def _fields(content: bytes | msgspec.Raw) -> dict[str, str]:
    """The fields of a slash command that came as JSON. Raises BadInput."""
    try:
        told: Any = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadInput("bad_json", why=type(error).__name__) from None
    if not isinstance(told, dict):
        raise BadInput("bad_json", why="no object")
    return {name: value for name, value in told.items() if isinstance(value, str)}
