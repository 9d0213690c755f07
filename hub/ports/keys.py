"""What storage offers the HTTP API. Knows keys and kept answers; must not know HTTP, or how a key is spelled.

Each verb is one atomic step; each may raise StoreDown (then nothing was written). Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hub.domain.key import Key, NewKey
from hub.domain.money import Ceiling


class ReplayState(StrEnum):
    """What is known of a call by its idempotency key. FRESH: nothing, and it is the caller's now to answer.

    OPEN: somebody is answering it; OTHER: another body came with it; DONE: answered and kept; LOST: too large to keep;
    SHUT: its key opens nothing any more.
    """

    FRESH = "fresh"
    OPEN = "open"
    OTHER = "other"
    DONE = "done"
    LOST = "lost"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Replay:
    """`status` and `answer` (as it was given to `keep_replay`) only with DONE; `until` only with FRESH: it tells whose
    the lock is, for whoever takes it over has a later one."""

    state: ReplayState
    id: int = 0
    status: int = 0
    answer: bytes = b""
    until: int = 0


@dataclass(frozen=True, slots=True)
class ReplayLock:
    """One call by its idempotency key: `digest` of its body; `until`: when a lock is void, its owner having died."""

    tenant: int
    key_id: int
    name: str
    digest: str
    until: int


class Keys(Protocol):
    """Keys of the API, and the answers that are kept for a repeated call."""

    async def create_key(self, key: NewKey) -> int:
        """Keep a key; its number. Raises LookupError unless its account is there and was not joined into another."""
        ...

    async def find_key(self, digest: str) -> Key | None:
        """The key that `digest` stands for, living or not, in whichever tenant."""
        ...

    async def keys(self, tenant: int, account_id: int, after: int, limit: int) -> tuple[Key, ...]:
        """Keys with numbers greater than `after`, in order; account 0: everybody's."""
        ...

    async def spent_under(self, tenant: int, ceiling: Ceiling) -> int:
        """What was spent under a ceiling, with what is set aside under it now."""
        ...

    async def revoke_key(self, tenant: int, key_id: int) -> bool:
        """From its commit on no call is opened with the key. False: there is none such, or it was revoked before."""
        ...

    async def open_replay(self, lock: ReplayLock) -> Replay:
        """Lock a call before it is answered, or say what is known of it. A lock past its `until` is taken over."""
        ...

    async def keep_replay(self, ours: Replay, status: int, answer: bytes) -> bool:
        """The call that was FRESH was answered; an empty `answer` is too large to keep. False: the lock was taken over,
        and whoever has it says what is kept."""
        ...

    async def drop_replay(self, ours: Replay) -> None:
        """The call that was FRESH was not answered: the next one with its key runs, unless the lock was taken over."""
        ...
