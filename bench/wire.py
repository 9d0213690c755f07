"""HTTP as a visitor's browser speaks it, as cheaply as Python can: two kinds of connection. Knows bytes; must not know
who talks or what is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import cast


class Unchunked:
    """The body inside HTTP chunks, as it arrives. `ended`: the last chunk has come."""

    __slots__ = ("_left", "_rest", "ended")

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        self.ended = False

    def feed(self, received: bytes) -> bytes:
        """What `received` adds to the body."""
        if self.ended:
            return b""
        data = self._rest + received if self._rest else received
        found: list[bytes] = []
        at = 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                at += len(part)
                self._left -= len(part)
                # The line end behind a chunk is counted as part of it and cut off here.
                found.append(part if self._left >= 2 else part[: len(part) + self._left - 2])
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            size = int(data[at:end], 16)
            at = end + 2
            if size == 0:
                self.ended = True
                at = len(data)
            else:
                self._left = size + 2
        self._rest = data[at:]
        return b"".join(found)


class Requests:
    """Cuts what arrives at a server into requests."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Head, in small letters, and body of every request that is whole by now."""
        self._rest += received
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._rest) < end + 4 + size:
                return
            body, self._rest = self._rest[end + 4 : end + 4 + size], self._rest[end + 4 + size :]
            yield head, body


class Asking(asyncio.Protocol):
    """A kept connection for requests, one after the other. Answers may have a length or come in chunks."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._first: Callable[[], None] | None = None
        self._rest = b""
        self._status = 0
        self._length: int | None = None
        self._chunks: Unchunked | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits hears of it."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("closed in the middle of an answer"))

    async def ask(self, request: bytes, first: Callable[[], None] | None = None) -> tuple[int, bytes]:
        """Status and body; `first` is called when the first bytes of the body are there."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._first = first
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def data_received(self, received: bytes) -> None:
        """Gather one answer."""
        if self._length is None and self._chunks is None:
            received = self._head((self._rest + received).lstrip(b"\r\n"))
            if self._length is None and self._chunks is None:
                return
        if received and self._first is not None:
            self._first()
            self._first = None
        self._rest += self._chunks.feed(received) if self._chunks is not None else received
        whole = self._chunks.ended if self._chunks is not None else len(self._rest) >= (self._length or 0)
        if whole and self._waiting is not None:
            body, self._rest, self._length, self._chunks = self._rest, b"", None, None
            self._waiting.set_result((self._status, body))

    def _head(self, received: bytes) -> bytes:
        end = received.find(b"\r\n\r\n")
        if end < 0:
            self._rest = received
            return b""
        head = received[:end].lower()
        self._rest = b""
        self._status = int(head[9:12])
        at = head.find(b"content-length:")
        if at >= 0:
            self._length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        else:
            self._chunks = Unchunked()
        return received[end + 4 :]


class Watching(asyncio.Protocol):
    """An open event stream; `heard` gets each event's data. `open`: its headers were good and it has not ended."""

    def __init__(self, request: bytes, heard: Callable[[bytes], None]) -> None:
        self._request, self._heard = request, heard
        self._headed = False
        self._rest = b""
        self._chunks = Unchunked()
        self.open = False
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self.open = False
        if not self.begun.done():
            self.begun.set_exception(ConnectionError("the stream ended before its first event"))

    def close(self) -> None:
        """Look no more."""
        self._transport.close()

    def data_received(self, received: bytes) -> None:
        """Cut what arrives into events."""
        if not self._headed:
            self._rest += received
            end = self._rest.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._rest.startswith(b"HTTP/1.1 200"):
                self.begun.set_exception(ConnectionError(f"no stream: {self._rest[:400]!r}"))
                self._transport.close()
                return
            self._headed = self.open = True
            received, self._rest = self._rest[end + 4 :], b""
        body = self._rest + self._chunks.feed(received)
        if self._chunks.ended:
            self.open = False
        *events, self._rest = body.split(b"\n\n")
        for event in events:
            at = event.find(b"data: ")
            if at < 0:
                continue
            if not self.begun.done():
                self.begun.set_result(None)
            self._heard(event[at + 6 :])
