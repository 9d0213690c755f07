"""Payments applied by object. Knows facts that only grow, and what they are worth; must not know gateways or events.

Rows are locked in one order: payments by object, the subscription, the account, then balances. So two looks at the
same object come one after the other, and what is given follows from the facts kept, never from what came first.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hub.domain.money import EntryKind, NewGrant, Source, Unit
from hub.domain.payment import (
    DisputeRank,
    DisputeSeen,
    Goods,
    Order,
    PaymentLine,
    PaymentSeen,
    Seen,
    remaining_credit,
    why_odd,
)
from hub.ports.payments import Applied
from storage import sold as y
from storage.dialect import insert_new
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs import ledger
from storage.verbs.billing import PAYMENT, living, payment_of
from storage.verbs.orders import PAID, order
from storage.verbs.subscriptions import keep_subscription, put_on_plan

TOPUP_PRIORITY = 60
"""Bought credit is spent after a plan's allowance and gifts."""

_int = sa.BigInteger()
_text = sa.Text()
_tenant = sa.bindparam("tenant", type_=_int)
_object = (sa.bindparam("vendor", type_=_text), sa.bindparam("thing", type_=_text))

PUT_PAYMENT = insert_new(y.payments, ("tenant_id", "gateway", "object"), ("tenant_id", "gateway", "object", "created"))
LOCK_PAYMENT = (
    sa.select(*PAYMENT, y.payments.c.steps)
    .where(y.payments.c.tenant_id == _tenant, y.payments.c.gateway == _object[0], y.payments.c.object == _object[1])
    .with_for_update()
)
KEEP_PAYMENT = (
    sa.update(y.payments)
    .where(y.payments.c.id == sa.bindparam("payment", type_=_int))
    .values(
        {
            name: sa.bindparam(f"new_{name}", type_=y.payments.c[name].type)
            for name in (
                *("account_id", "order_id", "paid", "amount", "currency", "refunded", "credit", "steps"),
                *("subscription", "customer", "receipt", "odd"),
            )
        }
    )
)
PUT_DISPUTE = insert_new(
    y.disputes,
    ("tenant_id", "gateway", "object"),
    ("tenant_id", "gateway", "object", "payment_id", "amount", "rank", "created"),
)
RAISE_DISPUTE = (
    sa.update(y.disputes)
    .where(
        y.disputes.c.tenant_id == _tenant,
        y.disputes.c.gateway == _object[0],
        y.disputes.c.object == _object[1],
        y.disputes.c.rank < sa.bindparam("reached", type_=_int),
    )
    .values(rank=sa.bindparam("reached", type_=_int), amount=sa.bindparam("about", type_=_int))
)
DISPUTES = sa.select(y.disputes.c.object, y.disputes.c.amount, y.disputes.c.rank).where(
    y.disputes.c.payment_id == sa.bindparam("payment", type_=_int)
)
"""Reads disputes_payment."""


def apply_seen(link: Link, tenant: int, gateway: str, seen: Seen, ticket: int, now: int) -> Applied:
    """Make balances and plans agree with what was seen; see `hub.ports.payments.Payments.apply_seen`."""
    payments = sorted(seen.payments, key=lambda one: one.object)
    rows = [_locked(link, tenant, gateway, one.object, now) for one in payments]
    kept = keep_subscription(link, tenant, gateway, seen.subscription, ticket, now) if seen.subscription else None
    about: Order | None = None
    lines = []
    for row, one in zip(rows, payments, strict=True):
        mine = order(link, tenant, one.order_id or row[4]) if one.order_id or row[4] else None
        lines.append(_payment(link, tenant, row, one, mine, now))
        if mine is not None and lines[-1].paid and not lines[-1].odd:
            link.run(PAID, {"tenant": tenant, "order": mine.id})
            about = order(link, tenant, mine.id)
    if kept is None or seen.subscription is None:
        return Applied(tuple(lines), None, about)
    standing, ending = put_on_plan(link, tenant, *kept, now, alone=seen.subscription.alone)
    return Applied(tuple(lines), standing, about, ending)


def _locked(link: Link, tenant: int, gateway: str, object_: str, now: int) -> Row:
    link.run(PUT_PAYMENT, {"tenant_id": tenant, "gateway": gateway, "object": clean(object_), "created": now})
    row = link.one(LOCK_PAYMENT, {"tenant": tenant, "vendor": gateway, "thing": clean(object_)})
    assert row is not None
    return row


def _payment(link: Link, tenant: int, row: Row, seen: PaymentSeen, mine: Order | None, now: int) -> PaymentLine:
    """Keep the facts of a payment, and give or take what they come to."""
    line, steps = payment_of(row), int(row[15])
    # what a subscription was bought with is the gateway's to reckon once the first payment was as ordered
    renews = mine is None and bool(seen.subscription)
    odd = "" if renews else why_odd(mine, seen)
    if mine is not None and living(link, tenant, seen.account_id) != mine.account_id:
        odd = odd or "another account than the order's"
    paid = line.paid or seen.paid
    refunded = max(line.refunded, seen.refunded)
    disputes = _disputes(link, tenant, line, seen.disputes, now)
    account = mine.account_id if mine else living(link, tenant, max(0, seen.account_id) or line.account_id)
    gives = mine.credit if mine is not None and mine.goods is Goods.TOPUP else 0
    back = refunded + sum(one.taken for one in disputes)
    credit = remaining_credit(gives, seen.amount, back) if paid and not odd and account else 0
    if credit != line.credit:
        steps += 1
        key, note = f"{line.gateway}:{line.object}:{steps}", f"{line.gateway} {line.object}"
        if credit > line.credit:
            given = NewGrant(key, account, Unit.MICRO, credit - line.credit, Source.TOPUP, TOPUP_PRIORITY, 0, note)
            ledger.grant(link, tenant, given, now_ms())
        else:
            taken = credit - line.credit
            first = _first_key(line)
            ledger.adjust(link, tenant, account, Unit.MICRO, taken, key, note, EntryKind.REFUND, first, now_ms())
    now_kept = replace(
        line,
        account_id=account,
        order_id=mine.id if mine else 0,
        paid=paid,
        amount=seen.amount,
        currency=clean(seen.currency.lower()),
        refunded=refunded,
        credit=credit,
        subscription=clean(seen.subscription or line.subscription),
        receipt=clean(seen.receipt or line.receipt),
        odd=odd,
    )
    values = {
        f"new_{name}": getattr(now_kept, name)
        for name in ("account_id", "order_id", "amount", "currency", "refunded", "credit", "subscription", "receipt")
    }
    link.run(
        KEEP_PAYMENT,
        {
            **values,
            "new_paid": int(paid),
            "new_odd": clean(odd),
            "new_steps": steps,
            "new_customer": clean(seen.customer),
            "payment": line.id,
        },
    )
    return now_kept


def _first_key(line: PaymentLine) -> str:
    return f"{line.gateway}:{line.object}:1"


def _disputes(link: Link, tenant: int, line: PaymentLine, seen: tuple[DisputeSeen, ...], now: int) -> list[DisputeSeen]:
    for one in seen:
        here = {"tenant": tenant, "vendor": line.gateway, "thing": clean(one.object)}
        row = {"tenant_id": tenant, "gateway": line.gateway, "object": here["thing"], "payment_id": line.id}
        link.run(PUT_DISPUTE, {**row, "amount": one.amount, "rank": int(one.rank), "created": now})
        link.run(RAISE_DISPUTE, {**here, "reached": int(one.rank), "about": one.amount})
    rows = link.all(DISPUTES, {"payment": line.id})
    return [DisputeSeen(row[0], row[1], DisputeRank(row[2])) for row in rows]
