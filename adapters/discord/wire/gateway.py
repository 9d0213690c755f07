"""One connection to the gateway: HELLO to its end. Knows opcodes, heartbeats and close codes; must not know events.

Closing with 1000 or 1001 would end the session, so we close with 4000: Discord keeps it for a few minutes, and a
resume, also one by another process, is given everything after the last sequence number we name.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from adapters.discord.errors import FATAL_CLOSES, NEW_SESSION_CLOSES
from adapters.discord.wire.line import Line

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 0, 1, 2, 6, 7, 9, 10, 11

KEEPING_CLOSE = 4000
"""Close code of ours that keeps the session."""

HELLO_SECONDS = 15.0
"""How long the gateway may take for its first word."""

QUERY = "?v=10&encoding=json"

UNREADABLE = ""
"""Kind of a frame that is no JSON of the expected shape."""

Take = Callable[[str, int, bytes], Awaitable[None]]
"""Called with each event's kind, sequence number (0: none) and payload; may wait, then nothing more is read."""


class Session(msgspec.Struct):
    """What a resume needs; `seq` is the last event that is committed. `newest` is its snowflake, for a back-fill."""

    id: str = ""
    url: str = ""
    seq: int = 0
    newest: int = 0


class Frame(msgspec.Struct):
    """One gateway message."""

    op: int
    d: msgspec.Raw = msgspec.Raw(b"null")
    s: int | None = None
    t: str | None = None


class Fatal(Exception):
    """Connecting again is pointless; the message is for the operator."""

    def __init__(self, code: int) -> None:
        super().__init__(FATAL_CLOSES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class End:
    """How a connection ended. `asked`: the gateway wished it (op 7), so nothing is wrong."""

    resumable: bool
    why: str
    asked: bool = False


_OVER = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})

_frames = msgspec.json.Decoder(Frame)


class Connection:
    """One socket's life. `patience`: seconds that the gateway may take for its first event."""

    def __init__(self, line: Line, token: str, intents: int, patience: float) -> None:
        self._line, self._token, self._intents, self._patience = line, token, intents, patience
        self._begun = False
        self._seq: int | None = None
        self._acked = True
        self._held = False

    async def live(self, url: str, session: Session, take: Take) -> End:
        """Connect, identify or resume, and hand every event to `take` until the connection ends.

        Raises Fatal, Unreachable (never connected)."""
        socket = await self._line.socket(url.rstrip("/") + "/" + QUERY)
        beating: asyncio.Task[None] | None = None
        try:
            hello = await self._hello(socket)
            if hello is None:
                return self._ended(socket, "the gateway did not say hello")
            beating = asyncio.create_task(self._beat(socket, hello))
            await self._begin(socket, session)
            return await self._listen(socket, take)
        except (ClientError, ConnectionError, TimeoutError, OSError) as error:
            return End(True, type(error).__name__)
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
            await socket.close(code=KEEPING_CLOSE)

    async def _hello(self, socket: ClientWebSocketResponse) -> float | None:
        """The seconds between two heartbeats."""
        message = await socket.receive(HELLO_SECONDS)
        if message.type is not WSMsgType.TEXT:
            return None
        try:
            frame = _frames.decode(message.data)
            interval = msgspec.json.decode(frame.d)["heartbeat_interval"] / 1000
        except (msgspec.DecodeError, TypeError, KeyError):
            return None
        return float(interval) if frame.op == HELLO and interval > 0 else None

    async def _begin(self, socket: ClientWebSocketResponse, session: Session) -> None:
        if session.id:
            self._seq = session.seq
            await _say(socket, RESUME, {"token": self._token, "session_id": session.id, "seq": session.seq})
            return
        properties = {"os": sys.platform, "browser": "parley", "device": "parley"}
        await _say(
            socket,
            IDENTIFY,
            {"token": self._token, "intents": self._intents, "properties": properties, "compress": False},
        )

    async def _listen(self, socket: ClientWebSocketResponse, take: Take) -> End:
        while True:
            try:
                message = await socket.receive(None if self._begun else self._patience)
            except TimeoutError:
                return End(False, "the gateway does not answer")
            if message.type in _OVER:
                return self._ended(socket, "the connection was lost")
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                frame = _frames.decode(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                await take(UNREADABLE, 0, str(message.data).encode("utf-8", "replace"))
                continue
            if frame.op == DISPATCH and frame.s is not None:
                self._seq = frame.s
                self._begun = self._held = True
                await take(frame.t or UNREADABLE, frame.s, bytes(frame.d))
                self._held = False
            elif frame.op == HEARTBEAT:
                await _say(socket, HEARTBEAT, self._seq)
            elif frame.op == HEARTBEAT_ACK:
                self._acked = True
            elif frame.op == RECONNECT:
                return End(True, "the gateway asks us to connect again", asked=True)
            elif frame.op == INVALID_SESSION:
                return End(bytes(frame.d) == b"true", "the gateway does not take this session")

    async def _beat(self, socket: ClientWebSocketResponse, interval: float) -> None:
        """Heartbeats; a connection that answers none is dead, whatever TCP says, unless it is we who do not read."""
        await asyncio.sleep(interval * random.random())
        while True:
            if not self._acked and not self._held:
                await socket.close(code=KEEPING_CLOSE)
                return
            self._acked = self._acked and self._held
            try:
                await _say(socket, HEARTBEAT, self._seq)
            except (ClientError, ConnectionError, OSError):
                return
            await asyncio.sleep(interval)

    def _ended(self, socket: ClientWebSocketResponse, why: str) -> End:
        code = socket.close_code
        if code in FATAL_CLOSES:
            raise Fatal(code)
        return End(code not in NEW_SESSION_CLOSES, f"{why} (close code {code})")


async def _say(socket: ClientWebSocketResponse, op: int, content: Any) -> None:
    await socket.send_str(msgspec.json.encode({"op": op, "d": content}).decode())
