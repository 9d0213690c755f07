"""Telegram as cheaply as Python can be it: people who write, the Bot API that their bot calls. Knows its wire; must not
know what is measured.

Says the port of its Bot API, then answers each order on stdin with a line of JSON: `say` (so many people write so many
messages, each after the answer to the last), `pace` (so many messages a second for so many seconds, from so many people
in turn). `through`, `path` and `secret` of an order say to which webhook.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

import uvloop

from bench.wire import Asking, Requests

PATIENCE = 60.0
"""Seconds until an answer that has not come counts as lost."""
FIRST_CHAT = 1_000_000
ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_SHOWN_CHAT = re.compile(rb"chat_id(?:=|\": ?)(-?\d+)")
_SHOWN = (b"sendmessage ", b"sendmessagedraft ", b"editmessagetext ")


@dataclass(slots=True)
class Asked:
    """A message on its way: when it was sent, when its first word was seen (seconds), its answer's coming."""

    sent: float
    done: asyncio.Future[float]
    first: float = 0.0


class Telegram:
    """Everybody's chat with the bot."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.asked: dict[int, Asked] = {}
        self.answers: dict[int, int] = {}
        self.number = count(1)

    def shown(self, chat: int, *, final: bool) -> None:
        """The bot shows something in a chat."""
        asked = self.asked.get(chat)
        if final:
            self.answers[chat] = self.answers.get(chat, 0) + 1
        if asked is None:
            return
        asked.first = asked.first or time.perf_counter()
        if final and not asked.done.done():
            asked.done.set_result(time.perf_counter())


class BotApi(asyncio.Protocol):
    """One connection of the bot's. Requests on it come one after the other."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._requests = Requests()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The bot calls."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, received: bytes) -> None:
        """Answer every request that is whole."""
        for head, body in self._requests.feed(received):
            self._answer(head[: head.find(b" http/")] + b" ", body)

    def _answer(self, line: bytes, body: bytes) -> None:
        result: object = True
        if line.endswith(_SHOWN):
            found = _SHOWN_CHAT.search(body)
            chat = int(found[1]) if found else 0
            final = not line.endswith(b"draft ")
            self._telegram.shown(chat, final=final)
            if final:
                place = {"id": chat, "type": "private"}
                result = {"message_id": next(self._telegram.number), "date": int(time.time()), "chat": place}
        elif line.endswith(b"/getme "):
            result = ME
        content = json.dumps({"ok": True, "result": result}).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(content) + content)


class Crowd:
    """People who write to the bot; their updates are pushed to a webhook."""

    def __init__(self, telegram: Telegram, port: int, path: str, secret: str) -> None:
        self._telegram, self._port = telegram, port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\n"
        )
        self._idle: list[Asking] = []

    async def _line(self) -> Asking:
        if self._idle:
            return self._idle.pop()
        _, protocol = await self._telegram.loop.create_connection(Asking, "127.0.0.1", self._port)
        return protocol

    async def turn(self, chat: int, text: str) -> tuple[float, float]:
        """Seconds from writing to the first word, and to the answer. Raises TimeoutError when none comes."""
        loop, number = self._telegram.loop, next(self._telegram.number)
        person = {"id": chat, "is_bot": False, "first_name": "Ann", "language_code": "en"}
        message = {"message_id": number, "date": int(time.time()), "chat": {"id": chat, "type": "private"}}
        update = {"update_id": number, "message": {**message, "from": person, "text": text}}
        body = json.dumps(update)
        asked = self._telegram.asked[chat] = Asked(time.perf_counter(), loop.create_future())
        line = await self._line()
        status, said = await line.ask(f"{self._head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self._idle.append(line)
        if status != 200:
            raise ConnectionError(f"not accepted: {status} {said[:400]!r}")
        async with asyncio.timeout(PATIENCE):
            done = await asked.done
        del self._telegram.asked[chat]
        return asked.first - asked.sent, done - asked.sent

    async def say(self, people: int, turns: int, text: str) -> dict[str, object]:
        """Each of `people` writes `turns` times."""
        firsts: list[float] = []

        async def talker(chat: int) -> None:
            for _ in range(turns):
                first, _whole = await self.turn(chat, text)
                firsts.append(first)

        before = dict(self._telegram.answers)
        began = time.perf_counter()
        await asyncio.gather(*(talker(FIRST_CHAT + place) for place in range(people)))
        seconds = time.perf_counter() - began
        return {"turns": len(firsts), "seconds": seconds, "first": firsts, "strange": self._strange(before, firsts)}

    async def pace(self, people: int, rate: float, seconds: float, text: str) -> dict[str, object]:
        """`rate` messages a second for `seconds`, from `people` in turn."""
        firsts: list[float] = []

        async def one(place: int) -> None:
            await asyncio.sleep(place / rate)
            first, _whole = await self.turn(FIRST_CHAT + place % people, text)
            firsts.append(first)

        before = dict(self._telegram.answers)
        await asyncio.gather(*(one(place) for place in range(int(rate * seconds))))
        return {"first": firsts, "strange": self._strange(before, firsts)}

    def _strange(self, before: dict[int, int], turns: list[float]) -> list[str]:
        """What was not answered once."""
        answers = sum(self._telegram.answers.values()) - sum(before.values())
        return [] if answers == len(turns) else [f"{answers} answers to {len(turns)} messages"]


async def main() -> None:
    """Obey until stdin ends."""
    loop = asyncio.get_running_loop()
    telegram = Telegram(loop)
    server = await loop.create_server(lambda: BotApi(telegram), "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    crowds: dict[int, Crowd] = {}
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        port, path, secret, kind = (order.pop(name) for name in ("through", "path", "secret", "do"))
        crowd = crowds.setdefault(port, Crowd(telegram, port, path, secret))
        print(json.dumps(await (crowd.say if kind == "say" else crowd.pace)(**order)), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
