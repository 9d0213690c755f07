"""The part of the store port about groups, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.address import Address
from hub.domain.group import GroupLine, GroupPolicy


class GroupsOn:
    """`hub.ports.groups.Groups` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def group_policy(self, address: Address) -> GroupPolicy:
        """The policy of a chat."""
        from storage.verbs import groups

        policy: GroupPolicy = await self._read(groups.group_policy, address)
        return policy

    async def set_group_policy(self, address: Address, policy: GroupPolicy) -> None:
        """Decide for a chat."""
        from storage.verbs import groups

        await self._write(groups.set_group_policy, address, policy)

    async def move_chat(self, address: Address, chat: str) -> None:
        """The chat of `address` is called `chat` from now on."""
        from storage.verbs import renaming

        await self._write(renaming.move_chat, address, chat)

    async def groups(self, tenant: int, payer: int, after: int, limit: int) -> tuple[GroupLine, ...]:
        """Groups that something was decided for."""
        from storage.verbs import groups

        lines: tuple[GroupLine, ...] = await self._read(groups.groups, tenant, payer, after, limit)
        return lines

    async def stop_paying(self, tenant: int, policy_id: int, payer: int) -> bool:
        """The sponsor pays for a group no more."""
        from storage.verbs import groups

        done: bool = await self._write(groups.stop_paying, tenant, policy_id, payer)
        return done
