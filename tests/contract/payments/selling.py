"""A shop with everything but a chat: a store, the gateway, its stand-in, our pages and webhook on a socket."""

import itertools
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from hub.api.pay import PayRoutes
from hub.core.money.shop import Shop, digest_of, pay_url
from hub.core.operations.following import Following
from hub.core.operations.sales import Sales
from hub.domain.address import Address
from hub.domain.attempt import NewAttempt
from hub.domain.inbound import Accepted, Called, Inbound, Said, Sender
from hub.domain.money import Allowance, Ask, Hold, Unit
from hub.domain.payment import ORDER_MS, Goods, NewOrder
from providers.payments.stripe import create
from providers.payments.stripe.sandbox import StripeSandbox
from storage.store import StoreOn, open_store
from tests.contract.payments.conftest import config_for
from tests.kit.hub import free_port
from tests.kit.till import PLANS, TOPUP

_numbers = itertools.count(1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Buyer:
    """Somebody at an address, who was offered something."""

    shop: "Counter"
    address: Address
    sender: Sender
    account: int

    async def link(self, goods: Goods = Goods.TOPUP, name: str = "10", expires: int = 0) -> str:
        """A fresh link, as /plan gives it."""
        token = f"token-{next(_numbers)}-of-the-buyer"
        new = NewOrder(
            self.account, self.address, self.sender, goods, name, digest_of(token), "stripe",
            expires or now_ms() + ORDER_MS,
        )  # fmt: skip
        await self.shop.store.make_orders([new], now_ms())
        return pay_url(self.shop.url, token)

    async def checks_out(self, goods: Goods = Goods.TOPUP, name: str = "10") -> str:
        """Follow a fresh link to Stripe's page; its address."""
        status, headers, _ = await self.shop.post(await self.link(goods, name))
        assert status == 303
        return str(headers["Location"])

    async def free(self) -> int:
        lines = await self.shop.store.balances(1, self.account)
        return next((line.free for line in lines if line.unit is Unit.MICRO), 0)

    async def told(self) -> list[str]:
        """Keys of what this buyer's place was told, in order."""
        items = await self.shop.store.due(["web"], now_ms() + 1000, 100)
        self.shop.told += [(item.address, item.reply.notice.key) for item in items if item.reply.notice]
        await self.shop.store.delivered([item.id for item in items])
        return [key for address, key in self.shop.told if address == self.address]

    async def plan(self) -> tuple[str, int, int]:
        """The plan this buyer is on, until when its windows are paid for, and what part of it went back."""
        with closing(sqlite3.connect(self.shop.file, timeout=10)) as link:
            found = link.execute(
                "SELECT plan, plan_paid, plan_returned FROM accounts WHERE id = ?", (self.account,)
            ).fetchone()
        return str(found[0]), int(found[1]), int(found[2])

    async def uses_plan(self, amount: int = 15_000_000) -> None:
        """A call under the plan sets something aside: the allowance of the window is there."""
        allowance = Allowance((await self.plan())[0], Unit.MICRO, amount, "a-month", now_ms() + 20 * 86_400_000)
        hold = Hold(self.account, (Ask(Unit.MICRO, 0),), allowance)
        attempt = NewAttempt(1, 0, 0, self.account, "demo", "demo", 9, 9, hold=hold)
        assert isinstance(await self.shop.store.open_attempt(attempt, None), int)

    def resumed(self) -> int:
        """How often the question that had to wait was asked again (duplicates are none)."""
        return len({one.event_id for one in self.shop.accepted if one.address == self.address})


@dataclass
class Counter:
    """The shop."""

    store: StoreOn
    stripe: StripeSandbox
    file: Path
    url: str = ""
    accepted: list[Inbound] = field(default_factory=list)
    told: list[tuple[Address, str]] = field(default_factory=list)
    browser: Any = None
    sales: Any = None

    async def buyer(self, language: str = "en") -> Buyer:
        """Somebody new."""
        name = f"ann{next(_numbers)}"
        address, sender = Address(1, "web", "site", name), Sender(name, "Ann <b>", language)
        await self.store.accept(Inbound(address, sender, f"{name}-hi", Said("hi")), overtakes=False, bound=9)
        return Buyer(self, address, sender, await self.store.account_of(1, "web", name))

    async def get(self, url: str) -> tuple[int, Any, str]:
        async with self.browser.get(url, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.text()

    async def post(self, url: str, **more: Any) -> tuple[int, Any, str]:
        async with self.browser.post(url, allow_redirects=False, **more) as answer:
            return answer.status, answer.headers, await answer.text()

    async def accept(self, inbound: Inbound) -> Accepted:
        """What the hub would do: commit; a repeat is a duplicate."""
        assert inbound.content == Called("resume")
        self.accepted.append(inbound)
        return await self.store.accept(inbound, overtakes=False, bound=9)

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/stripe"


@asynccontextmanager
async def counter(
    home: Path, *, listens: bool = True, database: str = "", beside: StripeSandbox | None = None, **options: Any
) -> AsyncIterator[Counter]:
    """Open the shop; `listens`: Stripe's webhooks come; `beside`: where another shop sells already."""
    store = await open_store(database or f"sqlite+aiosqlite:///{home / 'shop.db'}")
    at_stripe = nullcontext(beside) if beside else StripeSandbox()
    async with at_stripe as stripe, aiohttp.ClientSession() as browser:
        shop = Counter(store, stripe, home / "shop.db", browser=browser)
        gateway = create(config_for(stripe, **options))
        app = web.Application()
        runner = web.AppRunner(app)
        port = free_port()
        shop.url = f"http://127.0.0.1:{port}"
        sold = Shop("stripe", shop.url, (TOPUP,))
        follow = Following(store, sold, PLANS, shop.accept)
        shop.sales = sales = Sales(store, gateway, sold, PLANS, follow)
        PayRoutes(sales, stripe.url).mount(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        if listens:
            stripe.listen(shop.hook)
        try:
            yield shop
        finally:
            if not beside:
                await stripe.courier.close()
            await runner.cleanup()
            await gateway.close()
            await store.close()
