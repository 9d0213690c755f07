"""Keys of the API at the door. Knows how one is spelled, hashed, found and paced; must not know HTTP or tables."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Protocol

from hub.core.pace import Paces
from hub.domain.key import Key
from hub.ports.keys import Keys, Replay, ReplayLock, ReplayState
from hub.ports.paces import Paces as Shared

__all__ = ["KeyRing", "Keys", "Replay", "ReplayLock", "ReplayState", "digest_of", "new_secret"]

PREFIX = "pk-parley-"

SECRET_BYTES = 32
"""256 bit: nobody guesses one, so no hash need be slow."""

SHOWN = len(PREFIX) + 6
"""Characters of a key that lists show: 36 of its 256 bits."""

KNOWN_SECONDS = 2.0
"""How long a living key is remembered. Nothing is opened on that memory alone: the step that opens a call looks at
the key's row, so that a revoked one opens nothing from the commit of its revocation on."""

KNOWN_KEYS = 10_000
"""Keys remembered at most."""

LONGEST = 200
"""Characters of what poses as a key that are looked at."""


def new_secret() -> str:
    """A key, as it is shown once."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(house_key: bytes, secret: str) -> str:
    """What stands for a key in the database: HMAC-SHA256 under a secret of the house."""
    return hmac.digest(house_key, secret[:LONGEST].encode("utf-8", "surrogatepass"), "sha256").hex()


class KeyStore(Keys, Shared, Protocol):
    """What keeps keys and counts calls."""


class KeyRing:
    """Finds keys. `house_key`: 32 bytes; `per_minute`: calls with a key that has no limit of its own, 0: none."""

    def __init__(self, store: KeyStore, house_key: bytes, per_minute: int) -> None:
        self._store, self._house_key, self._per_minute = store, house_key, per_minute
        self._known: dict[str, tuple[Key, float]] = {}
        self._paces = Paces(store)

    async def find(self, secret: str, *, fresh: bool = False) -> Key | None:
        """The living key that `secret` is; None for everything else, after the same work whatever is wrong with it.

        `fresh`: what is remembered does not count. Raises StoreDown."""
        digest = digest_of(self._house_key, secret)
        now = time.monotonic()
        known = self._known.get(digest)
        if known is not None and known[1] > now and not fresh and known[0].lives(_now_ms()):
            return known[0]
        key = await self._store.find_key(digest)
        if key is None or not key.lives(_now_ms()):
            self._known.pop(digest, None)
            return None
        if len(self._known) >= KNOWN_KEYS:
            self._known.clear()
        self._known[digest] = (key, now + KNOWN_SECONDS)
        return key

    async def wait(self, key: Key) -> int:
        """Seconds until the next call with `key` may come; 0: it is counted and may come now. Raises StoreDown."""
        return await self._paces.wait(key.account.tenant, f"key:{key.id}", key.scope.per_minute or self._per_minute)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
