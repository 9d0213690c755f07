"""A model that costs nothing: an OpenAI-compatible endpoint that streams 32 tokens. Knows bytes; must not know the hub.

`{"first": seconds, "token": seconds}` paces it; with both 0 the whole answer goes out at once, an HTTP chunk for each
token. Says its port, then lives until its stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import pairwise
from typing import cast

import uvloop

from bench.wire import Requests

WORDS = (
    "A hub takes a message, keeps it safe, asks a model, and shows the words as they come, so that nobody waits "
    "and nothing is ever lost or said twice."
)
TOKENS = 32
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
MODELS = b'{"object":"list","data":[{"id":"bench","object":"model"}]}'


def tokens() -> list[str]:
    """The answer in as many pieces as there are tokens."""
    size = len(WORDS) / TOKENS
    cuts = [round(index * size) for index in range(TOKENS + 1)]
    return [WORDS[start:end] for start, end in pairwise(cuts)]


def _chunk(payload: str) -> bytes:
    event = f"data: {payload}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _event(choices: list[object], **more: object) -> bytes:
    common = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "bench"}
    return _chunk(json.dumps({**common, "choices": choices, **more}, separators=(",", ":")))


def answer() -> list[bytes]:
    """The whole body, piece by piece: a token each, then finish, usage and end together."""
    pieces = [
        _event([{"index": 0, "delta": {"role": "assistant", "content": text} if not at else {"content": text},
                 "finish_reason": None}])
        for at, text in enumerate(tokens())
    ]  # fmt: skip
    finish = _event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    usage = _event([], usage={"prompt_tokens": 64, "completion_tokens": TOKENS, "total_tokens": 64 + TOKENS})
    pieces.append(finish + usage + _chunk("[DONE]") + b"0\r\n\r\n")
    return pieces


PIECES = answer()
WHOLE = HEAD + b"".join(PIECES)


class Endpoint(asyncio.Protocol):
    """One connection. Requests on it come one after the other."""

    def __init__(self, first: float, token: float) -> None:
        self._first, self._token = first, token
        self._requests = Requests()
        self._next: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, error: Exception | None) -> None:
        """They have gone; nothing more is said."""
        if self._next is not None:
            self._next.cancel()

    def data_received(self, received: bytes) -> None:
        """Answer every request that is whole."""
        for head, _ in self._requests.feed(received):
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"get"):
            kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            self._transport.write(kind % (len(MODELS), MODELS))
        elif self._first or self._token:
            self._next = self._loop.call_later(self._first, self._say, 0, self._loop.time() + self._first)
        else:
            self._transport.write(WHOLE)

    def _say(self, at: int, due: float) -> None:
        self._transport.write(HEAD + PIECES[0] if at == 0 else PIECES[at])
        if at + 1 < len(PIECES):
            due += self._token
            self._next = self._loop.call_at(due, self._say, at + 1, due)


async def main(first: float, token: float) -> None:
    """Listen until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(first, token), "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    uvloop.run(main(order.get("first", 0), order.get("token", 0)))
