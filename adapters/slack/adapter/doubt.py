"""What may have been said although Slack's answer was lost. Knows how to look for it; must not know why it was said.

Slack has no key that makes a repeated send harmless. So every message carries its key as metadata, and a send whose
answer was lost is looked for in the conversation before it is sent again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from adapters.slack.adapter.bots import Installed
from adapters.slack.adapter.recent import Recent
from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import Forbidden, Rejected

LOOK_BACK = 3_600
"""Seconds of a conversation that are looked through; deliveries are repeated within minutes."""

LONG_BACK = 7 * 86_400
"""The same for what a process left that has died: it may have been away for as long as a weekend, and longer."""

PAGES = 5
"""Calls of 200 messages each that one look may take."""

EVENT = "parley_reply"

log = logging.getLogger("parley.slack")


class Doubt:
    """Sends without an answer."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._open: Recent[tuple[Address, str], bool] = Recent(5_000)

    def note(self, address: Address, key: str) -> None:
        """The send of `key` may have worked."""
        self._open.put((address, key), True)

    async def settled(self, bot: Installed, address: Address, key: str) -> str:
        """The ts of the message that the lost send of `key` made; empty when there is none. Raises AdapterError."""
        if not self._open.forget((address, key)):
            return ""

        try:
            return await self.sent(bot, address, key)
        except (Forbidden, Rejected) as error:
            log.warning("whether a message was sent cannot be looked up, so it is sent again: %s", error)
            return ""
        except BaseException:
            self.note(address, key)
            raise

    async def sent(self, bot: Installed, address: Address, key: str, look_back: float = LOOK_BACK) -> str:
        """The ts of the message that bears `key`; empty for none. Raises AdapterError."""

        def is_it(message: Mapping[str, Any]) -> bool:
            told = message.get("metadata")
            return isinstance(told, dict) and told.get("event_payload") == {"key": key}

        return await self.find(bot, address, is_it, look_back)

    async def find(
        self, bot: Installed, address: Address, is_it: Callable[[Mapping[str, Any]], bool], look_back: float = LOOK_BACK
    ) -> str:
        """The ts of our newest message at `address` that `is_it`; empty for none. Raises AdapterError, also when too
        much was said in `look_back` seconds to look through all of it."""
        where = {"channel": address.chat, "oldest": f"{time.time() - look_back:.6f}", "include_all_metadata": "true"}
        method = "conversations.history"
        if address.thread:
            method, where["ts"] = "conversations.replies", address.thread
        found: list[str] = []
        for _ in range(PAGES):
            answer = await self._calls.ask(bot.token, method, limit="200", **where)
            told = answer.get("messages")
            messages = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
            found += [str(each.get("ts", "")) for each in messages if each.get("user") == bot.me.user and is_it(each)]
            after = answer.get("response_metadata")
            where["cursor"] = str(after.get("next_cursor") or "") if isinstance(after, dict) else ""
            if found or not where["cursor"]:
                return max(found, default="")
        raise Rejected("too much was said to find one message")


def tagged(key: str) -> dict[str, object]:
    """The metadata of a message."""
    return {"metadata": {"event_type": EVENT, "event_payload": {"key": key}}}
