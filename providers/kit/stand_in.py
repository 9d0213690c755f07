"""A small server that speaks a vendor's wire, for tests and benches. Knows scripts, faults and what was asked and
sent; must not know any vendor's frames (each provider's `sandbox.py` subclasses StandIn).

What it records is the oracle: what it "billed" is what was completed or sent, whatever our own tables say.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from socket import SO_LINGER, SOL_SOCKET
from typing import Self

from aiohttp import web

from hub.domain.completion import ToolCall


class Fault(StrEnum):
    """How a stand-in misbehaves. CUT ends the connection after `after` frames, RESET with a RST, TRUNCATED cleanly but
    without a finish; NONSENSE reports usage that cannot be."""

    NONE = ""
    STATUS = "status"
    CUT = "cut"
    RESET = "reset"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    ERROR_EVENT = "error_event"
    STALL = "stall"
    NONSENSE = "nonsense"
    NO_USAGE = "no_usage"
    PAGE = "page"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Script:
    """One answer. `text` None: the stand-in's own (an echo). `wait`: seconds before the first word, `pace`: between
    words. `input`, `output`, `cached`, `reasoning` None or a number for the usage; `after`: frames before a fault."""

    text: str | None = None
    calls: tuple[ToolCall, ...] = ()
    finish: str = "stop"
    wait: float = 0.0
    pace: float = 0.0
    fault: Fault = Fault.NONE
    after: int = 3
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    message: str = "the stand-in was told to fail"
    input: int = 11
    output: int | None = None
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes of the stream and the output tokens they carry."""

    content: bytes
    tokens: int = 0


@dataclass(slots=True)
class Heard:
    """One call as the server saw it. `sent`: output tokens that left; `completed`: the whole answer did."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object]
    sent: int = 0
    completed: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


def words_of(text: str) -> list[str]:
    """Pieces of a text, a token each by the stand-in's own count."""
    return [piece for piece in text.replace(" ", " \0").split("\0") if piece]


def frame(payload: object, tokens: int = 0, event: str = "") -> Frame:
    """One SSE event."""
    name = f"event: {event}\n" if event else ""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return Frame(f"{name}data: {text}\n\n".encode(), tokens)


class StandIn(ABC):
    """`async with OpenAISandbox() as sandbox:`; then `sandbox.base_url`, `sandbox.next(...)`, `sandbox.heard`."""

    def __init__(self, default: Script | None = None, keep: bool = True) -> None:
        """`default`: what is said when no script waits; `keep`: record calls (off for benches)."""
        self.default = default or Script()
        self.heard: list[Heard] = []
        self.running = 0
        self._keep = keep
        self._scripts: list[Script] = []
        self._runner: web.AppRunner | None = None
        self.base_url = ""

    @abstractmethod
    def frames(self, body: Mapping[str, object], path: str, script: Script, text: str) -> list[Frame]:
        """The whole stream of one answer."""

    @abstractmethod
    def error_frame(self, script: Script) -> Frame:
        """An error inside a stream."""

    @abstractmethod
    def error_body(self, script: Script) -> object:
        """The JSON body of an HTTP error."""

    @abstractmethod
    def question(self, body: Mapping[str, object]) -> str:
        """The text of the newest message."""

    def plain(self, method: str, path: str, body: Mapping[str, object]) -> object | None:
        """Answer of a route that does not stream (model list, counting); None: it is the streaming route."""
        return None

    def next(self, *scripts: Script) -> None:
        """Queue answers, used before the default."""
        self._scripts += scripts

    def answer(self, question: str) -> str:
        """What is said when the script gives no text."""
        return f"You said: {question}"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; `base_url` is known afterwards."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/_sandbox/script", self._control)
        app.router.add_get("/_sandbox/heard", self._report)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, bound = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{bound}"

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _control(self, request: web.Request) -> web.Response:
        found = await request.json()
        for script in found if isinstance(found, list) else [found]:
            self.next(Script(**{**script, "fault": Fault(script.get("fault", ""))}))
        return web.json_response({"waiting": len(self._scripts)})

    async def _report(self, request: web.Request) -> web.Response:
        names = ("method", "path", "body", "sent", "completed")
        return web.json_response([{name: getattr(call, name) for name in names} for call in self.heard])

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await _body_of(request)
        heard = Heard(request.method, request.path_qs, dict(request.headers), body)
        if self._keep:
            self.heard.append(heard)
        script = self._scripts.pop(0) if self._scripts else self.default
        if script.fault is Fault.STATUS:
            return web.json_response(self.error_body(script), status=script.status, headers=dict(script.headers))
        if script.fault is Fault.PAGE:
            return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")
        if script.fault is Fault.REDIRECT:
            return web.Response(status=307, headers={"Location": f"{self.base_url}/elsewhere"})
        plain = self.plain(request.method, request.path, body)
        if plain is not None:
            return web.json_response(plain)
        self.running += 1
        try:
            return await self._stream(request, heard, script)
        except (ConnectionError, asyncio.CancelledError):
            heard.left.set()
            raise
        finally:
            self.running -= 1

    async def _stream(self, request: web.Request, heard: Heard, script: Script) -> web.StreamResponse:
        text = self.answer(self.question(heard.body)) if script.text is None else script.text
        frames = self.frames(heard.body, request.path, script, text)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        response.enable_chunked_encoding()
        await asyncio.sleep(script.wait)
        await response.prepare(request)
        for position, one in enumerate(frames):
            if position == script.after and await self._misbehave(request, response, script):
                return response
            await response.write(one.content)
            heard.sent += one.tokens
            if script.pace and one.tokens:
                await asyncio.sleep(script.pace)
        heard.completed = True
        await response.write_eof()
        return response

    async def _misbehave(self, request: web.Request, response: web.StreamResponse, script: Script) -> bool:
        """Do what the script's fault says in mid-stream; True: nothing more is sent."""
        transport = request.transport
        match script.fault:
            case Fault.CUT | Fault.RESET if transport is not None:
                if script.fault is Fault.RESET:
                    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                await asyncio.sleep(0.02)  # let what was written arrive first
                transport.abort() if script.fault is Fault.RESET else transport.close()
            case Fault.TRUNCATED:
                await response.write_eof()
            case Fault.MALFORMED:
                await response.write(b'data: {"choices": [{"delta"\n\n')
                return False
            case Fault.ERROR_EVENT:
                await response.write(self.error_frame(script).content)
                await response.write_eof()
            case Fault.STALL:
                await asyncio.sleep(3600)
            case _:
                return False
        return True


async def _body_of(request: web.Request) -> Mapping[str, object]:
    """JSON, or the fields of a form; of a file in it the name, the type and how many bytes it has."""
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        return {
            name: {"name": one.filename, "type": one.content_type, "size": len(one.file.read())}
            if isinstance(one, web.FileField)
            else one
            for name, one in form.items()
        }
    content = await request.read()
    return dict(json.loads(content)) if content else {}


def serve(sandbox: Callable[[], StandIn]) -> None:
    """Run a stand-in as a program: prints its base URL, serves until killed. For journeys that kill our process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pace", type=float, default=0.0)
    parser.add_argument("--wait", type=float, default=0.0)
    options = parser.parse_args()

    async def run() -> None:
        server = sandbox()
        server.default = Script(pace=options.pace, wait=options.wait)
        await server.start(options.port)
        print(server.base_url, flush=True)
        await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
