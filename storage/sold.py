"""The tables of money that comes in. Knows columns and what each index is for; must not know statements.

Retention: orders nobody followed go after a day, those nobody paid after 60, events after 90; what was paid is kept.
"""

from __future__ import annotations

from sqlalchemy import Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, flag, link, row_id, state, tables, text
from storage.dialect import number, word

orders = Table(
    "orders",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("digest"),
    text("gateway"),
    link("account_id", "accounts"),
    # where it was asked for: the place that is told, and whose question is answered then
    link("address_id", "addresses"),
    text("sender_user"),
    text("sender_name"),
    text("language"),
    *state("plan", "topup", "portal", name="goods"),
    text("name"),
    *state("open", "started", "paid", "done"),
    *count("expires"),
    *count("started"),
    text("object"),
    text("url"),
    *count("price"),
    text("currency"),
    *count("credit"),
    text("price_id"),
    text("customer"),
    *count("created"),
    # make_orders: a link leads to one order
    Unique("tenant_id", "digest", name="orders_natural"),
)

payments = Table(
    "payments",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("gateway"),
    text("object"),
    # 0: nobody of ours is known to have made it
    *count("account_id"),
    *count("order_id"),
    *flag("paid"),
    *count("amount"),
    text("currency"),
    *count("refunded"),
    # micro-dollars given and not taken back; how often they changed; what of them the person was told
    *count("credit"),
    *count("steps"),
    *count("told"),
    text("subscription"),
    text("customer"),
    text("receipt"),
    text("odd"),
    *count("created"),
    # apply_seen: a payment is applied once
    Unique("tenant_id", "gateway", "object", name="payments_natural"),
)

disputes = Table(
    "disputes",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("gateway"),
    text("object"),
    link("payment_id", "payments"),
    *count("amount"),
    *count("rank"),
    *count("created"),
    # apply_seen: of a dispute the furthest rank counts
    Unique("tenant_id", "gateway", "object", name="disputes_natural"),
)

subscriptions = Table(
    "subscriptions",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("gateway"),
    text("object"),
    *count("account_id"),
    *count("order_id"),
    *state("waiting", "active", "behind", "ended", name="standing"),
    text("plan"),
    *count("price"),
    *count("starts"),
    *count("ends"),
    *count("until"),
    *flag("cancels"),
    text("customer"),
    # the event after which it was looked at; what was seen earlier does not change it
    *count("ticket"),
    text("told"),
    *count("created"),
    *count("anchor"),
    *count("paid"),
    # the payment that its newest invoice asks for
    text("latest"),
    # the account had another one when it began: it gives nothing, and its money goes back
    *flag("spare"),
    # apply_seen
    Unique("tenant_id", "gateway", "object", name="subscriptions_natural"),
)

gateway_events = Table(
    "gateway_events",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("gateway"),
    text("event"),
    text("kind"),
    text("object"),
    *flag("done"),
    text("outcome"),
    *count("created"),
    # note_event: an event is dealt with once
    Unique("tenant_id", "gateway", "event", name="gateway_events_natural"),
)

WAITING_ORDER = orders.c.state.in_([word("paid"), word("started")])
"""Orders whose payment is expected, or not followed to its end."""

OPEN_EVENT = gateway_events.c.done == number(0)
"""Events that were not dealt with."""

INDEXES = (
    # find_order: a link names no tenant
    Index("orders_digest", orders.c.digest),
    # make_orders, customer_of
    Index("orders_account", orders.c.account_id, orders.c.id),
    # orders_waiting
    Index("orders_waiting", orders.c.started, sqlite_where=WAITING_ORDER),
    # payments_of, customer_of
    Index("payments_account", payments.c.account_id, payments.c.id),
    # apply_seen: disputes hold a subscription's plan
    Index("payments_subscription", payments.c.subscription),
    # odd_payments
    Index("payments_odd", payments.c.id, sqlite_where=payments.c.odd != word("")),
    # apply_seen
    Index("disputes_payment", disputes.c.payment_id),
    # apply_seen, subscriptions_of
    Index("subscriptions_account", subscriptions.c.account_id, subscriptions.c.id),
    # open_events
    Index("gateway_events_open", gateway_events.c.id, sqlite_where=OPEN_EVENT),
    # forget_events
    Index("gateway_events_created", gateway_events.c.created),
)
