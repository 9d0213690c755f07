"""Paying, described: its pages and the gateway's webhook. Knows their words; must not know what is for sale."""

from __future__ import annotations

from collections.abc import Mapping

from hub.api.describe.words import TEXT, Json, Table, answer, content, in_path, operation

_TOKEN = in_path("token", "what the link in the chat carries; it works once and for a while")
_STRIPE = "stripe"


def _shown(says: str) -> Json:
    return answer(says, TEXT, "text/html")


_UNKNOWN = {404: _shown("The link leads nowhere; perhaps it was not copied whole.")}
_OVER = {410: _shown("The link was used, is too old, or what it was for is no longer for sale.")}
_LED = {
    303: answer("To the gateway's own page."),
    403: _shown("The account is blocked: nothing is sold to it."),
    502: _shown("The gateway refuses; the log says why. Nothing was charged."),
    503: _shown("The gateway cannot be reached. Nothing was charged, and the link still works."),
}


def _page(summary: str, says: str, more: Mapping[int, Json]) -> Json:
    found = {200: _shown("A page, in the person's language."), **more}
    return operation(summary, dict(sorted(found.items())), says=says, takes=[_TOKEN])


TABLE = Table(
    "Paying",
    "Only where paying is set up. The links come from `/plan` in a chat.",
    {
        "/pay/{token}": {
            "get": _page("What would be paid for", "Nothing happens by looking.", {**_UNKNOWN, **_OVER}),
            "post": _page(
                "On to paying",
                "What the page's button does. Sent from another site it only shows the page.",
                {**_UNKNOWN, **_OVER, **_LED},
            ),
        },
        "/pay/{token}/done": {
            "get": _page("After paying", "It asks for itself anew until the payment has arrived.", _UNKNOWN)
        },
        "/pay/{token}/away": {"get": _page("After leaving without paying", "Nothing was paid.", {})},
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
