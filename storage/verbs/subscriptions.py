"""Subscriptions, and the plan that an account is on for them. Knows standings; must not know what a payment gives.

One account, one subscription: what begins beside another one is spare, gives nothing and is ended at its gateway. A
plan that an operator gave by hand (it has no end) stays until somebody buys or changes one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from hub.domain.money import EntryKind
from hub.domain.payment import (
    MILLION,
    DisputeRank,
    Ending,
    Standing,
    SubscriptionLine,
    SubscriptionSeen,
    share_returned,
)
from storage import schema as s
from storage import sold as y
from storage.dialect import insert_new, insert_or_replace, number, word
from storage.link import Link
from storage.rows import clean, now_ms
from storage.verbs import ledger
from storage.verbs.balance import Balance, lock_all
from storage.verbs.billing import SUBSCRIPTION, living, of_account, subscription_of
from storage.verbs.orders import order

LIVING = (Standing.ACTIVE, Standing.BEHIND)

_int = sa.BigInteger()
_text = sa.Text()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_object = (sa.bindparam("vendor", type_=_text), sa.bindparam("thing", type_=_text))

PUT_SUBSCRIPTION = insert_new(
    y.subscriptions, ("tenant_id", "gateway", "object"), ("tenant_id", "gateway", "object", "created")
)
LOCK_SUBSCRIPTION = (
    sa.select(*SUBSCRIPTION, y.subscriptions.c.ticket)
    .where(
        y.subscriptions.c.tenant_id == _tenant,
        y.subscriptions.c.gateway == _object[0],
        y.subscriptions.c.object == _object[1],
    )
    .with_for_update()
)
KEEP_SUBSCRIPTION = insert_or_replace(
    y.subscriptions,
    ("tenant_id", "gateway", "object"),
    (
        *("tenant_id", "gateway", "object", "account_id", "order_id", "standing", "plan", "price", "starts", "ends"),
        *("until", "cancels", "customer", "ticket", "anchor", "paid", "latest"),
    ),
)
SPARE = (
    sa.update(y.subscriptions).where(y.subscriptions.c.id == sa.bindparam("number", type_=_int)).values(spare=number(1))
)
_newest = sa.and_(
    y.payments.c.tenant_id == y.subscriptions.c.tenant_id,
    y.payments.c.gateway == y.subscriptions.c.gateway,
    y.payments.c.object == y.subscriptions.c.latest,
)
ALL_OF_ACCOUNT = (
    sa.select(
        y.subscriptions.c.id,
        y.subscriptions.c.gateway,
        y.subscriptions.c.object,
        y.subscriptions.c.standing,
        y.subscriptions.c.plan,
        y.subscriptions.c.price,
        y.subscriptions.c.starts,
        y.subscriptions.c.until,
        y.subscriptions.c.anchor,
        y.subscriptions.c.paid,
        y.subscriptions.c.spare,
        y.payments.c.amount,
        y.payments.c.refunded,
    )
    .select_from(sa.outerjoin(y.subscriptions, y.payments, _newest))
    .where(of_account(y.subscriptions.c.account_id), y.subscriptions.c.tenant_id == _tenant)
    .order_by(y.subscriptions.c.id)
)
"""With the payment of the newest invoice. Reads subscriptions_account and payments_natural."""
_holding = y.disputes.c.rank.in_([number(int(DisputeRank.OPEN)), number(int(DisputeRank.LOST))])
DOUBTFUL = (
    sa.select(y.payments.c.id)
    .where(
        y.payments.c.subscription == _object[1],
        y.payments.c.gateway == _object[0],
        y.payments.c.tenant_id == _tenant,
        sa.or_(
            y.payments.c.odd != word(""),
            sa.exists().where(y.disputes.c.payment_id == y.payments.c.id, _holding).correlate(y.payments),
        ),
    )
    .limit(number(1))
)
"""A payment of a subscription that was not as ordered, or that is disputed. Reads payments_subscription."""

LOCK_PLAN = (
    sa.select(s.accounts.c.plan, s.accounts.c.plan_until, s.accounts.c.plan_returned)
    .where(s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class _Running:
    """A subscription that gives its account a plan; `returned`: the part of its newest payment that went back."""

    price: int
    until: int
    starts: int
    id: int
    plan: str
    anchor: int
    paid: int
    returned: int

    @property
    def worth(self) -> tuple[int, int, int]:
        """Of several, the highest counts."""
        return self.price, self.until, self.starts


def keep_subscription(
    link: Link, tenant: int, gateway: str, seen: SubscriptionSeen, ticket: int, now: int
) -> tuple[SubscriptionLine, SubscriptionLine]:
    """Keep its facts, unless later ones are kept; as it was, and as it is now."""
    key = {"tenant_id": tenant, "gateway": gateway, "object": clean(seen.object)}
    here = {"tenant": tenant, "vendor": gateway, "thing": key["object"]}
    link.run(PUT_SUBSCRIPTION, {**key, "created": now})
    row = link.one(LOCK_SUBSCRIPTION, here)
    assert row is not None
    line = subscription_of(row)
    if ticket < row[14]:
        return line, line
    mine = order(link, tenant, seen.order_id or line.order_id) if seen.order_id or line.order_id else None
    account = living(link, tenant, line.account_id or (mine.account_id if mine else seen.account_id))
    link.run(
        KEEP_SUBSCRIPTION,
        {
            **key,
            "account_id": account,
            "order_id": mine.id if mine else 0,
            "standing": seen.standing.value,
            "plan": clean(seen.plan),
            "price": seen.price,
            "starts": seen.starts,
            "ends": seen.ends,
            "until": seen.until,
            "cancels": int(seen.cancels),
            "customer": clean(seen.customer or line.customer),
            "ticket": ticket,
            "anchor": seen.anchor,
            "paid": seen.paid,
            "latest": clean(seen.latest),
        },
    )
    kept = link.one(LOCK_SUBSCRIPTION, here)
    assert kept is not None
    return line, subscription_of(kept)


def put_on_plan(
    link: Link, tenant: int, was: SubscriptionLine, line: SubscriptionLine, now: int, *, alone: bool
) -> tuple[SubscriptionLine, Ending | None]:
    """Put the account on the best plan it has paid for, or back on the default if it was on one of those.

    The subscription as it is kept then, and why it has to be ended. Of two that begin at once, the account's lock lets
    one see the other."""
    current = link.one(LOCK_PLAN, {"account": line.account_id, "tenant": tenant}) if line.account_id else None
    if current is None:
        return line, None
    rows = link.all(ALL_OF_ACCOUNT, {"account": line.account_id, "tenant": tenant})
    running = [
        _Running(price, until, starts, number_, plan, anchor or starts, paid, share_returned(amount or 0, back or 0))
        for number_, gateway, thing, standing, plan, price, starts, until, anchor, paid, spare, amount, back in rows
        if standing in LIVING and plan and until > now and not spare
        if link.one(DOUBTFUL, {"vendor": gateway, "thing": thing, "tenant": tenant}) is None
    ]
    this = next((one for one in running if one.id == line.id), None)
    ending = Ending.SECOND if line.spare and line.standing in LIVING else None
    if this is not None and alone:
        if this.returned == MILLION:
            ending = Ending.RETURNED
        elif was.standing not in LIVING and any(one is not this and one.returned < MILLION for one in running):
            link.run(SPARE, {"number": line.id})
            line, ending = replace(line, spare=True), Ending.SECOND
            running.remove(this)
    best = max((one for one in running if one.returned < MILLION), key=lambda one: one.worth, default=None)
    plan, until, returned = current
    begins = best is this and (was.standing not in LIVING or was.plan != line.plan)
    by_hand = bool(plan) and not until
    if best is not None and (begins or not by_hand):
        ledger.set_plan(link, tenant, line.account_id, best.plan, best.anchor, best.until, best.paid, best.returned)
        if best.plan == plan and best.returned > returned:
            _take_share(link, tenant, line.account_id, plan, returned, best.returned)
    elif best is None and not by_hand and plan in {row[4] for row in rows}:
        ledger.set_plan(link, tenant, line.account_id, "", 0, 0)
    return line, ending


def _take_share(link: Link, tenant: int, account: int, plan: str, before: int, now_returned: int) -> None:
    """Of the allowance that is running, what was not spent of the part whose price went back."""
    for balance in lock_all(link, tenant, account, now_ms()).values():
        grant = next((one for one in balance.grants() if one.id == balance.plan_grant), None)
        if grant is None or balance.opened.partition(":")[0] != plan:
            continue
        share = grant.amount - grant.amount * (MILLION - now_returned) // (MILLION - before)
        if (taken := min(share, grant.left, _spare(balance))) > 0:
            grant.amount -= taken
            grant.changes += 1
            balance.change(grant)
            balance.book(EntryKind.REFUND, f"returned:{grant.id}:{grant.changes}", granted=-taken, grant=grant.id)
            balance.save()


def _spare(balance: Balance) -> int:
    """What covers nothing that is held."""
    return int(balance.free + balance.beyond)
