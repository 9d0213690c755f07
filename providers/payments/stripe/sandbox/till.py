"""What Stripe keeps and what happens to it. Knows objects and their events; must not know HTTP.

Money here is what tests hold our own tables against: what was charged, refunded and disputed stands in `things`.
"""

from __future__ import annotations

import calendar
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from providers.payments.stripe.sandbox.form import Refusal, Thing, missing

API_VERSION = "2026-10-28.endive"


class Till:
    """Everything at Stripe. `ahead`: seconds that its clock is before ours."""

    def __init__(self, *, live: bool = False) -> None:
        self.live, self.ahead = live, 0
        self.things: dict[str, Thing] = {}
        self.url = ""
        self.told: Callable[[Thing], None] = lambda event: None
        self._numbers = itertools.count(1)

    def now(self) -> int:
        """Seconds since 1970."""
        return int(time.time()) + self.ahead

    def make(self, kind: str, prefix: str, **fields: Any) -> Thing:
        """A new object."""
        number = fields.pop("id", "") or f"{prefix}_{'test' if not self.live else 'live'}{next(self._numbers):012d}"
        thing: Thing = {
            "id": number,
            "object": kind,
            "created": self.now(),
            "livemode": self.live,
            "metadata": {},
        } | fields
        self.things[number] = thing
        return thing

    def get(self, number: str, kind: str = "") -> Thing:
        """An object. Raises Refusal."""
        thing = self.things.get(number)
        if thing is None or (kind and thing["object"] != kind):
            raise missing(kind or "object", number)
        return thing

    def all(self, kind: str) -> list[Thing]:
        """Objects of a kind, newest first."""
        return [one for one in reversed(self.things.values()) if one["object"] == kind]

    def happens(self, kind: str, thing: Thing) -> Thing:
        """Write an event with the object as it is now, and tell it."""
        snapshot = {name: value for name, value in thing.items() if not name.startswith("_")}
        event = self.make(
            "event", "evt", api_version=API_VERSION, type=kind, data={"object": snapshot}, pending_webhooks=1
        )
        event["request"] = {"id": None, "idempotency_key": None}
        self.told(event)
        return event

    def charge(self, amount: int, currency: str, customer: str | None, notes: Thing) -> tuple[Thing, Thing]:
        """Take money: a payment intent that succeeded, and its charge."""
        intent = self.make(
            "payment_intent", "pi", amount=amount, currency=currency, customer=customer, status="succeeded",
            metadata=dict(notes), latest_charge=None,
        )  # fmt: skip
        charge = self.make(
            "charge", "ch", amount=amount, currency=currency, customer=customer, status="succeeded", paid=True,
            amount_refunded=0, refunded=False, disputed=False, payment_intent=intent["id"], metadata=dict(notes),
        )  # fmt: skip
        charge["receipt_url"] = f"{self.url}/receipts/{charge['id']}"
        intent["latest_charge"] = charge["id"]
        self.happens("charge.succeeded", charge)
        self.happens("payment_intent.succeeded", intent)
        return intent, charge

    def customer(self, email: str = "") -> Thing:
        """Somebody who pays."""
        made = self.make("customer", "cus", email=email or None, name=None)
        self.happens("customer.created", made)
        return made

    def price_of(self, line: Thing) -> Thing:
        """The price of a line: a named one, or one made of its `price_data`."""
        if "price" in line:
            price = self.get(line["price"], "price")
            if not price["active"]:
                raise Refusal(400, "The price specified is inactive.", "resource_missing", "line_items[0][price]")
            return price
        wanted = line.get("price_data")
        if not wanted:
            raise Refusal(400, "You must pass either `price` or `price_data`.", "", "line_items[0]")
        product = self.make("product", "prod", name=wanted["product_data"]["name"], active=True)
        return self.make(
            "price", "price", product=product["id"], currency=wanted["currency"].lower(), active=False,
            unit_amount=int(wanted["unit_amount"]), recurring=wanted.get("recurring"), lookup_key=None,
            type="recurring" if wanted.get("recurring") else "one_time",
        )  # fmt: skip

    def subscribe(self, customer: str, price: Thing, notes: Thing) -> Thing:
        """A subscription that has not been paid for yet."""
        now = self.now()
        item = {
            "id": f"si_{next(self._numbers):012d}", "object": "subscription_item", "price": price, "quantity": 1,
            "current_period_start": now, "current_period_end": after(now, price),
        }  # fmt: skip
        return self.make(
            "subscription", "sub", customer=customer, status="incomplete", metadata=dict(notes), ended_at=None,
            billing_cycle_anchor=now, cancel_at_period_end=False, cancel_at=None, canceled_at=None, latest_invoice=None,
            currency=price["currency"], items={"object": "list", "has_more": False, "data": [item]},
        )  # fmt: skip

    def invoice(self, subscription: Thing, reason: str, amount: int, subtotal: int | None = None) -> Thing:
        """An invoice of a subscription, open."""
        made = self.make(
            "invoice", "in", customer=subscription["customer"], currency=subscription["currency"], status="open",
            billing_reason=reason, total=amount, subtotal=amount if subtotal is None else subtotal, amount_due=amount,
            amount_paid=0, attempt_count=0, _payments=[],
            parent={
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"], "metadata": subscription["metadata"]},
            },
        )  # fmt: skip
        made["hosted_invoice_url"] = f"{self.url}/invoices/{made['id']}"
        made["invoice_pdf"] = f"{self.url}/invoices/{made['id']}/pdf"
        subscription["latest_invoice"] = made["id"]
        return made

    def pay_invoice(self, invoice: Thing) -> Thing:
        """Take the money of an invoice."""
        if invoice["total"] > 0:
            intent, _ = self.charge(invoice["total"], invoice["currency"], invoice["customer"], {})
            payment = self.make(
                "invoice_payment", "inpay", invoice=invoice["id"], status="paid", amount_paid=invoice["total"],
                amount_requested=invoice["total"], currency=invoice["currency"], is_default=True,
                payment={"type": "payment_intent", "payment_intent": intent["id"]},
            )  # fmt: skip
            invoice["_payments"].append(payment)
        invoice |= {"status": "paid", "amount_paid": invoice["total"]}
        self.happens("invoice.paid", invoice)
        return invoice

    def refund(self, charge: Thing, amount: int | None = None) -> Thing:
        """Give money of a charge back. Raises Refusal."""
        left = charge["amount"] - charge["amount_refunded"]
        if not left:
            raise Refusal(400, "Charge has already been refunded.", "charge_already_refunded")
        wanted = left if amount is None else amount
        if not 0 < wanted <= left:
            raise Refusal(400, f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})")
        made = self.make(
            "refund", "re", amount=wanted, charge=charge["id"], payment_intent=charge["payment_intent"],
            status="succeeded", currency=charge["currency"],
        )  # fmt: skip
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.happens("charge.refunded", charge)
        return made

    def dispute(self, charge: Thing, amount: int | None = None, status: str = "needs_response") -> Thing:
        """A customer's bank takes money back, for now."""
        charge["disputed"] = True
        made = self.make(
            "dispute", "du", amount=charge["amount"] if amount is None else amount, charge=charge["id"],
            payment_intent=charge["payment_intent"], status=status, currency=charge["currency"], reason="fraudulent",
        )  # fmt: skip
        self.happens("charge.dispute.created", made)
        return made

    def close_dispute(self, dispute: Thing, *, won: bool) -> Thing:
        """The bank decides."""
        dispute["status"] = "won" if won else "lost"
        if won:
            self.happens("charge.dispute.funds_reinstated", dispute)
        self.happens("charge.dispute.closed", dispute)
        return dispute


def after(start: int, price: Thing) -> int:
    """The end of the period that begins at `start`, in seconds since 1970."""
    recurring = price.get("recurring") or {"interval": "month"}
    if recurring["interval"] in ("day", "week"):
        return start + (86_400 if recurring["interval"] == "day" else 604_800)
    then = datetime.fromtimestamp(start, UTC)
    year, month = (then.year + 1, then.month) if recurring["interval"] == "year" else (then.year, then.month + 1)
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    day = min(then.day, calendar.monthrange(year, month)[1])
    return int(then.replace(year=year, month=month, day=day).timestamp())
