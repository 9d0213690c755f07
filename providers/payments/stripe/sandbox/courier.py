"""How Stripe brings webhooks: at least once, in no order, again when refused. Knows faults; must not know objects."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from providers.payments.stripe.sandbox.form import Thing
from providers.payments.stripe.wire import sign

TRIES = 8
"""How often one event is brought."""


@dataclass(slots=True)
class Brought:
    """One try: the event, its kind, the status we answered (0: nobody answered)."""

    event: str
    kind: str
    status: int


class Courier:
    """Brings events to endpoints. `copies` of each at the same time; `down`: nothing is brought (lost until somebody
    asks for it again); `shuffled`: up to `pause` seconds late each; `pause` between tries, compressed."""

    def __init__(self) -> None:
        self.copies, self.down, self.shuffled, self.pause = 1, False, False, 0.05
        self.brought: list[Brought] = []
        self.lost: list[Thing] = []
        self._dice = random.Random(7)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def bring(self, event: Thing, url: str, secret: str) -> None:
        """Set off; what comes of it stands in `brought`."""
        if self.down:
            self.lost.append(event)
            return
        for _ in range(self.copies):
            task = asyncio.create_task(self._bring(event, url, secret))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _bring(self, event: Thing, url: str, secret: str) -> None:
        if self.shuffled:
            await asyncio.sleep(self._dice.uniform(0, self.pause * 2))
        for attempt in range(TRIES):
            status = await self.post(event, url, secret)
            self.brought.append(Brought(event["id"], event["type"], status))
            if 200 <= status < 300:
                event["pending_webhooks"] = 0
                return
            await asyncio.sleep(self.pause * 2**attempt)

    async def post(self, event: Thing, url: str, secret: str, *, signature: str | None = None, at: int = 0) -> int:
        """One try, signed (at second `at`, else now) unless a `signature` is given; the status."""
        body = json.dumps(event).encode()
        header = sign(body, secret, at or int(time.time())) if signature is None else signature
        return await self.send(body, url, {"Stripe-Signature": header} if header else {})

    async def send(self, body: bytes, url: str, headers: dict[str, Any]) -> int:
        """Bytes as they are; the status, 0 when nobody answered."""
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0"} | headers
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def rests(self, seconds: float = 20) -> None:
        """Wait until nothing is on its way."""
        async with asyncio.timeout(seconds):
            while self._tasks:
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Bring nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
