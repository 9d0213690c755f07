"""The gateway by Stripe's own SDK against the stand-in: checkouts, subscriptions, refunds, disputes, faults."""

from dataclasses import replace

import pytest

from hub.domain.errors import GatewayDown, KeyRefused, PaymentError, SettingsError
from hub.domain.payment import DisputeRank, Standing
from hub.ports.gateway import Gateway
from providers.payments.stripe import create
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.provider import StripeGateway
from providers.payments.stripe.sandbox import StripeSandbox
from providers.payments.stripe.setup import Setup
from tests.contract.payments.conftest import PRO, TOPUP, about, checkout, config_for


def test_it_is_a_gateway(gateway: StripeGateway) -> None:
    port: Gateway = gateway
    assert (port.name, port.live, port.listens) == ("stripe", False, True)


async def test_credit_is_paid_on_a_page_and_read_by_whatever_happened(
    gateway: StripeGateway, stripe: StripeSandbox
) -> None:
    wish = checkout()
    opened = await gateway.checkout(wish)
    assert (opened.price, opened.currency, opened.price_id) == (1_000, "usd", "")
    session = stripe.get(opened.object)
    assert session["client_reference_id"] == "3"
    assert session["metadata"] == {"parley_order": str(wish.order.id), "parley_account": "3"}
    assert session["locale"] == "de"
    assert (session["success_url"], session["cancel_url"]) == (wish.back, wish.away)
    (before,) = (await gateway.read(about("checkout.session.completed", opened.object))).payments
    assert not before.paid
    assert await stripe.pays(opened.url) == wish.back
    charge = stripe.charge_of(session)
    refund, dispute = stripe.refund(charge, 300), stripe.dispute(charge, 500)
    seen = await gateway.read(about("checkout.session.completed", opened.object))
    (payment,) = seen.payments
    assert seen.subscription is None
    assert (payment.object, payment.paid, payment.amount, payment.asked) == (opened.object, True, 1_000, 1_000)
    assert (payment.order_id, payment.account_id, payment.refunded) == (wish.order.id, 3, refund["amount"])
    assert [(one.object, one.amount, one.rank) for one in payment.disputes] == [(dispute["id"], 500, DisputeRank.OPEN)]
    assert payment.customer == session["customer"]
    assert payment.receipt.startswith(f"{stripe.url}/receipts/")
    for kind, object_ in (("charge.refunded", charge["id"]), ("charge.dispute.created", dispute["id"])):
        assert await gateway.read(about(kind, object_)) == seen
    stripe.close_dispute(dispute, won=True)
    (after,) = (await gateway.read(about("charge.dispute.closed", dispute["id"]))).payments
    assert after.disputes[0].rank is DisputeRank.WON


async def test_a_delayed_method_is_paid_when_its_money_comes(gateway: StripeGateway, stripe: StripeSandbox) -> None:
    opened = await gateway.checkout(checkout())
    await stripe.pays(opened.url, "delayed")
    here = about("checkout.session.completed", opened.object)
    assert [one.paid for one in (await gateway.read(here)).payments] == [False]
    stripe.clears(stripe.get(opened.object))
    assert [one.paid for one in (await gateway.read(here)).payments] == [True]


async def test_a_declined_card_pays_nothing_and_the_page_stays_open(
    gateway: StripeGateway, stripe: StripeSandbox
) -> None:
    opened = await gateway.checkout(checkout())
    assert await stripe.pays(opened.url, "decline") == ""
    assert [one.paid for one in (await gateway.read(about("checkout.session.completed", opened.object))).payments] == [
        False
    ]
    assert await stripe.pays(opened.url) != ""


async def test_a_subscription_from_its_first_page_to_its_end(gateway: StripeGateway, stripe: StripeSandbox) -> None:
    wish = checkout(PRO)
    opened = await gateway.checkout(wish)
    await stripe.pays(opened.url)
    (subscription,) = stripe.all("subscription")
    seen = await gateway.read(about("checkout.session.completed", opened.object))
    assert seen == await gateway.read(about("customer.subscription.updated", subscription["id"]))
    assert seen == await gateway.read(about("invoice.paid", subscription["latest_invoice"]))
    assert seen == await gateway.read(about("charge.refunded", stripe.charge_of(stripe.get(opened.object))["id"]))
    standing, (payment,) = seen.subscription, seen.payments
    assert standing is not None
    assert (standing.plan, standing.standing, standing.price) == ("pro", Standing.ACTIVE, 2_000)
    assert (standing.order_id, standing.account_id, payment.order_id) == (wish.order.id, 3, wish.order.id)
    assert standing.ends - standing.starts in {days * 86_400_000 for days in (28, 29, 30, 31)}
    assert payment.object == opened.object
    assert payment.receipt == stripe.get(subscription["latest_invoice"])["hosted_invoice_url"]

    stripe.renew(subscription)
    renewed = await gateway.read(about("invoice.paid", subscription["latest_invoice"]))
    assert renewed.subscription is not None
    assert renewed.subscription.starts == standing.ends
    assert [(one.object, one.paid, one.order_id) for one in renewed.payments] == [
        (subscription["latest_invoice"], True, 0)
    ]
    stripe.renew(subscription, fails=True)
    late = await gateway.read(about("invoice.payment_failed", subscription["latest_invoice"]))
    assert late.subscription is not None
    assert late.subscription.standing is Standing.BEHIND
    assert [one.paid for one in late.payments] == [False]
    stripe.retry(subscription)
    stripe.change(subscription, {"cancel_at_period_end": "true"})
    ending = (await gateway.read(about("customer.subscription.updated", subscription["id"]))).subscription
    assert ending is not None
    assert (ending.standing, ending.cancels) == (Standing.ACTIVE, True)
    stripe.renew(subscription)
    ended = (await gateway.read(about("customer.subscription.deleted", subscription["id"]))).subscription
    assert ended is not None
    assert ended.standing is Standing.ENDED


async def test_another_plan_is_seen_and_its_difference_is_a_payment(
    gateway: StripeGateway, stripe: StripeSandbox
) -> None:
    setup = Setup(config_for(stripe))
    dear = replace(PRO, name="team", price=6_000)
    await setup.price(PRO, "Pro")
    price = await setup.price(dear, "Team")
    await setup.close()
    opened = await gateway.checkout(checkout(PRO))
    assert opened.price_id
    await stripe.pays(opened.url)
    (subscription,) = stripe.all("subscription")
    item = subscription["items"]["data"][0]
    stripe.ahead += (item["current_period_end"] - item["current_period_start"]) // 2
    change = {"items": [{"price": price.id}], "proration_behavior": "always_invoice"}
    stripe.change(subscription, change)
    seen = await gateway.read(about("invoice.paid", subscription["latest_invoice"]))
    assert seen.subscription is not None
    assert (seen.subscription.plan, seen.subscription.price) == ("team", 6_000)
    assert [(one.paid, one.amount) for one in seen.payments] == [(True, 2_000)]


async def test_a_key_opens_one_page_and_a_failed_answer_is_repeated_under_it(
    gateway: StripeGateway, stripe: StripeSandbox
) -> None:
    wish = checkout()
    assert await gateway.checkout(wish) == await gateway.checkout(wish)
    assert len(stripe.all("checkout.session")) == 1
    with pytest.raises(PaymentError, match="same parameters"):
        await gateway.checkout(replace(wish, title="Other words"))
    other = checkout()
    stripe.misbehave("after", "checkout/sessions")
    for _ in range(2):
        with pytest.raises(GatewayDown):
            await gateway.checkout(other)
    await gateway.checkout(replace(other, key="another-key"))


@pytest.mark.parametrize("fault", ["500", "503", "429", "drop"])
async def test_trouble_is_worth_another_try_and_the_sdk_makes_none(
    gateway: StripeGateway, stripe: StripeSandbox, fault: str
) -> None:
    stripe.misbehave(fault)
    before = len(stripe.calls)
    with pytest.raises(GatewayDown):
        await gateway.checkout(checkout())
    assert len(stripe.calls) == before + 1


async def test_what_stripe_refuses_is_no_matter_of_trying_again(stripe: StripeSandbox, gateway: StripeGateway) -> None:
    with pytest.raises(PaymentError, match="resource_missing") as missing:
        await gateway.read(about("invoice.paid", "in_unknown"))
    assert not isinstance(missing.value, GatewayDown)
    stranger = create(config_for(stripe, secret_key="sk_test_somebody_elses_key"))
    with pytest.raises(KeyRefused, match="refuses the key") as refused:
        await stranger.checkout(checkout())
    assert "somebody" not in str(refused.value)
    await stranger.close()
    away = create(config_for(stripe, api_base="http://127.0.0.1:9", timeout=1.0))
    with pytest.raises(GatewayDown):
        await away.checkout(checkout())
    await away.close()


async def test_events_are_listed_page_by_page(gateway: StripeGateway, stripe: StripeSandbox) -> None:
    urls = [(await gateway.checkout(checkout())).url for _ in range(105)]
    for url in urls:
        stripe.pay(stripe.get(url.rpartition("/")[2]))
    found = [one async for one in gateway.happened(0)]
    assert len(found) == 105
    assert {one.kind for one in found} == {"checkout.session.completed"}
    assert [one async for one in gateway.happened((stripe.now() + 60) * 1000)] == []


async def test_options_reach_the_page(stripe: StripeSandbox) -> None:
    for options, expected in (
        ({"automatic_tax": True}, {"automatic_tax": {"enabled": True}}),
        ({"managed_payments": True, "automatic_tax": True}, {"managed_payments": {"enabled": True}}),
        ({"allow_promotion_codes": True}, {"allow_promotion_codes": True}),
    ):
        gateway = create(config_for(stripe, **options))
        opened = await gateway.checkout(checkout(language="ar"))
        session = stripe.get(opened.object)
        assert {name: session[name] for name in expected} == expected
        assert session["locale"] == "auto"
        await gateway.close()
    assert stripe.get(opened.object)["managed_payments"] == {"enabled": False}


async def test_the_customers_page_opens_for_who_paid(stripe: StripeSandbox, gateway: StripeGateway) -> None:
    setup = Setup(config_for(stripe))
    first = await setup.price(PRO, "Pro")
    assert (await setup.portal([first.id])).made
    assert not (await setup.portal([first.id])).made
    await setup.close()
    opened = await gateway.checkout(checkout(TOPUP))
    await stripe.pays(opened.url)
    url = await gateway.portal(stripe.get(opened.object)["customer"], "https://hub.example/", "de")
    assert url.startswith(f"{stripe.url}/p/session/")


async def test_set_up_makes_everything_once(stripe: StripeSandbox) -> None:
    setup = Setup(config_for(stripe))
    made = [await setup.price(PRO, "Pro"), await setup.price(PRO, "Pro")]
    assert [one.made for one in made] == [True, False]
    dearer = await setup.price(replace(PRO, price=2_500), "Pro")
    assert dearer.made
    assert dearer.id != made[0].id
    standing = await setup.price_of(PRO)
    assert standing is not None
    assert standing["id"] == dearer.id
    assert len(stripe.all("product")) == 1
    first = await setup.listen("https://hub.example/hooks/stripe", anew=False)
    assert first.secret == stripe.webhook_secret
    again = await setup.listen("https://hub.example/hooks/stripe", anew=False)
    assert (again.id, again.secret, again.lacks) == (first.id, "", ())
    stripe.get(first.id)["enabled_events"] = ["invoice.paid"]
    seen = await setup.endpoint("https://hub.example/hooks/stripe")
    assert seen is not None
    assert "charge.refunded" in seen.lacks
    assert (await setup.listen("https://hub.example/hooks/stripe", anew=False)).lacks == ()
    assert (await setup.listen("https://hub.example/hooks/stripe", anew=True)).id != first.id
    assert len(stripe.all("webhook_endpoint")) == 1
    await setup.close()


@pytest.mark.parametrize("key", ["", "pk_test_1234567890", "sk_1234567890", "whsec_1234567890", "sk_test_"])
def test_what_is_no_secret_key_is_refused_in_words(key: str) -> None:
    with pytest.raises(SettingsError, match="secret_key"):
        create(StripeConfig(key))
