"""What each gateway event leads to. Knows events, and what has to be read back after a new session.

Must not know sessions, nor what a message means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import msgspec

from adapters.discord.adapter import catch_up
from adapters.discord.adapter.answers import PLATFORM
from adapters.discord.adapter.bot import Bot
from adapters.discord.adapter.order import Order
from adapters.discord.adapter.people import STORE_PAUSE, People
from adapters.discord.parse.inbound import AUTOCOMPLETE
from adapters.discord.parse.shapes import Channel, Guild, Interaction, Message, Reaction, ThreadList, Unreadable, read
from hub.domain.address import ChatKind
from hub.domain.errors import StoreDown, Unreachable
from hub.ports.house import Heard, House

UNPARSED_LIMIT = 4_000
UNPARSED_SLOTS = 100
"""Unreadable payloads kept for an operator to see: so much of each, and so many."""

log = logging.getLogger("parley.discord")


class Events:
    """Deals with the events of one bot."""

    def __init__(self, bot: Bot, house: House, people: People, order: Order) -> None:
        self._bot, self._house, self._people, self._order = bot, house, people, order
        self._session = ""
        self._unread = 0
        self._heard: tuple[Heard, ...] = ()
        self._known: dict[str, Callable[[int, bytes], Awaitable[None]]] = {
            "READY": self._ready,
            "GUILD_CREATE": self._guild,
            "GUILD_DELETE": self._guild_gone,
            "CHANNEL_CREATE": self._channel,
            "CHANNEL_UPDATE": self._channel,
            "THREAD_CREATE": self._channel,
            "THREAD_UPDATE": self._channel,
            "THREAD_LIST_SYNC": self._threads,
            "CHANNEL_DELETE": self._channel_gone,
            "THREAD_DELETE": self._channel_gone,
            "MESSAGE_CREATE": self._message,
            "INTERACTION_CREATE": self._interaction,
            "MESSAGE_REACTION_ADD": partial(self._reaction, put=True),
            "MESSAGE_REACTION_REMOVE": partial(self._reaction, put=False),
        }

    async def remember(self) -> None:
        """Read what was kept of earlier times. Raises StoreDown."""
        await self._people.met.read(self._bot.id)

    def begin_session(self, session: str) -> None:
        """Events are now those of `session`; with their number they have a name of their own."""
        self._session = session

    def moment(self, kind: str, payload: bytes) -> int:
        """The snowflake of a message; 0 for what has none."""
        if kind != "MESSAGE_CREATE":
            return 0
        try:
            return int(read(_Named, payload).id)
        except (Unreadable, ValueError):
            return 0

    async def happened(self, kind: str, seq: int, payload: bytes) -> None:
        """Deal with an event, or see that it will be."""
        deal = self._known.get(kind)
        if deal is None:
            self._order.done(seq)
            return
        try:
            await deal(seq, payload)
        except Unreadable as error:
            await self.unreadable(kind, payload, str(error))
            self._order.done(seq)

    async def unreadable(self, kind: str, payload: bytes, why: str) -> None:
        """Keep what cannot be read for the operator, and go on."""
        log.warning("a %s of Discord's cannot be read and is kept: %s", kind, why)
        self._unread = (self._unread + 1) % UNPARSED_SLOTS
        try:
            kept = payload[:UNPARSED_LIMIT].decode("utf-8", "replace").replace("\0", "\ufffd")
            await self._house.notebook.write(PLATFORM, f"unparsed:{self._bot.id}:{self._unread}", f"{kind} {kept}")
        except StoreDown as error:
            log.warning("it could not be kept: %s", error)

    # Places

    async def _ready(self, seq: int, payload: bytes) -> None:
        self._heard = await self._ask_heard()
        floor = catch_up.since(self._order.newest)
        after = self._people.met.since(floor) | catch_up.channels(self._heard, floor, ChatKind.PRIVATE)
        self._read_all_back(seq, after, None)

    async def _guild(self, seq: int, payload: bytes) -> None:
        guild = read(Guild, payload)
        if guild.unavailable:
            self._order.done(seq)
            return
        self._bot.places.learn_guild(guild)
        floor = catch_up.since(self._order.newest)
        heard = catch_up.channels(self._heard, floor, ChatKind.GROUP)
        after = catch_up.worth_reading([*guild.channels, *guild.threads], heard, floor)
        self._read_all_back(seq, after, guild.id)

    async def _guild_gone(self, seq: int, payload: bytes) -> None:
        guild = read(Guild, payload)
        if not guild.unavailable:
            log.info("%s is not on server %s any more", self._bot.id, guild.id)
            self._bot.places.forget_guild(guild.id)
        self._order.done(seq)

    async def _channel(self, seq: int, payload: bytes) -> None:
        self._bot.places.learn(read(Channel, payload))
        self._order.done(seq)

    async def _threads(self, seq: int, payload: bytes) -> None:
        told = read(ThreadList, payload)
        for thread in told.threads:
            thread.guild_id = told.guild_id
            self._bot.places.learn(thread)
        self._order.done(seq)

    async def _channel_gone(self, seq: int, payload: bytes) -> None:
        self._bot.places.forget(read(Channel, payload).id)
        self._order.done(seq)

    # What was missed

    def _read_all_back(self, seq: int, after: Mapping[str, int], guild: str | None) -> None:
        """In every channel what was missed comes before what is said from now on; then `seq` is done."""
        reading = [
            self._order.follow(channel, 0, partial(self._read_back, channel, since, guild))
            for channel, since in after.items()
        ]

        async def read_all() -> None:
            if reading:
                await asyncio.wait(reading)

        self._order.follow(f"back {seq}", seq, read_all)

    async def _ask_heard(self) -> tuple[Heard, ...]:
        while True:
            try:
                return await self._house.notebook.heard(self._bot.tenant, PLATFORM, self._bot.id, catch_up.HEARD)
            except StoreDown:
                await asyncio.sleep(STORE_PAUSE)

    async def _read_back(self, channel: str, after: int, guild: str | None) -> None:
        try:
            async for found in catch_up.missed(self._bot.account, channel, after):
                if guild is not None:
                    found["guild_id"] = guild
                try:
                    await self._people.hear(msgspec.convert(found, Message))
                except msgspec.ValidationError as error:
                    await self.unreadable("message", msgspec.json.encode(found), str(error))
        except Unreachable as error:
            log.warning("%s", error)

    # What people do

    async def _message(self, seq: int, payload: bytes) -> None:
        message = read(Message, payload)
        self._order.follow(message.channel_id, seq, partial(self._people.hear, message))

    async def _interaction(self, seq: int, payload: bytes) -> None:
        interaction = read(Interaction, payload)
        if interaction.type == AUTOCOMPLETE:
            self._people.suggest(interaction)
            self._order.done(seq)
        else:
            self._order.follow(interaction.channel_id or "", seq, self._people.answering(interaction))

    async def _reaction(self, seq: int, payload: bytes, *, put: bool) -> None:
        reaction = read(Reaction, payload)
        stamp = f"{self._session[:16]}-{seq}"
        self._order.follow(reaction.channel_id, seq, partial(self._people.rate, reaction, put, stamp))


class _Named(msgspec.Struct):
    id: str
