"""What becomes of one update: read, committed, answered. Knows that order; must not know how updates come.

Whoever brings an update may confirm it to Telegram once `take` has returned, and only then.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import msgspec

from adapters.kit.rate import REFUSALS, PerMinute
from adapters.telegram.adapter.bot import Bot
from adapters.telegram.adapter.checkout import Checkout
from adapters.telegram.adapter.doubt import Doubt
from adapters.telegram.markup import draw
from adapters.telegram.parse import inbound_of, language_of
from adapters.telegram.parse.payments import payment_of
from adapters.telegram.wire.update import Bad, Message, Update, number_of, read_update
from hub.domain.address import ChatKind
from hub.domain.errors import AdapterError, Busy, ForPerson, StoreDown
from hub.domain.inbound import Inbound, Pressed, Said
from hub.ports.adapter import Accept
from hub.ports.house import House

KEPT = 4000
"""Characters that are kept of an update nobody can read."""

REMEMBERED = 10_000
"""Questions in groups whose message is remembered, so that the answer is a reply to it; cosmetic."""

ALBUMS = 200
"""Albums in groups that are remembered to be meant for us, until their last part has come."""

TRIES, FALL_PAUSE = 3, 1.0
"""How often an update may fall in the house before it is put aside, and the seconds between."""

WAITED = 20
"""Seconds after which a message counts as one that waited at Telegram while nobody took it: whoever wrote it flooded
nobody, so it is held back rather than refused when its conversation has too much to do."""

TOAST = 200
"""Characters that answerCallbackQuery shows."""

log = logging.getLogger("parley.telegram")


class Held(Exception):
    """The house cannot take this update yet; it must come again after `after` seconds. Others of its chat wait too."""

    def __init__(self, after: float) -> None:
        super().__init__(f"held back for {after:g} s")
        self.after = after


class Arrivals:
    """Takes updates, for every bot. `asked`: key of a coming reply to the message it answers."""

    def __init__(self, house: House, doubt: Doubt) -> None:
        self._doubt = doubt
        self.asked: dict[str, int] = {}
        self._house = house
        self._refusals = PerMinute(REFUSALS)
        self._fell: dict[str, int] = {}
        self._albums: dict[str, None] = {}
        self._aside: set[asyncio.Task[None]] = set()
        self._checkout = Checkout(house, self._beside)

    async def take(self, bot: Bot, body: bytes | msgspec.Raw, accept: Accept, *, patient: bool = True) -> None:
        """Commit one update. Raises StoreDown and Held: it is not taken, and must come again.

        Not `patient`: whoever wrote too fast is told so rather than held back any longer."""
        try:
            update = read_update(body)
        except Bad as error:
            await self.put_aside(bot, bytes(body), type(error).__name__)
            return
        try:
            await self._take(bot, update, accept, patient=patient)
        except (Held, StoreDown):
            raise
        except Exception as error:
            # One update that nobody foresaw must not silence a bot for good.
            name = f"{bot.id}:{update.update_id}"
            tries = self._fell.pop(name, 0) + 1
            log.exception("update %s fell, time %d", name, tries)
            if tries < TRIES:
                self._fell = {name: tries, **dict(list(self._fell.items())[:REMEMBERED])}
                raise Held(FALL_PAUSE) from None
            await self.put_aside(bot, bytes(body), type(error).__name__)

    async def _take(self, bot: Bot, update: Update, accept: Accept, *, patient: bool) -> None:
        if update.message is not None:
            await _follow(bot, update.message)
            self._doubt.saw(bot.id, update.message.chat.id, update.message.message_id)
        if (payment := payment_of(update, bot.me)) is not None:
            await self._checkout.take(bot, payment)
            return
        inbound = inbound_of(update, bot.me)
        refusal: ForPerson | None = None
        if inbound is not None:
            inbound = self._with_its_album(inbound)
            try:
                accepted = await accept(inbound)
            except ForPerson as error:
                if isinstance(error, Busy) and _may_wait(error, update, patient=patient):
                    raise Held(error.after) from None
                refusal = error
            else:
                if inbound.address.kind is ChatKind.GROUP and update.message is not None and accepted.inbox_id:
                    self._remember(accepted.key, update.message.message_id)
        self._acknowledge(bot, update, inbound, refusal)

    async def close(self) -> None:
        """Nothing is on its way any longer."""
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)

    async def put_aside(self, bot: Bot, body: bytes, why: str) -> None:
        """Keep the beginning of an update nobody can read, for the operator. Raises StoreDown."""
        number = number_of(body)
        name = str(number) if number is not None else hashlib.sha256(body).hexdigest()[:16]
        log.warning("update %s of bot %s cannot be read (%s) and is put aside", name, bot.id, why)
        text = body.decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT]
        await self._house.notebook.write("telegram", f"unparsed:{bot.id}:{name}", text)

    def _with_its_album(self, inbound: Inbound) -> Inbound:
        """Only one part of an album has the words that name us: those that follow it are said to us as well."""
        content = inbound.content
        if not isinstance(content, Said) or not content.album:
            return inbound
        name = f"{inbound.address.bot}:{inbound.address.chat}:{content.album}"
        if inbound.directed:
            self._albums = {name: None, **dict(list(self._albums.items())[:ALBUMS])}
        return replace(inbound, directed=inbound.directed or name in self._albums)

    def _remember(self, key: str, message: int) -> None:
        self.asked[key] = message
        while len(self.asked) > REMEMBERED:
            del self.asked[next(iter(self.asked))]

    def _acknowledge(self, bot: Bot, update: Update, inbound: Inbound | None, refusal: ForPerson | None) -> None:
        words = ""
        if refusal is not None:
            words = self._house.words(refusal.key, language_of(update), **refusal.arguments)
        if update.callback_query is not None:
            fields: dict[str, Any] = {
                "callback_query_id": update.callback_query.id,
                "text": draw(words).text[:TOAST] if words else None,
            }
            self._beside(_quietly(bot.call("answerCallbackQuery", fields)))
        elif words and inbound is not None and self._to_be_told(inbound):
            drawn = draw(words, ours=True)
            thread = int(inbound.address.thread) if inbound.address.thread else None
            fields = {"text": drawn.text, "entities": drawn.entities or None, "message_thread_id": thread}
            self._beside(_quietly(bot.call_in(inbound.address, "sendMessage", fields)))

    def _to_be_told(self, inbound: Inbound) -> bool:
        if not inbound.directed or isinstance(inbound.content, Pressed):
            return False
        return not self._refusals.wait(f"{inbound.address.bot}:{inbound.address.chat}")

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside: what Telegram makes of a courtesy must not hold up the next update."""
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


async def _follow(bot: Bot, message: Message) -> None:
    """A group that becomes a supergroup says so on both sides, each before anything that is said there later."""
    if message.migrate_to_chat_id is not None:
        await bot.has_moved(str(message.chat.id), str(message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        await bot.has_moved(str(message.migrate_from_chat_id), str(message.chat.id))


def _may_wait(busy: Busy, update: Update, *, patient: bool) -> bool:
    """Whether Telegram should keep the update for later instead of the person being sent away."""
    if busy.key == "closing":
        return True
    waited = update.message is not None and time.time() - update.message.date > WAITED
    return waited and (busy.key == Busy.key or (busy.key == "too_fast" and patient))


async def _quietly(call: Coroutine[Any, Any, object]) -> None:
    try:
        await call
    except AdapterError as error:
        log.info("a courtesy did not reach a person: %s", error)
