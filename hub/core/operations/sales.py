"""Money that comes in, from a link to what follows its payment. Knows orders, gateway and store; must not know HTTP.

Whatever tells us that something happened (a webhook, the page a person comes back to, a reconciliation) only makes us
look at the object as it is now; what was seen is applied in one step, and what follows is done once. All of it may be
repeated, at any time, by any number of processes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hub.core.failpoints import failpoint
from hub.core.money.shop import Shop
from hub.core.operations.following import Following
from hub.domain.address import Address
from hub.domain.errors import GatewayDown, KeyRefused, PaymentError
from hub.domain.payment import DAY_MS, Order, OrderState, Seen, Standing, SubscriptionSeen
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

BATCH = 200

log = logging.getLogger("parley.payments")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation did: events listed, how many of them were news to us, how many looks failed."""

    listed: int
    healed: int
    failed: int


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
            seen = await self.gateway.read(happening)
        except (GatewayDown, KeyRefused):
            raise
        except PaymentError as error:
            log.warning("%s of %s leads to nothing: %s", happening.kind, name, error)
            await self.store.end_event(ticket, str(error))
            return True
        outcome = await self.apply(seen, ticket, now)
        await self.store.end_event(ticket, outcome)
        return True

    async def apply(self, seen: Seen, ticket: int, now: int) -> str:
        """Apply what was seen, and what follows from it; why nothing came of it, empty: something did."""
        if seen.subscription is not None:
            seen = replace(seen, subscription=self._given(seen.subscription))
        applied = await self.store.apply_seen(self.tenant, self.gateway.name, seen, ticket, now)
        failpoint("after_payment_applied")
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
        if plan is None:
            return replace(seen, plan="", until=0)
        due = seen.ends if seen.standing is Standing.ACTIVE else seen.starts
        until = due + plan.grace_days * DAY_MS if seen.standing in (Standing.ACTIVE, Standing.BEHIND) else 0
        return replace(seen, plan=plan.name, until=until)

    async def look(self, order: Order, now: int, every_ms: int) -> bool:
        """Look at an order's checkout unasked, at most once in `every_ms`; whether it was looked at now."""
        name = f"look:{order.object}:{now // every_ms}"
        return await self.deal(Happening(name, "checkout.session.completed", order.object, now), now)

    async def reconcile(self, now: int, days: int = 3) -> Reconciled:
        """Apply what was missed: events since the last reconciliation (`days` back the first time), those that were
        never dealt with, orders whose payment nobody told us of. Raises GatewayDown, KeyRefused,
        StoreDown."""
        name, healed, failed = self.gateway.name, 0, 0
        cursor = await self.store.read_note(name, "reconciled")
        since = int(cursor) - OVERLAP_MS if cursor.isdecimal() else now - days * DAY_MS
        listed = [one async for one in self.gateway.happened(max(since, now - KEPT_DAYS * DAY_MS))]
        for happening in reversed(listed):
            healed += await self.deal(happening, now)
        for _, event, kind, thing in await self.store.open_events(self.tenant, name, BATCH):
            healed += await self.deal(Happening(event, kind, thing, now), now)
        for order in await self.store.orders_waiting(self.tenant, name, now - WAITING_DAYS * DAY_MS, BATCH):
            try:
                await self.look(order, now, OVERLAP_MS)
                if order.state is OrderState.PAID:
                    await self._follow.resume(order)
            except PaymentError as error:
                failed += 1
                log.warning("order %d could not be looked at: %s", order.id, error)
        await self.store.write_note(name, "reconciled", str(now))
        await self.store.forget_events(now - EVENT_DAYS * DAY_MS, BATCH)
        return Reconciled(len(listed), healed, failed)
