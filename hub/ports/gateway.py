"""What a payment vendor must be able to do. Knows orders and what is seen of them; must not know any vendor.

A gateway never decides what anything is worth: it says what an object is now, and the store applies that, keyed by the
object (`hub.ports.payments`). A gateway that is no web service (Telegram's Stars) needs none of this: it makes its
order, and applies what it saw by the same verbs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from hub.domain.payment import Offer, Order, Seen


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a person is sent to pay. `key`: a repeat of it opens the same page. `customer` as the gateway knows them,
    if it does; `back` and `away`: our pages after paying and after leaving; `language` a BCP 47 tag; `title`: what is
    bought, in that language."""

    order: Order
    offer: Offer
    title: str
    key: str
    customer: str
    back: str
    away: str
    language: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that waits for a payment, and what it asks for: the price as the gateway has it."""

    object: str
    url: str
    price: int
    currency: str
    price_id: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened to `object`, which is of `kind` at the gateway. `id` of the event, `at` in milliseconds."""

    id: str
    kind: str
    object: str
    at: int


class Gateway(Protocol):
    """A payment vendor. Every call may raise GatewayDown (try later) or PaymentError (it refuses)."""

    name: str
    live: bool
    """Real money moves."""
    taxes: bool
    """It may add tax to a price, on its own page."""

    @property
    def listens(self) -> bool:
        """Whether it can verify what comes to our webhook."""
        ...

    async def checkout(self, checkout: Checkout) -> Opened:
        """Open a page on which an offer is paid."""
        ...

    async def withdraw(self, checkout: str) -> bool:
        """See to it that nobody can pay on this page any longer; False: somebody has."""
        ...

    async def end(self, subscription: str, *, refund: bool) -> None:
        """End a subscription now, and give what was paid of its newest invoice back, if so asked. May be repeated."""
        ...

    async def portal(self, customer: str, back: str, language: str) -> str:
        """Address of the customer's own page: change, cancel, invoices, ways to pay. `back`: our page after it."""
        ...

    async def read(self, happening: Happening) -> Seen:
        """The state of all that hangs together with an object, as it is now."""
        ...

    def happened(self, since: int) -> AsyncIterator[Happening]:
        """What happened since a time (milliseconds since 1970), of the kinds that `read` knows."""
        ...

    def verify(self, body: bytes, signature: str, now: int) -> Happening | None:
        """What a webhook tells; None: genuine, and nothing that concerns us. Raises BadSignature."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...
