"""Payments in Telegram Stars: invoices, purses, charges. Knows Telegram's rules for them; must not know HTTP.

Whoever pays is asked about at the bot first, which has 10 seconds; then the stars move, and the bot is told.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.telegram.sandbox.methods import Asked
from adapters.telegram.sandbox.state import Refused, Shown

if TYPE_CHECKING:
    from adapters.telegram.sandbox.people import Person
    from adapters.telegram.sandbox.platform import Account, TelegramSandbox

Json = dict[str, Any]

ANSWER_SECONDS = 10.0
"""How long a bot may take to answer a pre_checkout_query."""

PERIOD = 2_592_000
"""Seconds of a subscription; the only ones that are taken."""

MOST_STARS = 10_000
"""Of one invoice for a subscription."""


class NotPaid(Exception):
    """No stars moved; the words are what the app shows."""


@dataclass(frozen=True)
class Bill:
    """An invoice behind a link."""

    bot: Account
    payload: str
    price: int
    period: int


@dataclass
class Receipt:
    """A charge. `first`: the charge that began its subscription; `cancelled`: it is not paid anew."""

    id: str
    bill: Bill
    person: Person
    first: str
    refunded: bool = False
    cancelled: bool = False


class Till:
    """Every invoice and charge."""

    def __init__(self, platform: TelegramSandbox) -> None:
        self._platform = platform
        self.bills: dict[str, Bill] = {}
        self.receipts: dict[str, Receipt] = {}
        self.transactions: list[tuple[Account, Json]] = []
        self.silent = False
        """No bot is told of anything, as if its updates had expired."""
        self._waiting: dict[str, asyncio.Future[str]] = {}

    def create_link(self, bot: Account, asked: Asked) -> str:
        """See the Bot API: createInvoiceLink."""
        for name, most in (("title", 32), ("description", 255)):
            if not 1 <= len(asked.text(name)) <= most:
                raise Refused(400, f"Bad Request: invalid invoice {name}")
        if not 1 <= len(asked.text("payload").encode()) <= 128:
            raise Refused(400, "Bad Request: INVOICE_PAYLOAD_INVALID")
        if asked.text("currency") != "XTR" or asked.text("provider_token"):
            raise Refused(400, "Bad Request: PAYMENT_PROVIDER_INVALID")
        prices, period = asked.json("prices") or [], asked.number("subscription_period") or 0
        if len(prices) != 1 or not prices[0].get("label") or not 1 <= prices[0].get("amount", 0) <= MOST_STARS:
            raise Refused(400, "Bad Request: CURRENCY_TOTAL_AMOUNT_INVALID")
        if period not in (0, PERIOD):
            raise Refused(400, "Bad Request: SUBSCRIPTION_PERIOD_INVALID")
        url = f"https://t.me/$sandbox{next(self._platform.numbers)}"
        self.bills[url] = Bill(bot, asked.text("payload"), prices[0]["amount"], period)
        return url

    def answer(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: answerPreCheckoutQuery."""
        waiting = self._waiting.get(asked.text("pre_checkout_query_id"))
        if waiting is None or waiting.done():
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        words = asked.text("error_message")
        if not asked.flag("ok") and not words:
            raise Refused(400, "Bad Request: error message is empty")
        waiting.set_result("" if asked.flag("ok") else words)
        return True

    def refund(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: refundStarPayment."""
        receipt = self._receipt(bot, asked)
        if receipt.refunded:
            raise Refused(400, "Bad Request: CHARGE_ALREADY_REFUNDED")
        receipt.refunded = receipt.cancelled = True
        receipt.person.stars += receipt.bill.price
        self._write_down(receipt, "receiver")
        self._service(receipt, {"refunded_payment": _told(receipt)})
        return True

    def edit_subscription(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: editUserStarSubscription."""
        self._receipt(bot, asked).cancelled = asked.flag("is_canceled")
        return True

    def list_transactions(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API: getStarTransactions, the oldest first."""
        limit = asked.number("limit")
        if limit is not None and not 1 <= limit <= 100:
            raise Refused(400, "Bad Request: limit must be between 1 and 100")
        mine = [one for owner, one in self.transactions if owner is bot]
        return {"transactions": mine[asked.number("offset") or 0 :][: limit or 100]}

    def _write_down(self, receipt: Receipt, side: str) -> None:
        bill = receipt.bill
        partner: Json = {"type": "user", "transaction_type": "invoice_payment", "user": receipt.person.user()}
        partner |= {"invoice_payload": bill.payload} | ({"subscription_period": bill.period} if bill.period else {})
        one = {"id": receipt.id, "amount": bill.price, "date": int(time.time()), side: partner}
        self.transactions.append((bill.bot, one))

    def _receipt(self, bot: Account, asked: Asked) -> Receipt:
        receipt = self.receipts.get(asked.text("telegram_payment_charge_id"))
        if receipt is None or receipt.bill.bot is not bot:
            raise Refused(400, "Bad Request: CHARGE_NOT_FOUND")
        if receipt.person.id != asked.number("user_id"):
            raise Refused(400, "Bad Request: USER_ID_INVALID")
        return receipt

    async def pay(self, person: Person, url: str) -> Receipt:
        """Somebody opens an invoice and confirms. Raises NotPaid."""
        bill = self.bills[url]
        if person.stars < bill.price:
            raise NotPaid("not enough stars")
        query = f"checkout-{next(self._platform.numbers)}"
        waiting = self._waiting[query] = asyncio.get_running_loop().create_future()
        asking = {"id": query, "from": person.user(), "currency": "XTR", "total_amount": bill.price}
        bill.bot.feed.push("pre_checkout_query", asking | {"invoice_payload": bill.payload})
        try:
            words = await asyncio.wait_for(waiting, ANSWER_SECONDS)
        except TimeoutError:
            raise NotPaid("the bot did not answer") from None
        if words:
            raise NotPaid(words)
        return self._charge(bill, person, "")

    def renew(self, receipt: Receipt) -> Receipt | None:
        """The 30 days are over: paid anew without asking anybody; None when it was cancelled or the purse is empty."""
        if receipt.cancelled or receipt.person.stars < receipt.bill.price:
            return None
        return self._charge(receipt.bill, receipt.person, receipt.first)

    def _charge(self, bill: Bill, person: Person, first: str) -> Receipt:
        number = f"stxcharge{next(self._platform.numbers)}"
        receipt = self.receipts[number] = Receipt(number, bill, person, first or number)
        person.stars -= bill.price
        told = _told(receipt)
        if bill.period:
            told |= {"subscription_expiration_date": int(time.time()) + bill.period, "is_recurring": True}
            told |= {} if first else {"is_first_recurring": True}
        self._write_down(receipt, "source")
        self._service(receipt, {"successful_payment": told})
        return receipt

    def _service(self, receipt: Receipt, media: Json) -> None:
        """Show it in the private chat, and tell the bot."""
        bot, person = receipt.bill.bot, receipt.person
        place = self._platform.private(bot, person)
        message = Shown(next(place.numbers), place, person.user(), media=media)
        place.put(message)
        if not self.silent:
            bot.feed.push("message", message.json())
        self._platform.stir()


def _told(receipt: Receipt) -> Json:
    told: Json = {"currency": "XTR", "total_amount": receipt.bill.price, "invoice_payload": receipt.bill.payload}
    return told | {"telegram_payment_charge_id": receipt.id, "provider_payment_charge_id": ""}
