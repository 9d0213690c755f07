"""What Slack tells an app, and how often. Knows envelopes, signatures and retries; must not know what happened."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from adapters.slack.sandbox.world import App, Json, World

HTTP_REASONS = {True: "http_timeout", False: "http_error"}


@dataclass
class Errand:
    """One thing to tell. `answer`: what the app said to it; `statuses`: HTTP statuses in order, 0 for none."""

    app: App
    kind: str
    payload: Json
    id: str
    tries: int = 0
    acked: bool = False
    answer: Any = None
    statuses: list[int] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class Line:
    """One Socket Mode connection; `leaving`: it was told to go and is given nothing new."""

    app: App
    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False


class Courier:
    """`ack_seconds`: patience for an answer; `minute`: how long a minute of the retry schedule takes, in seconds."""

    def __init__(self, world: World) -> None:
        self.ack_seconds = 3.0
        self.minute = 60.0
        self.twice = 0
        self.delivered: list[Errand] = []
        self.lines: list[Line] = []
        self._held: list[Errand] | None = None
        self._unacked: dict[str, Errand] = {}
        self._tickets: dict[str, App] = {}
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._turn = 0

    async def close(self) -> None:
        """Nothing is delivered any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in list(self.lines):
            await line.socket.close()
        if self._session is not None:
            await self._session.close()

    def tell(self, app: App, kind: str, payload: Json) -> Errand:
        """Begin to deliver: `events_api`, `slash_commands` or `interactive`."""
        errand = Errand(app, kind, payload, f"{self._world.number():08x}-envelope")
        self.delivered.append(errand)
        if self._held is not None:
            self._held.append(errand)
        else:
            self._begin(errand)
        return errand

    def hold(self) -> None:
        """Keep everything back until `release`."""
        self._held = []

    def release(self, order: list[int] | None = None) -> None:
        """Deliver what was kept back, in the order it came in or in the one named by positions."""
        held, self._held = self._held or [], None
        for position in order if order is not None else range(len(held)):
            self._begin(held[position])

    def link(self, app: App) -> str:
        """A ticket for one connection."""
        ticket = f"ticket-{self._world.number()}"
        self._tickets[ticket] = app
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /link/{ticket}: a Socket Mode connection."""
        app = self._tickets.pop(request.match_info["ticket"], None)
        if app is None:
            return web.Response(status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(app, socket, request)
        self.lines.append(line)
        count = sum(each.app is app for each in self.lines)
        about = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18_060}
        hello = {"type": "hello", "num_connections": count, "debug_info": about}
        await socket.send_json({**hello, "connection_info": {"app_id": app.app_id}})
        for errand in [each for each in self._unacked.values() if each.app is app]:
            await self._over_line(errand, line)
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._answered(json.loads(message.data))
        finally:
            self.lines.remove(line)
        return socket

    async def disconnect(self, reason: str = "warning", grace: float = 0.1) -> None:
        """Tell every connection to make a new one, and close the old ones `grace` seconds later."""
        for line in list(self.lines):
            line.leaving = True
            await line.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
            self._spawn(self._close_later(line, grace))

    def drop(self) -> None:
        """Cut every connection as a broken cable would."""
        for line in list(self.lines):
            if line.request.transport is not None:
                line.request.transport.abort()

    async def shout(self, text: str) -> None:
        """Send any text over the first connection."""
        await self.lines[0].socket.send_str(text)

    async def post(self, app: App, body: bytes, content_type: str = "application/json", **headers: str) -> int:
        """Post signed bytes to the app, whatever they hold; its status."""
        status, _ = await self._posted(app, body, content_type, headers)
        return status

    def _begin(self, errand: Errand) -> None:
        copies = 2 if self.twice else 1
        self.twice = max(0, self.twice - 1)
        for _ in range(copies):
            self._spawn(self._by_http(errand) if errand.app.request_url else self._by_socket(errand))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _waits(self) -> tuple[float, ...]:
        """After which waits it is tried: now, at once when that failed, a minute later, five minutes later."""
        return (0.0, 0.0, self.minute, 5 * self.minute)

    async def _by_socket(self, errand: Errand) -> None:
        self._unacked[errand.id] = errand
        for wait in self._waits():
            await asyncio.sleep(wait)
            if errand.acked:
                return
            lines = [line for line in self.lines if line.app is errand.app and not line.leaving]
            if lines:
                self._turn += 1
                await self._over_line(errand, lines[self._turn % len(lines)])
            try:
                await asyncio.wait_for(errand.over.wait(), self.ack_seconds)
            except TimeoutError:
                continue
            return

    async def _over_line(self, errand: Errand, line: Line) -> None:
        envelope = {
            "envelope_id": errand.id,
            "type": errand.kind,
            "payload": errand.payload,
            "accepts_response_payload": errand.kind != "events_api",
        }
        if errand.kind == "events_api":
            envelope |= {"retry_attempt": errand.tries, "retry_reason": "timeout" if errand.tries else ""}
        errand.tries += 1
        try:
            await line.socket.send_json(envelope)
        except ConnectionError:
            return

    def _answered(self, answer: Json) -> None:
        errand = self._unacked.pop(answer.get("envelope_id", ""), None)
        if errand is not None:
            errand.acked, errand.answer = True, answer.get("payload")
            errand.over.set()

    async def _close_later(self, line: Line, grace: float) -> None:
        await asyncio.sleep(grace)
        await line.socket.close()

    async def _by_http(self, errand: Errand) -> None:
        body, content_type = encoded(errand)
        headers: dict[str, str] = {}
        waits = self._waits() if errand.kind == "events_api" else (0.0,)
        for number, wait in enumerate(waits):
            await asyncio.sleep(wait)
            if number:
                reason = HTTP_REASONS[errand.statuses[-1] == 0]
                headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            errand.tries += 1
            status, told = await self._posted(errand.app, body, content_type, headers)
            errand.statuses.append(status)
            if 200 <= status < 300:
                errand.acked, errand.answer = True, told
                break
            if told == "X-Slack-No-Retry":
                break
        errand.over.set()

    async def _posted(self, app: App, body: bytes, content_type: str, headers: Json) -> tuple[int, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.ack_seconds))
        signed = {**signature(app.signing_secret, body), "Content-Type": content_type, **headers}
        try:
            async with self._session.post(app.request_url, data=body, headers=signed) as response:
                told = await response.text()
                if response.status >= 300 and response.headers.get("X-Slack-No-Retry") == "1":
                    told = "X-Slack-No-Retry"
                return response.status, told
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""


def signature(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers with which Slack signs `body`, at `at` (seconds since the epoch; now)."""
    when = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + when.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": when, "X-Slack-Signature": f"v0={digest}"}


def encoded(errand: Errand) -> tuple[bytes, str]:
    """Body and content type of an errand over HTTP."""
    form = "application/x-www-form-urlencoded"
    if errand.kind == "events_api":
        return json.dumps(errand.payload).encode(), "application/json"
    if errand.kind == "slash_commands":
        return urlencode(errand.payload).encode(), form
    return urlencode({"payload": json.dumps(errand.payload)}).encode(), form
