"""What may be bought and what was told about it. Knows orders and events; must not know what a payment is worth."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.domain.inbound import Sender
from hub.domain.payment import Goods, NewOrder, Offer, Order, OrderState
from storage import schema as s
from storage import sold as y
from storage.dialect import insert, number, word
from storage.link import Link, Row
from storage.rows import ADDRESS, address_of, clean
from storage.verbs.billing import of_account
from storage.verbs.places import FIND_ADDRESS, address_values

DAY_MS = 86_400_000

UNPAID_MS = 60 * DAY_MS
"""For so long a payment that was begun may still come: the slowest ways of paying take two weeks."""

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_order = sa.bindparam("order", type_=_int)
_account = sa.bindparam("account", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())

PUT_ORDER = insert(
    y.orders,
    (
        *("tenant_id", "digest", "gateway", "account_id", "address_id", "sender_user", "sender_name", "language"),
        *("goods", "name", "expires", "created"),
    ),
).returning(y.orders.c.id)
FORGET_ORDERS = sa.delete(y.orders).where(
    y.orders.c.account_id == _account,
    sa.or_(
        sa.and_(y.orders.c.state == word("open"), y.orders.c.expires < sa.bindparam("before", type_=_int)),
        sa.and_(y.orders.c.state == word("started"), y.orders.c.expires < sa.bindparam("long_before", type_=_int)),
    ),
)
"""Reads orders_account."""

ORDER = (
    y.orders.c.id,
    y.orders.c.tenant_id,
    sa.func.coalesce(sa.func.nullif(s.accounts.c.merged_into, number(0)), y.orders.c.account_id),
    *ADDRESS,
    y.orders.c.sender_user,
    y.orders.c.sender_name,
    y.orders.c.language,
    y.orders.c.goods,
    y.orders.c.name,
    y.orders.c.gateway,
    y.orders.c.state,
    y.orders.c.expires,
    y.orders.c.started,
    y.orders.c.object,
    y.orders.c.url,
    y.orders.c.price,
    y.orders.c.currency,
    y.orders.c.credit,
    y.orders.c.price_id,
    y.orders.c.customer,
)
_orders = sa.select(*ORDER).select_from(
    sa.join(y.orders, s.addresses, s.addresses.c.id == y.orders.c.address_id).outerjoin(
        s.accounts, s.accounts.c.id == y.orders.c.account_id
    )
)
"""Of the account that ordered, or of the one that took it in."""
BY_DIGEST = _orders.where(y.orders.c.digest == sa.bindparam("token"))
BY_NUMBER = _orders.where(y.orders.c.id == _order, y.orders.c.tenant_id == _tenant)
WAITING = (
    _orders.where(
        y.WAITING_ORDER,
        y.orders.c.started >= sa.bindparam("since", type_=_int),
        sa.or_(
            y.orders.c.started > sa.bindparam("since", type_=_int), y.orders.c.id > sa.bindparam("after", type_=_int)
        ),
        y.orders.c.tenant_id == _tenant,
        y.orders.c.gateway == sa.bindparam("vendor"),
        y.orders.c.object != word(""),
    )
    .order_by(y.orders.c.started, y.orders.c.id)
    .limit(_most)
)
"""Reads orders_waiting."""

START = (
    sa.update(y.orders)
    .where(y.orders.c.id == _order, y.orders.c.tenant_id == _tenant, y.orders.c.state == word("open"))
    .values(
        state=word("started"),
        started=sa.bindparam("at", type_=_int),
        object=sa.bindparam("made", type_=sa.Text()),
        url=sa.bindparam("page", type_=sa.Text()),
        price=sa.bindparam("asked", type_=_int),
        currency=sa.bindparam("coin", type_=sa.Text()),
        credit=sa.bindparam("gives", type_=_int),
        price_id=sa.bindparam("price_named", type_=sa.Text()),
        customer=sa.bindparam("payer", type_=sa.Text()),
    )
)
RIVALS = _orders.where(
    of_account(y.orders.c.account_id),
    y.orders.c.tenant_id == _tenant,
    y.orders.c.id != _order,
    y.orders.c.state == word("started"),
    y.orders.c.started >= sa.bindparam("since", type_=_int),
    y.orders.c.gateway == sa.bindparam("vendor"),
    y.orders.c.goods == sa.bindparam("kind"),
    y.orders.c.object != word(""),
    sa.or_(y.orders.c.goods == word("plan"), y.orders.c.name == sa.bindparam("what")),
).order_by(y.orders.c.id)
"""Reads orders_account."""
WITHDRAW = (
    sa.update(y.orders)
    .where(y.orders.c.id == _order, y.orders.c.tenant_id == _tenant, y.orders.c.state == word("started"))
    .values(state=word("open"), expires=sa.bindparam("at", type_=_int))
)
PAID = (
    sa.update(y.orders)
    .where(y.orders.c.id == _order, y.orders.c.tenant_id == _tenant, y.orders.c.state != word("done"))
    .values(state=word("paid"))
)
END = sa.update(y.orders).where(y.orders.c.id == _order, y.orders.c.tenant_id == _tenant).values(state=word("done"))


def order_of(row: Row) -> Order:
    """From ORDER."""
    user, name, language, goods, what, gateway, state = row[9:16]
    return Order(
        row[0],
        row[1],
        row[2],
        address_of(row[3:9]),
        Sender(user, name, language),
        Goods(goods),
        what,
        gateway,
        OrderState(state),
        *row[16:],
    )


def make_orders(link: Link, orders: Sequence[NewOrder], now: int) -> tuple[int, ...]:
    """Keep what may be bought; see `hub.ports.payments.Payments.make_orders`."""
    made = []
    for account in sorted({order.account_id for order in orders}):
        link.run(FORGET_ORDERS, {"account": account, "before": now - DAY_MS, "long_before": now - UNPAID_MS})
    for order in orders:
        place = link.one(FIND_ADDRESS, address_values(order.address))
        if place is None:
            raise LookupError("nobody has written from the place of this order")
        row = link.one(
            PUT_ORDER,
            {
                "tenant_id": order.address.tenant,
                "digest": order.digest,
                "gateway": order.gateway,
                "account_id": order.account_id,
                "address_id": place[0],
                "sender_user": clean(order.sender.user),
                "sender_name": clean(order.sender.name),
                "language": clean(order.sender.language),
                "goods": order.goods.value,
                "name": clean(order.name),
                "expires": order.expires,
                "created": now,
            },
        )
        assert row is not None
        made.append(int(row[0]))
    return tuple(made)


def find_order(link: Link, digest: str) -> Order | None:
    """The order behind a link."""
    row = link.one(BY_DIGEST, {"token": digest})
    return order_of(row) if row else None


def order(link: Link, tenant: int, order_id: int) -> Order | None:
    """An order by number."""
    row = link.one(BY_NUMBER, {"tenant": tenant, "order": order_id})
    return order_of(row) if row else None


def start_order(
    link: Link, tenant: int, order_id: int, offer: Offer, object_: str, url: str, customer: str, now: int
) -> bool:
    """Keep what is to be paid; False: it was started before."""
    values = {
        "tenant": tenant,
        "order": order_id,
        "at": now,
        "made": object_,
        "page": url,
        "asked": offer.price,
        "coin": offer.currency,
        "gives": offer.credit,
        "price_named": offer.price_id,
        "payer": customer,
    }
    return link.run(START, values) > 0


def end_order(link: Link, tenant: int, order_id: int) -> None:
    """All that follows from its payment is done."""
    link.run(END, {"tenant": tenant, "order": order_id})


def rivals(link: Link, tenant: int, order: Order, since: int) -> tuple[Order, ...]:
    """Other orders for the same that may still be paid."""
    values = {"tenant": tenant, "order": order.id, "account": order.account_id, "since": since}
    about = {"vendor": order.gateway, "kind": order.goods.value, "what": order.name}
    return tuple(order_of(row) for row in link.all(RIVALS, values | about))


def withdraw_order(link: Link, tenant: int, order_id: int, now: int) -> None:
    """Nobody can pay it any longer."""
    link.run(WITHDRAW, {"tenant": tenant, "order": order_id, "at": now})


def orders_waiting(link: Link, tenant: int, gateway: str, since: int, after: int, limit: int) -> tuple[Order, ...]:
    """Orders whose payment was not seen or not followed to its end, oldest first."""
    values = {"tenant": tenant, "vendor": gateway, "since": since, "after": after, "most": limit}
    return tuple(order_of(row) for row in link.all(WAITING, values))
