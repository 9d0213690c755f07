"""Stripe as a gateway. Knows its SDK and when to call what; must not know accounts, balances or chats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, cast

import aiohttp
import stripe

from hub.domain.errors import PaymentError
from hub.domain.payment import Goods, Offer, Seen
from hub.ports.gateway import Checkout, Happening, Opened
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.errors import VENDOR_ERRORS, from_sdk, is_missing
from providers.payments.stripe.looking import Looking
from providers.payments.stripe.wire import ACCOUNT, HOUSE, KINDS, ORDER, PLAN, happening, house_of, intents_of, verify

LANGUAGES = frozenset({"en", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "zh"})
"""Of those that Stripe's pages speak; for others they take the browser's."""

PAGE = 100
"""Events asked for at a time, the most that Stripe gives."""


def lookup_key(offer: Offer) -> str:
    """By which the price of a plan is found at Stripe."""
    return f"parley_plan_{offer.name}_{offer.interval}"


def make_client(config: StripeConfig, http: stripe.HTTPClient) -> stripe.StripeClient:
    """The SDK's client; it repeats nothing by itself and tells Stripe nothing about this machine."""
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        config.secret_key,
        base_addresses={"api": config.api_base.rstrip("/")},
        http_client=http,
        max_network_retries=0,
    )


class StripeGateway:
    """`hub.ports.gateway.Gateway` by the official SDK. Raises SettingsError for a key that is none."""

    name = "stripe"

    def __init__(self, config: StripeConfig) -> None:
        self.live = config.live
        self.taxes = config.automatic_tax or config.managed_payments
        self._config = config
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=config.timeout))
        self.client = make_client(config, self._http)
        self._looking = Looking(self.client, config)

    @property
    def listens(self) -> bool:
        """See hub.ports.gateway.Gateway."""
        return self._config.listens

    async def checkout(self, checkout: Checkout) -> Opened:
        """See hub.ports.gateway.Gateway."""
        offer = checkout.offer
        price = await self._price(offer)
        line = {"price": price["id"], "quantity": 1} if price else {"price_data": _inline(checkout), "quantity": 1}
        session = await self._ask(
            self.client.v1.checkout.sessions.create_async(
                cast("Any", self._page(checkout, line)), {"idempotency_key": checkout.key}
            )
        )
        if price is None:
            return Opened(session["id"], session["url"], offer.price, offer.currency)
        return Opened(session["id"], session["url"], int(price["unit_amount"]), price["currency"], price["id"])

    def _page(self, checkout: Checkout, line: dict[str, Any]) -> dict[str, Any]:
        order, config = checkout.order, self._config
        notes = {ORDER: str(order.id), ACCOUNT: str(order.account_id)} | ({HOUSE: config.house} if config.house else {})
        spoken = checkout.language.partition("-")[0].lower()
        page: dict[str, Any] = {
            "line_items": [line],
            "client_reference_id": str(order.account_id),
            "metadata": notes,
            "success_url": checkout.back,
            "cancel_url": checkout.away,
            "locale": spoken if spoken in LANGUAGES else "auto",
        }
        if checkout.offer.goods is Goods.PLAN:
            page |= {"mode": "subscription", "subscription_data": {"metadata": notes | {PLAN: checkout.offer.name}}}
        else:
            page |= {"mode": "payment", "payment_intent_data": {"metadata": notes}}
        if checkout.customer:
            page["customer"] = checkout.customer
        elif checkout.offer.goods is Goods.TOPUP:
            page["customer_creation"] = "always"
        if config.allow_promotion_codes:
            page["allow_promotion_codes"] = True
        if config.managed_payments:
            page["managed_payments"] = {"enabled": True}
        elif config.automatic_tax:
            page["automatic_tax"] = {"enabled": True}
            if checkout.customer:
                page["customer_update"] = {"address": "auto"}
        return page

    async def _price(self, offer: Offer) -> dict[str, Any] | None:
        """The price of a plan as Stripe keeps it: the one the operator named, else ours if it still asks the same."""
        if offer.goods is not Goods.PLAN:
            return None
        if offer.price_id:
            price = await self._ask(self.client.v1.prices.retrieve_async(offer.price_id))
            if not price.get("active") or not price.get("recurring") or price.get("unit_amount") is None:
                raise PaymentError(f"the price {offer.price_id} of plan {offer.name} is not for sale at Stripe")
            return price
        listed = await self._ask(
            self.client.v1.prices.list_async({"lookup_keys": [lookup_key(offer)], "active": True, "limit": 1})
        )
        for price in listed["data"]:
            if (price.get("unit_amount"), price.get("currency")) == (offer.price, offer.currency):
                return cast("dict[str, Any]", price)
        return None

    async def withdraw(self, checkout: str) -> bool:
        """See hub.ports.gateway.Gateway."""
        sessions = self.client.v1.checkout.sessions
        try:
            await sessions.expire_async(checkout)
        except VENDOR_ERRORS as error:
            if is_missing(error):
                return True
            if not isinstance(error, stripe.InvalidRequestError):
                raise from_sdk(error) from None
            # Stripe expires open pages alone: it was paid, or is over already
            state = (await self._ask(sessions.retrieve_async(checkout))).get("status")
            if state == "open":
                raise from_sdk(error) from None
            return bool(state == "expired")
        return True

    async def end(self, subscription: str, *, refund: bool) -> None:
        """See hub.ports.gateway.Gateway. The money first: as long as it lives there is something to be done."""
        v1 = self.client.v1
        if refund:
            expand = ["latest_invoice.payments"]
            found = await self._ask(v1.subscriptions.retrieve_async(subscription, {"expand": expand}))
            for intent in intents_of(found.get("latest_invoice") or {}):
                await self._refund(intent)
        try:
            await v1.subscriptions.cancel_async(subscription)
        except VENDOR_ERRORS as error:
            # one that has ended is none any longer
            if not is_missing(error):
                raise from_sdk(error) from None

    async def _refund(self, intent: str) -> None:
        # whole, without a key: under one Stripe would say its first failure again, and nothing goes back twice anyway
        try:
            await self.client.v1.refunds.create_async({"payment_intent": intent})
        except VENDOR_ERRORS as error:
            if not (isinstance(error, stripe.InvalidRequestError) and error.code == "charge_already_refunded"):
                raise from_sdk(error) from None

    async def portal(self, customer: str, back: str, language: str) -> str:
        """See hub.ports.gateway.Gateway. Ours is named: without, Stripe takes the one of its dashboard, if there is."""
        spoken = language.partition("-")[0].lower()
        wanted = {"customer": customer, "return_url": back, "locale": spoken if spoken in LANGUAGES else "auto"}
        pages = self.client.v1.billing_portal.configurations
        listed = await self._ask(pages.list_async({"active": True, "limit": 100}))
        if (ours := portal_among(listed["data"], self._config.house)) is not None:
            wanted["configuration"] = ours["id"]
        opened = await self._ask(self.client.v1.billing_portal.sessions.create_async(cast("Any", wanted)))
        return str(opened["url"])

    async def read(self, happening: Happening) -> Seen:
        """See hub.ports.gateway.Gateway."""
        try:
            return await self._looking.look(happening)
        except VENDOR_ERRORS as error:
            raise from_sdk(error) from None
        except (KeyError, IndexError, TypeError) as error:
            raise PaymentError(f"an object of Stripe's makes no sense ({type(error).__name__})") from None

    async def happened(self, since: int) -> AsyncIterator[Happening]:
        """See hub.ports.gateway.Gateway; the newest first, as Stripe lists them."""
        after = ""
        while True:
            wanted: dict[str, Any] = {"types": list(KINDS), "created": {"gte": since // 1000}, "limit": PAGE}
            page = await self._ask(
                self.client.v1.events.list_async(cast("Any", wanted | ({"starting_after": after} if after else {})))
            )
            for event in page["data"]:
                if event["livemode"] is self.live and (found := happening(event)) is not None:
                    yield found
            if not page["has_more"] or not page["data"]:
                return
            after = page["data"][-1]["id"]

    def verify(self, body: bytes, signature: str, now: int) -> Happening | None:
        """See hub.ports.gateway.Gateway."""
        return verify(body, signature, self._config, now // 1000)

    async def close(self) -> None:
        """See hub.ports.gateway.Gateway."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _ask(self, call: Awaitable[Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = (await call).to_dict()
        except VENDOR_ERRORS as error:
            raise from_sdk(error) from None
        return answer


def portal_among(listed: Sequence[Mapping[str, Any]], house: str) -> Mapping[str, Any] | None:
    """Our configuration of the customers' page: this house's, else one that names no house. `house` empty: any."""
    ours = [one for one in listed if (one.get("metadata") or {}).get("parley") == "portal"]
    own = [one for wanted in (house, "") for one in ours if not house or house_of(one) == wanted]
    return next(iter(own), None)


def _inline(checkout: Checkout) -> dict[str, Any]:
    """A price that stands nowhere but on this page."""
    offer = checkout.offer
    price: dict[str, Any] = {
        "currency": offer.currency,
        "unit_amount": offer.price,
        "product_data": {"name": checkout.title},
    }
    if offer.goods is Goods.PLAN:
        price["recurring"] = {"interval": offer.interval}
    return price
