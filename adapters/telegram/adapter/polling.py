"""One bot's own polling loop. Knows offsets and pauses; must not know what an update means.

Telegram forgets an update as soon as getUpdates is called with a higher offset. So the offset only ever goes past
updates that are committed, and past each only with all before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from adapters.telegram.adapter.arrivals import Arrivals, Held
from adapters.telegram.adapter.bot import Bot
from adapters.telegram.errors import BadToken, Conflict
from adapters.telegram.wire.update import KINDS, Bad, number_of, read_update
from hub.domain.errors import AdapterError, RateLimited, StoreDown
from hub.ports.adapter import Accept

POLL_SECONDS = 50
"""How long Telegram holds a poll open; its own most."""

MARGIN = 10.0
"""Seconds on top before a poll counts as dead."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between polls that fail; doubled each time."""

TOKEN_PAUSE = 60.0
"""Seconds before a refused token is tried again."""

HOLD_PAUSE = 0.5
"""Seconds at most before an update that is held back is offered again."""

HOLD_SECONDS = 30.0
"""How long updates of one batch are held back because somebody wrote too fast: everybody behind them waits too."""

log = logging.getLogger("parley.telegram")

_batch = msgspec.json.Decoder(list[msgspec.Raw])


class Polling:
    """Listens for one bot until cancelled; whatever happens, it goes on."""

    def __init__(self, bot: Bot, arrivals: Arrivals, accept: Accept) -> None:
        self._account, self._arrivals, self._accept = bot, arrivals, accept
        self._offset: int | None = None
        self._pause = FIRST_PAUSE

    async def run(self) -> None:
        """Never returns."""
        while True:
            try:
                if not self._account.me.username:
                    await self._account.learn()
                    log.info("bot %s is @%s, polling", self._account.id, self._account.me.username)
                await self._poll()
                self._pause = FIRST_PAUSE
            except StoreDown:
                log.warning("bot %s: the store is down; messages wait at Telegram", self._account.id)
                await self._rest(self._pause)
            except RateLimited as error:
                await asyncio.sleep(error.after)
            except BadToken as error:
                log.error(
                    "Telegram refuses the token of bot %s (%s). Take a new one from @BotFather, put it into [telegram] "
                    "token and start again; other bots go on.",
                    self._account.id,
                    error,
                )
                await asyncio.sleep(TOKEN_PAUSE)
            except Conflict as error:
                await self._conflict(error)
            except AdapterError as error:
                log.info("bot %s: polling failed, again in %g s: %s", self._account.id, self._pause, error)
                await self._rest(self._pause)

    async def _rest(self, seconds: float) -> None:
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        await asyncio.sleep(seconds)

    async def _conflict(self, error: Conflict) -> None:
        if "webhook" in str(error):
            log.warning(
                "bot %s has a webhook, and the settings say polling: the webhook is removed now. "
                "If it was another program's, set [telegram] mode to webhook or use another bot.",
                self._account.id,
            )
            try:
                await self._account.call("deleteWebhook", {})
            except AdapterError as trouble:
                log.warning("bot %s: its webhook cannot be removed: %s", self._account.id, trouble)
                await self._rest(self._pause)
            return
        log.warning(
            "bot %s is polled by another program too. Stop that one, or give each its own bot; again in %g s.",
            self._account.id,
            self._pause,
        )
        await self._rest(self._pause)

    async def _poll(self) -> None:
        fields = {"offset": self._offset, "timeout": POLL_SECONDS, "allowed_updates": KINDS}
        result = await self._account.call("getUpdates", fields, POLL_SECONDS + MARGIN)
        updates = _batch.decode(result)
        if not updates:
            return
        numbers, taken = await self._take(updates)
        for number, done in zip(numbers, taken, strict=True):
            if not done:
                raise StoreDown
            if number is not None:
                self._offset = number + 1
        if self._offset is None or all(number is None for number in numbers):
            # cannot be confirmed, and would come again at once
            await self._rest(self._pause)

    async def _take(self, updates: Sequence[msgspec.Raw]) -> tuple[list[int | None], list[bool]]:
        """Take a batch, the chats side by side, each in its order. Numbers, and which of them are committed."""
        taken = [False] * len(updates)
        numbers: list[int | None] = []
        chats: dict[int | None, list[int]] = {}
        for place, body in enumerate(updates):
            number, chat = _label(body)
            numbers.append(number)
            chats.setdefault(chat, []).append(place)

        clock = asyncio.get_running_loop()
        until = clock.time() + HOLD_SECONDS

        async def take_chat(places: list[int]) -> None:
            for place in places:
                while not taken[place]:
                    patient = clock.time() < until
                    try:
                        await self._arrivals.take(self._account, updates[place], self._accept, patient=patient)
                        taken[place] = True
                    except Held as held:
                        await asyncio.sleep(min(held.after, HOLD_PAUSE))

        found = await asyncio.gather(*map(take_chat, chats.values()), return_exceptions=True)
        for error in found:
            if error is not None and not isinstance(error, StoreDown):
                raise error
        return numbers, taken


def _label(body: msgspec.Raw) -> tuple[int | None, int | None]:
    """An update's number and chat, as far as they can be read."""
    try:
        update = read_update(body)
    except Bad:
        return number_of(body), None
    return update.update_id, update.chat.id if update.chat is not None else None
