"""What is for sale here, and links to it. Knows plans, top-ups and one-time tokens; must not know how anybody pays."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.domain.address import Address
from hub.domain.inbound import Sender
from hub.domain.payment import DAY_MS, ORDER_MS, Goods, NewOrder, Offer, Order
from hub.domain.plan import Plan
from hub.domain.turn import Turn
from hub.ports.store import Store

TOKEN_BYTES = 16
"""Of a link: 128 bits, kept as a hash alone."""

PORTAL_MS = 3 * DAY_MS
"""How long the link to the customer's own page lives that is sent when a payment failed."""


@dataclass(frozen=True, slots=True)
class Shop:
    """`gateway` that links lead to, empty: paying by link is not set up. `public_url`: where people reach our pages."""

    gateway: str = ""
    public_url: str = ""
    topups: tuple[Offer, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether anything can be paid by link."""
        return bool(self.gateway and self.public_url)


def digest_of(token: str) -> str:
    """As which a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def offers(shop: Shop, plans: Mapping[str, Plan]) -> Iterator[Offer]:
    """All that is for sale: plans in their order, then top-ups."""
    for plan in plans.values():
        if plan.price > 0:
            yield Offer(
                Goods.PLAN, plan.name, plan.price, plan.currency, interval=plan.interval, price_id=plan.stripe_price
            )
    yield from shop.topups


def offer_of(shop: Shop, plans: Mapping[str, Plan], goods: Goods, name: str) -> Offer | None:
    """One of them; None: it is no longer for sale."""
    return next((one for one in offers(shop, plans) if (one.goods, one.name) == (goods, name)), None)


async def links(
    store: Store, shop: Shop, turn: Turn, wanted: Sequence[tuple[Goods, str]], now: int, life_ms: int = ORDER_MS
) -> list[str]:
    """A link for each of `wanted`, for who asked and where they asked; each leads to one payment."""
    asked = turn.inbound
    return await _make(store, shop, turn.account.id, asked.address, asked.sender, wanted, now + life_ms, now)


async def portal_link(store: Store, shop: Shop, order: Order, now: int) -> str:
    """A link to the customer's own page for who made `order`, sent where they made it."""
    wanted = [(Goods.PORTAL, "")]
    (url,) = await _make(store, shop, order.account_id, order.address, order.sender, wanted, now + PORTAL_MS, now)
    return url


async def _make(
    store: Store,
    shop: Shop,
    account_id: int,
    address: Address,
    sender: Sender,
    wanted: Sequence[tuple[Goods, str]],
    expires: int,
    now: int,
) -> list[str]:
    tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _ in wanted]
    orders = [
        NewOrder(account_id, address, sender, goods, name, digest_of(token), shop.gateway, expires)
        for token, (goods, name) in zip(tokens, wanted, strict=True)
    ]
    await store.make_orders(orders, now)
    return [pay_url(shop.public_url, token) for token in tokens]


def pay_url(public_url: str, token: str) -> str:
    """Our page for a token."""
    return f"{public_url}/pay/{token}"
