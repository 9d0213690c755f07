"""`/plan` in a chat: what there is, what one has, links that are one's own; and what it says where nothing is sold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core import sweep
from hub.core.money.shop import Shop, digest_of
from hub.core.operations.following import Following
from hub.core.rules import Limits, Rules
from hub.domain.address import ChatKind
from hub.domain.errors import Busy
from hub.domain.inbound import Called
from hub.domain.money import Unit
from hub.domain.payment import Goods, Offer, OrderState, PaymentSeen, Seen
from hub.domain.plan import Period, Plan
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules

PLANS = {
    "free": Plan("free", 500_000),
    "daily": Plan("daily", 20, Unit.MESSAGES, Period.DAY),
    "rolling": Plan("rolling", 9_000, Unit.TOKENS, Period.ROLLING, 5),
    "pro": Plan("pro", 15_000_000, price=2_000),
    "yearly": Plan("yearly", None, price=20_050, currency="eur", interval="year"),
    "yen": Plan("yen", 0, price=3_000, currency="jpy"),
}
TOPUP = Offer(Goods.TOPUP, "5", 500, "usd", 5_000_000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


def selling(url: str = "https://hub.example") -> Rules:
    shop = Shop("stripe", url, (TOPUP,))
    return rules(plans=PLANS, default_plan="free", shop=shop, payments=frozenset({"stripe"}))


async def shown(house: PaperHouse, chat: str = "ann", parts: int = 1) -> None:
    """Wait for an answer."""
    async with asyncio.timeout(10):
        while len(house.paper.texts(chat)) < parts:
            await asyncio.sleep(0.01)


def newest(house: PaperHouse, chat: str = "ann"):
    return [shown.part for shown in house.paper.screen.values() if shown.chat == chat][-1]


async def test_every_offer_has_a_link_of_its_own_for_who_asked(store: StoreOn) -> None:
    async with paper_house(store, selling()) as house:
        await house.person("ann").says(Called("plan"))
        await shown(house)
        part = newest(house)
        for line in (
            "Your plan: **free**",
            "**free**: answers worth $0.50 a month",
            "**daily**: 20 messages a day",
            "**rolling**: 9,000 tokens every 5 hours",
            "**pro**: $20 a month, with answers worth $15.00 in it",
            "**yearly**: €200.50 a year, with as many answers as you like",
            "**yen**: 3,000 JPY a month, with no allowance of its own",
        ):
            assert line in part.text
        labels = {button.label: button.url for button in part.buttons}
        assert list(labels) == [
            "Plan pro, $20 a month",
            "Plan yearly, €200.50 a year",
            "Plan yen, 3,000 JPY a month",
            "$5.00 of credit, $5",
        ]
        tokens = [url.removeprefix("https://hub.example/pay/") for url in labels.values()]
        assert len(set(tokens)) == 4
        assert all(len(token) >= 22 for token in tokens), "128 bits"
        account = await store.account_of(1, "paper", "ann")
        for token in tokens:
            order = await store.find_order(digest_of(token))
            assert order is not None
            assert (order.account_id, order.sender.user, order.state) == (account, "ann", OrderState.OPEN)
            assert await store.find_order(token) is None, "kept as a hash alone"


async def test_credit_alone_and_links_in_words_without_https(store: StoreOn) -> None:
    async with paper_house(store, selling("http://127.0.0.1:8080")) as house:
        await house.person("ann").says(Called("plan", "topup"))
        await shown(house)
        part = newest(house)
        assert part.buttons == ()
        assert "[$5.00 of credit, $5](http://127.0.0.1:8080/pay/" in part.text
        assert "yearly" not in part.text


@pytest.mark.parametrize("shop", [Shop(), Shop("stripe", "", (TOPUP,)), Shop("", "https://hub.example", (TOPUP,))])
async def test_where_nothing_can_be_paid_nothing_pretends(store: StoreOn, shop: Shop) -> None:
    async with paper_house(store, rules(plans=PLANS, default_plan="free", shop=shop)) as house:
        await house.person("ann").says(Called("plan"))
        await shown(house)
        part = newest(house)
        assert "Paying is not set up here" in part.text
        assert "/pay/" not in part.text
        assert all(not button.url for button in part.buttons)


async def test_what_follows_a_payment_waits_for_no_sweep_and_no_pace(
    store: StoreOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told at once, and the question asked again once, however fast its person was before."""
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 60.0)
    poor = {**PLANS, "free": Plan("free", 0, per_minute=1)}
    async with paper_house(store, replace(selling(), plans=poor, limits=Limits(person_per_minute=2))) as house:
        ann = house.person("ann")
        await ann.says("so what?")
        await ann.sees("Your question is kept")
        await ann.says(Called("plan", "topup"))
        await shown(house, parts=2)
        with pytest.raises(Busy):
            await ann.says("too fast")
        (button,) = newest(house).buttons
        order = await store.find_order(digest_of(button.url.rpartition("/")[2]))
        assert order is not None
        await store.start_order(1, order.id, TOPUP, "cs_1", "https://pay.example/1", "", 1)
        seen = PaymentSeen("cs_1", True, 500, 500, "usd", order.id, order.account_id)
        applied = await store.apply_seen(1, "stripe", Seen((seen,)), 1, 1)
        for _ in range(2):
            await Following(store, Shop(), PLANS, house.hub.ask_again, house.hub.deliver_soon)(1, applied, 1)
        await ann.sees("of credit is yours now")
        await ann.sees("You said: so what?")
        await house.rests()
        assert len(house.models.heard) == 1


async def test_in_a_group_it_is_asked_for_in_private(store: StoreOn) -> None:
    async with paper_house(store, selling()) as house:
        await house.person("ann", chat="team", kind=ChatKind.GROUP).says(Called("plan"))
        await shown(house, "team")
        assert "/pay/" not in newest(house, "team").text
        assert newest(house, "team").buttons == ()
