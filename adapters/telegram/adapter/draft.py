"""A reply that grows as a draft. Knows sendMessageDraft; must not know when a frame is due.

Drafts exist in private chats, are gone after 30 seconds without a frame or with the next message, and never become one:
the final message is always sent. What has grown too long for one message is sent part by part, the last part a draft.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.errors import BadToken
from adapters.telegram.markup import draw
from hub.domain.address import Address
from hub.domain.errors import Rejected, Unreachable
from hub.domain.reply import Ref
from hub.text.heal import heal
from hub.text.split import split

PATIENCE = 3
"""Frames that may fail one after the other before the stream is given up; the next one usually goes through."""


class DraftStream:
    """One reply being written. `refs`: parts that are full and stand there as messages; `send` sends one by its key."""

    ref: Ref | None = None

    def __init__(
        self, bot: Bot, address: Address, key: str, limit: int, send: Callable[[str, str], Awaitable[Ref]]
    ) -> None:
        self._account, self._address, self._key = bot, address, key
        self._limit, self._send = limit, send
        self._refs: list[Ref] = []
        self._failed = 0
        self._shown = ""

    @property
    def refs(self) -> tuple[Ref, ...]:
        """See hub.ports.adapter.LongStream."""
        return tuple(self._refs)

    async def show(self, text: str) -> None:
        """Show `text`. Raises RateLimited, Forbidden, and what else goes wrong once it has gone wrong too often."""
        parts = split(heal(text), self._limit, "utf16")
        for number in range(len(self._refs), len(parts) - 1):
            self._refs.append(await self._send(parts[number], self._key if not number else f"{self._key}.{number}"))
            self._shown = ""
        if not parts or parts[-1] == self._shown or len(parts) <= len(self._refs):
            return
        try:
            await self._draft(parts[-1])
        except BadToken:
            # 404 is what a server says that does not know drafts: an older one of the operator's own
            self._account.drafts = False
            raise
        except (Rejected, Unreachable):
            self._failed += 1
            if self._failed >= PATIENCE:
                raise
            return
        self._failed = 0
        self._shown = parts[-1]

    async def _draft(self, text: str) -> None:
        drawn = draw(text)
        fields = {
            "draft_id": zlib.crc32(f"{self._key}.{len(self._refs)}".encode()) | 1,
            "text": drawn.text,
            "entities": drawn.entities or None,
            "message_thread_id": int(self._address.thread) if self._address.thread.isdigit() else None,
        }
        await self._account.call_in(self._address, "sendMessageDraft", fields)

    async def close(self) -> None:
        """Nothing to do: the final message ends the draft."""
