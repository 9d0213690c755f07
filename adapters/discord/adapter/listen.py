"""One bot's session with the gateway, kept across restarts. Knows when to resume and when to begin anew.

Must not know what an event means. Only what is committed counts as heard: a resume asks for everything after it.
"""

from __future__ import annotations

import asyncio
import logging
import random

import msgspec

from adapters.discord.adapter.answers import PLATFORM
from adapters.discord.adapter.bot import Bot
from adapters.discord.adapter.events import Events
from adapters.discord.adapter.order import Order
from adapters.discord.config import DiscordConfig
from adapters.discord.errors import FATAL_CLOSES, BadToken
from adapters.discord.parse.shapes import Ready, Unreadable, read
from adapters.discord.wire.gateway import UNREADABLE, Connection, End, Session
from adapters.discord.wire.line import Line
from hub.domain.errors import AdapterError, StoreDown, Unreachable
from hub.ports.house import House

GUILDS, GUILD_MESSAGES, GUILD_REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS = 1 << 0, 1 << 9, 1 << 10, 1 << 12, 1 << 13
MESSAGE_CONTENT = 1 << 15
INTENTS = GUILDS | GUILD_MESSAGES | GUILD_REACTIONS | DIRECT_MESSAGES | DIRECT_REACTIONS

MAY_READ_CONTENT = (1 << 18) | (1 << 19)
"""Application flags that say the message content intent is switched on."""

FIRST_SAVE_SECONDS = 0.02
SAVE_SECONDS = 1.0
"""How far the kept sequence number may lag behind; what is replayed for it is known already and taken once."""

LONGEST_PAUSE = 60.0
STEADY_SECONDS = 30.0

log = logging.getLogger("parley.discord")


class Listener:
    """Keeps one bot listening until cancelled."""

    def __init__(self, bot: Bot, line: Line, config: DiscordConfig, house: House, events: Events, order: Order) -> None:
        self._bot, self._line, self._config = bot, line, config
        self._notebook = house.notebook
        self._events, self._order = events, order
        self._session = Session()
        self._ready_at = 0
        """Sequence number that must be committed before the session is worth keeping."""
        self._saved = ""
        self._kept = ""
        """The session that is written down."""

    async def listen(self) -> None:
        """Connect again and again. Raises Fatal and BadToken: trying on is pointless."""
        await self._patiently_identify()
        self._session = await self._read()
        self._order.reset(self._session.seq, self._session.newest)
        saving = asyncio.create_task(self._save_often())
        clock, pause = asyncio.get_running_loop(), self._config.pause_seconds
        try:
            while True:
                began = clock.time()
                end = await self._once()
                if not end.resumable and self._session.id:
                    await self._forget_session()
                if clock.time() - began > STEADY_SECONDS or end.asked:
                    pause = self._config.pause_seconds
                log.info("%s: %s; again in %.1f s", self._bot.id, end.why, 0 if end.asked else pause)
                if not end.asked:
                    await asyncio.sleep(pause * (1 + random.random()))
                    pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            saving.cancel()
            await self._order.stop()
            await self._save()

    async def _once(self) -> End:
        """One connection."""
        try:
            intents, url = INTENTS | MESSAGE_CONTENT, self._session.url
            if not self._session.id:
                intents, url = await self._intents(), await self._place()
            connection = Connection(self._line, self._bot.account.token, intents, self._config.call_seconds)
            return await connection.live(self._config.gateway_url or url, self._session, self._take)
        except AdapterError as error:
            if self._bot.account.refused:
                raise
            return End(True, str(error))

    async def _place(self) -> str:
        """Where a new session begins; waits until one may. Raises AdapterError."""
        try:
            told = await self._bot.account.call("GET", "gateway/bot")
            limit = told.get("session_start_limit", {})
            if limit.get("remaining", 1) <= 0:
                wait = limit.get("reset_after", 0) / 1000
                log.warning(
                    "%s may begin no session for %.0f s: Discord resets a token used too often", self._bot.id, wait
                )
                await asyncio.sleep(wait)
            return str(told["url"])
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreachable("Discord does not say where its gateway is") from error

    async def _intents(self) -> int:
        """What we ask to be told; all messages only where that is switched on: else we would be shut out."""
        try:
            told = await self._bot.account.call("GET", "applications/{}", "@me")
        except AdapterError:
            return INTENTS | MESSAGE_CONTENT
        if isinstance(told, dict) and not int(told.get("flags") or 0) & MAY_READ_CONTENT:
            log.warning(
                "%s reads only direct messages and mentions. To follow its own threads without being mentioned: %s",
                self._bot.id,
                FATAL_CLOSES[4014],
            )
            return INTENTS
        return INTENTS | MESSAGE_CONTENT

    async def _take(self, kind: str, seq: int, payload: bytes) -> None:
        if kind == UNREADABLE and not seq:
            await self._events.unreadable("frame", payload, "no JSON")
            return
        if kind == "READY":
            self._begun(seq, payload)
        self._order.begin(seq, self._events.moment(kind, payload))
        await self._events.happened(kind, seq, payload)
        await self._order.room()

    def _begun(self, seq: int, payload: bytes) -> None:
        try:
            ready = read(Ready, payload)
        except Unreadable as error:
            log.warning("the gateway's READY cannot be read: %s", error)
            return
        self._session = Session(ready.session_id, ready.resume_gateway_url, seq - 1, self._order.newest)
        self._ready_at = seq
        self._order.reset(seq - 1, self._order.newest)
        self._events.begin_session(ready.session_id)
        log.info("%s (%s) listens", ready.user.username, self._bot.id)

    async def _patiently_identify(self) -> None:
        pause = self._config.pause_seconds
        while True:
            try:
                await self._bot.identify()
                return
            except AdapterError as error:
                if self._bot.account.refused:
                    raise
                log.warning("Discord cannot be asked who we are: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    # The session beyond this process

    async def _read(self) -> Session:
        pause = self._config.pause_seconds
        while True:
            try:
                kept = await self._notebook.read(PLATFORM, self._name)
                await self._events.remember()
                break
            except StoreDown:
                await asyncio.sleep(pause)
        self._saved = kept
        try:
            session = msgspec.json.decode(kept, type=Session) if kept else Session()
        except msgspec.DecodeError:
            session = Session()
        self._events.begin_session(session.id)
        return session

    async def _save_often(self) -> None:
        while True:
            # A session that was never written down cannot be resumed, so the first time is soon.
            await asyncio.sleep(SAVE_SECONDS if self._kept == self._session.id else FIRST_SAVE_SECONDS)
            await self._save()

    async def _save(self) -> None:
        self._session.newest = self._order.newest
        self._session.seq = self._order.committed
        # A session whose first back-fill is not done must not be resumed: it would never be done.
        kept = self._session if self._session.seq >= self._ready_at else Session(newest=self._session.newest)
        written = msgspec.json.encode(kept).decode()
        if written == self._saved:
            self._kept = kept.id
            return
        try:
            await self._notebook.write(PLATFORM, self._name, written)
            self._saved, self._kept = written, kept.id
        except StoreDown as error:
            log.info("the session is not kept: %s", error)

    async def _forget_session(self) -> None:
        self._session = Session(newest=self._order.newest)
        self._ready_at = 0
        await self._order.stop()
        self._order.reset(0, self._session.newest)
        await self._save()

    @property
    def _name(self) -> str:
        return f"session:{self._bot.id}"


def refused(error: Exception) -> str:
    """Why a bot is given up, for the operator."""
    return FATAL_CLOSES[4004] if isinstance(error, BadToken) else str(error)
