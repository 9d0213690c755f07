"""What aiohttp alone costs: the baselines. Knows aiohttp; must not know the hub.

`read`: read the model's stream and throw it away. `serve`: a server that holds event streams open and says nothing.
`answer`: a bot that takes a webhook, reads the model's stream and calls sendMessage, and keeps nothing.
`gateway`: passes calls on to the model and its bytes back, and looks at neither.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp
import msgspec
import uvloop
from aiohttp import web

JSON = {"Content-Type": "application/json"}
WARM_UP = 0.1
"""Share of the reads made before the clock starts."""


async def read(port: int, together: int, reads: int) -> dict[str, float]:
    """Read `reads` streams, `together` at the same time: CPU and clock seconds of one, and its bytes."""
    body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": "How does it work?"}]}
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    counted = 0
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def reader(places: range) -> None:
            nonlocal counted
            for _ in places:
                async with session.post(url, data=content) as response:
                    async for part in response.content.iter_any():
                        counted += len(part)

        async def all_of(total: int) -> None:
            await asyncio.gather(*(reader(range(place, total, together)) for place in range(together)))

        await all_of(max(together, int(reads * WARM_UP)))
        counted = 0
        cpu, clock = time.process_time(), time.perf_counter()
        await all_of(reads)
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return {"cpu": cpu / reads, "seconds": clock / reads, "bytes": counted / reads}


async def hold(request: web.Request) -> web.StreamResponse:
    """An event stream on which nothing happens."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"data: {}\n\n")
    await asyncio.get_running_loop().create_future()
    return response


async def session(request: web.Request) -> web.Response:
    """As if a session had begun."""
    return web.json_response({"token": "bare"})


async def serve() -> None:
    """Says its port, then lives until stdin ends."""
    app = web.Application()
    app.router.add_post("/web/v1/sessions", session)
    app.router.add_get("/web/v1/stream", hold)
    await _live(app)


async def _live(app: web.Application) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Delta(msgspec.Struct):
    """A token."""

    content: str = ""


class Choice(msgspec.Struct):
    """Where it stands."""

    delta: Delta


class Event(msgspec.Struct):
    """A chunk of the model's answer, as far as its words go."""

    choices: list[Choice]


_event = msgspec.json.Decoder(Event)


async def answer(model: int, telegram: int) -> None:
    """Says its port, then lives until stdin ends."""
    url, send = (f"http://127.0.0.1:{model}/v1/chat/completions", f"http://127.0.0.1:{telegram}/bot1:bare/sendMessage")
    connector = aiohttp.TCPConnector(limit=0)
    running: set[asyncio.Task[None]] = set()

    async def talk(session: aiohttp.ClientSession, update: Any) -> None:
        message = update["message"]
        body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": message["text"]}]}
        async with session.post(url, data=json.dumps(body), headers=JSON) as response:
            heard = await response.read()
        events = [_event.decode(line[6:]) for line in heard.split(b"\n") if line.startswith(b"data: {")]
        text = "".join([event.choices[0].delta.content for event in events if event.choices])
        async with session.post(send, data={"chat_id": message["chat"]["id"], "text": text}) as response:
            await response.read()

    async with aiohttp.ClientSession(connector=connector) as session:

        async def hook(request: web.Request) -> web.Response:
            task = asyncio.create_task(talk(session, json.loads(await request.read())))
            running.add(task)
            task.add_done_callback(running.discard)
            return web.Response()

        app = web.Application()
        app.router.add_post("/hooks/telegram", hook)
        await _live(app)


async def gateway(behind: int) -> None:
    """Says its port, then lives until stdin ends."""
    url = f"http://127.0.0.1:{behind}/v1/chat/completions"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def passed(request: web.Request) -> web.StreamResponse:
            async with session.post(url, data=await request.read(), headers=JSON) as answer:
                response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
                await response.prepare(request)
                async for part in answer.content.iter_any():
                    await response.write(part)
                await response.write_eof()
                return response

        app = web.Application()
        app.router.add_post("/v1/chat/completions", passed)
        await _live(app)


async def main(order: dict[str, int]) -> None:
    """`{"port", "together", "reads"}` reads; `{"model", "telegram"}` answers; `{"behind"}` passes on; `{}` serves."""
    if "behind" in order:
        await gateway(**order)
    elif "telegram" in order:
        await answer(**order)
    elif order:
        print(json.dumps(await read(**order)), flush=True)
    else:
        await serve()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))
