"""A process that deals with what Stripe tells until it is killed: `python -m tests.kit.till DATABASE STRIPE KEY SEED`.

Knows a shop and a stand-in that outlives it: what happened comes in disorder and twice. With a SEED above 0 it dies at
some instant by itself, unless a failpoint kills it before; must not know who pays.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time

from hub.core.money.shop import Shop
from hub.core.operations.following import Following
from hub.core.operations.sales import Sales
from hub.domain.payment import Goods, Offer
from hub.domain.plan import Plan
from providers.payments.stripe import create
from providers.payments.stripe.config import StripeConfig
from storage.store import open_store

PLANS = {
    "free": Plan("free", 500_000),
    "pro": Plan("pro", 15_000_000, price=2_000),
    "team": Plan("team", 60_000_000, price=6_000),
}
TOPUP = Offer(Goods.TOPUP, "10", 1_000, "usd", 10_000_000)

LONGEST = 0.25
"""Seconds after which it is dead."""


async def main(database: str, stripe: str, key: str, seed: int) -> None:
    """Everything that ever happened, in any order, three at a time."""
    dice = random.Random(seed)
    store = await open_store(database, synchronous="NORMAL")
    gateway = create(StripeConfig(key, api_base=stripe))
    shop = Shop("stripe", "https://hub.example", (TOPUP,))
    follow = Following(store, shop, PLANS, lambda inbound: store.accept(inbound, overtakes=False, bound=99))
    sales = Sales(store, gateway, shop, PLANS, follow)
    now = time.time_ns() // 1_000_000
    happened = [one async for one in gateway.happened(0)] * 2
    dice.shuffle(happened)
    if seed:
        signal.setitimer(signal.ITIMER_REAL, dice.uniform(0.001, LONGEST))
    for at in range(0, len(happened), 3):
        await asyncio.gather(*(sales.deal(one, now) for one in happened[at : at + 3]))
    await sales.reconcile(now)
    await gateway.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
