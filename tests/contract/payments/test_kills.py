"""Killed again and again while payments come in: what Stripe's stand-in has taken is given once, and told once.

`PARLEY_KILLS` says how often (5): at each failpoint in turn, and between them at any instant.
"""

import asyncio
import os
import random
import signal
import sqlite3
from collections import Counter as Many
from contextlib import closing
from pathlib import Path

from hub.core.failpoints import PAYMENT_FAILPOINTS
from hub.domain.payment import Goods
from providers.payments.stripe.sandbox.form import Thing
from tests.contract.payments.selling import Buyer, Counter, counter, now_ms
from tests.kit.forks import ROOT, fork
from tests.kit.till import TOPUP

KILLS = int(os.environ.get("PARLEY_KILLS", "5"))


IN_TURN = ("two plans", "credit", "refund", "plan", "credit")


async def something_happens(shop: Counter, ann: Buyer, dice: random.Random, what: str) -> None:
    """Ann buys credit or a plan, two plans from two pages, or is given something back."""
    charges = [one for one in shop.stripe.all("charge") if not one["refunded"]]
    if what == "refund" and charges:
        shop.stripe.refund(dice.choice(charges))
        return
    wanted = [(Goods.TOPUP, "10")] if what in ("credit", "refund") else [(Goods.PLAN, "pro"), (Goods.PLAN, "team")]
    if what == "two plans":
        shop.stripe.misbehave("500", "/expire", 2)
    urls = []
    for goods, name in wanted[: 2 if what == "two plans" else 1]:
        status, headers, _ = await shop.post(await ann.link(goods, name))
        # whoever is on a plan is led to the customers' page, which nobody has set up here
        if status == 303:
            urls.append(str(headers["Location"]))
    shop.stripe.heals()
    for url in urls:
        await shop.stripe.pays(url)


async def dies(shop: Counter, home: Path, seed: int) -> int:
    """A process deals with everything until it dies; its status."""
    env = {"PYTHONPATH": str(ROOT), "PARLEY_TESTING": "1"}
    if seed % 2:
        env["PARLEY_FAILPOINT"] = f"{PAYMENT_FAILPOINTS[seed // 2 % len(PAYMENT_FAILPOINTS)]}:1"
    url = f"sqlite+aiosqlite:///{shop.file}"
    with (home / "till.log").open("ab") as log:
        arguments = (url, shop.stripe.url, shop.stripe.secret_key, str(0 if seed % 2 else seed))
        till = fork("tests.kit.till", *arguments, cwd=home, env=env, stdout=log, stderr=log)
    async with asyncio.timeout(30):
        return await till.wait()


def hers_among(shop: Counter, ann: Buyer) -> list[Thing]:
    """Her subscriptions at Stripe."""
    return [one for one in shop.stripe.all("subscription") if one["metadata"]["parley_account"] == str(ann.account)]


async def test_killed_at_any_instant_what_was_paid_is_given_and_told_once(tmp_path: Path) -> None:
    dice = random.Random(KILLS)
    async with counter(tmp_path, listens=False) as shop:
        people = [await shop.buyer() for _ in range(2)]
        ends: Many[int] = Many()
        for round_ in range(1, KILLS + 1):
            await something_happens(shop, dice.choice(people), dice, IN_TURN[(round_ - 1) % len(IN_TURN)])
            ends[await dies(shop, tmp_path, round_)] += 1
        assert set(ends) <= {0, -signal.SIGKILL, -signal.SIGALRM}, (tmp_path / "till.log").read_text()
        assert KILLS - ends[0] >= KILLS // 2
        assert (await shop.sales.reconcile(now_ms())).stuck == ()

        sessions = [one for one in shop.stripe.all("checkout.session") if one["status"] == "complete"]
        for ann in people:
            hers = [one for one in sessions if one["client_reference_id"] == str(ann.account)]
            bought = [one for one in hers if one["mode"] == "payment"]
            kept = [one for one in bought if not shop.stripe.charge_of(one)["refunded"]]
            assert await ann.free() == len(kept) * TOPUP.credit
            told = Many(await ann.told())
            # of what went back before we looked there was nothing to tell
            assert len(kept) <= told["credit_bought"] <= len(bought)
            living = [one["metadata"]["parley_plan"] for one in hers_among(shop, ann) if one["status"] == "active"]
            assert len(living) <= 1
            assert (await ann.plan())[0] == "".join(living)
        with closing(sqlite3.connect(shop.file)) as link:
            answered = link.execute("SELECT count(*) FROM inbox WHERE event_id LIKE 'paid-%'").fetchone()[0]
        assert answered == len(sessions)
        assert await shop.store.verify(0, 100) == ((), 0)
