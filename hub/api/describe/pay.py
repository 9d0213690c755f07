"""Paying, described: its pages and the gateway's webhook. Knows their words; must not know what is for sale."""

from __future__ import annotations

from hub.api.describe.words import TEXT, Json, Table, answer, content, in_path, operation

_TOKEN = in_path("token", "what the link in the chat carries; it works once and for a while")
_STRIPE = "stripe"


def _page(summary: str, says: str, *, leads: bool = False) -> Json:
    found = {
        200: answer("A page, in the person's language.", TEXT, "text/html"),
        404: answer("The link leads nowhere, or no longer.", TEXT, "text/html"),
        503: answer("Paying cannot be reached now.", TEXT, "text/html"),
    }
    return operation(
        summary, {**({303: answer("To the gateway's own page.")} if leads else {}), **found}, says=says, takes=[_TOKEN]
    )


TABLE = Table(
    "Paying",
    "Only where paying is set up. The links come from `/plan` in a chat.",
    {
        "/pay/{token}": {
            "get": _page("What would be paid for", "Nothing happens by looking."),
            "post": _page("On to paying", "What the page's button does.", leads=True),
        },
        "/pay/{token}/done": {"get": _page("After paying", "It asks for itself anew until the payment has arrived.")},
        "/pay/{token}/away": {"get": _page("After leaving without paying", "Nothing was paid.")},
        "/hooks/stripe": {
            "post": operation(
                "Events of Stripe",
                {
                    200: answer("Kept and applied, or known already.", TEXT, "text/plain"),
                    400: answer("Not surely Stripe's: signature, age, mode or form. The same for all."),
                    503: answer("To come again: Retry-After says when."),
                },
                says="Only with `[stripe] webhook_secret`.",
                asks=content({"type": "object"}),
                security=_STRIPE,
            )
        },
    },
    security={
        _STRIPE: {
            "type": "apiKey", "in": "header", "name": "Stripe-Signature",
            "description": "Time and HMAC of the body under the webhook's secret.",
        }
    },
)  # fmt: skip
