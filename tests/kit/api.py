"""The HTTP API in this process: real store, core, edge and sockets, three vendors' stand-ins behind it."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from hub.api.v1 import doors
from hub.api.v1.routes import V1
from hub.core.hub import Hub
from hub.core.operations.keys import SHOWN, KeyRing, digest_of, new_secret
from hub.core.rules import Limits, Rules
from hub.domain.key import NewKey, Scope
from hub.domain.model import Endpoint, Model, Price
from hub.domain.money import MICRO, NewGrant, Source, Unit
from hub.runtime.http_edge import Gate, make_app, make_runner
from providers.kit.stand_in import StandIn
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create
from storage.store import StoreOn, open_store

HOUSE_KEY = b"k" * 32
PRICE = Price(1_000_000, 2_000_000, version="test")
"""A dollar for a million tokens read, two for a million written: 1 and 2 micro-dollars a token."""

_numbers = count(1)


@dataclass
class ApiHouse:
    """All of it, for one test. `vendors` by kind."""

    store: StoreOn
    hub: Hub
    keys: KeyRing
    vendors: dict[str, StandIn]
    url: str
    file: Path
    session: aiohttp.ClientSession
    accounts: dict[int, int] = field(default_factory=dict)

    async def account(self, tenant: int = 1, dollars: float = 1.0) -> int:
        """Somebody with so much credit."""
        number = await self.store.create_account(tenant, f"Person {next(_numbers)}")
        if dollars:
            micro = int(dollars * MICRO)
            await self.store.grant(tenant, NewGrant(f"gift-{number}", number, Unit.MICRO, micro, Source.GIFT))
        return number

    async def key(self, account: int = 0, tenant: int = 1, **scope: Any) -> str:
        """A key of `account`, or of somebody new."""
        account = account or await self.account(tenant)
        secret = new_secret()
        await self.store.create_key(
            NewKey(tenant, account, "test", secret[:SHOWN], digest_of(HOUSE_KEY, secret), Scope(**scope))
        )
        return secret

    async def post(self, key: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one call."""
        status, _, content = await self.call(key, body, **headers)
        return status, content

    async def call(self, key: str, body: Any, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of one call; `Idempotency_Key=...` becomes a header."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        how = {"data": body} if isinstance(body, bytes | io.BytesIO) else {"json": body}
        async with self.session.post(f"{self.url}/chat/completions", headers=sent, **how) as answer:
            content = await (answer.json() if answer.content_type == "application/json" else answer.text())
            return answer.status, dict(answer.headers), content

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """A look at the database that is not the store's."""
        with closing(sqlite3.connect(self.file, timeout=5)) as connection:
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows

    def money(self) -> list[tuple[Any, ...]]:
        """Everything that says what anybody has, used or holds."""
        return [
            *self.sql("SELECT account_id, unit, granted, used, held, beyond FROM balances WHERE used + held > 0"),
            *self.sql("SELECT scope, held, used FROM ceilings WHERE held + used > 0"),
            *self.sql("SELECT count(*) FROM attempts"),
        ]

    def heard(self, kind: str = "openai") -> list[Any]:
        """Bodies that a vendor got."""
        return [one.body for one in self.vendors[kind].heard]


def question(text: str = "hi", model: str = "small", **more: Any) -> dict[str, Any]:
    """The smallest body."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def models(**changes: Any) -> dict[str, Model]:
    """One of each vendor, `plain` without tools and images, and a free one."""
    common: dict[str, Any] = {"images": True, "tools": True, "price": PRICE, "max_output": 1_000, **changes}
    return {
        "small": Model("small", "openai", "vendor-small", **common),
        "claude": Model("claude", "anthropic", "vendor-claude", **common),
        "gem": Model("gem", "gemini", "vendor-gem", **common),
        "plain": Model("plain", "openai", "vendor-plain", 1_000, 200, price=PRICE),
        "gratis": Model("gratis", "openai", "vendor-gratis", free=True),
    }


@asynccontextmanager
async def api_house(
    folder: Path, *, limits: Limits | None = None, per_minute: int = 0, max_body: int = 4_000_000, **rules: Any
) -> AsyncIterator[ApiHouse]:
    """Start it; stopped at the end."""
    file = folder / "parley.db"
    store = await open_store(f"sqlite+aiosqlite:///{file}")
    vendors: dict[str, StandIn] = {
        "openai": OpenAISandbox(), "anthropic": AnthropicSandbox(), "gemini": GeminiSandbox(),
    }  # fmt: skip
    for vendor in vendors.values():
        await vendor.start()
    providers = {kind: create(Endpoint(kind, kind, "sk-vendor-key", one.base_url)) for kind, one in vendors.items()}
    given: dict[str, Any] = {
        "models": models(), "default": "small", "limits": limits or Limits(tries_per_model=1), **rules,
    }  # fmt: skip
    hub = Hub(store, {}, providers, Rules(**given), f"test-{hashlib.sha256(str(file).encode()).hexdigest()[:6]}")
    await hub.start()
    keys = KeyRing(store, HOUSE_KEY, per_minute)
    app = make_app(max_body, "", Gate())
    doors.mount(app, lambda: V1(keys, hub.completions, store, 600))
    runner = make_runner(app, access_log=False, close_seconds=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    async with aiohttp.ClientSession() as session:
        house = ApiHouse(store, hub, keys, vendors, url, file, session)
        house.sql("INSERT INTO tenants (name) VALUES ('second')")
        try:
            yield house
        finally:
            await hub.stop(0.2)
            await runner.cleanup()
            for provider in providers.values():
                await provider.close()
            for vendor in vendors.values():
                await vendor.close()
            await store.close()
