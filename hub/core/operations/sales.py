"""Money that comes in, from a link to what follows its payment. Knows orders, gateway and store; must not know HTTP.

Whatever tells us that something happened (a webhook, the page a person comes back to, a reconciliation) only makes us
look at the object as it is now; what was seen is applied in one step, and what follows is done once. All of it may be
repeated, at any time, by any number of processes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from hub.core.failpoints import failpoint
from hub.core.metrics import PAYMENTS as EVENTS
from hub.core.money.shop import Shop
from hub.core.operations.following import Following
from hub.domain.address import Address
from hub.domain.errors import GatewayDown, KeyRefused, PaymentError
from hub.domain.payment import DAY_MS, Ending, Order, OrderState, Seen, Standing, SubscriptionSeen
from hub.domain.plan import Plan
from hub.ports.gateway import Gateway, Happening
from hub.ports.store import Store

OVERLAP_MS = 3_600_000
"""A reconciliation looks so far back before the last one: events may be listed late."""

KEPT_DAYS = 30
"""How far back a gateway lists events (Stripe: 30 days)."""

EVENT_DAYS = 90
"""How long events that were dealt with are kept."""

WAITING_DAYS = 3
"""For so long an order that was started is looked at again, whatever events say."""

PAGE_MS = 25 * 3_600_000
"""By then nobody can pay on a page that was opened (Stripe's live for 24 hours)."""

BATCH = 200

LOOK = "look:"
"""How the names of looks begin that nobody told us to take."""

IN_A_ROW = 5
"""After so many failures one after the other the gateway is asked something else, for it may be away altogether."""

log = logging.getLogger("parley.payments")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation did: events listed, how many of them were news to us, what could not be dealt with and
    why: it is tried again next time."""

    listed: int
    healed: int
    stuck: tuple[str, ...]


class Sales:
    """Of one house by one gateway. `back` is the link into a chat."""

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        shop: Shop,
        plans: Mapping[str, Plan],
        follow: Following,
        back: Callable[[Address], str] = lambda address: "",
        tenant: int = 1,
    ) -> None:
        self.store, self.gateway, self.shop, self.plans, self.tenant = store, gateway, shop, plans, tenant
        self.back, self._follow = back, follow
        self._looking: dict[str, asyncio.Task[bool]] = {}

    async def hook(self, body: bytes, signature: str, now: int) -> None:
        """Take what came to the webhook. Raises BadSignature, and where it has to come again GatewayDown, KeyRefused,
        StoreDown."""
        happening = self.gateway.verify(body, signature, now)
        if happening is not None:
            await self.deal(happening, now)

    async def deal(self, happening: Happening, now: int) -> bool:
        """Look, apply, and do what follows; whether it was news. Copies that come together are dealt with once."""
        task = self._looking.get(happening.id)
        if task is None:
            task = self._looking[happening.id] = asyncio.create_task(self._deal(happening, now))
            task.add_done_callback(lambda _: self._looking.pop(happening.id, None))
        return await asyncio.shield(task)

    async def _deal(self, happening: Happening, now: int) -> bool:
        name = self.gateway.name
        ticket = await self.store.note_event(self.tenant, name, happening.id, happening.kind, happening.object, now)
        if not ticket:
            return False
        failpoint("after_payment_event")
        try:
            outcome = await self._look_and_apply(happening, ticket, now)
        except PaymentError as error:
            EVENTS.add("put off")
            # an order is looked at again as long as it waits; what we were told of is not told again for ever
            later = self.store.end_event if happening.id.startswith(LOOK) else self.store.delay_event
            await later(ticket, str(error))
            raise
        EVENTS.add("nothing" if outcome else "applied")
        await self.store.end_event(ticket, outcome)
        return True

    async def _look_and_apply(self, happening: Happening, ticket: int, now: int) -> str:
        try:
            seen = await self.gateway.read(happening)
        except (GatewayDown, KeyRefused):
            raise
        except PaymentError as error:
            log.warning("%s of %s leads to nothing: %s", happening.kind, self.gateway.name, error)
            return str(error)
        return await self.apply(seen, ticket, now)

    async def apply(self, seen: Seen, ticket: int, now: int) -> str:
        """Apply what was seen, and what follows from it; why nothing came of it, empty: something did."""
        if seen.foreign:
            return "of another house"
        if seen.subscription is not None:
            seen = replace(seen, subscription=self._given(seen.subscription))
        applied = await self.store.apply_seen(self.tenant, self.gateway.name, seen, ticket, now)
        failpoint("after_payment_applied")
        if applied.ending is not None and applied.subscription is not None:
            await self.gateway.end(applied.subscription.object, refund=applied.ending is Ending.SECOND)
        if applied.order is not None and applied.order.state is OrderState.PAID:
            await self.withdraw_rivals(applied.order, now)
        await self._follow(self.tenant, applied, now)
        odd = "; ".join(line.odd for line in applied.payments if line.odd)
        if odd:
            log.warning("a payment is not as ordered and gives nothing: %s", odd)
        if not odd and not applied.payments and applied.subscription is None:
            return "not ours"
        return odd

    def _given(self, seen: SubscriptionSeen) -> SubscriptionSeen:
        """With our plan of that price, and until when it is given: a payment may come late by the days of grace."""
        by_price = next((p.name for p in self.plans.values() if p.stripe_price and p.stripe_price == seen.price_id), "")
        plan = self.plans.get(by_price or seen.plan)
        if plan is None or seen.standing not in (Standing.ACTIVE, Standing.BEHIND):
            return replace(seen, plan=plan.name if plan else "", until=0, alone=True)
        late = seen.standing is Standing.BEHIND or seen.owed_since
        due = (seen.owed_since or seen.starts) if late else seen.ends
        until, paid = due + plan.grace_days * DAY_MS, seen.starts if late else seen.ends
        return replace(seen, plan=plan.name, until=until, paid=paid, alone=True)

    async def withdraw_rivals(self, order: Order, now: int) -> tuple[Order, ...]:
        """Close the pages on which the same could be paid once more, or another plan beside this one; those on which
        somebody has paid. One that cannot be closed now is tried again with the next."""
        paid = []
        for rival in await self.store.rivals(order.tenant, order, now - PAGE_MS):
            try:
                if await self.gateway.withdraw(rival.object):
                    await self.store.withdraw_order(rival.tenant, rival.id, now)
                else:
                    paid.append(rival)
            except PaymentError as error:
                log.warning("the page of order %d could not be closed: %s", rival.id, error)
        return tuple(paid)

    async def look(self, order: Order, now: int, every_ms: int) -> bool:
        """Look at an order's checkout unasked, at most once in `every_ms`; whether it was looked at now."""
        name = f"{LOOK}{order.object}:{now // every_ms}"
        return await self.deal(Happening(name, "checkout.session.completed", order.object, now), now)

    async def reconcile(self, now: int, days: int = 3) -> Reconciled:
        """Apply what was missed: events since the last reconciliation (`days` back the first time), those that were
        never dealt with, orders whose payment nobody told us of.

        What cannot be dealt with is passed over and tried again next time. Raises GatewayDown, KeyRefused, when
        nothing can, and StoreDown."""
        name, round_ = self.gateway.name, _Round(self.gateway, now)
        cursor = await self.store.read_note(name, "reconciled")
        since = int(cursor) - OVERLAP_MS if cursor.isdecimal() else now - days * DAY_MS
        listed = [one async for one in self.gateway.happened(max(since, now - KEPT_DAYS * DAY_MS))]
        for happening in reversed(listed):
            await round_.attempt(f"{happening.kind} {happening.object}", partial(self.deal, happening, now))
        after, dealt = 0, {happening.id for happening in listed}
        while waiting := await self.store.open_events(self.tenant, name, after, BATCH):
            after = waiting[-1].ticket
            for one in waiting:
                if one.event not in dealt:
                    again = Happening(one.event, one.kind, one.object, now)
                    await round_.attempt(f"{one.kind} {one.object}", partial(self.deal, again, now))
        await self._look_at_orders(now, round_)
        await self.store.write_note(name, "reconciled", str(now))
        await self.store.forget_events(now - EVENT_DAYS * DAY_MS, BATCH)
        return Reconciled(len(listed), round_.healed, tuple(round_.stuck))

    async def _look_at_orders(self, now: int, round_: _Round) -> None:
        """Those that were started, and those that were paid and not followed to their end."""
        since = now - WAITING_DAYS * DAY_MS, 0
        while orders := await self.store.orders_waiting(self.tenant, self.gateway.name, *since, BATCH):
            since = orders[-1].started, orders[-1].id
            for order in orders:
                await round_.attempt(f"order {order.id}", partial(self._look_again, order, now))

    async def _look_again(self, order: Order, now: int) -> bool:
        await self.look(order, now, OVERLAP_MS)
        if order.state is OrderState.PAID:
            await self._follow.resume(order)
        return False


class _Round:
    """One reconciliation: what was news, and what could not be dealt with."""

    def __init__(self, gateway: Gateway, now: int) -> None:
        self.healed, self.stuck = 0, list[str]()
        self._gateway, self._now, self._in_a_row = gateway, now, 0

    async def attempt(self, what: str, work: Callable[[], Awaitable[bool]]) -> None:
        """Do it; that it fails keeps nothing else from being done, unless the gateway is away (GatewayDown)."""
        try:
            self.healed += await work()
        except PaymentError as error:
            self._in_a_row += 1
            self.stuck.append(f"{what}: {error}")
            log.warning("%s could not be dealt with: %s", what, error)
        else:
            self._in_a_row = 0
        if self._in_a_row == IN_A_ROW:
            self._in_a_row = 0
            async for _ in self._gateway.happened(self._now):
                break
