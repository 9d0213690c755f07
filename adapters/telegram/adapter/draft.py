"""A reply that grows as a draft. Knows sendMessageDraft; must not send what stays: that is the final message's.

Drafts exist in private chats, are gone after 30 seconds without a frame or with the next message, and never become one.
"""

from __future__ import annotations

import zlib

from adapters.telegram.adapter.account import Account
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
    """One reply being written; it always has to be sent."""

    ref: Ref | None = None

    def __init__(self, account: Account, address: Address, key: str, limit: int) -> None:
        self._account, self._address, self._limit = account, address, limit
        self._draft = zlib.crc32(key.encode()) | 1
        self._failed = 0
        self._shown = ""

    async def show(self, text: str) -> None:
        """Show the end of `text`, as much as one message holds.

        Raises RateLimited, Forbidden, and what else goes wrong once it has gone wrong too often."""
        parts = split(heal(text), self._limit, "utf16")
        if not parts or parts[-1] == self._shown:
            return
        drawn = draw(parts[-1])
        thread = int(self._address.thread) if self._address.thread else None
        fields = {
            "draft_id": self._draft,
            "text": drawn.text,
            "entities": drawn.entities or None,
            "message_thread_id": thread,
        }
        try:
            await self._account.call_in(self._address, "sendMessageDraft", fields)
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

    async def close(self) -> None:
        """Nothing to do: the final message ends the draft."""
