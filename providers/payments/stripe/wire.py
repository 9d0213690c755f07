"""Stripe's objects as what we see in them. Knows its fields and its signature; must not call anything.

Whatever comes to a webhook is hostile until its signature was checked: secret, time both ways, mode.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from hub.domain.errors import BadSignature
from hub.domain.payment import DisputeRank, DisputeSeen, PaymentSeen, Standing, SubscriptionSeen
from hub.ports.gateway import Happening
from providers.payments.stripe.config import StripeConfig

TOLERANCE = 300
"""Seconds that a webhook's time may be off, in either direction (Stripe's own tolerance looks back only)."""

KINDS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
"""Events that make us look at an object again."""

ORDER, ACCOUNT, PLAN, HOUSE = "parley_order", "parley_account", "parley_plan", "parley_house"
"""Keys of what we write on objects of ours at Stripe."""

STANDINGS = {
    "active": Standing.ACTIVE,
    "trialing": Standing.ACTIVE,
    "past_due": Standing.BEHIND,
    "incomplete": Standing.WAITING,
    "incomplete_expired": Standing.ENDED,
    "canceled": Standing.ENDED,
    "unpaid": Standing.ENDED,
    "paused": Standing.ENDED,
}

RANKS = {
    "warning_needs_response": DisputeRank.INQUIRY,
    "warning_under_review": DisputeRank.INQUIRY,
    "warning_closed": DisputeRank.CLOSED,
    "prevented": DisputeRank.CLOSED,
    "needs_response": DisputeRank.OPEN,
    "under_review": DisputeRank.OPEN,
    "lost": DisputeRank.LOST,
    "won": DisputeRank.WON,
}

FIRST = "subscription_create"
"""Why the first invoice of a subscription was written."""

Thing = Mapping[str, Any]
"""An object of Stripe's as JSON."""

_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_PAIR = re.compile(r"\s*([\w-]+)=([^,]*)\Z")
_SECONDS = re.compile(r"[0-9]{1,12}")


def sign(body: bytes, secret: str, at: int) -> str:
    """The header with which Stripe vouches for `body` at `at` (seconds since 1970)."""
    return f"t={at},v1={_digest(body, secret, str(at))}"


def _digest(body: bytes, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(body: bytes, signature: str, config: StripeConfig, now: int) -> Happening | None:
    """What a webhook tells at `now` (seconds since 1970); None: nothing that concerns us.

    Raises BadSignature for everything that is not surely Stripe's, of this minute and of our key's mode."""
    if not config.listens:
        raise BadSignature("no webhook secret is set")
    try:
        pairs = [found.groups() for part in signature.split(",") if (found := _PAIR.match(part))]
        (at,) = [value for name, value in pairs if name == "t"]
        if not _SECONDS.fullmatch(at) or abs(now - int(at)) > TOLERANCE:
            raise BadSignature("not of this minute")
        right = _digest(body, config.webhook_secret, at).encode()
        given = [value.encode() for name, value in pairs if name == "v1"]
        if not any(hmac.compare_digest(right, one) for one in given):
            raise BadSignature("not signed with our secret")
        event = json.loads(body)
        if event["livemode"] is not config.live:
            raise BadSignature("of the other mode, live or test")
        return happening(event)
    except _MALFORMED as error:
        raise BadSignature(f"malformed ({type(error).__name__})") from None


def happening(event: Thing) -> Happening | None:
    """An event of Stripe's; None for one that makes us look at nothing."""
    kind, number, thing = event["type"], event["id"], event["data"]["object"]["id"]
    if not all(isinstance(one, str) and one for one in (kind, number)) or event["object"] != "event":
        raise ValueError("no event")
    if kind not in KINDS or not isinstance(thing, str) or not thing:
        return None
    return Happening(number, kind, thing, int(event["created"]) * 1000)


def id_of(thing: Any) -> str:
    """The id of an object that may be expanded; empty for none."""
    return str(thing["id"] if isinstance(thing, Mapping) else thing or "")


def number_of(thing: Thing, key: str) -> int:
    """A number of ours in an object's notes; 0 when there is none."""
    written = str((thing.get("metadata") or {}).get(key, ""))
    return int(written) if _SECONDS.fullmatch(written) else 0


def house_of(thing: Thing) -> str:
    """Which Parley made an object; empty: it does not say."""
    return str((thing.get("metadata") or {}).get(HOUSE, ""))


def dispute_seen(thing: Thing) -> DisputeSeen:
    """A dispute; a state we do not know holds the money."""
    return DisputeSeen(thing["id"], int(thing["amount"]), RANKS.get(thing["status"], DisputeRank.OPEN))


def session_seen(session: Thing, charge: Thing | None, disputes: tuple[DisputeSeen, ...], receipt: str) -> PaymentSeen:
    """A checkout as a payment, with the charge that it led to."""
    lines = (session.get("line_items") or {}).get("data") or []
    reference = str(session.get("client_reference_id") or "")
    asked = session.get("amount_subtotal")
    one = lines[0] if len(lines) == 1 else {}
    return PaymentSeen(
        object=session["id"],
        paid=session.get("status") == "complete" and session.get("payment_status") in ("paid", "no_payment_required"),
        amount=int(session.get("amount_total") or 0),
        asked=int(asked if asked is not None else -1),
        currency=str(session.get("currency") or ""),
        order_id=number_of(session, ORDER),
        account_id=int(reference) if _SECONDS.fullmatch(reference) else -1,
        refunded=int((charge or {}).get("amount_refunded") or 0),
        disputes=disputes,
        subscription=id_of(session.get("subscription")),
        price_id=id_of(one.get("price")),
        customer=id_of(session.get("customer")),
        receipt=receipt or str((charge or {}).get("receipt_url") or ""),
    )


def invoice_seen(
    invoice: Thing, charge: Thing | None, disputes: tuple[DisputeSeen, ...], account_id: int
) -> PaymentSeen:
    """A renewal, or the difference that a change of plan cost."""
    return PaymentSeen(
        object=invoice["id"],
        paid=invoice.get("status") == "paid",
        amount=int(invoice.get("total") or 0),
        asked=int(invoice.get("subtotal") or 0),
        currency=str(invoice.get("currency") or ""),
        account_id=account_id,
        refunded=int((charge or {}).get("amount_refunded") or 0),
        disputes=disputes,
        subscription=subscription_of(invoice),
        customer=id_of(invoice.get("customer")),
        receipt=str(invoice.get("hosted_invoice_url") or ""),
    )


def subscription_of(invoice: Thing) -> str:
    """Which subscription an invoice is of; empty for none."""
    details = (invoice.get("parent") or {}).get("subscription_details") or invoice
    return id_of(details.get("subscription"))


def intents_of(invoice: Thing) -> list[str]:
    """The payment intents that paid an invoice."""
    rows = (invoice.get("payments") or {}).get("data") or []
    return [found for row in rows if (found := id_of((row.get("payment") or {}).get("payment_intent")))]


def standing_of(thing: Thing, unpaid: Thing) -> Standing:
    """Of a subscription. Stripe calls one active whose first payment is on its way; to us it waits for that."""
    standing = STANDINGS.get(thing["status"], Standing.ENDED)
    first = unpaid.get("billing_reason") == FIRST
    return Standing.WAITING if first and standing in (Standing.ACTIVE, Standing.BEHIND) else standing


def subscription_seen(thing: Thing, plans: Mapping[str, str]) -> SubscriptionSeen:
    """A subscription; `plans`: our plan by the id of a price, for prices that the operator made by hand.

    Its period stands with its item since API version 2025-03-31; a plan is what prices were before. Its periods are
    reckoned from its first one, so that a short month moves none."""
    item = thing["items"]["data"][0]
    price = item.get("price") or item["plan"]
    period = item if "current_period_start" in item else thing
    starts, anchor = int(period["current_period_start"]), int(thing.get("billing_cycle_anchor") or 0)
    invoice = thing.get("latest_invoice")
    unpaid: Thing = invoice if isinstance(invoice, Mapping) and invoice.get("status") != "paid" else {}
    plan = plans.get(price["id"]) or (price.get("metadata") or {}).get(PLAN) or (thing.get("metadata") or {}).get(PLAN)
    return SubscriptionSeen(
        object=thing["id"],
        standing=standing_of(thing, unpaid),
        plan=str(plan or ""),
        starts=starts * 1000,
        ends=int(period["current_period_end"]) * 1000,
        price=int(price.get("unit_amount") or price.get("amount") or 0),
        price_id=price["id"],
        cancels=bool(thing.get("cancel_at_period_end") or thing.get("cancel_at")),
        order_id=number_of(thing, ORDER),
        account_id=number_of(thing, ACCOUNT),
        customer=id_of(thing.get("customer")),
        anchor=(anchor if 0 < anchor <= starts else starts) * 1000,
        owed_since=int(unpaid.get("created") or 0) * 1000,
    )
