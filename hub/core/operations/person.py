"""Everything that is held of one person, as they are given it. Knows topics, JSON and the signed word in a link.

Must not know HTTP, commands or tables. What is given is written as it is read, a page at a time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator

from hub.ports.person import Persons

PATH = "/export"
"""Where links lead to, under the public address; the word follows as `?word=`."""

LIFE_MS = 15 * 60_000
"""So long such a link is good for."""

PAGE, LARGE = 200, frozenset({"files", "api_answers"})
"""Rows read in one step; of these topics one, for each holds its content."""

SIGNED = 32
"""Characters of the signature: 128 bits."""

WHY = "All that this Parley holds of one account. Times are milliseconds since 1970; files and kept answers are base64."


async def told(persons: Persons, tenant: int, account_id: int) -> AsyncIterator[str]:
    """The export as JSON, in pieces. Raises StoreDown."""
    yield f'{{"about": {json.dumps(WHY)}'
    for topic in await persons.held_topics():
        yield f',\n"{topic}": ['
        async for row in _rows(persons, tenant, account_id, topic):
            yield row
        yield "]"
    yield "}\n"


async def _rows(persons: Persons, tenant: int, account_id: int, topic: str) -> AsyncIterator[str]:
    after, between = 0, "\n"
    while True:
        limit = 1 if topic in LARGE else PAGE
        page = await persons.held(tenant, account_id, topic, after, limit)
        for row in page.rows:
            yield between + json.dumps(row, ensure_ascii=False)
            between = ",\n"
        after = page.after
        if not after:
            return


class Exports:
    """Links that a person gets in a chat. `key`: 32 secret bytes for this purpose alone."""

    def __init__(self, persons: Persons, key: bytes) -> None:
        self._persons, self._key = persons, key

    def word(self, tenant: int, account_id: int, now: int) -> str:
        """What names the account in a link that is good from `now` (milliseconds since 1970) for LIFE_MS."""
        name = f"{tenant}.{account_id}.{now + LIFE_MS}"
        return f"{name}.{self._sign(name)}"

    def read(self, word: str, now: int) -> tuple[int, int] | None:
        """Tenant and account of a link's word; None when it is not ours or too old."""
        name, _, signed = word.rpartition(".")
        if not hmac.compare_digest(signed.encode(), self._sign(name).encode()):
            return None
        tenant, account, until = map(int, name.split("."))
        return (tenant, account) if now < until else None

    def told(self, tenant: int, account_id: int) -> AsyncIterator[str]:
        """The export as JSON, in pieces. Raises StoreDown."""
        return told(self._persons, tenant, account_id)

    def _sign(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:SIGNED]
