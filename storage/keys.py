"""The part of the store port about the API, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.key import Key, NewKey
from hub.domain.money import Ceiling
from hub.ports.keys import Replay, ReplayLock


class KeysOn:
    """`hub.ports.keys.Keys` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def create_key(self, key: NewKey) -> int:
        """Keep a key."""
        from storage.verbs import keys

        number: int = await self._write(keys.create_key, key, resolve=keys.find_created)
        return number

    async def find_key(self, digest: str) -> Key | None:
        """The key that a digest stands for."""
        from storage.verbs import keys

        found: Key | None = await self._read(keys.find_key, digest)
        return found

    async def keys(self, tenant: int, account_id: int, after: int, limit: int) -> tuple[Key, ...]:
        """Keys of an account or of a tenant."""
        from storage.verbs import keys

        lines: tuple[Key, ...] = await self._read(keys.keys, tenant, account_id, after, limit)
        return lines

    async def spent_under(self, tenant: int, ceiling: Ceiling) -> int:
        """What was spent under a ceiling."""
        from storage.verbs import keys

        spent: int = await self._read(keys.spent_under, tenant, ceiling)
        return spent

    async def revoke_key(self, tenant: int, key_id: int) -> bool:
        """Let nothing be opened with a key any more."""
        from storage.verbs import keys

        done: bool = await self._write(keys.revoke_key, tenant, key_id)
        return done

    async def open_replay(self, lock: ReplayLock) -> Replay:
        """Lock a call by its idempotency key."""
        from storage.verbs import keys

        found: Replay = await self._write(keys.open_replay, lock, resolve=keys.find_opened, soon=True)
        return found

    async def keep_replay(self, ours: Replay, status: int, answer: bytes) -> bool:
        """Keep what was answered."""
        from storage.verbs import keys

        kept: bool = await self._write(keys.keep_replay, ours, status, answer)
        return kept

    async def drop_replay(self, ours: Replay) -> None:
        """Keep nothing."""
        from storage.verbs import keys

        await self._write(keys.drop_replay, ours)
