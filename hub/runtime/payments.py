"""Selling, put together from the settings. Knows settings, shop and gateway; must not know what a payment leads to."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.core.intake import NO_BOUND
from hub.core.money.shop import Shop
from hub.core.operations.following import Following
from hub.core.rules import Rules
from hub.domain.address import Address
from hub.domain.errors import SettingsError
from hub.domain.money import MICRO
from hub.domain.payment import Goods, Offer, coins_of
from hub.domain.plan import Plan
from hub.ports.adapter import Adapter, Backlinks
from hub.ports.store import Store
from hub.runtime.settings.root import Settings

if TYPE_CHECKING:
    from hub.core.operations.sales import Sales
    from hub.ports.gateway import Gateway
    from providers.payments.stripe.config import StripeConfig

STRIPE = "stripe"


def is_on(settings: Settings) -> bool:
    """Whether there is a key."""
    key = settings.stripe.secret_key
    return key is not None and bool(key.get_secret_value())


def make_shop(settings: Settings) -> Shop:
    """What is for sale by link; a shop without gateway where there is no key. Raises SettingsError."""
    table = settings.stripe
    coins = coins_of(table.currency)
    topups = []
    for amount in table.topups:
        price, credit = amount * coins, amount * table.credit_per_unit * MICRO
        if price != int(price) or credit != int(credit):
            raise SettingsError(f"[stripe] topups: {amount} {table.currency} cannot be paid or given in whole coins.")
        topups.append(Offer(Goods.TOPUP, str(amount), int(price), table.currency, int(credit)))
    return Shop(STRIPE if is_on(settings) else "", settings.server.public_url, tuple(topups))


async def house_of(store: Store) -> str:
    """By which a gateway knows what this house made: random, of this database, the same for good."""
    return (await store.house_secret("payments")).hex()[:16]


def stripe_config(settings: Settings, plans: Mapping[str, Plan], house: str = "") -> StripeConfig:
    """Settings as the gateway wants them. Raises SettingsError for a key of the other mode than was asked for."""
    from providers.payments.stripe.config import StripeConfig

    table = settings.stripe
    config = StripeConfig(
        secret_key=table.secret_key.get_secret_value() if table.secret_key else "",
        webhook_secret=table.webhook_secret.get_secret_value() if table.webhook_secret else "",
        api_base=table.api_base,
        automatic_tax=table.automatic_tax,
        managed_payments=table.managed_payments,
        allow_promotion_codes=table.allow_promotion_codes,
        plans={plan.stripe_price: plan.name for plan in plans.values() if plan.stripe_price},
        house=house,
    )
    if table.mode != "auto" and config.live is not (table.mode == "live"):
        raise SettingsError(f"[stripe] mode is {table.mode}, and secret_key is a key of the other mode.")
    return config


async def open_gateway(settings: Settings, plans: Mapping[str, Plan], store: Store) -> Gateway | None:
    """Stripe, whose SDK is imported now; None where there is no key. Raises SettingsError."""
    if not is_on(settings):
        return None
    config = stripe_config(settings, plans, await house_of(store))
    gateway: Gateway = importlib.import_module("providers.payments.stripe").create(config)
    return gateway


def follow_up(store: Store, rules: Rules) -> Following:
    """What follows a payment that is seen outside the hub, which takes up what is left for it."""
    return Following(
        store, rules.shop, rules.plans, lambda inbound: store.accept(inbound, overtakes=False, bound=NO_BOUND)
    )


def make_sales(
    store: Store, gateway: Gateway | None, rules: Rules, follow: Following, adapters: Mapping[str, Adapter]
) -> Sales | None:
    """Selling by `gateway`; None where there is none."""
    if gateway is None:
        return None
    from hub.core.operations.sales import Sales

    def back(address: Address) -> str:
        adapter = adapters.get(address.platform)
        return adapter.link_to(address) if isinstance(adapter, Backlinks) else ""

    return Sales(store, gateway, rules.shop, rules.plans, follow, back)


def own_origin(settings: Settings) -> str:
    """Where the gateway's pages are when that is not an https address: a stand-in on this machine."""
    parts = urlsplit(settings.stripe.api_base)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme == "http" else ""
