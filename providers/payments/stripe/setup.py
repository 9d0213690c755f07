"""What has to stand at Stripe before anything is sold. Knows products, prices, portal, webhook; must not know people.

Everything is found again by an id, a lookup key, a note or an address of ours, so that it can be run as often as one
likes; what the operator changed on Stripe's dashboard beside that stays as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import stripe

from hub.domain.payment import Offer
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.errors import VENDOR_ERRORS, from_sdk, is_missing
from providers.payments.stripe.provider import lookup_key, make_client, portal_among
from providers.payments.stripe.wire import HOUSE, KINDS, PLAN

TEST_CARDS = (
    ("4242 4242 4242 4242", "is paid"),
    ("4000 0025 0000 3155", "asks for a confirmation first"),
    ("4000 0000 0000 9995", "is declined: insufficient funds"),
    ("4000 0000 0000 0341", "is paid once, and fails when it renews"),
    ("4000 0000 0000 0259", "is paid, and then disputed"),
)
"""Of Stripe's documentation (docs.stripe.com/testing); any date to come, any three digits."""


@dataclass(frozen=True, slots=True)
class Stood:
    """One thing, its id, and whether it was made (or changed) now."""

    what: str
    id: str
    made: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook of ours as Stripe has it. `secret` is told once, when it is made; `lacks`: events it is not sent."""

    id: str
    url: str
    enabled: bool
    lacks: tuple[str, ...] = ()
    secret: str = ""


class Setup:
    """Looks at what stands there and puts up what does not. Raises PaymentError and GatewayDown."""

    def __init__(self, config: StripeConfig) -> None:
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=config.timeout))
        self._v1 = make_client(config, self._http).v1
        self._house = config.house
        self._notes = {HOUSE: config.house} if config.house else {}

    async def close(self) -> None:
        """Let go."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def account(self) -> str:
        """Whose key it is."""
        found = await _ask(self._v1.accounts.retrieve_current_async())
        return str(found["id"])

    async def price(self, offer: Offer, title: str) -> Stood:
        """The product and price of a plan; a changed price gets the lookup key, who pays the former one goes on so."""
        key = lookup_key(offer)
        found = await self.price_of(offer)
        if found and (found["unit_amount"], found["currency"]) == (offer.price, offer.currency):
            return Stood(f"price of {offer.name}", found["id"], False)
        product = await self._product(f"parley-plan-{offer.name}", title, offer.name)
        made = await _ask(
            self._v1.prices.create_async(
                {
                    "product": product,
                    "currency": offer.currency,
                    "unit_amount": offer.price,
                    "recurring": {"interval": cast("Any", offer.interval)},
                    "lookup_key": key,
                    "transfer_lookup_key": True,
                    "metadata": {PLAN: offer.name} | self._notes,
                }
            )
        )
        return Stood(f"price of {offer.name}", made["id"], True)

    async def price_of(self, offer: Offer) -> dict[str, Any] | None:
        """The price of a plan as it stands: the one that is named, else ours; None for none that is active."""
        if offer.price_id:
            try:
                price = (await self._v1.prices.retrieve_async(offer.price_id)).to_dict()
            except VENDOR_ERRORS as error:
                if is_missing(error):
                    return None
                raise from_sdk(error) from None
            return price if price.get("active") else None
        listed = await _ask(self._v1.prices.list_async({"lookup_keys": [lookup_key(offer)], "active": True}))
        return next(iter(listed["data"]), None)

    async def _product(self, number: str, title: str, plan: str) -> str:
        try:
            return str((await self._v1.products.retrieve_async(number)).to_dict()["id"])
        except VENDOR_ERRORS as error:
            if not is_missing(error):
                raise from_sdk(error) from None
        notes = {PLAN: plan} | self._notes
        made = await _ask(self._v1.products.create_async({"id": number, "name": title, "metadata": notes}))
        return str(made["id"])

    async def portal(self, prices: Sequence[str]) -> Stood:
        """The customer's own page: change between `prices` (the difference is invoiced), cancel, invoices, cards."""
        found = await self.portal_of()
        products: dict[str, list[str]] = {}
        for price in prices:
            product = str((await _ask(self._v1.prices.retrieve_async(price)))["product"])
            products.setdefault(product, []).append(price)
        features: dict[str, Any] = {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": bool(products),
                "default_allowed_updates": ["price"],
                "proration_behavior": "always_invoice",
                "products": [{"product": one, "prices": prices} for one, prices in products.items()],
            },
        }
        pages = self._v1.billing_portal.configurations
        if found is None:
            made = await _ask(
                pages.create_async(cast("Any", {"features": features, "metadata": {"parley": "portal"} | self._notes}))
            )
            return Stood("portal", made["id"], True)
        await _ask(pages.update_async(found["id"], cast("Any", {"features": features})))
        return Stood("portal", found["id"], False)

    async def portal_of(self) -> Mapping[str, Any] | None:
        """Our configuration of the portal."""
        listed = await _ask(self._v1.billing_portal.configurations.list_async({"active": True, "limit": 100}))
        return portal_among(listed["data"], self._house)

    async def endpoint(self, url: str) -> Endpoint | None:
        """The webhook that leads to `url`."""
        listed = await _ask(self._v1.webhook_endpoints.list_async({"limit": 100}))
        for one in listed["data"]:
            if one["url"] == url:
                return _endpoint(one)
        return None

    async def listen(self, url: str, *, anew: bool) -> Endpoint:
        """The webhook that leads to `url`, made if there is none or, for a fresh secret, `anew`."""
        found = await self.endpoint(url)
        if found is not None and anew:
            await _ask(self._v1.webhook_endpoints.delete_async(found.id))
            found = None
        if found is not None:
            if found.lacks or not found.enabled:
                changed = {"enabled_events": list(KINDS), "disabled": False}
                found = _endpoint(await _ask(self._v1.webhook_endpoints.update_async(found.id, cast("Any", changed))))
            return found
        wanted = {"url": url, "enabled_events": list(KINDS), "description": "Parley", "metadata": self._notes}
        return _endpoint(await _ask(self._v1.webhook_endpoints.create_async(cast("Any", wanted))))


def _endpoint(thing: dict[str, Any]) -> Endpoint:
    sent = thing.get("enabled_events") or []
    lacks = () if "*" in sent else tuple(kind for kind in KINDS if kind not in sent)
    return Endpoint(thing["id"], thing["url"], thing.get("status") == "enabled", lacks, thing.get("secret") or "")


async def _ask(call: Awaitable[Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = (await call).to_dict()
    except VENDOR_ERRORS as error:
        raise from_sdk(error) from None
    return answer
