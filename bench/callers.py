"""Programs that call an OpenAI-compatible server, many at once. Knows HTTP and event streams; must not know who serves.

Answers each order on its stdin, `{"port", "key", "together", "calls", "within"}`, by one line: how long all took, the
seconds to the first bytes of each answer, and what was strange. An answer counts when it ends in `[DONE]` with usage.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from functools import partial

import uvloop

from bench.visitors import post
from bench.wire import Asking

BODY = {
    "model": "bench",
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [{"role": "user", "content": "How does a message come from here to a model and back?"}],
}


def _note(came: list[float]) -> None:
    came.append(time.perf_counter())


async def call(port: int, key: str, together: int, calls: int, within: float) -> dict[str, object]:
    """`calls` calls, `together` at the same time; they begin at moments of their own `within` so many seconds."""
    firsts: list[float] = []
    strange: list[str] = []
    loop = asyncio.get_running_loop()
    request = post("/v1/chat/completions", BODY, f"Authorization: Bearer {key}")
    lines = [(await loop.create_connection(Asking, "127.0.0.1", port))[1] for _ in range(together)]

    async def caller(line: Asking, places: range) -> None:
        await asyncio.sleep(random.uniform(0, within))
        for _ in places:
            began = time.perf_counter()
            came: list[float] = []
            status, body = await line.ask(request, partial(_note, came))
            firsts.append(came[0] - began)
            if status != 200 or b"[DONE]" not in body[-20:] or b'"completion_tokens":' not in body:
                strange.append(f"{status} {body[:200]!r}")

    began = time.perf_counter()
    await asyncio.gather(*(caller(line, range(place, calls, together)) for place, line in enumerate(lines)))
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return {"seconds": seconds, "first": firsts, "strange": strange[:3]}


async def main() -> None:
    """Obey until stdin ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await call(**json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
