"""From a link to what follows its payment, over sockets, with webhooks that come twice, late, in disorder or never."""

import asyncio
import itertools
import re
import time
from pathlib import Path

import pytest

from hub.domain.payment import Goods
from providers.payments.stripe.sandbox.form import Thing
from providers.payments.stripe.wire import sign
from tests.contract.payments.selling import Counter, counter, now_ms

CREDIT = 10_000_000


async def plan_of(shop: Counter, account: int) -> str:
    """The plan somebody is on, as the hub reads it with their next message."""
    subscriptions = await shop.store.subscriptions_of(1, account)
    return subscriptions[0].plan if subscriptions else ""


async def test_a_link_shows_what_is_bought_and_looking_uses_nothing_up(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer("de")
        url = await ann.link()
        for _ in range(3):
            status, headers, page = await shop.get(url)
            assert status == 200
        assert 'lang="de"' in page
        assert "10,00 $ Guthaben" in page
        assert "Ann &lt;b&gt; (Web)" in page
        assert "10 $" in page
        assert "Guthaben verfällt nicht. Zu diesem Preis kommt nichts hinzu." in page
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "<script" not in page
        status, headers, _ = await shop.post(url)
        assert status == 303
        assert headers["Location"].startswith(f"{shop.stripe.url}/c/pay/")
        again = await shop.post(url)
        assert again[1]["Location"] == headers["Location"], "pressed twice leads to the same page"
        status, _, page = await shop.get(url)
        assert status == 410
        assert "Dieser Link wurde schon benutzt" in page
        assert len(shop.stripe.all("checkout.session")) == 1


async def test_links_that_are_old_unknown_or_sold_out_get_a_plain_page(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        for url, status, words in (
            (await ann.link(expires=now_ms() - 1), 410, "too old"),
            (f"{shop.url}/pay/nobody-ever-made-this", 404, "leads nowhere"),
            (await ann.link(name="99"), 410, "not for sale"),
            (await ann.link(Goods.PLAN, "free"), 410, "not for sale"),
            (await ann.link(Goods.PORTAL, ""), 200, "Your payments"),
        ):
            assert (await shop.get(url))[0] == status
            assert words in (await shop.get(url))[2]
        assert (await shop.post(await ann.link(Goods.PORTAL, "")))[0] == 410, "nobody has paid yet"
        assert shop.stripe.calls == []


async def test_paid_credited_told_resumed_and_said_on_the_page(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        back = await shop.stripe.pays(await ann.checks_out())
        await shop.stripe.courier.rests()
        assert await ann.free() == CREDIT
        assert await ann.told() == ["credit_bought"]
        assert ann.resumed() == 1
        _, _, page = await shop.get(back)
        assert "it is paid" in page
        assert "refresh" not in page
        assert {one.status for one in shop.stripe.courier.brought} == {200}


async def test_no_payment_brings_back_who_was_forgotten_meanwhile(tmp_path: Path) -> None:
    """The money is booked, for the books are kept; nobody is told, answered, or made anew without a name."""
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        unused, url = await ann.link(), await ann.checks_out()
        await shop.store.erase(1, ann.account)
        await shop.stripe.pays(url)
        await shop.stripe.courier.rests()
        assert await ann.free() == CREDIT
        assert shop.accepted == []
        assert len(await shop.store.due(["web"], now_ms() + 1000, 9)) == 0
        assert len(await shop.store.accounts(1, 0, 9)) == 0
        assert len(await shop.store.orders_waiting(1, "stripe", 0, 0, 9)) == 0
        assert ((await shop.get(unused))[0], (await shop.post(unused))[0]) == (410, 410)


async def test_the_page_after_paying_waits_and_looks_itself_should_no_webhook_come(tmp_path: Path) -> None:
    async with counter(tmp_path, listens=False, webhook_secret="") as shop:
        ann = await shop.buyer()
        url = await ann.checks_out()
        back = shop.stripe.get(url.rpartition("/")[2])["success_url"]
        page = (await shop.get(back))[2]
        assert 'http-equiv="refresh"' in page
        await shop.stripe.pays(url)
        event = shop.stripe.all("event")[0]
        assert await shop.stripe.courier.post(event, shop.hook, "whsec_whatever0123456789abc") == 404, "not mounted"
        later = now_ms() + 60_000
        assert await shop.sales.look(await shop.store.order(1, 1), later, 10_000)
        assert "it is paid" in (await shop.get(back))[2]
        assert (await ann.free(), ann.resumed()) == (CREDIT, 1)


async def test_fifty_copies_at_once_in_disorder_credit_once(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        await shop.store.set_login(1, ann.account, "ann@example.org", "hash")
        shop.stripe.courier.copies, shop.stripe.courier.shuffled = 50, True
        await shop.stripe.pays(await ann.checks_out())
        await shop.stripe.courier.rests()
        assert {one.status for one in shop.stripe.courier.brought} == {200}
        assert await ann.free() == CREDIT
        assert await ann.told() == ["credit_bought"]
        assert ann.resumed() == 1
        assert await shop.store.verify(0, 100) == ((), 0)
        (mail, _) = await shop.store.mails(9, dead=False)
        assert (mail.template, mail.to) == ("receipt", "ann@example.org")


async def test_refunds_and_disputes_are_told_and_come_back(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out()
        await shop.stripe.pays(url)
        await shop.stripe.courier.rests()
        charge = shop.stripe.charge_of(shop.stripe.get(url.rpartition("/")[2]))
        dispute = shop.stripe.dispute(charge, 400)
        await shop.stripe.courier.rests()
        assert await ann.free() == 6_000_000
        shop.stripe.close_dispute(dispute, won=True)
        await shop.stripe.courier.rests()
        assert await ann.free() == CREDIT
        shop.stripe.refund(charge)
        await shop.stripe.courier.rests()
        assert await ann.free() == 0
        assert await ann.told() == ["credit_bought", "credit_taken_back", "credit_given_back", "credit_taken_back"]
        assert ann.resumed() == 1


async def test_webhooks_that_never_came_are_healed_by_a_reconciliation(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        buyers = [await shop.buyer() for _ in range(4)]
        shop.stripe.courier.down = True
        shop.stripe.ahead = -2 * 86_400
        for at, buyer in enumerate(buyers):
            url = await buyer.checks_out()
            await shop.stripe.pays(url)
            if at == 2:
                shop.stripe.refund(shop.stripe.charge_of(shop.stripe.get(url.rpartition("/")[2])))
        shop.stripe.ahead = 0
        assert len(shop.stripe.courier.lost) > 4
        assert [await buyer.free() for buyer in buyers] == [0, 0, 0, 0]
        done = await shop.sales.reconcile(now_ms())
        assert done.healed >= 5
        truth = [CREDIT, CREDIT, 0, CREDIT]
        assert [await buyer.free() for buyer in buyers] == truth
        assert [buyer.resumed() for buyer in buyers] == [1, 1, 1, 1]
        again = await shop.sales.reconcile(now_ms())
        assert again.healed <= len(buyers), "orders are looked at once an hour"
        assert [await buyer.free() for buyer in buyers] == truth
        assert await shop.store.verify(0, 100) == ((), 0)


async def test_stripe_away_while_a_webhook_comes_makes_it_come_again(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out()
        shop.stripe.misbehave("500", "checkout/sessions/", 2)
        await shop.stripe.pays(url)
        await shop.stripe.courier.rests()
        paid = [one.status for one in shop.stripe.courier.brought if one.kind == "checkout.session.completed"]
        assert paid == [503, 503, 200]
        assert await ann.free() == CREDIT


async def test_what_came_while_our_key_was_refused_is_not_lost(tmp_path: Path) -> None:
    """Whoever rolls the key and mends the settings later has lost nothing: Stripe comes again."""
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out()
        shop.stripe.misbehave("401", "checkout/sessions/", 1)
        await shop.stripe.pays(url)
        await shop.stripe.courier.rests()
        paid = [one.status for one in shop.stripe.courier.brought if one.kind == "checkout.session.completed"]
        assert paid == [503, 200]
        assert await ann.free() == CREDIT


async def test_nothing_is_sold_to_who_is_blocked(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.link()
        await shop.store.block(1, ann.account, True)
        status, _, page = await shop.post(url)
        assert (status, "Nothing was charged" in page) == (403, True)
        assert shop.stripe.calls == []


async def test_a_form_elsewhere_does_not_lead_past_the_page_that_says_for_whom(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.link()
        for site in ("cross-site", "same-site"):
            status, headers, page = await shop.post(url, headers={"Sec-Fetch-Site": site})
            assert (status, "Location" in headers) == (200, False)
            assert "Ann &lt;b&gt; (Web)" in page
        assert (await shop.post(url, headers={"Sec-Fetch-Site": "same-origin"}))[0] == 303


async def test_a_checkout_that_cannot_begin_says_so_and_the_link_stays(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.link()
        shop.stripe.misbehave("503", "checkout/sessions")
        status, _, page = await shop.post(url)
        assert (status, "Nothing was charged" in page) == (503, True)
        assert (await shop.post(url))[0] == 303


FORGED = {
    "no signature": lambda event, secret: "",
    "wrong secret": lambda event, secret: sign(event, "whsec_somebodyelses0123456789", int(time.time())),
    "empty secret": lambda event, secret: sign(event, "", int(time.time())),
    "v0": lambda event, secret: sign(event, secret, int(time.time())).replace("v1=", "v0="),
    "301 s old": lambda event, secret: sign(event, secret, int(time.time()) - 302),
    "301 s to come": lambda event, secret: sign(event, secret, int(time.time()) + 302),
    "two times": lambda event, secret: "t=1," + sign(event, secret, int(time.time())),
    "not ASCII": lambda event, secret: "t=1,v1=é",
    "long": lambda event, secret: "t=1,v1=" + "0" * 5000,
}


async def test_forged_webhooks_are_refused_and_credit_nothing(tmp_path: Path) -> None:
    import json

    async with counter(tmp_path, listens=False) as shop:
        ann = await shop.buyer()
        await shop.stripe.pays(await ann.checks_out())
        (event,) = [one for one in shop.stripe.all("event") if one["type"] == "checkout.session.completed"]
        body = json.dumps(event).encode()
        send, secret = shop.stripe.courier.send, shop.stripe.webhook_secret
        before = len(shop.stripe.calls)
        for forge in FORGED.values():
            header = forge(body, secret)
            assert await send(body, shop.hook, {"Stripe-Signature": header} if header else {}) == 400
        live = json.dumps(event | {"livemode": True}).encode()
        other = sign(live, secret, int(time.time()))
        assert await send(live, shop.hook, {"Stripe-Signature": other}) == 400
        big = b" " * 600_000
        assert await send(big, shop.hook, {"Stripe-Signature": sign(big, secret, int(time.time()))}) in (400, 0)
        assert len(shop.stripe.calls) == before, "nobody was asked for anything"
        assert await ann.free() == 0
        assert await shop.store.open_events(1, "stripe", 0, 9) == ()
        good = {"Stripe-Signature": sign(body, secret, int(time.time()))}
        assert await send(body, shop.hook, good) == 200
        assert await send(body, shop.hook, good) == 200, "a replay has no effect"
        assert await ann.free() == CREDIT


async def test_paid_objects_that_are_not_as_ordered_credit_nothing_and_are_seen(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        changes: list[Thing] = [
            {"amount_subtotal": 1},
            {"currency": "jpy"},
            {"client_reference_id": "999"},
            {"client_reference_id": None},
            {"metadata": {}},
            {"metadata": {"parley_order": "999"}},
        ]
        for wrong in changes:
            ann = await shop.buyer()
            url = await ann.checks_out()
            shop.stripe.get(url.rpartition("/")[2]).update(wrong)
            await shop.stripe.pays(url)
            await shop.stripe.courier.rests()
            assert await ann.free() == 0, wrong
            assert ann.resumed() == 0
        assert len(await shop.store.odd_payments(1, 99)) == len(changes)
        assert {one.status for one in shop.stripe.courier.brought} == {200}


async def test_an_unpaid_session_waits_for_its_money(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann, bea = await shop.buyer(), await shop.buyer()
        urls = [await one.checks_out() for one in (ann, bea)]
        for url in urls:
            await shop.stripe.pays(url, "delayed")
        await shop.stripe.courier.rests()
        assert [await one.free() for one in (ann, bea)] == [0, 0]
        shop.stripe.clears(shop.stripe.get(urls[0].rpartition("/")[2]))
        shop.stripe.bounces(shop.stripe.get(urls[1].rpartition("/")[2]))
        await shop.stripe.courier.rests()
        assert [await one.free() for one in (ann, bea)] == [CREDIT, 0]
        assert (ann.resumed(), bea.resumed()) == (1, 0)
        assert await shop.store.odd_payments(1, 9) == ()


async def test_every_order_of_events_on_the_wire_comes_to_the_same(tmp_path: Path) -> None:
    """Each event is brought by hand, in every order, with a copy: completed, refunded, disputed, won."""
    async with counter(tmp_path, listens=False) as shop:
        ended = set()
        for permutation in itertools.permutations(range(4)):
            ann = await shop.buyer()
            url = await ann.checks_out()
            await shop.stripe.pays(url)
            charge = shop.stripe.charge_of(shop.stripe.get(url.rpartition("/")[2]))
            shop.stripe.refund(charge, 300)
            shop.stripe.close_dispute(shop.stripe.dispute(charge, 400), won=True)
            kinds = (
                "checkout.session.completed",
                "charge.refunded",
                "charge.dispute.created",
                "charge.dispute.closed",
            )
            events = [next(one for one in shop.stripe.all("event") if one["type"] == kind) for kind in kinds]
            for at in permutation:
                post = shop.stripe.courier.post(events[at], shop.hook, shop.stripe.webhook_secret)
                assert await post == 200
            ended.add(await ann.free())
        assert ended == {7_000_000}


async def test_a_plan_is_bought_renewed_late_and_over(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        await shop.store.set_login(1, ann.account, "ann@example.org", "hash")
        await shop.stripe.pays(await ann.checks_out(Goods.PLAN, "pro"))
        await shop.stripe.courier.rests()
        assert await plan_of(shop, ann.account) == "pro"
        assert (await ann.told(), ann.resumed()) == (["plan_active"], 1)
        (line,) = await shop.store.subscriptions_of(1, ann.account)
        assert line.until - line.ends == 5 * 86_400_000
        (subscription,) = shop.stripe.all("subscription")
        shop.stripe.renew(subscription)
        await shop.stripe.courier.rests()
        assert await ann.told() == ["plan_active"], "a renewal is not worth a word"
        assert len(await shop.store.payments_of(1, ann.account, 9)) == 2
        shop.stripe.renew(subscription, fails=True)
        await shop.stripe.courier.rests()
        assert await ann.told() == ["plan_active", "plan_behind"]
        (late,) = await shop.store.subscriptions_of(1, ann.account)
        assert late.until - late.starts == 5 * 86_400_000
        mails = await shop.store.due_mails(now_ms() + 1000, 9)
        assert [mail.template for mail in mails] == ["welcome", "receipt", "receipt", "renewal"]
        assert (mails[1].arguments["amount"], mails[3].arguments["plan"]) == ("20 USD", "pro")
        shop.stripe.retry(subscription)
        await shop.stripe.courier.rests()
        assert (await ann.told())[-1] == "plan_changed"
        shop.stripe.end(subscription)
        await shop.stripe.courier.rests()
        assert (await ann.told())[-1] == "plan_ended"
        assert await plan_of(shop, ann.account) == ""
        assert ann.resumed() == 1


async def test_the_customers_page_is_reached_by_a_link_that_may_be_followed_again(tmp_path: Path) -> None:
    from providers.payments.stripe.setup import Setup
    from tests.contract.payments.conftest import PRO, config_for

    async with counter(tmp_path) as shop:
        setup = Setup(config_for(shop.stripe))
        team = await setup.price(PRO.__class__(Goods.PLAN, "team", 6_000, "usd", interval="month"), "Team")
        await setup.portal([(await setup.price(PRO, "Pro")).id, team.id])
        await setup.close()
        ann = await shop.buyer()
        await shop.stripe.pays(await ann.checks_out(Goods.PLAN, "pro"))
        await shop.stripe.courier.rests()
        link = await ann.link(Goods.PORTAL, "")
        for _ in range(2):
            status, headers, _ = await shop.post(link)
            assert status == 303
        page = (await shop.get(headers["Location"]))[2]
        (subscription,) = shop.stripe.all("subscription")
        chosen = re.search(rf'name="change" value="({subscription["id"]}:{team.id})"', page)
        assert chosen
        assert (await shop.post(headers["Location"], data={"change": chosen[1]}))[0] == 303
        await shop.stripe.courier.rests()
        assert await plan_of(shop, ann.account) == "team"
        assert (await ann.told())[-1] == "plan_changed"
        assert (await shop.post(headers["Location"], data={"cancel": subscription["id"]}))[0] == 303
        await shop.stripe.courier.rests()
        (line,) = await shop.store.subscriptions_of(1, ann.account)
        assert line.cancels


async def test_a_second_plan_leads_to_the_customers_page_and_is_not_paid_twice(tmp_path: Path) -> None:
    from providers.payments.stripe.setup import Setup
    from tests.contract.payments.conftest import config_for

    async with counter(tmp_path) as shop:
        setup = Setup(config_for(shop.stripe))
        await setup.portal([])
        await setup.close()
        ann = await shop.buyer()
        second = await ann.link(Goods.PLAN, "team")
        await shop.stripe.pays(await ann.checks_out(Goods.PLAN, "pro"))
        await shop.stripe.courier.rests()
        status, headers, _ = await shop.post(second)
        assert status == 303
        assert "/p/session/" in headers["Location"]
        assert len(shop.stripe.all("checkout.session")) == 1


async def test_two_looks_at_once_from_two_processes_credit_once(tmp_path: Path) -> None:
    async with counter(tmp_path) as shop:
        ann = await shop.buyer()
        url = await ann.checks_out()
        shop.stripe.courier.down = True
        await shop.stripe.pays(url)
        await asyncio.gather(*(shop.sales.reconcile(now_ms()) for _ in range(4)))
        assert (await ann.free(), ann.resumed(), await ann.told()) == (CREDIT, 1, ["credit_bought"])


@pytest.mark.parametrize("language", ["en", "de", "es", "ar"])
async def test_pages_speak_the_persons_language(tmp_path: Path, language: str) -> None:
    async with counter(tmp_path, listens=False) as shop:
        ann = await shop.buyer(language)
        page = (await shop.get(await ann.link()))[2]
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
        assert "{" not in page.partition("</style>")[2]
