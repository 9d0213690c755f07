"""What is paid in Telegram Stars: links to pay, and whom to turn to. Knows orders and the adapter's ability; must not
know the Bot API.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from hub.core.commands.desk import Desk
from hub.core.money.amounts import price
from hub.core.money.shop import TOKEN_BYTES, digest_of
from hub.core.money.stars import GATEWAY, payload_of, star_offers
from hub.core.money.wares import titled
from hub.core.notices import words
from hub.domain.errors import AdapterError, ForPerson
from hub.domain.invoice import Invoice
from hub.domain.payment import ORDER_MS, Goods, NewOrder, Offer
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn
from hub.ports.adapter import Invoices

LISTED = 5
"""How many payments /paysupport names."""


async def star_buttons(desk: Desk, turn: Turn, *, plans: bool, topups: bool) -> tuple[Button, ...]:
    """A button for each thing that is for sale in Stars, each for one payment by who asked. Raises ForPerson."""
    rules, language = desk.rules, turn.inbound.sender.language
    offers = [
        one
        for one in star_offers(rules.stars, rules.plans, rules.shop.topups)
        if (plans if one.goods is Goods.PLAN else topups)
    ]
    seller: object = desk.adapters.get(turn.inbound.address.platform)
    if not offers or not isinstance(seller, Invoices):
        return ()
    numbers = await _orders(desk, turn, offers)
    invoices = [_invoice(offer, number, language) for offer, number in zip(offers, numbers, strict=True)]
    try:
        urls = await asyncio.gather(*(seller.invoice(turn.inbound.address, invoice) for invoice in invoices))
    except AdapterError:
        raise ForPerson("stars_later") from None
    return tuple(
        Button(
            words("button_buy", language, title=invoice.title, price=price(invoice.price, offer.currency, language)),
            translate=False,
            url=url,
        )
        for offer, invoice, url in zip(offers, invoices, urls, strict=True)
    )


async def _orders(desk: Desk, turn: Turn, offers: Sequence[Offer]) -> tuple[int, ...]:
    now = desk.meter.now()
    new = [
        NewOrder(
            account_id=turn.account.id,
            address=turn.inbound.address,
            sender=turn.inbound.sender,
            goods=offer.goods,
            name=offer.name,
            digest=digest_of(secrets.token_urlsafe(TOKEN_BYTES)),
            gateway=GATEWAY,
            expires=now + ORDER_MS,
        )
        for offer in offers
    ]
    return await desk.store.make_orders(new, now)


def _invoice(offer: Offer, number: int, language: str) -> Invoice:
    renewed = offer.goods is Goods.PLAN
    about = words("stars_for_month" if renewed else "stars_for_credit", language)
    return Invoice(payload_of(number), titled(offer, language), about, offer.price, renewed=renewed)


async def paysupport(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/paysupport`, which Telegram asks of whoever sells in it: one's payments, and whom to turn to about them."""
    language, account = turn.inbound.sender.language, turn.account
    lines = await desk.store.payments_of(account.tenant, account.id, LISTED)
    paid = [
        f"- {datetime.fromtimestamp(line.created / 1000, UTC):%Y-%m-%d}: "
        f"{price(line.amount, line.currency, language)}, `{turn.inbound.sender.user} {line.object}`"
        for line in lines
        if line.gateway == GATEWAY
    ]
    arguments = {
        "payments": "\n".join(paid) or words("paysupport_nothing", language),
        "contact": desk.rules.stars.support or words("paysupport_operator", language),
    }
    return Reply(notice=Notice("paysupport", arguments, language))
