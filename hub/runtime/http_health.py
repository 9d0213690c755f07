"""Alive, ready, and the numbers. Knows what must hold for each; must not change anything."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator

from aiohttp import web

from hub.core.metrics import snapshot
from hub.domain.errors import StoreDown
from hub.ports.store import Store
from hub.runtime.http_edge import RETRY_SECONDS, Gate, body_of
from hub.runtime.prometheus import CONTENT_TYPE, Sample, process_samples, render
from hub.runtime.supervisor import WELL, Supervisor
from storage.version import HEAD

FRESH_SECONDS = 1.0
"""How long a look at the database is believed, so that asking often costs it nothing."""


HEAD_WORD = "head"
"""What /readyz says of a schema that is as this version needs it."""

NONCE, PROOF, LONGEST_NONCE = "nonce", "proof", 64
"""`/healthz?nonce=X` is answered with a proof, so that `parley doctor` knows whose answer it is."""


def proof_of(secret: bytes, nonce: str) -> str:
    """What a hub with that secret says to `nonce`."""
    return hmac.new(secret, nonce.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _schema(found: str) -> str:
    if found in ("", HEAD):
        return HEAD_WORD
    return f"{found}, this version needs {HEAD}: {'parley migrate' if found < HEAD else 'start the newer version'}"


class Health:
    """The three routes for whoever runs the hub."""

    def __init__(self, store: Store, supervisor: Supervisor, gate: Gate, *, metrics: bool) -> None:
        self._store, self._supervisor, self._gate = store, supervisor, gate
        self._metrics = metrics
        self._secret = b""
        self._looked = float("-inf")
        self._database, self._found = "", ""

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)
        if self._metrics:
            app.router.add_get("/metrics", self.numbers)

    async def alive(self, request: web.Request) -> web.Response:
        """200 as long as the process turns its loop. A nonce is answered as only this house can."""
        told: dict[str, object] = {"alive": True}
        nonce = request.query.get(NONCE, "")
        if 0 < len(nonce) <= LONGEST_NONCE:
            try:
                self._secret = self._secret or await self._store.house_secret(PROOF)
                told[PROOF] = proof_of(self._secret, nonce)
            except StoreDown:
                pass
        return body_of(told)

    async def ready(self, request: web.Request) -> web.Response:
        """200 when the database takes writes and platforms listen or stand by, else 503 with what is amiss."""
        database = await self._look()
        platforms = dict(self._supervisor.states)
        schema = _schema(self._found)
        well = self._gate.open and database == "ok" and schema == HEAD_WORD and WELL.issuperset(platforms.values())
        checks = {"intake": "open" if self._gate.open else "stopping", "database": database, "schema": schema}
        revision = {"found": self._found, "expected": HEAD}
        # `channels` is what `platforms` was called first, and what people's checks may read.
        told = {"ready": well, **checks, "revision": revision, "platforms": platforms, "channels": platforms}
        answer = body_of(told, 200 if well else 503)
        if not well:
            answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer

    async def numbers(self, request: web.Request) -> web.Response:
        """The Prometheus exposition."""
        text = render([*snapshot(), *await self._rows(), *self._platforms(), *process_samples()])
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _look(self) -> str:
        if time.monotonic() - self._looked > FRESH_SECONDS:
            self._looked = time.monotonic()
            try:
                self._found = await self._store.check()
                self._database = "ok"
            except StoreDown:
                self._database = "cannot be written"
        return self._database

    async def _rows(self) -> list[Sample]:
        try:
            counts = await self._store.counts()
        except StoreDown:
            return []
        describe = "Rows not in a final state, by kind"
        return [("parley_open_rows", "gauge", describe, {"kind": kind}, count) for kind, count in counts.items()]

    def _platforms(self) -> Iterator[Sample]:
        for name, state in self._supervisor.states.items():
            up = 1.0 if state == "listening" else 0.0
            yield "parley_channel_up", "gauge", "Whether the platform is listened to", {"channel": name}, up
