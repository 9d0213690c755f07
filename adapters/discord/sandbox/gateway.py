"""The gateway: HELLO to RESUMED, sessions and their replay, everything that goes wrong there.

Knows opcodes and close codes; must not know REST.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import zlib
from typing import Any

from aiohttp import WSMsgType, web

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.posting import may_read
from adapters.discord.sandbox.town import PRIVATE, Bot, Channel, Message, Town

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 3, 6, 7, 9, 10, 11
MESSAGE_CONTENT = 1 << 15
NEEDS = {
    "MESSAGE_CREATE": (1 << 9, 1 << 12),
    "MESSAGE_DELETE": (1 << 9, 1 << 12),
    "MESSAGE_REACTION_ADD": (1 << 10, 1 << 13),
    "MESSAGE_REACTION_REMOVE": (1 << 10, 1 << 13),
}
"""Intents that let an event through, on servers and in private; what is not listed needs GUILDS or nothing."""

ENDS_SESSION = frozenset({1000, 1001})
"""Close codes of a client after which its session is over."""


class Session:
    """One session: everything it was sent, by number, and the socket that listens now."""

    def __init__(self, bot: Bot, intents: int) -> None:
        self.id = secrets.token_hex(16)
        self.bot, self.intents = bot, intents
        self.log: list[str] = []
        self.socket: Socket | None = None
        self.left_at = 0.0
        self.dead = False

    def push(self, kind: str, content: Any) -> None:
        """Number an event, keep it, and send it if somebody listens."""
        frame = json.dumps({"op": DISPATCH, "t": kind, "s": len(self.log) + 1, "d": content})
        self.log.append(frame)
        if self.socket is not None:
            self.socket.put(frame)


class Socket:
    """One connection; frames go out in order by a task of their own."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.ws, self.request = ws, request
        self.ended_by_us = False
        squeeze = request.query.get("compress") == "zlib-stream"
        self._squeeze = zlib.compressobj() if squeeze else None
        self._frames: asyncio.Queue[str] = asyncio.Queue()

    async def close(self, code: int) -> None:
        """End the connection; what the client's library answers says nothing about its session then."""
        self.ended_by_us = True
        await self.ws.close(code=code)

    def put(self, frame: str) -> None:
        """Send `frame` when its turn comes."""
        self._frames.put_nowait(frame)

    def say(self, op: int, content: Any) -> None:
        """Send what is no event."""
        self.put(json.dumps({"op": op, "d": content, "s": None, "t": None}))

    async def write(self) -> None:
        """Send until cancelled."""
        while True:
            frame = await self._frames.get()
            try:
                if self._squeeze is None:
                    await self.ws.send_str(frame)
                else:
                    packed = self._squeeze.compress(frame.encode()) + self._squeeze.flush(zlib.Z_SYNC_FLUSH)
                    await self.ws.send_bytes(packed)
            except (ConnectionError, RuntimeError):
                return


class Gateway:
    """All sessions of all bots."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.sessions: dict[str, Session] = {}
        self.interval = 41.25
        self.session_life = 180.0
        self.deaf = False
        """No heartbeat is answered: a connection that looks alive and is not."""
        self.mute = False
        """A RESUME is neither taken up nor refused."""
        self.repeat = 1
        """How often each event is told."""
        self.held: list[tuple[Session, str, Any]] | None = None
        self.opened: list[tuple[str, int, str]] = []
        """Every IDENTIFY and RESUME: bot, opcode, path."""
        self.closed: list[int] = []
        """Close codes that clients gave."""
        self.base = ""
        self.resume_url = ""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """GET the gateway"""
        ws = web.WebSocketResponse(max_msg_size=4096)
        await ws.prepare(request)
        socket = Socket(ws, request)
        writing = asyncio.create_task(socket.write())
        socket.say(HELLO, {"heartbeat_interval": int(self.interval * 1000), "_trace": []})
        session: Session | None = None
        try:
            async for message in ws:
                if message.type is not WSMsgType.TEXT:
                    await socket.close(4002)
                    break
                session = await self._hear(socket, session, json.loads(message.data), request.path)
        finally:
            writing.cancel()
            self._left(session, socket, ws.close_code)
        return ws

    def live(self, bot: Bot | None = None) -> list[Session]:
        """Sessions that still count."""
        now = time.monotonic()
        return [
            one
            for one in self.sessions.values()
            if not one.dead
            and (bot is None or one.bot.id == bot.id)
            and (one.socket is not None or now - one.left_at < self.session_life)
        ]

    def tell(
        self, kind: str, channel: Channel | None, content: dict[str, Any], message: Message | None, only: Bot | None
    ) -> None:
        """Tell every session that may know."""
        for session in self.live(only):
            if channel is not None and only is None and not channel.seen_by(session.bot.id):
                continue
            private = channel is not None and channel.kind == PRIVATE
            needed = NEEDS.get(kind)
            if needed and not session.intents & needed[private]:
                continue
            told = content if message is None else self._message(message, session)
            for _ in range(self.repeat):
                if self.held is not None:
                    self.held.append((session, kind, told))
                else:
                    session.push(kind, told)

    def _message(self, message: Message, session: Session) -> dict[str, Any]:
        readable = may_read(message, session.bot) and (
            session.intents & MESSAGE_CONTENT
            or message.channel.guild is None
            or message.author.id == session.bot.id
            or any(one.id == session.bot.id for one in message.mentions)
        )
        told = payloads.message(message, self.base, content=bool(readable))
        guild = message.channel.guild
        if guild is not None:
            told |= {"guild_id": guild.id, "member": payloads.member(message.author)}
            told["mentions"] = [{**one, "member": payloads.member(message.author)} for one in told["mentions"]]
        return told

    async def _hear(self, socket: Socket, session: Session | None, said: dict[str, Any], path: str) -> Session | None:
        op, content = said.get("op"), said.get("d")
        if op == HEARTBEAT:
            if not self.deaf:
                socket.say(ACK, None)
        elif op == IDENTIFY and session is None:
            return await self._identify(socket, content or {}, path)
        elif op == RESUME and session is None:
            return await self._resume(socket, content or {}, path)
        elif op in (IDENTIFY, RESUME):
            await socket.close(4005)
        elif op != PRESENCE:
            await socket.close(4001)
        return session

    async def _identify(self, socket: Socket, said: dict[str, Any], path: str) -> Session | None:
        bot = self._bot(said.get("token"))
        if bot is None:
            await socket.close(4004)
            return None
        bot.identifies += 1
        intents = int(said.get("intents", 0))
        self.opened.append((bot.id, IDENTIFY, path))
        if intents & MESSAGE_CONTENT and not bot.content_intent:
            await socket.close(4014)
            return None
        session = Session(bot, intents)
        session.socket = socket
        self.sessions[session.id] = session
        guilds = [one for one in self._town.guilds.values() if bot.id in one.members]
        session.push(
            "READY",
            {
                "v": 10,
                "user": payloads.own_user(bot),
                "guilds": [{"id": one.id, "unavailable": True} for one in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.resume_url,
                "application": {"id": bot.id, "flags": 0},
                "session_type": "normal",
                "private_channels": [],
                "relationships": [],
            },
        )
        for guild in guilds:
            session.push("GUILD_CREATE", payloads.guild(guild, self._town.accounts, bot))
        self._town.changed()
        return session

    async def _resume(self, socket: Socket, said: dict[str, Any], path: str) -> Session | None:
        bot = self._bot(said.get("token"))
        if bot is None:
            await socket.close(4004)
            return None
        self.opened.append((bot.id, RESUME, path))
        if self.mute:
            return None
        session = self.sessions.get(str(said.get("session_id")))
        seq = int(said.get("seq") or 0)
        if session is None or session not in self.live(bot):
            socket.say(INVALID, False)
            return None
        if seq > len(session.log):
            await socket.close(4007)
            return None
        session.socket = socket
        for frame in session.log[seq:]:
            socket.put(frame)
        session.push("RESUMED", {"_trace": []})
        self._town.changed()
        return session

    def _bot(self, token: Any) -> Bot | None:
        return next((bot for bot in self._town.bots() if bot.token == token and not bot.revoked), None)

    def _left(self, session: Session | None, socket: Socket, code: int | None) -> None:
        code = None if socket.ended_by_us else code
        if code is not None:
            self.closed.append(code)
        if session is not None and session.socket is socket:
            session.socket = None
            session.left_at = time.monotonic()
            session.dead = session.dead or code in ENDS_SESSION
        self._town.changed()
