"""Telegram Stars: what is sold for them, asked before anybody pays, applied once paid. Must not know the Bot API.

Knows orders, offers and charges. A charge is the object that `apply_seen` is keyed by; a plan is a subscription that
Telegram renews every 30 days. A plan that is not renewed runs out by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.domain.errors import ForPerson
from hub.domain.invoice import STARS, Charge
from hub.domain.money import MICRO
from hub.domain.payment import (
    Goods,
    Offer,
    Order,
    OrderState,
    PaymentSeen,
    Seen,
    Standing,
    SubscriptionLine,
    SubscriptionSeen,
)
from hub.domain.plan import Plan
from hub.ports.payments import Applied
from hub.ports.store import Store
from hub.ports.till import Till

GATEWAY = "stars"

MONTH_MS = 30 * 86_400_000
"""How long a payment for a plan lasts: the only period that Telegram renews."""

LATE_MS = 6 * 3_600_000
"""How long a plan outlives its period: Telegram's renewal may come a little late."""

RENEWALS = 100
"""Payments looked at for one later than that which went back."""

_ORDER = "order:"

Follow = Callable[[int, Applied, int], Awaitable[None]]
"""(tenant, what was applied, now): tell who paid, and answer what had to wait; may be repeated."""

log = logging.getLogger("parley.payments")


@dataclass(frozen=True, slots=True)
class StarRules:
    """`mode`: stars, link (people on Telegram pay as everywhere) or off. `per_dollar` of credit; 0: none is sold.

    `support`: whom people turn to about a payment."""

    mode: str = "stars"
    per_dollar: int = 0
    support: str = ""


def star_offers(rules: StarRules, plans: Mapping[str, Plan], topups: Sequence[Offer]) -> Iterator[Offer]:
    """All that is for sale in Stars: plans in their order, then credit."""
    if rules.mode != "stars":
        return
    for plan in plans.values():
        if plan.stars > 0:
            yield Offer(Goods.PLAN, plan.name, plan.stars, STARS, interval="month")
    for one in topups:
        if rules.per_dollar > 0:
            # rounded up: a part of a star cannot be paid
            yield replace(one, price=-(-one.credit * rules.per_dollar // MICRO), currency=STARS, price_id="")


def payload_of(order_id: int) -> str:
    """An order as an invoice names it."""
    return f"{_ORDER}{order_id}"


def order_in(payload: str) -> int:
    """The way back; 0 for an invoice of somebody else's."""
    number = payload.removeprefix(_ORDER)
    return int(number) if payload.startswith(_ORDER) and number.isdecimal() and len(number) < 19 else 0


async def running(store: Store, tenant: int, account_id: int, now: int) -> tuple[SubscriptionLine, ...]:
    """What is paid again and again. Nobody says when Telegram does not renew: then it has run out."""
    lines = await store.subscriptions_of(tenant, account_id)
    return tuple(line for line in lines if line.gateway != GATEWAY or line.until > now)


class StarTill(Till):
    """`offers()`: what is for sale now."""

    def __init__(self, store: Store, offers: Callable[[], Iterator[Offer]], follow: Follow) -> None:
        self._store, self._offers, self._follow = store, offers, follow

    async def ask(self, charge: Charge) -> None:
        """See hub.ports.till.Till. Writes down that somebody sets out to pay, and the price of now.

        Telegram would renew a second plan beside the first, and gives nobody the difference: it is not sold."""
        now, tenant = _now(), charge.address.tenant
        order = await self._order(charge)
        if order is None or order.gateway != GATEWAY or order.expires <= now:
            raise ForPerson("stars_expired")
        if order.sender.user != charge.sender.user:
            raise ForPerson("stars_not_yours")
        if order.state not in (OrderState.OPEN, OrderState.STARTED):
            raise ForPerson("stars_paid_already")
        account = await self._store.find_account(tenant, order.account_id)
        if account is None or account.blocked:
            raise ForPerson("blocked")
        offer = next((one for one in self._offers() if (one.goods, one.name) == (order.goods, order.name)), None)
        if order.goods is Goods.PLAN and await running(self._store, tenant, order.account_id, now):
            raise ForPerson("stars_has_plan")
        if offer is None or (offer.price, offer.currency) != (charge.price, charge.currency):
            raise ForPerson("stars_expired")
        if order.state is OrderState.OPEN:
            await self._store.start_order(tenant, order.id, offer, "", "", "", now)
        elif (order.price, order.credit) != (offer.price, offer.credit):
            raise ForPerson("stars_expired")

    async def paid(self, charge: Charge) -> bool:
        """See hub.ports.till.Till. What paid for an earlier time than is paid for by now, or one that is over, buys no
        plan any more: it is kept as paid, and changes nothing else."""
        order = await self._order(charge)
        past = order is not None and await self._is_past(charge, order)
        payment = _payment(charge, order, "" if past else _subscription(order))
        return await self._apply(charge, "paid", payment, order, None if past else Standing.ACTIVE)

    async def refunded(self, charge: Charge) -> bool:
        """See hub.ports.till.Till. A plan whose payment went back is over, unless a later one was paid for."""
        order = await self._order(charge)
        # should we be told of the payment only after this: nothing follows from it any longer
        if paid := await self._note(charge, "paid"):
            await self._store.end_event(paid, "given back")
        payment = replace(_payment(charge, order, ""), refunded=charge.price)
        later = order is not None and await self._paid_later(charge, order)
        return await self._apply(charge, "refunded", payment, order, None if later else Standing.ENDED)

    async def _order(self, charge: Charge) -> Order | None:
        number = order_in(charge.payload)
        return await self._store.order(charge.address.tenant, number) if number else None

    async def _paid_later(self, charge: Charge, order: Order) -> bool:
        """Whether a renewal after `charge` was paid and kept, or was already when `charge` was told."""
        for line in await self._store.payments_of(order.tenant, order.account_id, RENEWALS):
            if line.gateway == GATEWAY and line.object == charge.id:
                return not line.subscription
            if line.gateway == GATEWAY and line.subscription == _subscription(order) and not line.refunded:
                return True
        return False

    async def _is_past(self, charge: Charge, order: Order) -> bool:
        """Payments are told late where nobody listened for long, then perhaps after a renewal."""
        if _ends(charge) + LATE_MS <= _now():
            return True
        kept = await self._store.subscriptions_of(order.tenant, order.account_id)
        return any(
            one.gateway == GATEWAY and one.object == _subscription(order) and one.starts > charge.at for one in kept
        )

    async def _note(self, charge: Charge, what: str) -> int:
        tenant = charge.address.tenant
        return await self._store.note_event(tenant, GATEWAY, f"{what}:{charge.id}", what, charge.id, _now())

    async def _apply(
        self, charge: Charge, what: str, payment: PaymentSeen, order: Order | None, standing: Standing | None
    ) -> bool:
        """Apply it once, and what follows. Until all is done the update is not acknowledged, and comes again."""
        now, tenant = _now(), charge.address.tenant
        ticket = await self._note(charge, what)
        if not ticket:
            return False
        subscription = None
        if order is not None and order.goods is Goods.PLAN and standing is not None:
            subscription = _seen(charge, order, standing)
        applied = await self._store.apply_seen(tenant, GATEWAY, Seen((payment,), subscription), ticket, now)
        await self._follow(tenant, applied, now)
        odd = "; ".join(line.odd for line in applied.payments if line.odd)
        if odd:
            log.warning("a payment in Stars is not as ordered and gives nothing: %s", odd)
        await self._store.end_event(ticket, odd)
        return True


def _payment(charge: Charge, order: Order | None, subscription: str) -> PaymentSeen:
    """Paid whole; `subscription`: empty where it changes nothing that runs."""
    return PaymentSeen(
        object=charge.id,
        paid=True,
        amount=charge.price,
        asked=charge.price,
        currency=charge.currency,
        order_id=order.id if order is not None else 0,
        account_id=order.account_id if order is not None else 0,
        subscription=subscription,
    )


def _subscription(order: Order | None) -> str:
    return f"{_ORDER}{order.id}" if order is not None and order.goods is Goods.PLAN else ""


def _seen(charge: Charge, order: Order, standing: Standing) -> SubscriptionSeen:
    ends = _ends(charge)
    return SubscriptionSeen(
        object=_subscription(order),
        standing=standing,
        plan=order.name,
        starts=charge.at,
        ends=ends,
        until=ends + LATE_MS if standing is Standing.ACTIVE else 0,
        paid=ends,
        price=charge.price,
        order_id=order.id,
        account_id=order.account_id,
    )


def _ends(charge: Charge) -> int:
    return charge.until or charge.at + MONTH_MS


def _now() -> int:
    return time.time_ns() // 1_000_000
