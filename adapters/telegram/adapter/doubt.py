"""Messages that may stand there although Telegram's answer was lost. Knows how to look for one, changing nothing.

Must not know what it says. Telegram has no key that makes a repeated send harmless, and a bot cannot read a chat. But a
bot that changes the buttons of a message into those it has is told `message is not modified` if the message is its own,
and something else if it is not: so the numbers after the newest known one are asked for, before anything is sent again.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from typing import Any

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.errors import NotModified
from hub.domain.errors import Forbidden, Rejected

CHATS = 10_000
"""Chats whose newest messages are remembered."""

NEWEST = 32
"""Messages remembered of each."""

REACH = 10
"""Numbers that are asked for; private chats of one bot share their numbers, so a busy bot may not find its message."""

log = logging.getLogger("parley.telegram")

Chat = tuple[str, int]


class Doubt:
    """Of every bot, while this process lives."""

    def __init__(self) -> None:
        self._seen: OrderedDict[Chat, deque[int]] = OrderedDict()
        self._lost: OrderedDict[tuple[Chat, str], int] = OrderedDict()

    def saw(self, bot: str, chat: int, message: int) -> None:
        """A message with this number is known, whoever wrote it."""
        known = self._seen.get((bot, chat))
        if known is None:
            known = self._seen[bot, chat] = deque(maxlen=NEWEST)
            if len(self._seen) > CHATS:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end((bot, chat))
        known.append(message)

    def newest(self, bot: str, chat: int) -> int:
        """The highest known number of a chat, 0 when none is."""
        return max(self._seen.get((bot, chat), ()), default=0)

    def lost(self, bot: str, chat: int, key: str, newest: int) -> None:
        """The send of `key` may have worked; `newest` was the highest number before it."""
        if newest:
            self._lost[(bot, chat), key] = newest
            if len(self._lost) > CHATS:
                self._lost.popitem(last=False)

    async def find(self, bot: Bot, chat: int, key: str, keyboard: dict[str, Any] | None) -> int | None:
        """The number of the message that the lost send of `key` made, None when there is none.

        Raises RateLimited and Unreachable: it is not known yet."""
        place = (bot.id, chat)
        newest = self._lost.get((place, key))
        if newest is None:
            return None
        known = set(self._seen.get(place, ()))
        for number in range(newest + 1, newest + 1 + REACH):
            if number not in known and await _is_ours(bot, chat, number, keyboard):
                log.info("a message whose answer was lost was found in its chat")
                return number
        self.settled(bot.id, chat, key)
        return None

    def settled(self, bot: str, chat: int, key: str) -> None:
        """What became of the send of `key` is known."""
        self._lost.pop(((bot, chat), key), None)


async def _is_ours(bot: Bot, chat: int, number: int, keyboard: dict[str, Any] | None) -> bool:
    fields = {"chat_id": chat, "message_id": number, "reply_markup": keyboard}
    try:
        await bot.call("editMessageReplyMarkup", fields)
    except NotModified:
        return True
    except (Rejected, Forbidden):
        return False
    return True
