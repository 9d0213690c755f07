"""What was paid while nobody listened: Telegram keeps an update for a day, and its list of transactions for good.

Knows pages and where in them we are; must not know what is sold. Each transaction goes to the same till as the update
about it, which takes a charge once, whichever comes first.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import suppress

import msgspec

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.parse.payments import Paid, listed_payment
from adapters.telegram.wire.stars import Transaction, read_page, read_transaction
from hub.domain.errors import AdapterError, StoreDown, Unreachable
from hub.ports.house import House

EVERY = 3 * 3600.0
"""Seconds between two looks at the list."""

FIRST_PAUSE = 30.0
"""Seconds after a look that failed; doubled each time, up to `EVERY`."""

PAGE = 100
"""Transactions of one call; Telegram's most."""

KEPT = 4000
"""Characters that are kept of a transaction nobody can deal with."""

log = logging.getLogger("parley.telegram")


class Place(msgspec.Struct):
    """How many transactions are done with, and which was the last of them."""

    done: int = 0
    last: str = ""


class Reckoning:
    """Looks through one bot's transactions until cancelled."""

    def __init__(self, bot: Bot, house: House) -> None:
        self._account, self._house = bot, house
        self._name = f"stars:{bot.id}"

    async def run(self) -> None:
        """Never returns."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.look()
                pause = FIRST_PAUSE
                await asyncio.sleep(EVERY)
            except (AdapterError, StoreDown) as error:
                log.info("bot %s: payments are looked for again in %g s: %s", self._account.id, pause, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, EVERY)

    async def look(self) -> None:
        """Hand on what is new. Raises AdapterError, StoreDown: what is left is looked at next time."""
        place = Place()
        with suppress(msgspec.MsgspecError):
            place = msgspec.json.decode(await self._house.notebook.read("telegram", self._name), type=Place)
        while True:
            # one that is known already comes along, to see whether it is still the same list
            known = min(place.done, 1)
            page = await self._page(place.done - known)
            if known and (not page or _label(page[0]) != place.last):
                log.warning("bot %s: its list of transactions is not as it was, and is read anew", self._account.id)
                place = Place()
                continue
            for one in page[known:]:
                await self._take(one)
                place = Place(place.done + 1, _label(one))
            if place.done:
                await self._house.notebook.write("telegram", self._name, msgspec.json.encode(place).decode())
            if len(page) < PAGE:
                return

    async def _page(self, offset: int) -> list[msgspec.Raw]:
        answer = await self._account.call("getStarTransactions", {"offset": offset, "limit": PAGE})
        try:
            return read_page(answer).transactions
        except msgspec.MsgspecError:
            raise Unreachable("Telegram answers with something that is no list of transactions") from None

    async def _take(self, found: msgspec.Raw) -> None:
        try:
            await self._hand_on(read_transaction(found))
        except (AdapterError, StoreDown):
            raise
        except Exception as error:
            # One transaction that nobody foresaw must neither silence the bot nor hide those behind it.
            log.exception("bot %s: a transaction is put aside", self._account.id)
            kept = bytes(found).decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT]
            name = f"unparsed:{self._account.id}:{_label(found)}"
            await self._house.notebook.write("telegram", name, f"{type(error).__name__} {kept}")

    async def _hand_on(self, one: Transaction) -> None:
        payment, till = listed_payment(one, self._account.me), self._house.till
        if payment is None:
            return
        paid = isinstance(payment, Paid)
        if await (till.paid(payment.charge) if paid else till.refunded(payment.charge)):
            what = "paid" if paid else "given back"
            log.warning("bot %s: no update told of %d stars %s: %s", self._account.id, one.amount, what, one.id)


def _label(found: msgspec.Raw) -> str:
    """What a transaction is known by: a payment and its refund have one id."""
    try:
        one = read_transaction(found)
    except msgspec.MsgspecError:
        return hashlib.sha256(bytes(found)).hexdigest()[:16]
    return f"{one.id}:{'in' if one.source is not None else 'out'}"
