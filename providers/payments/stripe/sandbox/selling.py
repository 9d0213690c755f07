"""Checkouts and subscriptions from their first page to their end. Knows what people and time do; must not know HTTP."""

from __future__ import annotations

from providers.payments.stripe.sandbox.form import Refusal, Thing, number, truth
from providers.payments.stripe.sandbox.till import Till, after


class Selling(Till):
    """A till with people in front of it."""

    def open_checkout(self, asked: Thing) -> Thing:
        """A hosted page. Raises Refusal."""
        mode = asked.get("mode")
        if mode not in ("payment", "subscription"):
            raise Refusal(400, f"Invalid mode: {mode}", "parameter_invalid", "mode")
        lines = asked.get("line_items") or []
        if not lines or not asked.get("success_url"):
            raise Refusal(400, "Missing required param: line_items or success_url.", "parameter_missing")
        if asked.get("customer"):
            self.get(asked["customer"], "customer")
        prices = [self.price_of(line) for line in lines]
        if any(bool(price["recurring"]) != (mode == "subscription") for price in prices):
            raise Refusal(400, f"Prices and mode `{mode}` do not go together.", "", "line_items[0][price]")
        total = sum(
            price["unit_amount"] * int(line.get("quantity", 1)) for price, line in zip(prices, lines, strict=True)
        )
        session = self.make(
            "checkout.session", "cs", mode=mode, status="open", payment_status="unpaid", amount_subtotal=total,
            amount_total=total, currency=prices[0]["currency"], customer=asked.get("customer"), payment_intent=None,
            subscription=None, invoice=None, client_reference_id=asked.get("client_reference_id"),
            metadata=dict(asked.get("metadata") or {}), success_url=asked["success_url"],
            cancel_url=asked.get("cancel_url"), expires_at=self.now() + 86_400, locale=asked.get("locale"),
            automatic_tax={"enabled": truth((asked.get("automatic_tax") or {}).get("enabled"))},
            managed_payments={"enabled": truth((asked.get("managed_payments") or {}).get("enabled"))},
            allow_promotion_codes=truth(asked.get("allow_promotion_codes")) or None,
            _notes=dict((asked.get("subscription_data") or asked.get("payment_intent_data") or {}).get("metadata", {})),
            _line_items=[
                {"id": f"li_{at}", "object": "item", "price": price, "quantity": 1}
                for at, price in enumerate(prices)
            ],
        )  # fmt: skip
        session["url"] = f"{self.url}/c/pay/{session['id']}"
        return session

    def pay(self, session: Thing, *, delayed: bool = False) -> Thing:
        """Somebody presses Pay. `delayed`: with a method whose money comes days later. Raises Refusal."""
        if session["status"] != "open":
            raise Refusal(400, "This Checkout Session is no longer open.", "checkout_session_closed")
        session["customer"] = session["customer"] or self.customer()["id"]
        session["status"] = "complete"
        if session["mode"] == "subscription":
            made = self.subscribe(session["customer"], session["_line_items"][0]["price"], session["_notes"])
            invoice = self.invoice(made, "subscription_create", session["amount_total"], session["amount_subtotal"])
            session |= {"subscription": made["id"], "invoice": invoice["id"]}
            self.happens("customer.subscription.created", made)
        if delayed:
            self.happens("checkout.session.completed", session)
        else:
            self._takes(session)
            self.happens("checkout.session.completed", session)
        return session

    def _takes(self, session: Thing) -> None:
        session["payment_status"] = "paid"
        if session["mode"] == "payment":
            intent, _ = self.charge(
                session["amount_total"], session["currency"], session["customer"], session["_notes"]
            )
            session["payment_intent"] = intent["id"]
            return
        self.pay_invoice(self.get(session["invoice"]))
        subscription = self.get(session["subscription"])
        subscription["status"] = "active"
        self.happens("customer.subscription.updated", subscription)

    def clears(self, session: Thing) -> None:
        """The money of a delayed method has come."""
        self._takes(session)
        self.happens("checkout.session.async_payment_succeeded", session)

    def bounces(self, session: Thing) -> None:
        """It never will."""
        self.happens("checkout.session.async_payment_failed", session)

    def charge_of(self, session: Thing) -> Thing:
        """The charge that a checkout, or its newest invoice, led to."""
        intent = session.get("payment_intent")
        if not intent:
            invoice = self.get(self.get(session["subscription"])["latest_invoice"])
            intent = invoice["_payments"][0]["payment"]["payment_intent"]
        return self.get(self.get(intent)["latest_charge"])

    def renew(self, subscription: Thing, *, fails: bool = False) -> None:
        """A period ends and the next one begins; the clock is set to that moment."""
        item = subscription["items"]["data"][0]
        self.ahead += max(0, item["current_period_end"] - self.now())
        if subscription["cancel_at_period_end"]:
            self.end(subscription)
            return
        start = item["current_period_end"]
        item |= {"current_period_start": start, "current_period_end": after(start, item["price"])}
        pending = subscription.pop("_pending", 0)
        invoice = self.invoice(subscription, "subscription_cycle", max(0, item["price"]["unit_amount"] + pending))
        if fails:
            invoice["attempt_count"] = 1
            subscription["status"] = "past_due"
            self.happens("invoice.payment_failed", invoice)
        else:
            self.pay_invoice(invoice)
            subscription["status"] = "active"
        self.happens("customer.subscription.updated", subscription)

    def retry(self, subscription: Thing) -> None:
        """The failed renewal is paid after all."""
        self.pay_invoice(self.get(subscription["latest_invoice"]))
        subscription["status"] = "active"
        self.happens("customer.subscription.updated", subscription)

    def end(self, subscription: Thing) -> None:
        """It is over."""
        subscription |= {"status": "canceled", "ended_at": self.now(), "canceled_at": self.now()}
        self.happens("customer.subscription.deleted", subscription)

    def change(self, subscription: Thing, asked: Thing) -> Thing:
        """Another price (the difference for the rest of the period is charged or credited), or an end to come."""
        if "cancel_at_period_end" in asked:
            subscription["cancel_at_period_end"] = truth(asked["cancel_at_period_end"])
        subscription["metadata"] |= asked.get("metadata") or {}
        items = asked.get("items") or []
        if items:
            self._switch(subscription, self.get(items[0]["price"], "price"), asked.get("proration_behavior", ""))
        self.happens("customer.subscription.updated", subscription)
        return subscription

    def _switch(self, subscription: Thing, price: Thing, behaviour: str) -> None:
        item, now = subscription["items"]["data"][0], self.now()
        start, end = item["current_period_start"], item["current_period_end"]
        rest = (end - now) / (end - start)
        difference = round((price["unit_amount"] - item["price"]["unit_amount"]) * rest)
        item["price"] = price
        if behaviour == "none":
            return
        if behaviour == "always_invoice" and difference > 0:
            self.pay_invoice(self.invoice(subscription, "subscription_update", difference))
        else:
            subscription["_pending"] = subscription.get("_pending", 0) + difference

    def new_price(self, asked: Thing) -> Thing:
        """A price; one lookup key leads to one price. Raises Refusal."""
        key = asked.get("lookup_key")
        holder = next((one for one in self.all("price") if key and one["lookup_key"] == key), None)
        if holder is not None:
            if not truth(asked.get("transfer_lookup_key")):
                raise Refusal(400, f"A price (`{holder['id']}`) already uses that lookup key.", "", "lookup_key")
            holder["lookup_key"] = None
        self.get(asked.get("product", ""), "product")
        return self.make(
            "price", "price", product=asked["product"], currency=asked["currency"].lower(), active=True,
            unit_amount=number(asked.get("unit_amount"), "unit_amount"), recurring=asked.get("recurring"),
            lookup_key=key, metadata=dict(asked.get("metadata") or {}), nickname=asked.get("nickname"),
            type="recurring" if asked.get("recurring") else "one_time",
        )  # fmt: skip
