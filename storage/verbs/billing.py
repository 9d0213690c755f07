"""What is said and shown of payments. Knows who was told what; must not know what a payment is worth."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.payment import PaymentLine, Standing, SubscriptionLine
from hub.domain.reply import Reply
from storage import schema as s
from storage import sold as y
from storage.dialect import number, word
from storage.link import Link, Row
from storage.rows import clean
from storage.verbs.outbox import tell

_int = sa.BigInteger()
_text = sa.Text()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())


def of_account(column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Of the account bound as `account`, or of one that it took in."""
    itself = sa.select(s.accounts.c.id).where(s.accounts.c.id == _account)
    joined = sa.select(s.accounts.c.id).where(s.MERGED, s.accounts.c.merged_into == _account)
    return column.in_(itself.union_all(joined))


LIVING = sa.select(s.accounts.c.id, s.accounts.c.merged_into).where(
    s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant
)


def living(link: Link, tenant: int, account: int) -> int:
    """The account that took `account` in, or itself; 0 for none of ours."""
    row = link.one(LIVING, {"account": account, "tenant": tenant}) if account else None
    return int(row[1] or row[0]) if row else 0


PAYMENT = (
    y.payments.c.id,
    y.payments.c.gateway,
    y.payments.c.object,
    y.payments.c.account_id,
    y.payments.c.order_id,
    y.payments.c.paid,
    y.payments.c.amount,
    y.payments.c.currency,
    y.payments.c.refunded,
    y.payments.c.credit,
    y.payments.c.told,
    y.payments.c.subscription,
    y.payments.c.receipt,
    y.payments.c.odd,
    y.payments.c.created,
)
SUBSCRIPTION = (
    y.subscriptions.c.id,
    y.subscriptions.c.gateway,
    y.subscriptions.c.object,
    y.subscriptions.c.account_id,
    y.subscriptions.c.order_id,
    y.subscriptions.c.standing,
    y.subscriptions.c.plan,
    y.subscriptions.c.starts,
    y.subscriptions.c.ends,
    y.subscriptions.c.until,
    y.subscriptions.c.cancels,
    y.subscriptions.c.customer,
    y.subscriptions.c.told,
    y.subscriptions.c.spare,
)
SAY_PAYMENT = (
    sa.update(y.payments)
    .where(
        y.payments.c.id == sa.bindparam("payment", type_=_int),
        y.payments.c.tenant_id == _tenant,
        y.payments.c.told == sa.bindparam("before", type_=_int),
        y.payments.c.credit == sa.bindparam("now_told", type_=_int),
    )
    .values(told=sa.bindparam("now_told", type_=_int))
    .returning(y.payments.c.steps)
)
SAY_SUBSCRIPTION = (
    sa.update(y.subscriptions)
    .where(
        y.subscriptions.c.id == sa.bindparam("number", type_=_int),
        y.subscriptions.c.tenant_id == _tenant,
        y.subscriptions.c.told == sa.bindparam("before", type_=_text),
    )
    .values(told=sa.bindparam("now_told", type_=_text))
    .returning(y.subscriptions.c.ticket)
)
PLACE_OF_ORDER = sa.select(y.orders.c.address_id, y.orders.c.language).where(
    y.orders.c.id == sa.bindparam("order", type_=_int), y.orders.c.tenant_id == _tenant
)
PAYMENTS_OF = (
    sa.select(*PAYMENT)
    .where(
        of_account(y.payments.c.account_id),
        y.payments.c.tenant_id == _tenant,
        y.payments.c.paid == number(1),
        # what is not as ordered may be somebody else's, whose receipt it then is
        y.payments.c.odd == word(""),
    )
    .order_by(y.payments.c.id.desc())
    .limit(_most)
)
"""Reads payments_account."""
SUBSCRIPTIONS_OF = (
    sa.select(*SUBSCRIPTION)
    .where(
        of_account(y.subscriptions.c.account_id),
        y.subscriptions.c.tenant_id == _tenant,
        y.subscriptions.c.standing != word("ended"),
        y.subscriptions.c.spare == number(0),
    )
    .order_by(y.subscriptions.c.id.desc())
)
"""Reads subscriptions_account."""
_of_gateway = sa.bindparam("vendor", type_=_text)
_strange = (
    sa.exists()
    .where(y.payments.c.subscription == y.subscriptions.c.object, y.payments.c.odd != word(""))
    .correlate(y.subscriptions)
)
CUSTOMERS = tuple(
    sa.select(table.c.customer)
    .where(
        of_account(table.c.account_id),
        table.c.tenant_id == _tenant,
        table.c.gateway == _of_gateway,
        table.c.customer != word(""),
        as_ordered,
    )
    .order_by(table.c.id.desc())
    .limit(number(1))
    for table, as_ordered in ((y.subscriptions, ~_strange), (y.payments, y.payments.c.odd == word("")))
)
"""Who has a subscription is the customer of that, else of the newest payment; never of one that is not as ordered,
which may be a stranger's: other houses may sell by the same keys."""
ODD = (
    sa.select(*PAYMENT)
    .where(y.payments.c.odd != word(""), y.payments.c.tenant_id == _tenant)
    .order_by(y.payments.c.id.desc())
    .limit(_most)
)
"""Reads payments_odd."""


def payment_of(row: Row) -> PaymentLine:
    """From PAYMENT."""
    values = list(row[:15])
    values[5] = bool(values[5])
    return PaymentLine(*values)


def subscription_of(row: Row) -> SubscriptionLine:
    """From SUBSCRIPTION."""
    values = list(row[:14])
    values[5], values[10], values[13] = Standing(values[5]), bool(values[10]), bool(values[13])
    return SubscriptionLine(*values)


def say_payment(link: Link, tenant: int, line: PaymentLine, reply: Reply | None) -> bool:
    """Tell the place of its order, once; see `hub.ports.payments.Payments.say_payment`."""
    values = {"payment": line.id, "tenant": tenant, "before": line.told, "now_told": line.credit}
    row = link.one(SAY_PAYMENT, values)
    if row is not None:
        _tell(link, tenant, line.order_id, f"payment-{line.id}-{row[0]}", reply)
    return row is not None


def say_subscription(link: Link, tenant: int, line: SubscriptionLine, told: str, reply: Reply | None) -> bool:
    """Tell the place of its order, once; see `hub.ports.payments.Payments.say_subscription`."""
    values = {"number": line.id, "tenant": tenant, "before": line.told, "now_told": clean(told)}
    row = link.one(SAY_SUBSCRIPTION, values)
    if row is not None:
        _tell(link, tenant, line.order_id, f"subscription-{line.id}-{row[0]}-{clean(told)}", reply)
    return row is not None


def _tell(link: Link, tenant: int, order_id: int, key: str, reply: Reply | None) -> None:
    place = link.one(PLACE_OF_ORDER, {"order": order_id, "tenant": tenant}) if order_id else None
    if place is not None and reply is not None:
        tell(link, tenant, place[0], key, reply, place[1])


def payments_of(link: Link, tenant: int, account_id: int, limit: int) -> tuple[PaymentLine, ...]:
    """What an account has paid, newest first."""
    rows = link.all(PAYMENTS_OF, {"tenant": tenant, "account": account_id, "most": limit})
    return tuple(payment_of(row) for row in rows)


def subscriptions_of(link: Link, tenant: int, account_id: int) -> tuple[SubscriptionLine, ...]:
    """Subscriptions of an account that have not ended, newest first."""
    rows = link.all(SUBSCRIPTIONS_OF, {"tenant": tenant, "account": account_id})
    return tuple(subscription_of(row) for row in rows)


def customer_of(link: Link, tenant: int, account_id: int, gateway: str) -> str:
    """As whom the gateway knows an account."""
    for statement in CUSTOMERS:
        row = link.one(statement, {"tenant": tenant, "account": account_id, "vendor": gateway})
        if row is not None:
            return str(row[0])
    return ""


def odd_payments(link: Link, tenant: int, limit: int) -> tuple[PaymentLine, ...]:
    """Payments for which nothing was given, newest first."""
    return tuple(payment_of(row) for row in link.all(ODD, {"tenant": tenant, "most": limit}))
