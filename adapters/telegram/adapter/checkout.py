"""Payments in Stars: links, Telegram's question, what came of it. Knows the calls; must not know what is sold.

Nothing is taken before the house has said yes. What was paid is committed first and then acknowledged, like every
update; the charge's id makes a redelivery harmless.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.errors import NotModified
from adapters.telegram.parse.payments import Asking, Paid, Payment
from hub.domain.errors import AdapterError, ForPerson, Rejected, StoreDown, Unreachable
from hub.domain.invoice import Charge, Invoice
from hub.ports.house import House
from hub.text.clean import clean

ANSWER_SECONDS = 7.0
"""How long the house may think; Telegram gives up after 10 seconds."""

PERIOD = 2_592_000
"""Seconds after which a subscription is paid anew: 30 days, the only period that Telegram knows."""

TITLE, DESCRIPTION, REASON = 32, 255, 200
"""Most characters of an invoice's title, of what stands under it, and of why a payment is declined."""

log = logging.getLogger("parley.telegram")


async def link(bot: Bot, invoice: Invoice) -> str:
    """Where `invoice` is paid. Raises AdapterError."""
    title = clean(invoice.title)[:TITLE]
    fields: dict[str, Any] = {
        "title": title,
        "description": clean(invoice.description)[:DESCRIPTION],
        "payload": invoice.payload,
        "currency": "XTR",
        "prices": [{"label": title, "amount": invoice.price}],
        "provider_token": "",
        "subscription_period": PERIOD if invoice.renewed else None,
    }
    try:
        return msgspec.json.decode(await bot.call("createInvoiceLink", fields), type=str)
    except msgspec.MsgspecError:
        raise Unreachable("Telegram answers with something that is no link") from None


async def refund(bot: Bot, user: str, charge: str) -> None:
    """Give a charge back, and let it not be paid anew. Raises AdapterError."""
    if not user.isdigit():
        raise Rejected("no user of Telegram")
    named = {"user_id": int(user), "telegram_payment_charge_id": charge}
    try:
        await bot.call("refundStarPayment", named)
    except NotModified:
        pass
    try:
        await bot.call("editUserStarSubscription", {**named, "is_canceled": True})
    except Rejected:
        log.info("a charge that was given back is no subscription's")


class Checkout:
    """Takes updates about money. `beside` does work that no update waits for."""

    def __init__(self, house: House, beside: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._house, self._beside = house, beside

    async def take(self, bot: Bot, payment: Payment) -> None:
        """Commit one. Raises StoreDown: it is not taken, and must come again."""
        if isinstance(payment, Asking):
            # Beside, for Telegram waits 10 seconds and no longer: no other update may hold it up.
            self._beside(self._answer(bot, payment))
        elif isinstance(payment, Paid):
            await self._house.till.paid(payment.charge)
        else:
            await self._house.till.refunded(payment.charge)

    async def _answer(self, bot: Bot, asking: Asking) -> None:
        why = await self._why_not(asking.charge)
        fields = {"pre_checkout_query_id": asking.query, "ok": not why, "error_message": why[:REASON] or None}
        try:
            await bot.call("answerPreCheckoutQuery", fields)
        except AdapterError as error:
            log.warning("Telegram was not told whether somebody may pay, so nothing is paid: %s", error)

    async def _why_not(self, charge: Charge) -> str:
        """Why nothing is to be paid now, in the person's language; empty: it may be."""
        refusal = ForPerson("stars_later")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._house.till.ask(charge)
                return ""
        except ForPerson as error:
            refusal = error
        except (StoreDown, TimeoutError) as error:
            log.warning("a payment is declined for now: %s", type(error).__name__)
        return self._house.words(refusal.key, charge.sender.language, **refusal.arguments)
