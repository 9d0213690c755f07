"""What storage offers about payments. Knows orders, what was seen of them and who was told; must not know a gateway.

How a payment is applied, whoever the gateway is:

1. `make_orders` when it is offered, `start_order` when somebody sets out to pay, with the price of that moment.
2. `note_event` for what a gateway tells (unique by its id): a ticket, 0 when it was dealt with before.
3. `apply_seen` with the state of the object as it is now: one step, keyed by (gateway, object). Facts only grow (paid;
   refunded; disputes by id, by rank), so order, repetition and concurrency do not matter. Telegram's Stars pass
   `gateway="stars"`, the charge as `object` and the order's number; a plan for 30 days is a subscription of theirs.
4. `say_payment`, `say_subscription`, `end_order`: what follows, each once; then `end_event`.

Every verb is one atomic step and may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.payment import Ending, NewOrder, Offer, OpenEvent, Order, PaymentLine, Seen, SubscriptionLine
from hub.domain.reply import Reply


@dataclass(frozen=True, slots=True)
class Applied:
    """What is kept after `apply_seen`, and the order it is about, if it is about one. `ending`: why the subscription
    has to be ended at its gateway, as long as it has not ended there."""

    payments: tuple[PaymentLine, ...] = ()
    subscription: SubscriptionLine | None = None
    order: Order | None = None
    ending: Ending | None = None


class Payments(Protocol):
    """Money that comes in."""

    async def make_orders(self, orders: Sequence[NewOrder], now: int) -> tuple[int, ...]:
        """Keep what may be bought; their numbers. The account's links that nobody followed for a day are forgotten."""
        ...

    async def find_order(self, digest: str) -> Order | None:
        """The order behind a link, of whichever tenant."""
        ...

    async def order(self, tenant: int, order_id: int) -> Order | None:
        """An order by number."""
        ...

    async def start_order(
        self, tenant: int, order_id: int, offer: Offer, object_: str, url: str, customer: str, now: int
    ) -> bool:
        """Keep what is to be paid for an open order and where; False: it was started before."""
        ...

    async def end_order(self, tenant: int, order_id: int) -> None:
        """All that follows from its payment is done."""
        ...

    async def rivals(self, tenant: int, order: Order, since: int) -> tuple[Order, ...]:
        """Other orders of the account for the same (any plan; the same top-up), started since then and not paid."""
        ...

    async def withdraw_order(self, tenant: int, order_id: int, now: int) -> None:
        """Nobody can pay an order any longer that was started: its link is as one that is too old."""
        ...

    async def orders_waiting(self, tenant: int, gateway: str, since: int, after: int, limit: int) -> tuple[Order, ...]:
        """Orders started since then whose payment was not seen, or not followed to its end, oldest first; of those
        started then the ones with numbers greater than `after`."""
        ...

    async def note_event(self, tenant: int, gateway: str, event: str, kind: str, object_: str, now: int) -> int:
        """Keep an event once; a ticket that grows, 0 when it was dealt with before."""
        ...

    async def end_event(self, ticket: int, outcome: str) -> None:
        """It was dealt with; `outcome` for an operator to read, empty: applied."""
        ...

    async def delay_event(self, ticket: int, trouble: str) -> None:
        """It could not be dealt with, and will be tried again; `trouble` for an operator to read."""
        ...

    async def open_events(self, tenant: int, gateway: str, after: int, limit: int) -> tuple[OpenEvent, ...]:
        """What was never dealt with to the end, with tickets greater than `after`, oldest first."""
        ...

    async def forget_events(self, before: int, limit: int) -> int:
        """Forget events dealt with before then; how many went."""
        ...

    async def apply_seen(self, tenant: int, gateway: str, seen: Seen, ticket: int, now: int) -> Applied:
        """Make balances and plans agree with what was seen. A subscription seen with an older ticket than the last
        one changes nothing."""
        ...

    async def say_payment(self, tenant: int, line: PaymentLine, reply: Reply | None) -> bool:
        """Tell the place of its order, if nobody has since `line` was read; False: somebody has."""
        ...

    async def say_subscription(self, tenant: int, line: SubscriptionLine, told: str, reply: Reply | None) -> bool:
        """Tell the place of its order and keep `told`, if nobody has since `line` was read; False: somebody has."""
        ...

    async def payments_of(self, tenant: int, account_id: int, limit: int) -> tuple[PaymentLine, ...]:
        """What an account has paid, newest first."""
        ...

    async def subscriptions_of(self, tenant: int, account_id: int) -> tuple[SubscriptionLine, ...]:
        """Subscriptions of an account that have not ended, newest first."""
        ...

    async def customer_of(self, tenant: int, account_id: int, gateway: str) -> str:
        """As whom the gateway knows an account; empty when it does not."""
        ...

    async def odd_payments(self, tenant: int, limit: int) -> tuple[PaymentLine, ...]:
        """Payments for which nothing was given, newest first."""
        ...
