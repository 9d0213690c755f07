"""The part of the store port about housekeeping, on either database. Knows what writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.address import Address
from hub.domain.inbound import Attachment
from hub.ports.store import Retention
from storage.verbs import care


class CareOn:
    """`hub.ports.store.Care` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def put_file(self, address: Address, media_type: str, name: str, content: bytes) -> Attachment:
        """Keep a file."""
        kept: Attachment = await self._write(care.put_file, address, media_type, name, content, long=True)
        return kept

    async def find_file(self, tenant: int, file: str) -> Attachment | None:
        """A file by id, without its content."""
        found: Attachment | None = await self._read(care.find_file, tenant, file)
        return found

    async def get_file(self, tenant: int, file: str) -> tuple[Attachment, bytes] | None:
        """A file by id."""
        found: tuple[Attachment, bytes] | None = await self._read(care.get_file, tenant, file)
        return found

    async def house_secret(self, name: str) -> bytes:
        """32 random bytes."""
        secret: bytes = await self._write(care.house_secret, name)
        return secret

    async def retain(self, retention: Retention, now: int) -> int:
        """Delete a bounded batch."""
        from storage.verbs.retention import retain

        gone: int = await self._write(retain, retention, now, long=True)
        return gone

    async def check(self) -> str:
        """Raises StoreDown when the database cannot be written; the version of its schema."""
        version: str = await self._write(care.check)
        return version

    async def counts(self) -> dict[str, int]:
        """Open rows by kind."""
        found: dict[str, int] = await self._read(care.counts)
        return found
