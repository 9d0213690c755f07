"""From any object of Stripe's to all that hangs together with it. Knows which call finds what; must not judge it.

A refund or dispute leads to its charge's payment intent, that to the checkout or to the invoice it paid, an invoice to
its subscription. The first invoice of a subscription is told as the checkout that began it, so that it is held against
its order.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import stripe

from hub.domain.payment import PaymentSeen, Seen
from hub.ports.gateway import Happening
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.wire import (
    FIRST,
    Thing,
    dispute_seen,
    house_of,
    id_of,
    intents_of,
    invoice_seen,
    session_seen,
    subscription_of,
    subscription_seen,
)


class Looking:
    """Reads objects as they are now."""

    def __init__(self, client: stripe.StripeClient, config: StripeConfig) -> None:
        self._v1, self._plans, self._house = client.v1, config.plans, config.house

    async def look(self, happening: Happening) -> Seen:
        """All that hangs together with the object of `happening`. Raises what the SDK raises."""
        kind, object_ = happening.kind, happening.object
        if kind.startswith("checkout.session."):
            return await self._session(object_)
        if kind.startswith("customer.subscription."):
            return await self._subscription(object_)
        if kind.startswith("invoice."):
            return await self._invoice(object_)
        if kind.startswith("charge.dispute."):
            dispute = await _plain(self._v1.disputes.retrieve_async(object_))
            return await self._intent(id_of(dispute.get("payment_intent")))
        charge = await _plain(self._v1.charges.retrieve_async(object_))
        return await self._intent(id_of(charge.get("payment_intent")))

    async def _intent(self, intent: str) -> Seen:
        if not intent:
            return Seen()
        sessions = await _plain(self._v1.checkout.sessions.list_async({"payment_intent": intent, "limit": 1}))
        for session in sessions["data"]:
            return await self._session(session["id"])
        paid = await _plain(
            self._v1.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
            )
        )
        for payment in paid["data"]:
            return await self._invoice(id_of(payment["invoice"]))
        return Seen()

    async def _session(self, object_: str) -> Seen:
        session = await self._read_session(object_)
        if self._is_foreign(session):
            return Seen(foreign=True)
        if session.get("mode") == "subscription":
            found = id_of(session.get("subscription"))
            return await self._subscription(found) if found else Seen((session_seen(session, None, (), ""),))
        charge, disputes = await self._money(id_of(session.get("payment_intent")))
        return Seen((session_seen(session, charge, disputes, ""),))

    def _is_foreign(self, thing: Thing) -> bool:
        """Whether another Parley made it; what names none is ours if one of our orders is of it."""
        return house_of(thing) not in ("", self._house)

    async def _read_session(self, object_: str) -> Thing:
        return await _plain(self._v1.checkout.sessions.retrieve_async(object_, {"expand": ["line_items"]}))

    async def _invoice(self, object_: str) -> Seen:
        invoice = await _plain(self._v1.invoices.retrieve_async(object_, {"expand": ["payments"]}))
        subscription = subscription_of(invoice)
        return await self._subscription(subscription, invoice) if subscription else Seen()

    async def _subscription(self, object_: str, invoice: Thing | None = None) -> Seen:
        """With the payment of its newest invoice, and that of `invoice` should it be an older one."""
        expand = ["latest_invoice.payments"]
        thing = await _plain(self._v1.subscriptions.retrieve_async(object_, {"expand": expand}))
        if self._is_foreign(thing):
            return Seen(foreign=True)
        standing, newest = subscription_seen(thing, self._plans), thing.get("latest_invoice")
        if not newest:
            return Seen((), standing)
        payments = [await self._payment(newest, object_, standing.account_id)]
        standing = replace(standing, latest=payments[0].object)
        if invoice is not None and invoice["id"] != newest["id"]:
            payments.append(await self._payment(invoice, object_, standing.account_id))
        ordered = max(one.order_id for one in payments)
        return Seen(tuple(payments), replace(standing, order_id=ordered) if ordered else standing)

    async def _payment(self, invoice: Thing, subscription: str, account_id: int) -> PaymentSeen:
        intents = intents_of(invoice)
        charge, disputes = await self._money(intents[0] if intents else "")
        if invoice.get("billing_reason") == FIRST:
            listed = await _plain(self._v1.checkout.sessions.list_async({"subscription": subscription, "limit": 1}))
            for session in listed["data"]:
                whole = await self._read_session(session["id"])
                return session_seen(whole, charge, disputes, str(invoice.get("hosted_invoice_url") or ""))
        return invoice_seen(invoice, charge, disputes, account_id)

    async def _money(self, intent: str) -> tuple[Thing | None, tuple[Any, ...]]:
        """The charge of a payment intent, and what is disputed of it."""
        if not intent:
            return None, ()
        found = await _plain(self._v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]}))
        charge = found.get("latest_charge")
        if not isinstance(charge, dict):
            return None, ()
        if not charge.get("disputed"):
            return charge, ()
        listed = await _plain(self._v1.disputes.list_async({"payment_intent": intent, "limit": 100}))
        return charge, tuple(dispute_seen(one) for one in listed["data"])


async def _plain(call: Awaitable[Any]) -> dict[str, Any]:
    """What the SDK answers, as JSON."""
    answer: dict[str, Any] = (await call).to_dict()
    return answer
