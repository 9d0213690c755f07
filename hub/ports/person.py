"""What storage offers about everything that is held of one person. Knows topics; must not know who asks.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.person import Erased, Erasure, HeldPage


class Persons(Protocol):
    """One person, whole."""

    async def held_topics(self) -> tuple[str, ...]:
        """Names of what may be held of somebody, in the order in which it is told."""
        ...

    async def held(self, tenant: int, account_id: int, topic: str, after: int, limit: int) -> HeldPage:
        """A page of what is held of an account and of those joined into it: all but digests of secrets.

        `content` of files is base64. Raises KeyError for an unknown topic."""
        ...

    async def has_running_plan(self, tenant: int, account_id: int) -> str:
        """The plan that is paid for again and again until it is ended at the gateway; empty: none."""
        ...

    async def erase(self, tenant: int, account_id: int, *, keep_turn: int = 0) -> Erased:
        """Erase what is held of an account and of those joined into it.

        What was used, charged and paid stays as numbers of an account that names nobody, and the ids of what platforms
        delivered stay, so that a redelivery brings nothing back. `keep_turn`: the turn that asks for it; it and its
        place stay until `erasures_due` gives the account back, to be erased again without."""
        ...

    async def erasures_due(self, asked_before: int, limit: int) -> tuple[Erasure, ...]:
        """Accounts with something left over from an erasure asked for before then."""
        ...
