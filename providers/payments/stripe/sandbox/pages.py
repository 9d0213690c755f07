"""The pages people see at Stripe: checkout, portal, receipts. Knows forms and links; must not know how money moves."""

from __future__ import annotations

from html import escape

from providers.payments.stripe.sandbox.form import Thing

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:16px system-ui;max-width:28rem;margin:2rem auto;padding:0 1rem;
color-scheme:light dark}}button{{font:inherit;padding:.6rem 1rem;margin:.2rem 0;width:100%}}small{{opacity:.7}}</style>
<small>Stand-in for Stripe: no money moves</small><h1>{title}</h1>{body}</html>"""


def page(title: str, body: str) -> str:
    """A whole page; `body` is HTML."""
    return _PAGE.format(title=escape(title), body=body)


def coins(amount: int, currency: str) -> str:
    """Such as `USD 20.00`."""
    return f"{currency.upper()} {amount / 100:.2f}"


def _button(action: str, name: str, value: str, label: str) -> str:
    return (
        f'<form method="post" action="{escape(action)}"><button name="{name}" value="{escape(value)}">'
        f"{escape(label)}</button></form>"
    )


def checkout(session: Thing, names: list[str], trouble: str = "") -> str:
    """The hosted page of a checkout."""
    price = coins(session["amount_total"], session["currency"])
    if session["status"] != "open":
        return page("This page is no longer open", f"<p>{escape(session['status'])}</p>")
    here = f"/c/pay/{session['id']}"
    body = "".join(f"<p>{escape(name)}</p>" for name in names) + f"<p><strong>{price}</strong></p>"
    if trouble:
        body += f'<p role="alert">{escape(trouble)}</p>'
    body += _button(here, "how", "card", f"Pay {price}")
    body += _button(here, "how", "delayed", "Pay by bank transfer (the money comes later)")
    body += _button(here, "how", "decline", "Pay with a card that is declined")
    if session["cancel_url"]:
        body += f'<p><a href="{escape(session["cancel_url"])}">Back</a></p>'
    return page(price, body)


def portal(portal_session: Thing, subscriptions: list[Thing], prices: list[Thing], invoices: list[Thing]) -> str:
    """The customer's own page."""
    here = f"/p/session/{portal_session['id']}"
    body = ""
    for one in subscriptions:
        item = one["items"]["data"][0]
        body += f"<p>{coins(item['price']['unit_amount'], one['currency'])} - {escape(one['status'])}</p>"
        for price in prices:
            if price["id"] != item["price"]["id"]:
                label = f"Change to {price['lookup_key'] or price['id']}"
                body += _button(here, "change", f"{one['id']}:{price['id']}", label)
        if one["cancel_at_period_end"]:
            body += _button(here, "keep", one["id"], "Keep the subscription")
        else:
            body += _button(here, "cancel", one["id"], "Cancel at the end of the period")
    for invoice in invoices:
        body += f'<p><a href="{escape(invoice["hosted_invoice_url"])}">Invoice {escape(invoice["id"])}</a></p>'
    return page("Billing", body + f'<p><a href="{escape(portal_session["return_url"] or "/")}">Back</a></p>')
