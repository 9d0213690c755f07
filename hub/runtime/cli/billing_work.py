"""What `parley billing` does. Knows settings, set-up and store; must not know flags.

Importing it does not import Stripe's SDK; doing anything does.
"""

from __future__ import annotations

from pathlib import Path

from hub.core.money.shop import offers
from hub.core.operations.sales import Reconciled
from hub.core.rules import Rules
from hub.domain.errors import SettingsError
from hub.domain.payment import Goods, price_text
from hub.ports.store import Store
from hub.runtime.catalogue import make_catalogue
from hub.runtime.cli.envfile import write_env
from hub.runtime.cli.settings import read_settings
from hub.runtime.payments import STRIPE, follow_up, house_of, is_on, make_sales, open_gateway, stripe_config
from hub.runtime.rules import make_rules
from hub.runtime.settings.load import Loaded

HOOK = "/hooks/stripe"

ODD = 20
"""How many payments that gave nothing are shown."""


def _settled() -> tuple[Loaded, Rules]:
    """Settings and rules. Raises SettingsError, in words, where there is no key."""
    loaded = read_settings()
    if not is_on(loaded.settings):
        raise SettingsError(
            "There is no key of Stripe. Make one at https://dashboard.stripe.com/test/apikeys (a test key to begin "
            "with) and put it into .env as STRIPE_SECRET_KEY=sk_test_..."
        )
    return loaded, make_rules(loaded.settings, make_catalogue(loaded.settings))


async def put_up(*, new_secret: bool) -> int:
    """Put up what is missing and say what was done; the exit code. Raises SettingsError, PaymentError."""
    from providers.payments.stripe.setup import TEST_CARDS, Setup

    loaded, rules = _settled()
    settings = loaded.settings
    store = await _open(loaded)
    try:
        config = stripe_config(settings, rules.plans, await house_of(store))
    finally:
        await store.close()
    setup = Setup(config)
    try:
        print(f"Stripe account {await setup.account()}, {'live' if config.live else 'test'} mode")
        prices = []
        for offer in offers(rules.shop, rules.plans):
            if offer.goods is Goods.PLAN and not offer.price_id:
                stood = await setup.price(offer, f"Parley {offer.name}")
                prices.append(stood.id)
                print(
                    f"  {stood.what}: {price_text(offer.price, offer.currency)} a {offer.interval}, {_made(stood.made)}"
                )
            elif offer.goods is Goods.PLAN:
                prices.append(offer.price_id)
        print(f"  customers' page: {_made((await setup.portal(prices)).made)}")
        public_url = settings.server.public_url
        if not public_url.startswith("https://"):
            print("  webhook: not made, for Stripe cannot reach us. Set [server] public_url to our https address and")
            print(f"           run this again; or on this machine: stripe listen --forward-to localhost:8080{HOOK}")
            return 1
        ended = await setup.listen(public_url + HOOK, anew=new_secret)
    finally:
        await setup.close()
    print(f"  webhook: {ended.url}, {_made(bool(ended.secret))}")
    if ended.secret:
        file = Path(loaded.folder) / ".env"
        write_env(file, {"STRIPE_WEBHOOK_SECRET": ended.secret})
        print(f"Its secret stands in {file.name} now, which only this user can read. Restart Parley.")
    elif not config.listens:
        print("Its secret is not known here: copy it from the dashboard into .env as STRIPE_WEBHOOK_SECRET=whsec_...")
        print("or make the webhook anew: parley billing setup --new-secret")
        return 1
    if not config.live:
        print("Cards for trying (any date to come, any three digits):")
        for card, what in TEST_CARDS:
            print(f"  {card}  {what}")
    return 0


def _made(made: bool) -> str:
    return "made" if made else "there already"


async def shown() -> dict[str, str | list[str]]:
    """What is for sale and what stands at Stripe, by name."""
    from providers.payments.stripe.setup import Setup

    loaded, rules = _settled()
    store = await _open(loaded)
    try:
        config = stripe_config(loaded.settings, rules.plans, await house_of(store))
        odd = await store.odd_payments(1, ODD)
        stuck = [one for one in await store.open_events(1, STRIPE, 0, ODD) if one.trouble]
    finally:
        await store.close()
    setup = Setup(config)
    try:
        account = await setup.account()
        sold = []
        for offer in offers(rules.shop, rules.plans):
            price = price_text(offer.price, offer.currency)
            if offer.goods is Goods.TOPUP:
                sold.append(f"credit {offer.name}: {price}")
                continue
            stands = await setup.price_of(offer)
            sold.append(f"plan {offer.name}: {price} a {offer.interval}, {stands['id'] if stands else 'not at Stripe'}")
        portal = await setup.portal_of()
        ended = await setup.endpoint(loaded.settings.server.public_url + HOOK)
    finally:
        await setup.close()
    return {
        "account": account,
        "mode": "live" if config.live else "test",
        "for sale": sold,
        "customers' page": portal["id"] if portal else "missing: parley billing setup",
        "webhook": ended.url if ended else "missing: parley billing setup",
        "webhook's secret": "there" if config.listens else "missing",
        "not as ordered": [f"{line.object}: {line.odd}" for line in odd],
        "tried again": [f"{one.kind} {one.object}: {one.trouble}" for one in stuck],
    }


async def caught_up(days: int) -> Reconciled:
    """Apply what was missed; a running hub answers what had to wait and delivers what is said."""
    loaded, rules = _settled()
    store = await _open(loaded)
    gateway = await open_gateway(loaded.settings, rules.plans, store)
    try:
        sales = make_sales(store, gateway, rules, follow_up(store, rules), {})
        assert sales is not None
        from hub.core.operations.pay_page import now_ms

        return await sales.reconcile(now_ms(), days)
    finally:
        if gateway is not None:
            await gateway.close()
        await store.close()


async def _open(loaded: Loaded) -> Store:
    from hub.runtime.house import check_folder
    from storage.store import open_store

    url = loaded.settings.database.url
    check_folder(url)
    return await open_store(url, synchronous=loaded.settings.database.synchronous)
