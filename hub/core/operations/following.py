"""What follows a payment, whoever took it. Knows what is told, mailed and asked again; must not know a gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from hub.core.failpoints import failpoint
from hub.core.money.shop import Shop, portal_link
from hub.core.operations.receipts import receipt, renewal
from hub.core.operations.sayings import about_payment, about_subscription, for_team
from hub.domain.inbound import Called, Inbound
from hub.domain.mail import NewMail
from hub.domain.payment import Order, OrderState, PaymentLine, Standing, SubscriptionLine
from hub.domain.plan import Plan
from hub.domain.reply import Reply
from hub.ports.payments import Applied
from hub.ports.store import Store

AskAgain = Callable[[Inbound], Awaitable[object]]
"""Commits a question that nobody has to write anew; raises StoreDown and nothing else."""


def _later() -> None:
    """Whoever sweeps finds what was told."""


class Following:
    """hub.core.money.stars.Follow, and the same for a gateway. `ask_again` takes a question that had to wait; `told` is
    called once there is something to deliver."""

    def __init__(
        self,
        store: Store,
        shop: Shop,
        plans: Mapping[str, Plan],
        ask_again: AskAgain,
        told: Callable[[], None] = _later,
    ) -> None:
        self._store, self._shop, self._plans, self._ask_again, self._told = store, shop, plans, ask_again, told

    async def __call__(self, tenant: int, applied: Applied, now: int) -> None:
        """Tell who paid, then ask again what ran into the wall; each once. Raises StoreDown."""
        order, said = applied.order, False
        for line in applied.payments:
            said |= await self._say_payment(tenant, line, order)
        if applied.subscription is not None:
            said |= await self._say_subscription(tenant, applied, applied.subscription, now)
        if said:
            self._told()
        if order is not None and order.state is OrderState.PAID:
            await self.resume(order)

    async def _say_payment(self, tenant: int, line: PaymentLine, order: Order | None) -> bool:
        about = order or await self._store.order(tenant, line.order_id)
        await self._write(receipt(tenant, line, about))
        if line.credit == line.told:
            return False
        return await self._store.say_payment(tenant, line, await self._named(about, about_payment(line, about)))

    async def _say_subscription(self, tenant: int, applied: Applied, line: SubscriptionLine, now: int) -> bool:
        about = applied.order or await self._store.order(tenant, line.order_id)
        if line.standing is Standing.BEHIND:
            await self._write(renewal(tenant, line, self._plans.get(line.plan)))
        portal = partial(self._portal_link, about, now)
        told, reply = await about_subscription(line, applied.ending, about, portal, now)
        if told == line.told:
            return False
        return await self._store.say_subscription(tenant, line, told, await self._named(about, reply))

    async def _named(self, order: Order | None, reply: Reply | None) -> Reply | None:
        """With the team's name, where it is a team that was paid for."""
        team = await self._store.team(order.tenant, order.account_id) if order is not None and reply else None
        return for_team(reply, team.name) if team is not None and reply is not None else reply

    async def _write(self, mail: NewMail | None) -> None:
        if mail is not None:
            await self._store.post_mail(mail)

    async def _portal_link(self, order: Order | None, now: int) -> str:
        return await portal_link(self._store, self._shop, order, now) if order is not None else ""

    async def resume(self, order: Order) -> None:
        """Ask again what ran into the wall, once for an order: its event id names it. Raises StoreDown."""
        name = f"paid-{order.gateway}-{order.id}"
        if not order.forgotten:
            await self._ask_again(Inbound(order.address, order.sender, name, Called("resume")))
        failpoint("after_payment_resumed")
        await self._store.end_order(order.tenant, order.id)
