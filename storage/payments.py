"""The part of the store port about payments, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hub.domain.payment import NewOrder, Offer, OpenEvent, Order, PaymentLine, Seen, SubscriptionLine
from hub.domain.reply import Reply
from hub.ports.payments import Applied


class PaymentsOn:
    """`hub.ports.payments.Payments` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def make_orders(self, new: Sequence[NewOrder], now: int) -> tuple[int, ...]:
        """Keep what may be bought."""
        from storage.verbs import orders

        made: tuple[int, ...] = await self._write(orders.make_orders, new, now)
        return made

    async def find_order(self, digest: str) -> Order | None:
        """The order behind a link."""
        from storage.verbs import orders

        found: Order | None = await self._read(orders.find_order, digest)
        return found

    async def order(self, tenant: int, order_id: int) -> Order | None:
        """An order by number."""
        from storage.verbs import orders

        found: Order | None = await self._read(orders.order, tenant, order_id)
        return found

    async def start_order(
        self, tenant: int, order_id: int, offer: Offer, object_: str, url: str, customer: str, now: int
    ) -> bool:
        """Keep what is to be paid."""
        from storage.verbs import orders

        begun: bool = await self._write(orders.start_order, tenant, order_id, offer, object_, url, customer, now)
        return begun

    async def end_order(self, tenant: int, order_id: int) -> None:
        """All that follows is done."""
        from storage.verbs import orders

        await self._write(orders.end_order, tenant, order_id)

    async def rivals(self, tenant: int, order: Order, since: int) -> tuple[Order, ...]:
        """Other orders for the same that may still be paid."""
        from storage.verbs import orders

        found: tuple[Order, ...] = await self._read(orders.rivals, tenant, order, since)
        return found

    async def withdraw_order(self, tenant: int, order_id: int, now: int) -> None:
        """Nobody can pay it any longer."""
        from storage.verbs import orders

        await self._write(orders.withdraw_order, tenant, order_id, now)

    async def orders_waiting(self, tenant: int, gateway: str, since: int, after: int, limit: int) -> tuple[Order, ...]:
        """Orders whose payment was not seen."""
        from storage.verbs import orders

        found: tuple[Order, ...] = await self._read(orders.orders_waiting, tenant, gateway, since, after, limit)
        return found

    async def note_event(self, tenant: int, gateway: str, event: str, kind: str, object_: str, now: int) -> int:
        """A ticket for an event."""
        from storage.verbs import events

        ticket: int = await self._write(events.note_event, tenant, gateway, event, kind, object_, now)
        return ticket

    async def end_event(self, ticket: int, outcome: str) -> None:
        """It was dealt with."""
        from storage.verbs import events

        await self._write(events.end_event, ticket, outcome)

    async def delay_event(self, ticket: int, trouble: str) -> None:
        """It will be tried again."""
        from storage.verbs import events

        await self._write(events.delay_event, ticket, trouble)

    async def open_events(self, tenant: int, gateway: str, after: int, limit: int) -> tuple[OpenEvent, ...]:
        """What was never dealt with to the end."""
        from storage.verbs import events

        found: tuple[OpenEvent, ...] = await self._read(events.open_events, tenant, gateway, after, limit)
        return found

    async def forget_events(self, before: int, limit: int) -> int:
        """Forget events dealt with before then."""
        from storage.verbs import events

        gone: int = await self._write(events.forget_events, before, limit)
        return gone

    async def apply_seen(self, tenant: int, gateway: str, seen: Seen, ticket: int, now: int) -> Applied:
        """Make balances and plans agree with what was seen."""
        from storage.verbs import applying

        applied: Applied = await self._write(applying.apply_seen, tenant, gateway, seen, ticket, now)
        return applied

    async def say_payment(self, tenant: int, line: PaymentLine, reply: Reply | None) -> bool:
        """Tell the place of its order, once."""
        from storage.verbs import billing

        said: bool = await self._write(billing.say_payment, tenant, line, reply)
        return said

    async def say_subscription(self, tenant: int, line: SubscriptionLine, told: str, reply: Reply | None) -> bool:
        """Tell the place of its order, once."""
        from storage.verbs import billing

        said: bool = await self._write(billing.say_subscription, tenant, line, told, reply)
        return said

    async def payments_of(self, tenant: int, account_id: int, limit: int) -> tuple[PaymentLine, ...]:
        """What an account has paid."""
        from storage.verbs import billing

        found: tuple[PaymentLine, ...] = await self._read(billing.payments_of, tenant, account_id, limit)
        return found

    async def subscriptions_of(self, tenant: int, account_id: int) -> tuple[SubscriptionLine, ...]:
        """Subscriptions that have not ended."""
        from storage.verbs import billing

        found: tuple[SubscriptionLine, ...] = await self._read(billing.subscriptions_of, tenant, account_id)
        return found

    async def customer_of(self, tenant: int, account_id: int, gateway: str) -> str:
        """As whom the gateway knows an account."""
        from storage.verbs import billing

        known: str = await self._read(billing.customer_of, tenant, account_id, gateway)
        return known

    async def odd_payments(self, tenant: int, limit: int) -> tuple[PaymentLine, ...]:
        """Payments for which nothing was given."""
        from storage.verbs import billing

        found: tuple[PaymentLine, ...] = await self._read(billing.odd_payments, tenant, limit)
        return found
