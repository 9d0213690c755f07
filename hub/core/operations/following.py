"""What follows a payment that no page of ours waits for. Knows what is told and what is asked again; must not know a
gateway.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from hub.core.operations.sayings import about_payment, about_subscription
from hub.domain.errors import ForPerson
from hub.domain.inbound import Called, Inbound
from hub.domain.payment import Order, OrderState
from hub.ports.payments import Applied
from hub.ports.store import Store

log = logging.getLogger("parley.payments")


class Following:
    """hub.core.money.stars.Follow. `accept` is where a question that had to wait is asked again."""

    def __init__(self, store: Store, accept: Callable[[Inbound], Awaitable[object]]) -> None:
        self._store, self._accept = store, accept

    async def __call__(self, tenant: int, applied: Applied, now: int) -> None:
        """Tell who paid, then ask again what ran into the wall; each once. Raises StoreDown."""
        order = applied.order
        for line in applied.payments:
            if line.credit != line.told:
                about = order or await self._store.order(tenant, line.order_id)
                await self._store.say_payment(tenant, line, about_payment(line, about))
        if (standing := applied.subscription) is not None:
            about = order or await self._store.order(tenant, standing.order_id)
            told, reply = await about_subscription(standing, about, _no_page, now)
            if told != standing.told:
                await self._store.say_subscription(tenant, standing, told, reply)
        if order is not None and order.state is OrderState.PAID:
            await self._resume(order)

    async def _resume(self, order: Order) -> None:
        try:
            name = f"paid-{order.gateway}-{order.id}"
            await self._accept(Inbound(order.address, order.sender, name, Called("resume")))
        except ForPerson as error:
            log.info("a question that waited for a payment is asked later: %s", error)
            return
        await self._store.end_order(order.tenant, order.id)


async def _no_page() -> str:
    return ""
