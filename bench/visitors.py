"""People on the web, many in one process. Knows the web API as the README has it; must not know what is measured.

Started with an order (JSON in argv), answers each further order on stdin with a line of JSON:
`open` (sessions, or known tokens, and a stream for each), `say` (everybody says something so many times), `some` (a
random few of them do), `direct` (ask the model itself, for comparison), `look` (which streams are still open).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import uvloop

from bench.wire import Asking, Watching

PATIENCE = 60.0
"""Seconds until an answer that has not come counts as lost."""
OPENERS = 32
"""How many open sessions and streams at the same time."""
STREAMS_PER_SOURCE = 5_000
"""Then another loopback address calls, so that ports do not run short."""


class Shown(msgspec.Struct):
    """A message on the screen, as far as we look at it."""

    id: str
    role: str
    state: str


class Event(msgspec.Struct):
    """An event of the stream, as far as we look at it."""

    type: str
    message: Shown | None = None
    messages: list[Shown] = []


@dataclass(slots=True)
class Asked:
    """A message on its way: when it was sent, when its first word and its answer came (seconds, by the same clock)."""

    sent: float
    done: asyncio.Future[float]
    first: float = 0.0


@dataclass(slots=True)
class Visitor:
    """One person with a session and an open stream. `answers` counts final answers seen."""

    token: str
    source: str
    stream: Watching | None = None
    asked: Asked | None = None
    answers: int = 0
    said: int = 0
    newest: str = ""
    strange: list[str] = field(default_factory=list)

    def heard(self, content: bytes) -> None:
        """An event of this person's stream."""
        event = _event.decode(content)
        asked = self.asked
        if asked is None:
            return
        if event.type == "frame":
            asked.first = asked.first or time.perf_counter()
        else:
            message = event.message or (event.messages[-1] if event.messages else None)
            if message is not None and message.role != "person" and message.id != self.newest:
                self._shown(asked, message)

    def _shown(self, asked: Asked, message: Shown) -> None:
        now = time.perf_counter()
        asked.first = asked.first or now
        if message.state == "failed":
            self.strange.append(f"{message.role} {message.state}")
        if message.state != "streaming" and not asked.done.done():
            self.answers += 1
            self.newest = message.id
            asked.done.set_result(now)


_event = msgspec.json.Decoder(Event)


def post(path: str, body: object, *headers: str) -> bytes:
    """A request with a JSON body."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


class Crowd:
    """All visitors of this process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self.visitors: list[Visitor] = []
        self._idle: list[Asking] = []

    async def line(self) -> Asking:
        """A connection for requests."""
        if self._idle:
            return self._idle.pop()
        _, protocol = await self._loop.create_connection(Asking, "127.0.0.1", self._port)
        return protocol

    async def open(self, count: int, tokens: list[str]) -> dict[str, object]:
        """`count` sessions (none for those whose `tokens` are known), each with its stream."""
        places = iter(range(count))

        async def opener() -> None:
            line = await self.line()
            for place in places:
                source = f"127.0.0.{2 + len(self.visitors) // STREAMS_PER_SOURCE}"
                token = tokens[place] if tokens else await _session(line)
                visitor = Visitor(token, source)
                self.visitors.append(visitor)
                await self._watch(visitor)
            self._idle.append(line)

        await asyncio.gather(*(opener() for _ in range(min(OPENERS, count))))
        return {"tokens": [visitor.token for visitor in self.visitors] if count <= 1_000 else []}

    async def _watch(self, visitor: Visitor) -> None:
        head = f"GET /web/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {visitor.token}\r\n\r\n"
        _, visitor.stream = await self._loop.create_connection(
            lambda: Watching(head.encode(), visitor.heard), "127.0.0.1", self._port, local_addr=(visitor.source, 0)
        )
        await asyncio.wait_for(visitor.stream.begun, PATIENCE)

    async def say(
        self, who: Iterable[Visitor], turns: int, together: int, text: str, within: float = 0.0
    ) -> dict[str, object]:
        """Each of `who` says something `turns` times, waiting for each answer; `together` of them at the same time.

        They begin at moments of their own `within` so many seconds."""
        firsts: list[float] = []
        wholes: list[float] = []
        queue = iter(list(who))

        async def talker() -> None:
            line = await self.line()
            await asyncio.sleep(random.uniform(0, within))
            for visitor in queue:
                for _ in range(turns):
                    first, whole = await _turn(visitor, line, text, self._loop)
                    firsts.append(first)
                    wholes.append(whole)
            self._idle.append(line)

        for _ in range(together - len(self._idle)):
            _, line = await self._loop.create_connection(Asking, "127.0.0.1", self._port)
            self._idle.append(line)
        began = time.perf_counter()
        await asyncio.gather(*(talker() for _ in range(together)))
        seconds = time.perf_counter() - began
        strange = [word for visitor in self.visitors for word in visitor.strange]
        return {"turns": len(wholes), "seconds": seconds, "first": firsts, "whole": wholes, "strange": strange[:5]}

    def look(self) -> dict[str, object]:
        """How many streams are open, and how many answers came for how many messages."""
        return {
            "open": sum(visitor.stream is not None and visitor.stream.open for visitor in self.visitors),
            "said": sum(visitor.said for visitor in self.visitors),
            "answers": sum(visitor.answers for visitor in self.visitors),
        }


async def _session(line: Asking) -> str:
    status, body = await line.ask(post("/web/v1/sessions", {"site": "default"}))
    if status >= 300:
        raise ConnectionError(f"no session: {status} {body[:400]!r}")
    return str(json.loads(body)["token"])


async def _turn(visitor: Visitor, line: Asking, text: str, loop: asyncio.AbstractEventLoop) -> tuple[float, float]:
    """Seconds from sending to the first word, and to the whole answer. Raises TimeoutError when none comes."""
    visitor.said += 1
    request = post(
        "/web/v1/messages",
        {"text": text},
        f"Authorization: Bearer {visitor.token}",
        f"Idempotency-Key: b{time.time_ns()}",
    )
    asked = visitor.asked = Asked(time.perf_counter(), loop.create_future())
    status, body = await line.ask(request)
    if status != 202:
        raise ConnectionError(f"not accepted: {status} {body[:400]!r}")
    alarm = loop.call_later(PATIENCE, _lost, asked.done)
    done = await asked.done
    alarm.cancel()
    visitor.asked = None
    return asked.first - asked.sent, done - asked.sent


def _lost(done: asyncio.Future[float]) -> None:
    if not done.done():
        done.set_exception(TimeoutError(f"no answer within {PATIENCE:g} s"))


def _note(came: list[float]) -> None:
    came.append(time.perf_counter())


async def direct(port: int, count: int, rounds: int, within: float) -> dict[str, object]:
    """Ask the model itself, `count` at the same time: seconds to the first bytes of each answer."""
    firsts: list[float] = []
    loop = asyncio.get_running_loop()
    body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": "How does it work?"}]}
    request = post("/v1/chat/completions", body)

    lines = [(await loop.create_connection(Asking, "127.0.0.1", port))[1] for _ in range(count)]

    async def asker(line: Asking) -> None:
        await asyncio.sleep(random.uniform(0, within))
        for _ in range(rounds):
            began = time.perf_counter()
            came: list[float] = []
            await line.ask(request, partial(_note, came))
            firsts.append(came[0] - began)

    await asyncio.gather(*(asker(line) for line in lines))
    for line in lines:
        line.close()
    return {"first": firsts}


async def main(port: int) -> None:
    """Obey until stdin ends."""
    crowd = Crowd(port)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await _obey(crowd, json.loads(line))), flush=True)


async def _obey(crowd: Crowd, order: dict[str, Any]) -> dict[str, object]:
    match order.pop("do"):
        case "open":
            return await crowd.open(order["count"], order.get("tokens", []))
        case "say":
            return await crowd.say(
                crowd.visitors, order["turns"], order["together"], order["text"], order.get("within", 0)
            )
        case "some":
            chosen = random.sample(crowd.visitors, order["count"])
            return await crowd.say(chosen, 1, order["together"], order["text"])
        case "direct":
            return await direct(order["port"], order["count"], order["rounds"], order.get("within", 0))
        case _:
            return crowd.look()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])["port"]))
