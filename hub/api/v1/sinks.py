"""Who hears an answer over HTTP. Knows responses and chunks; must not know keys, models or what an answer costs."""

from __future__ import annotations

from aiohttp import web

from hub.api.v1.shape import Chunks
from hub.domain.completion import ToolCall

STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
"""No proxy is to keep words back."""


class Gathering:
    """Keeps what is said."""

    def __init__(self, name: str) -> None:
        self.name, self.model = name, ""
        self.said: list[str] = []
        self.calls: list[ToolCall] = []

    def begin(self, model: str) -> None:
        """See hub.core.operations.calls.Sink."""
        self.model = model

    async def words(self, text: str) -> None:
        """See hub.core.operations.calls.Sink."""
        self.said.append(text)

    async def call(self, call: ToolCall) -> None:
        """See hub.core.operations.calls.Sink."""
        self.calls.append(call)


class Streaming(Gathering):
    """Passes on what is said at once, and keeps it. Nothing goes out before the first word: until then a failure is
    an answer with a status of its own."""

    def __init__(self, request: web.Request, name: str, *, usage: bool) -> None:
        super().__init__(name)
        self._request, self._usage = request, usage
        self._response: web.StreamResponse | None = None
        self._chunks = Chunks(name, "", usage=usage)

    @property
    def response(self) -> web.StreamResponse | None:
        """None: nothing has gone out."""
        return self._response

    async def words(self, text: str) -> None:
        """See hub.core.operations.calls.Sink. Raises ConnectionError."""
        self.said.append(text)
        await self.write(self._chunks.words(text) if self._response is not None else text)

    async def call(self, call: ToolCall) -> None:
        """See hub.core.operations.calls.Sink. Raises ConnectionError."""
        self.calls.append(call)
        if self._response is None:
            await self.write("")
        await self.write(self._chunks.call(call))

    async def write(self, part: bytes | str) -> None:
        """Bytes of the stream; before it has begun the first words. Raises ConnectionError."""
        if isinstance(part, str):
            self._chunks = Chunks(self.name, self.model, usage=self._usage)
            self._response = web.StreamResponse(headers=STREAM)
            await self._response.prepare(self._request)
            part = self._chunks.role() + (self._chunks.words(part) if part else b"")
        assert self._response is not None
        await self._response.write(part)

    async def end(self, finish: str, usage: dict[str, object]) -> web.StreamResponse:
        """The last chunks. Raises ConnectionError."""
        if self._response is None:
            await self.write("")
        assert self._response is not None
        await self._response.write_eof(self._chunks.end(finish, usage))
        return self._response
