"""What was sold, and what came of it. Knows orders, payments, disputes; must not know any gateway's words.

Prices are in a currency's smallest coin, credit in micro-dollars, times in milliseconds since 1970.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple

from hub.domain.address import Address
from hub.domain.inbound import Sender
from hub.domain.value import dataclass

DAY_MS = 86_400_000

MILLION = 1_000_000
"""Parts of the whole, in which shares are told."""

ORDER_MS = 15 * 60_000
"""How long the link of an order can be followed."""


class Goods(StrEnum):
    """What a link leads to. PORTAL: nothing is sold; the customer's own page at the gateway opens."""

    PLAN = "plan"
    TOPUP = "topup"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something for sale. `name`: of the plan, or the number of a top-up. `credit`: what a top-up gives.

    `price_id`: the price as the gateway keeps it, where it does; `interval` (month or year) of a plan's payments."""

    goods: Goods
    name: str
    price: int
    currency: str
    credit: int = 0
    interval: str = ""
    price_id: str = ""


class OrderState(StrEnum):
    """OPEN: the link was given; STARTED: the gateway's page was opened; PAID: applied; DONE: and all that follows."""

    OPEN = "open"
    STARTED = "started"
    PAID = "paid"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What somebody may buy where they asked. `digest` of the link's token; `gateway` that will be asked for it."""

    account_id: int
    address: Address
    sender: Sender
    goods: Goods
    name: str
    digest: str
    gateway: str
    expires: int


@dataclass(frozen=True, slots=True)
class Order:
    """As kept. Price, currency, credit, price id and customer are those of the moment in which it was started;
    `object`: what the gateway made of it (its checkout)."""

    id: int
    tenant: int
    account_id: int
    address: Address
    sender: Sender
    goods: Goods
    name: str
    gateway: str
    state: OrderState
    expires: int
    started: int = 0
    object: str = ""
    url: str = ""
    price: int = 0
    currency: str = ""
    credit: int = 0
    price_id: str = ""
    customer: str = ""

    @property
    def forgotten(self) -> bool:
        """Whether who made it has been erased since: nobody is told of it, and nothing of theirs waits."""
        return not self.sender.user


class DisputeRank(IntEnum):
    """How far a dispute has come; it never goes back. INQUIRY and CLOSED hold no money; OPEN and LOST do."""

    INQUIRY = 0
    OPEN = 1
    CLOSED = 2
    LOST = 3
    WON = 4


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    """One dispute as the gateway tells it."""

    object: str
    amount: int
    rank: DisputeRank

    @property
    def taken(self) -> int:
        """What of the payment it holds back."""
        return self.amount if self.rank in (DisputeRank.OPEN, DisputeRank.LOST) else 0


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """A payment as its gateway tells it now, whatever event made us look.

    `object` is unique at the gateway: a checkout, an invoice, a charge. `order_id` 0: it names none of ours. `amount`
    is what was to be paid in all, `asked` the same before discounts and tax, `refunded` what went back. `subscription`
    that it pays for. `receipt`: link to a page for the person."""

    object: str
    paid: bool
    amount: int
    asked: int
    currency: str
    order_id: int = 0
    account_id: int = 0
    refunded: int = 0
    disputes: tuple[DisputeSeen, ...] = ()
    subscription: str = ""
    price_id: str = ""
    customer: str = ""
    receipt: str = ""


class Standing(StrEnum):
    """Of a subscription. WAITING: never paid yet; BEHIND: a renewal failed and the gateway still tries."""

    WAITING = "waiting"
    ACTIVE = "active"
    BEHIND = "behind"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SubscriptionSeen:
    """A subscription as its gateway tells it now. `starts` and `ends` of the period that runs; `cancels`: it ends then.

    `plan` by our name; `until`: how long that plan is given, payments that come late included; `paid`: until when it is
    paid for, 0: as long as it is given. `anchor`: whose day of the month its periods begin on. `latest`: the payment
    that its newest invoice asks for, and `owed_since` when that was written, if it is not paid. `alone`: the gateway
    can end it and give its money back, should the account have another one."""

    object: str
    standing: Standing
    plan: str
    starts: int
    ends: int
    until: int = 0
    price: int = 0
    price_id: str = ""
    cancels: bool = False
    order_id: int = 0
    account_id: int = 0
    customer: str = ""
    anchor: int = 0
    paid: int = 0
    owed_since: int = 0
    latest: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """All that hangs together: what a look at one object found. `foreign`: another Parley sold it."""

    payments: tuple[PaymentSeen, ...] = ()
    subscription: SubscriptionSeen | None = None
    foreign: bool = False


class OpenEvent(NamedTuple):
    """What a gateway told and nobody has dealt with to the end; `trouble`: why, the last time it was tried."""

    ticket: int
    event: str
    kind: str
    object: str
    trouble: str


class Ending(StrEnum):
    """Why we end a subscription at its gateway. SECOND: the account had one, so that its money goes back; RETURNED:
    the payment of its newest invoice was given back whole."""

    SECOND = "second"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment as kept. `credit`: micro-dollars it has given and not taken back; `told`: of these, what the person
    has been told. `odd`: why nothing was given for it, for an operator to see; empty: it is as it should be."""

    id: int
    gateway: str
    object: str
    account_id: int
    order_id: int
    paid: bool
    amount: int
    currency: str
    refunded: int
    credit: int
    told: int
    subscription: str
    receipt: str
    odd: str
    created: int


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """A subscription as kept. `told`: the standing that the person was told last; `spare`: the account had another one
    when it began, so that it gives nothing."""

    id: int
    gateway: str
    object: str
    account_id: int
    order_id: int
    standing: Standing
    plan: str
    starts: int
    ends: int
    until: int
    cancels: bool
    customer: str
    told: str
    spare: bool = False


WITHOUT_COINS = frozenset({"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv"})
WITHOUT_COINS |= {"xaf", "xof", "xpf", "xtr"}
"""Currencies that are reckoned in whole units (docs.stripe.com/currencies), and Telegram Stars."""

WITH_THOUSANDTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def coins_of(currency: str) -> int:
    """How many of its smallest coins make one of `currency`."""
    return 1 if currency in WITHOUT_COINS else 1_000 if currency in WITH_THOUSANDTHS else 100


def price_text(price: int, currency: str) -> str:
    """Such as `20 USD`, `4.50 EUR` or `500 ⭐`."""
    scale = coins_of(currency)
    whole, rest = divmod(price, scale)
    digits = f".{rest:0{len(str(scale)) - 1}d}" if rest else ""
    return f"{whole}{digits} {'⭐' if currency == 'xtr' else currency.upper()}"


def remaining_credit(credit: int, amount: int, back: int) -> int:
    """What is left of `credit` when `back` of the `amount` paid for it went back; rounded down."""
    if amount <= 0:
        return credit
    return credit * (amount - min(max(back, 0), amount)) // amount


def share_returned(amount: int, refunded: int) -> int:
    """Which part of what was paid went back, in millionths."""
    return min(refunded, amount) * MILLION // amount if amount > 0 else 0


def why_odd(order: Order | None, seen: PaymentSeen) -> str:
    """What keeps `seen` from being the payment of `order`; empty: nothing does."""
    if order is None:
        return "no such order"
    if order.object and order.object != seen.object:
        return "another checkout than the order's"
    if (seen.asked, seen.currency.lower()) != (order.price, order.currency.lower()):
        return f"{seen.asked} {seen.currency} where {order.price} {order.currency} was asked"
    if order.price_id and seen.price_id and order.price_id != seen.price_id:
        return "another price than the order's"
    if order.customer and seen.customer and order.customer != seen.customer:
        return "another customer than the order's"
    return ""
