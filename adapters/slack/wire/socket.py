"""Socket Mode. Knows connections, envelopes and acknowledgements; must not know what an envelope holds.

An envelope is acknowledged on the connection it came by, and only when it was taken. What was not is delivered again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import msgspec

from adapters.slack.errors import TOKENS, code_of
from adapters.slack.wire.calls import Calls
from hub.domain.errors import AdapterError, RateLimited

HEARTBEAT = 15.0
"""Seconds between two pings of ours; a connection without an answer for half of it is dead."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two attempts to connect; doubled each time."""

HOPELESS_PAUSE = 300.0
"""Seconds after which a token that Slack refused is tried again."""

FAREWELL = 30.0
"""Seconds that a connection which was told to leave is still listened to; Slack closes it itself before."""

AT_ONCE = 64
"""Envelopes of one connection that are worked on at the same time; more wait in the connection."""

LARGEST = 4 * 1024 * 1024
"""Bytes of one envelope; a view with its state stays far below."""

log = logging.getLogger("parley.slack")


class Envelope(msgspec.Struct):
    """One frame. `payload` is JSON, if there is any; `type` of a delivery: events_api, slash_commands, interactive."""

    type: str = ""
    envelope_id: str = ""
    reason: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"null")


_decode = msgspec.json.Decoder(Envelope).decode


Take = Callable[[Envelope], Awaitable[bool]]
"""Whether the envelope may be acknowledged."""


class SocketMode:
    """Listens for one app, over one connection and, while Slack moves it, two."""

    def __init__(self, calls: Calls, app_token: str, name: str, take: Take) -> None:
        self._calls, self._token, self._name, self._take = calls, app_token, name, take

    async def run(self) -> None:
        """Listen until cancelled; never gives up."""
        pause = FIRST_PAUSE
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    socket = await self._connect()
                except AdapterError as error:
                    pause = await self._wait(error, pause)
                    continue
                leaving, greeted = asyncio.Event(), asyncio.Event()
                group.create_task(self._listen(socket, leaving, greeted))
                await leaving.wait()
                if greeted.is_set():
                    pause = FIRST_PAUSE
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        answer = await self._calls.call(self._token, "apps.connections.open", {})
        try:
            return await self._calls.session.ws_connect(
                str(answer.get("url", "")), heartbeat=HEARTBEAT, max_msg_size=LARGEST
            )
        except (aiohttp.ClientError, ValueError, TimeoutError) as error:
            raise AdapterError(f"Slack's connection cannot be opened ({type(error).__name__})") from None

    async def _wait(self, error: AdapterError, pause: float) -> float:
        if code_of(error) in TOKENS:
            log.error(
                "%s: Slack refuses the app token (%s). Make one under Basic Information > App-Level Tokens with the "
                "scope connections:write and set app_token. Tried again in %g s.",
                self._name, code_of(error), HOPELESS_PAUSE,
            )  # fmt: skip
            await asyncio.sleep(HOPELESS_PAUSE)
            return FIRST_PAUSE
        wait = max(pause, error.after) if isinstance(error, RateLimited) else pause
        log.warning("%s: not connected, again in %g s: %s", self._name, wait, error)
        await asyncio.sleep(wait)
        return min(pause * 2, LONGEST_PAUSE)

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event, greeted: asyncio.Event
    ) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as work:
                while (frame := await _next(socket, FAREWELL if leaving.is_set() else None)) is not None:
                    if frame.type == "hello":
                        greeted.set()
                        log.info("%s: connected to Slack", self._name)
                    elif frame.type == "disconnect":
                        self._say_why(frame.reason)
                        leaving.set()
                    elif frame.envelope_id:
                        await room.acquire()
                        work.create_task(self._work(socket, frame, room))
                leaving.set()
        finally:
            leaving.set()
            await socket.close()

    async def _work(self, socket: aiohttp.ClientWebSocketResponse, envelope: Envelope, room: asyncio.Semaphore) -> None:
        try:
            taken = await self._take(envelope)
        finally:
            room.release()
        if taken and not socket.closed:
            try:
                await socket.send_str(msgspec.json.encode({"envelope_id": envelope.envelope_id}).decode())
            except (ConnectionError, aiohttp.ClientError):
                log.info("%s: an acknowledgement came too late; Slack delivers again", self._name)

    def _say_why(self, reason: str) -> None:
        if reason == "link_disabled":
            log.error("%s: Socket Mode is switched off for this app. Switch it on under Settings > Socket Mode, or set "
                      "mode = \"http\".", self._name)  # fmt: skip
        else:
            log.info("%s: Slack moves the connection (%s)", self._name, reason)


async def _next(socket: aiohttp.ClientWebSocketResponse, patience: float | None) -> Envelope | None:
    """The next frame; None when the connection is over or silent for `patience` seconds. No JSON: an empty one."""
    try:
        message = await socket.receive(patience)
    except TimeoutError:
        return None
    if message.type is not aiohttp.WSMsgType.TEXT:
        return None
    try:
        return _decode(message.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        log.warning("Slack sent a frame that is no envelope")
        return Envelope()
