"""One account, one plan, and nothing for what nobody has paid: pages left open, races, refunds, late renewals."""

import asyncio
from pathlib import Path

import pytest

from hub.domain.errors import GatewayDown
from hub.domain.payment import Goods
from providers.payments.stripe.sandbox.form import Thing
from tests.contract.payments.selling import Buyer, Counter, counter, now_ms

CREDIT = 10_000_000


def session_of(shop: Counter, url: str) -> Thing:
    return shop.stripe.get(url.rpartition("/")[2], "checkout.session")


async def settled(shop: Counter) -> None:
    """Until Stripe has told everything, and we have done everything about it."""
    await shop.stripe.courier.rests()


async def pays_twice(shop: Counter) -> Buyer:
    """Somebody who paid for two plans, as if the first page could not be closed in time."""
    ann = await shop.buyer()
    urls = [await ann.checks_out(Goods.PLAN, "pro")]
    shop.stripe.misbehave("500", "/expire", 9)
    urls.append(await ann.checks_out(Goods.PLAN, "team"))
    for url in urls:
        await shop.stripe.pays(url)
    return ann


async def test_a_newer_page_closes_the_older_one_for_the_same(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann, bea = await shop.buyer(), await shop.buyer()
        first, others = await ann.checks_out(Goods.PLAN, "pro"), await bea.checks_out(Goods.PLAN, "pro")
        credit = await ann.checks_out()
        second = await ann.checks_out(Goods.PLAN, "team")
        states = [session_of(shop, url)["status"] for url in (first, second, credit, others)]
        assert states == ["expired", "open", "open", "open"]
        assert await shop.stripe.pays(first) == "", "Stripe's page is closed"
        again = await ann.checks_out()
        assert [session_of(shop, url)["status"] for url in (credit, again)] == ["expired", "open"]
        await shop.stripe.pays(again)
        await settled(shop)
        assert await ann.free() == CREDIT
        asked = [one.path for one in shop.stripe.calls if one.path.endswith("/expire")]
        await ann.checks_out()
        assert [one.path for one in shop.stripe.calls if one.path.endswith("/expire")] == asked, "each is closed once"


async def test_two_pages_that_were_opened_at_once_close_when_one_is_paid(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        urls = await asyncio.gather(ann.checks_out(Goods.PLAN, "pro"), ann.checks_out(Goods.PLAN, "team"))
        still = [url for url in urls if session_of(shop, url)["status"] == "open"]
        await shop.stripe.pays(still[-1])
        await settled(shop)
        assert sorted(session_of(shop, url)["status"] for url in urls) == ["complete", "expired"]
        assert len(shop.stripe.all("subscription")) == 1


@pytest.mark.parametrize("together", [False, True])
async def test_a_second_plan_that_is_paid_all_the_same_is_ended_and_its_money_goes_back(
    tmp_path: Path, together: bool
) -> None:
    async with counter(tmp_path, listens=False) as shop:
        ann = await pays_twice(shop)
        if together:
            orders = [await shop.store.order(1, number) for number in (1, 2)]
            await asyncio.gather(*(shop.sales.look(one, now_ms(), 10_000) for one in orders if one))
        for _ in range(2):
            await shop.sales.reconcile(now_ms())
        living = [one for one in shop.stripe.all("subscription") if one["status"] != "canceled"]
        assert len(living) == 1
        kept = living[0]["metadata"]["parley_plan"]
        assert (await ann.plan())[0] == kept
        back = {one["amount"]: one["amount_refunded"] for one in shop.stripe.all("charge")}
        assert back == ({2_000: 0, 6_000: 6_000} if kept == "pro" else {2_000: 2_000, 6_000: 0})
        assert sorted(await ann.told()) == ["plan_active", "plan_second"]
        assert len(await shop.store.subscriptions_of(1, ann.account)) == 1
        assert len(shop.stripe.all("refund")) == 1
        shop.stripe.renew(living[0])
        await shop.sales.reconcile(now_ms())
        assert (await ann.plan())[0] == kept
        assert len(await ann.told()) == 2


async def test_a_refund_that_stripe_does_not_take_now_is_tried_again(tmp_path: Path) -> None:
    async with counter(tmp_path, listens=False) as shop:
        ann = await pays_twice(shop)
        shop.stripe.misbehave("after", "refunds", 1)
        shop.stripe.misbehave("500", "refunds", 99)
        first = await shop.sales.reconcile(now_ms())
        assert first.stuck
        assert "plan_second" not in await ann.told(), "nobody is told of money that has not gone back"
        (waiting, *_) = await shop.store.open_events(1, "stripe", 0, 9)
        assert "Stripe does not answer" in waiting.trouble
        shop.stripe.heals()
        second = await shop.sales.reconcile(now_ms())
        assert second.stuck == ()
        assert "plan_second" in await ann.told()
        assert len(shop.stripe.all("refund")) == 1


async def test_who_pays_by_a_way_that_takes_days_is_not_led_to_pay_again(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        first = await ann.checks_out(Goods.PLAN, "pro")
        await shop.stripe.pays(first, "delayed")
        # Stripe calls a subscription active while the money of its first invoice is on its way
        (subscription,) = shop.stripe.all("subscription")
        subscription["status"] = "active"
        shop.stripe.happens("customer.subscription.updated", subscription)
        await settled(shop)
        assert await ann.plan() == ("", 0, 0)
        assert await ann.told() == []
        status, _, page = await shop.post(await ann.link(Goods.PLAN, "team"))
        assert (status, "waiting for Stripe to confirm" in page) == (200, True)
        assert len(shop.stripe.all("checkout.session")) == 1
        shop.stripe.clears(session_of(shop, first))
        await settled(shop)
        assert (await ann.plan())[0] == "pro"
        assert await ann.told() == ["plan_active"]


async def test_a_plan_whose_newest_payment_went_back_is_over(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out(Goods.PLAN, "pro")
        await shop.stripe.pays(url)
        await settled(shop)
        await ann.uses_plan()
        (subscription,) = shop.stripe.all("subscription")
        first = shop.stripe.charge_of(session_of(shop, url))
        shop.stripe.renew(subscription)
        shop.stripe.refund(first)
        await settled(shop)
        assert (await ann.plan())[0] == "pro", "an older month went back, not the one that runs"
        shop.stripe.refund(shop.stripe.charge_of(session_of(shop, url)))
        await settled(shop)
        assert await ann.plan() == ("", 0, 0)
        assert await ann.free() == 0
        assert subscription["status"] == "canceled"
        assert await ann.told() == ["plan_active", "plan_returned"]
        assert await shop.store.verify(0, 100) == ((), 0)


async def test_part_of_a_payment_that_goes_back_takes_its_part_of_the_allowance(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out(Goods.PLAN, "pro")
        await shop.stripe.pays(url)
        await settled(shop)
        await ann.uses_plan()
        charge = shop.stripe.charge_of(session_of(shop, url))
        for back, left in ((500, 11_250_000), (500, 7_500_000)):
            shop.stripe.refund(charge, back)
            await settled(shop)
            assert await ann.free() in (left, left - 1)
        assert (await ann.plan())[0] == "pro"
        assert (await ann.plan())[2] == 500_000
        assert await shop.store.verify(0, 100) == ((), 0)
        (subscription,) = shop.stripe.all("subscription")
        shop.stripe.renew(subscription)
        await settled(shop)
        assert (await ann.plan())[2] == 0, "the next month is paid whole"


async def test_a_window_that_nobody_has_paid_for_is_known(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        await shop.stripe.pays(await ann.checks_out(Goods.PLAN, "pro"))
        await settled(shop)
        (subscription,) = shop.stripe.all("subscription")
        period = subscription["items"]["data"][0]
        assert (await ann.plan())[:2] == ("pro", period["current_period_end"] * 1000)
        shop.stripe.renew(subscription, fails=True)
        await settled(shop)
        assert (await ann.plan())[:2] == ("pro", period["current_period_start"] * 1000)
        # Stripe calls it active for the hour before it takes the money, too
        subscription["status"] = "active"
        shop.stripe.happens("customer.subscription.updated", subscription)
        await settled(shop)
        (line,) = await shop.store.subscriptions_of(1, ann.account)
        assert (await ann.plan())[:2] == ("pro", period["current_period_start"] * 1000)
        assert line.until < period["current_period_end"] * 1000
        shop.stripe.retry(subscription)
        await settled(shop)
        assert (await ann.plan())[:2] == ("pro", period["current_period_end"] * 1000)


async def test_two_houses_at_one_account_of_stripes_leave_each_other_alone(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    async with (
        counter(tmp_path, house="a") as shop,
        counter(tmp_path / "b", beside=shop.stripe, house="b") as other,
    ):
        ann, bob = await shop.buyer(), await other.buyer()
        assert ann.account == bob.account, "both count from one"
        urls = [
            await ann.checks_out(),
            await bob.checks_out(Goods.PLAN, "pro"),
            await ann.checks_out(Goods.PLAN, "team"),
        ]
        for url in urls:
            await shop.stripe.pays(url)
        await settled(shop)
        assert [await one.free() for one in (ann, bob)] == [CREDIT, 0]
        assert [(await one.plan())[0] for one in (ann, bob)] == ["team", "pro"]
        assert (await ann.told(), await bob.told()) == (["credit_bought", "plan_active"], ["plan_active"])
        for one in (shop, other):
            assert await one.store.odd_payments(1, 9) == ()
            await one.sales.reconcile(now_ms())
        assert {one.status for one in shop.stripe.courier.brought} == {200}
        made = [one for kind in ("checkout.session", "subscription") for one in shop.stripe.all(kind)]
        assert {one["metadata"]["parley_house"] for one in made} == {"a", "b"}


async def test_one_thing_that_always_fails_keeps_nothing_else_from_being_applied(tmp_path: Path) -> None:
    async with counter(tmp_path, listens=False) as shop:
        ann, bea = await shop.buyer(), await shop.buyer()
        urls = [await one.checks_out() for one in (ann, bea)]
        for url in urls:
            await shop.stripe.pays(url)
        shop.stripe.misbehave("500", f"checkout/sessions/{session_of(shop, urls[0])['id']}", 1000)
        for _ in range(2):
            done = await shop.sales.reconcile(now_ms())
            assert any(session_of(shop, urls[0])["id"] in line for line in done.stuck)
            assert [await one.free() for one in (ann, bea)] == [0, CREDIT]
        waiting = await shop.store.open_events(1, "stripe", 0, 99)
        assert [(one.kind, bool(one.trouble)) for one in waiting] == [("checkout.session.completed", True)]
        shop.stripe.heals()
        assert (await shop.sales.reconcile(now_ms() + 3_600_000)).stuck == ()
        assert await ann.free() == CREDIT
        shop.stripe.misbehave("500", ".*", 1000)
        with pytest.raises(GatewayDown):
            await shop.sales.reconcile(now_ms())
