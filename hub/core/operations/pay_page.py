"""The page between a chat and a gateway. Knows tokens, orders and what the page says; must not know HTML or HTTP."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from hub.core.money.shop import digest_of, offer_of, pay_url
from hub.core.money.stars import running
from hub.core.money.wares import asked, gives, titled
from hub.core.notices import spoken, words
from hub.core.operations.sales import Sales
from hub.domain.errors import GatewayDown, PaymentError
from hub.domain.payment import Goods, Offer, Order, OrderState, Standing
from hub.ports.gateway import Checkout

LOOK_MS = 10_000
"""The page after paying looks at the checkout at most so often, should no webhook come."""

WAIT_MS = 10 * 60_000
"""So long that page asks for itself anew; ways of paying that take days are told in the chat."""

TWICE_MS = 15_000
"""Whoever presses Continue twice within so long is led to the same page again."""

log = logging.getLogger("parley.payments")


@dataclass(frozen=True, slots=True)
class PayPage:
    """A small page in words. `rows`: name and value; `button`: what may be pressed; `notes` stand under it; `back`:
    link into the chat; `again`: it asks for itself anew every few seconds; `status` of HTTP."""

    title: str
    language: str
    text: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    button: str = ""
    notes: tuple[str, ...] = ()
    again: bool = False
    back: str = ""
    back_label: str = ""
    status: int = 200


def now_ms() -> int:
    """Milliseconds since 1970 by this process's clock."""
    return time.time_ns() // 1_000_000


class PayPages:
    """What the routes under /pay/ show and do."""

    def __init__(self, sales: Sales) -> None:
        self._sales, self._shop, self._store = sales, sales.shop, sales.store

    async def offered(self, token: str, now: int, browser: str) -> PayPage:
        """What somebody sees who follows a link; nothing is used up by looking. `browser`: its language."""
        order = await self._store.find_order(digest_of(token))
        if order is None:
            return _plain("pay_unknown_title", "pay_unknown", browser, 404)
        if trouble := self._trouble(order, now):
            return trouble
        language = order.sender.language
        if order.goods is Goods.PORTAL:
            return PayPage(
                words("pay_portal_title", language),
                spoken(language),
                words("pay_portal", language),
                button=words("pay_continue", language),
            )
        offer = offer_of(self._shop, self._sales.plans, order.goods, order.name)
        if offer is None:
            return _plain("pay_gone_title", "pay_gone", language, 410)
        plan = self._sales.plans.get(offer.name) if offer.goods is Goods.PLAN else None
        rows = [
            (words("pay_what", language), titled(offer, language)),
            *([(words("pay_gives", language), gives(plan, language))] if plan else []),
            (words("pay_whom", language), _whom(order)),
            (words("pay_price", language), asked(offer.price, offer.currency, offer.interval, language)),
        ]
        return PayPage(
            words("pay_title", language),
            spoken(language),
            rows=tuple(rows),
            button=words("pay_continue", language),
            notes=tuple(words(key, language) for key in self._notes(offer)),
        )

    def _notes(self, offer: Offer) -> tuple[str, ...]:
        gateway = self._sales.gateway
        return (
            "pay_renews" if offer.goods is Goods.PLAN else "pay_lasts",
            "pay_tax" if gateway.taxes else "pay_no_tax",
            "pay_note" if gateway.live else "pay_test_note",
        )

    def _trouble(self, order: Order, now: int) -> PayPage | None:
        if order.state is not OrderState.OPEN:
            why = "used"
        elif order.forgotten:
            why = "gone"
        elif order.expires <= now:
            why = "expired"
        else:
            return None
        page = _plain(f"pay_{why}_title", f"pay_{why}", order.sender.language, 410)
        return page if order.forgotten else self._with_back(order, page)

    async def followed(self, token: str, now: int, browser: str) -> PayPage | str:
        """Somebody presses Continue: the gateway's page to go to, or why there is none."""
        order = await self._store.find_order(digest_of(token))
        if order is None:
            return _plain("pay_unknown_title", "pay_unknown", browser, 404)
        if order.state is OrderState.STARTED and now - order.started < TWICE_MS:
            return order.url
        if trouble := self._trouble(order, now):
            return trouble
        try:
            return await self._lead(order, token, now)
        except GatewayDown as error:
            log.warning("a payment could not begin: %s", error)
            return _plain("pay_down_title", "pay_down", order.sender.language, 503)
        except PaymentError as error:
            log.error("a payment could not begin: %s", error)
            return _plain("pay_refused_title", "pay_refused", order.sender.language, 502)

    async def _lead(self, order: Order, token: str, now: int) -> PayPage | str:
        gateway, language, page = self._sales.gateway, order.sender.language, pay_url(self._shop.public_url, token)
        standing = await self._standing(order, now)
        if standing is Standing.WAITING:
            return _plain("paid_waiting_title", "paid_waiting", language, 200)
        customer = await self._store.customer_of(order.tenant, order.account_id, gateway.name)
        if order.goods is Goods.PORTAL or standing is not None:
            if not customer:
                return _plain("pay_gone_title", "pay_gone", language, 410)
            return await gateway.portal(customer, f"{self._shop.public_url}/", language)
        offer = offer_of(self._shop, self._sales.plans, order.goods, order.name)
        if offer is None:
            return _plain("pay_gone_title", "pay_gone", language, 410)
        account = await self._store.find_account(order.tenant, order.account_id)
        if account is None or account.blocked:
            return _plain("pay_refused_title", "pay_refused", language, 403)
        # a gateway answers a key again as it did before, were it with a failure: a later try needs another
        key = f"parley-order-{order.tenant}-{order.id}-{digest_of(token)[:16]}-{now // TWICE_MS}"
        checkout = Checkout(
            order, offer, titled(offer, language), key, customer, f"{page}/done", f"{page}/away", language
        )
        opened = await gateway.checkout(checkout)
        sold = Offer(
            offer.goods, offer.name, opened.price, opened.currency, offer.credit, offer.interval, opened.price_id
        )
        if await self._store.start_order(order.tenant, order.id, sold, opened.object, opened.url, customer, now):
            return opened.url
        begun = await self._store.order(order.tenant, order.id)
        return begun.url if begun is not None else _plain("pay_used_title", "pay_used", language, 410)

    async def _standing(self, order: Order, now: int) -> Standing | None:
        """How the account is subscribed already, to be changed at the gateway lest it be paid twice; None: it is not.
        On older pages for the same nobody can pay any longer."""
        if order.goods is Goods.PORTAL:
            return None
        for paid in await self._sales.withdraw_rivals(order, now):
            await self._sales.look(paid, now, LOOK_MS)
        if order.goods is not Goods.PLAN:
            return None
        for line in await self._store.subscriptions_of(order.tenant, order.account_id):
            begun = await self._store.order(order.tenant, line.order_id)
            if line.standing is Standing.WAITING and begun is not None and begun.object:
                await self._sales.look(begun, now, LOOK_MS)
        living = [line.standing for line in await running(self._store, order.tenant, order.account_id, now)]
        return next((one for one in (Standing.ACTIVE, Standing.BEHIND, Standing.WAITING) if one in living), None)

    async def returned(self, token: str, now: int, browser: str) -> PayPage:
        """The page after paying: waits until the payment has come, looking itself should no webhook come."""
        order = await self._store.find_order(digest_of(token))
        if order is None:
            return _plain("pay_unknown_title", "pay_unknown", browser, 404)
        if order.state is OrderState.STARTED and order.object:
            try:
                await self._sales.look(order, now, LOOK_MS)
            except PaymentError as error:
                log.warning("a payment cannot be looked at: %s", error)
            order = await self._store.order(order.tenant, order.id) or order
        language = order.sender.language
        if order.state in (OrderState.PAID, OrderState.DONE):
            return self._with_back(
                order, PayPage(words("paid_title", language), spoken(language), words("paid_text", language))
            )
        waiting = order.state is OrderState.STARTED and now - order.started < WAIT_MS
        text = words("paid_waiting", language)
        page = PayPage(words("paid_waiting_title", language), spoken(language), text, again=waiting)
        return self._with_back(order, page)

    def _with_back(self, order: Order, page: PayPage) -> PayPage:
        return replace(page, back=self._sales.back(order.address), back_label=words("pay_back", order.sender.language))

    async def left(self, token: str, browser: str) -> PayPage:
        """The page of somebody who went back without paying."""
        order = await self._store.find_order(digest_of(token))
        page = _plain("pay_left_title", "pay_left", order.sender.language if order else browser, 200)
        return self._with_back(order, page) if order else page


def _whom(order: Order) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in order.sender.name).split())[:60]
    place = order.address.platform.title()
    return f"{name} ({place})" if name else place


def _plain(title: str, text: str, language: str, status: int) -> PayPage:
    """A page of two notices."""
    return PayPage(words(title, language), spoken(language), words(text, language), status=status)
