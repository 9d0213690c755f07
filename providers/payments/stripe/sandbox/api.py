"""The routes of Stripe's API that we and the operator's set-up use. Knows paths and filters; must not know sockets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from providers.payments.stripe.sandbox.form import Refusal, Thing, missing, page, shown

if TYPE_CHECKING:
    from providers.payments.stripe.sandbox.server import StripeSandbox

KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "checkout/sessions": "checkout.session",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "billing_portal/sessions": "billing_portal.session",
    "billing_portal/configurations": "billing_portal.configuration",
    "webhook_endpoints": "webhook_endpoint",
    "events": "event",
}

FILTERS = ("customer", "payment_intent", "subscription", "status", "charge", "invoice", "product", "url", "type")


class Api:
    """Answers one call at a time."""

    def __init__(self, sandbox: StripeSandbox) -> None:
        self._box = sandbox
        self._made: dict[str, Callable[[Thing], Thing]] = {
            "customers": self._customer,
            "products": self._product,
            "prices": sandbox.new_price,
            "checkout/sessions": sandbox.open_checkout,
            "refunds": self._refund,
            "billing_portal/sessions": self._portal,
            "billing_portal/configurations": self._configuration,
            "webhook_endpoints": self._endpoint,
        }

    def answer(self, method: str, path: str, asked: Thing) -> Thing:
        """What Stripe says. Raises Refusal."""
        expand = asked.get("expand", [])
        if path == "account" and method == "GET":
            return {"id": "acct_sandbox", "object": "account", "charges_enabled": True, "country": "DE"}
        if path in KINDS:
            if method == "GET":
                return page(self._box.things, self._listed(path, asked), asked, f"/v1/{path}")
            return self._posted(path, asked)
        folder, _, number = path.rpartition("/")
        if folder in KINDS:
            thing = self._box.get(number, KINDS[folder])
            if method == "GET":
                return shown(self._box.things, thing, expand)
            return self._changed(method, thing, asked)
        folder, _, number = folder.rpartition("/")
        if folder == "checkout/sessions" and path.endswith("/expire"):
            session = self._box.get(number, "checkout.session")
            if session["status"] != "open":
                raise Refusal(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
            session["status"] = "expired"
            self._box.happens("checkout.session.expired", session)
            return shown(self._box.things, session)
        raise Refusal(404, f"Unrecognized request URL ({method}: /v1/{path}).")

    def _listed(self, path: str, asked: Thing) -> list[Thing]:
        rows = self._box.all(KINDS[path])
        for name in FILTERS:
            if name in asked:
                rows = [row for row in rows if row.get(name) == asked[name]]
        if "payment" in asked:
            rows = [row for row in rows if row["payment"]["payment_intent"] == asked["payment"].get("payment_intent")]
        if "lookup_keys" in asked:
            rows = [row for row in rows if row["lookup_key"] in asked["lookup_keys"]]
        if "types" in asked:
            rows = [row for row in rows if row["type"] in asked["types"]]
        if "active" in asked:
            rows = [row for row in rows if row["active"] is (asked["active"] in ("true", "True"))]
        return rows

    def _posted(self, path: str, asked: Thing) -> Thing:
        make = self._made.get(path)
        if make is None:
            raise Refusal(404, f"Unrecognized request URL (POST: /v1/{path}).")
        return shown(self._box.things, make(asked), asked.get("expand", []))

    def _changed(self, method: str, thing: Thing, asked: Thing) -> Thing:
        kind = thing["object"]
        if method == "DELETE":
            if kind == "subscription":
                if thing["status"] == "canceled":
                    raise missing("subscription", thing["id"])
                self._box.end(thing)
                return shown(self._box.things, thing)
            del self._box.things[thing["id"]]
            return {"id": thing["id"], "object": kind, "deleted": True}
        if kind == "subscription":
            return shown(self._box.things, self._box.change(thing, asked))
        kept = {name: value for name, value in asked.items() if name != "expand"}
        if "active" in kept:
            kept["active"] = kept["active"] in ("true", "True")
        thing["metadata"] |= kept.pop("metadata", {})
        thing |= kept
        return shown(self._box.things, thing)

    def _customer(self, asked: Thing) -> Thing:
        made = self._box.customer(asked.get("email", ""))
        made["metadata"] |= asked.get("metadata", {})
        return made

    def _product(self, asked: Thing) -> Thing:
        if not asked.get("name"):
            raise Refusal(400, "Missing required param: name.", "parameter_missing", "name")
        if asked.get("id") in self._box.things:
            raise Refusal(400, f"Product already exists: {asked['id']}", "resource_already_exists", "id")
        named = {"id": asked["id"]} if "id" in asked else {}
        return self._box.make(
            "product", "prod", name=asked["name"], active=True, metadata=dict(asked.get("metadata", {})), **named
        )

    def _refund(self, asked: Thing) -> Thing:
        charge = (
            asked.get("charge") or self._box.get(asked.get("payment_intent", ""), "payment_intent")["latest_charge"]
        )
        return self._box.refund(self._box.get(charge, "charge"), int(asked["amount"]) if "amount" in asked else None)

    def _portal(self, asked: Thing) -> Thing:
        self._box.get(asked.get("customer", ""), "customer")
        if not self._box.all("billing_portal.configuration"):
            raise Refusal(400, "You can't create a portal session until you save your customer portal settings.")
        made = self._box.make(
            "billing_portal.session", "bps", customer=asked["customer"], return_url=asked.get("return_url")
        )
        made["url"] = f"{self._box.url}/p/session/{made['id']}"
        return made

    def _configuration(self, asked: Thing) -> Thing:
        return self._box.make(
            "billing_portal.configuration", "bpc", active=True, is_default=True, features=asked.get("features", {}),
            metadata=dict(asked.get("metadata", {})), default_return_url=asked.get("default_return_url"),
        )  # fmt: skip

    def _endpoint(self, asked: Thing) -> Thing:
        if not asked.get("url") or not asked.get("enabled_events"):
            raise Refusal(400, "Missing required param: url or enabled_events.", "parameter_missing")
        made = self._box.make(
            "webhook_endpoint", "we", url=asked["url"], enabled_events=list(asked["enabled_events"]), status="enabled",
            metadata=dict(asked.get("metadata", {})), description=asked.get("description"),
            api_version=asked.get("api_version"), _secret=self._box.webhook_secret,
        )  # fmt: skip
        # told once, when it is made
        return made | {"secret": self._box.webhook_secret}
