"""The part of the store port about one person, on either database. Knows what writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.person import Erased, Erasure, HeldPage


class PersonsOn:
    """`hub.ports.person.Persons` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def held_topics(self) -> tuple[str, ...]:
        """Names of what may be held."""
        from storage.verbs import held

        return (*held.TOPICS, held.THIS_MONTH)

    async def held(self, tenant: int, account_id: int, topic: str, after: int, limit: int) -> HeldPage:
        """A page of one topic."""
        from storage.verbs import held

        page: HeldPage = await self._read(held.held, tenant, account_id, topic, after, limit)
        return page

    async def has_running_plan(self, tenant: int, account_id: int) -> str:
        """The plan that is paid for again and again."""
        from storage.verbs import held

        plan: str = await self._read(held.has_running_plan, tenant, account_id)
        return plan

    async def erase(self, tenant: int, account_id: int, *, keep_turn: int = 0) -> Erased:
        """Erase a person."""
        from storage.verbs import erasing

        gone: Erased = await self._write(erasing.erase, tenant, account_id, keep_turn, long=True)
        return gone

    async def erasures_due(self, asked_before: int, limit: int) -> tuple[Erasure, ...]:
        """Accounts with something left over."""
        from storage.verbs import erasing

        due: tuple[Erasure, ...] = await self._read(erasing.erasures_due, asked_before, limit)
        return due
