"""Checks of payments: key, prices, customers' page, webhook. Knows what must stand at Stripe; must not change it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hub.core.money.shop import offers
from hub.core.rules import Rules
from hub.domain.errors import GatewayDown, PaymentError, SettingsError
from hub.domain.payment import Goods, price_text
from hub.runtime.catalogue import Catalogue
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.payments import is_on, stripe_config
from hub.runtime.rules import make_rules
from hub.runtime.settings.load import Loaded

if TYPE_CHECKING:
    from providers.payments.stripe.config import StripeConfig
    from providers.payments.stripe.setup import Setup

HOOK = "/hooks/stripe"

SET_UP = "Run `parley billing setup`."


async def look_at_stripe(loaded: Loaded, catalogue: Catalogue) -> AsyncIterator[Finding]:
    """Everything about payments; nothing where there is no key."""
    if not is_on(loaded.settings):
        return
    try:
        rules = make_rules(loaded.settings, catalogue)
        config = stripe_config(loaded.settings, rules.plans)
    except SettingsError as fault:
        yield error("stripe", str(fault), "Mend it where it stands.")
        return
    from providers.payments.stripe.setup import Setup

    setup = Setup(config)
    try:
        async for finding in _look(loaded, rules, config, setup):
            yield finding
    except GatewayDown as fault:
        yield error("stripe", f"{fault}.", "Check the network and [stripe] api_base.")
    except PaymentError as fault:
        yield error("stripe", f"{fault}.", "Look at the key on https://dashboard.stripe.com/apikeys")
    finally:
        await setup.close()


async def _look(loaded: Loaded, rules: Rules, config: StripeConfig, setup: Setup) -> AsyncIterator[Finding]:
    account = await setup.account()
    yield well("stripe", f"the key works: {account}, {'live: real money moves' if config.live else 'test mode'}")
    public_url = loaded.settings.server.public_url
    if not public_url:
        yield error(
            "stripe",
            "people cannot reach the page before paying, so that /plan says paying is not set up.",
            "Set [server] public_url to the address people reach us by.",
        )
    elif config.live and not public_url.startswith("https://"):
        yield error("stripe", "the key is live, and our pages are not encrypted.", "Set [server] public_url to https.")
    for offer in offers(rules.shop, rules.plans):
        if offer.goods is not Goods.PLAN:
            continue
        stands = await setup.price_of(offer)
        wanted = price_text(offer.price, offer.currency)
        if stands is None and offer.price_id:
            yield error(
                "stripe", f"the price of plan {offer.name} is not active at Stripe.", "Mend stripe_price of the plan."
            )
        elif stands is None:
            yield warning("stripe", f"plan {offer.name} has no price at Stripe that the portal could offer.", SET_UP)
        elif (stands["unit_amount"], stands["currency"]) != (offer.price, offer.currency):
            found = price_text(stands["unit_amount"] or 0, stands["currency"])
            yield warning("stripe", f"plan {offer.name} costs {wanted} here and {found} at Stripe.", SET_UP)
        else:
            yield well("stripe", f"plan {offer.name}: {wanted} a {offer.interval}")
    if await setup.portal_of() is None:
        yield warning("stripe", "the customers' page is not set up: nobody can cancel or change a plan there.", SET_UP)
    yield await _about_webhook(config, setup, public_url + HOOK)


async def _about_webhook(config: StripeConfig, setup: Setup, url: str) -> Finding:
    if not config.listens:
        return warning(
            "stripe",
            f"no webhook secret is set, so that nothing is served at {HOOK}: payments are seen when people come back "
            "from paying and when we reconcile.",
            f"{SET_UP} It puts the secret into .env.",
        )
    ended = await setup.endpoint(url)
    if ended is None:
        return warning("stripe", f"no webhook leads to {url}.", SET_UP)
    if not ended.enabled:
        return error("stripe", "the webhook is switched off at Stripe, which brings nothing again.", SET_UP)
    if ended.lacks:
        return warning("stripe", f"the webhook is not sent {', '.join(ended.lacks)}.", SET_UP)
    return well("stripe", f"the webhook leads to {ended.url}")
