"""What holds in which group, and who runs it. Knows how long an answer is believed; must not know who asks why."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

from hub.core.rules import Rules
from hub.domain.address import Address, ChatKind
from hub.domain.errors import AdapterError
from hub.domain.group import AS_THE_HOUSE, GroupPolicy
from hub.domain.turn import Overlap
from hub.ports.adapter import Adapter, Admins, Asides, Workspaces
from hub.ports.groups import Groups

BELIEVED = 2.0
"""Seconds for which a policy is not read again: so soon what another process or the command line changed holds here."""

ADMIN_SECONDS = 60.0
"""Seconds for which somebody is believed to be, or not to be, an admin."""

REMEMBERED = 10_000

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Believed(Generic[_Key, _Value]):
    """The newest answers, each for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: OrderedDict[_Key, tuple[float, _Value]] = OrderedDict()

    def find(self, key: _Key) -> _Value | None:
        """What was kept, unless it is too old."""
        until, value = self._kept.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def keep(self, key: _Key, value: _Value) -> _Value:
        """Believe `value` from now on."""
        self._kept[key] = time.monotonic() + self._seconds, value
        self._kept.move_to_end(key)
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return value

    def forget(self, key: _Key) -> None:
        """Ask again."""
        self._kept.pop(key, None)


class Policies:
    """Reads policies of groups and asks platforms for admins; private chats are never looked up."""

    def __init__(self, store: Groups, adapters: Mapping[str, Adapter], rules: Rules) -> None:
        self._store, self._adapters, self._rules = store, adapters, rules
        self._known: Believed[tuple[int, str, str, str], GroupPolicy] = Believed(BELIEVED)
        self._admins: Believed[tuple[str, str, str, str], bool] = Believed(ADMIN_SECONDS)

    async def at(self, address: Address) -> GroupPolicy:
        """The policy of the chat of `address`. Raises StoreDown."""
        if address.kind is ChatKind.PRIVATE:
            return AS_THE_HOUSE
        known = self._known.find(_chat(address))
        if known is None:
            known = self._known.keep(_chat(address), await self._store.group_policy(address))
        return known

    async def decide(self, address: Address, policy: GroupPolicy) -> None:
        """Decide for the chat of `address`. Raises StoreDown."""
        await self._store.set_group_policy(address, policy)
        self._known.forget(_chat(address))

    async def overlap(self, address: Address) -> Overlap:
        """What happens there to messages that arrive while a turn runs. Raises StoreDown."""
        return (await self.at(address)).overlap or self._rules.overlap_for(address)

    def group_of(self, address: Address) -> Address:
        """The group around `address`, which itself may be seen by one person alone."""
        adapter = self._adapters[address.platform]
        return adapter.group_of(address) if isinstance(adapter, Asides) else address

    async def workspace(self, address: Address) -> str:
        """The workspace or server that `address` is part of, a group itself where there is none; empty: nothing."""
        adapter = self._adapters[address.platform]
        if not isinstance(adapter, Workspaces):
            return address.chat if address.kind is ChatKind.GROUP else ""
        try:
            return await adapter.workspace(address)
        except AdapterError:
            return ""

    async def is_admin(self, address: Address, user: str) -> bool:
        """Whether `user` runs the group, as far as its platform says."""
        adapter = self._adapters[address.platform]
        if not isinstance(adapter, Admins):
            return False
        key = (address.platform, address.bot, address.chat, user)
        known = self._admins.find(key)
        if known is not None:
            return known
        try:
            return self._admins.keep(key, await adapter.is_admin(address, user))
        except AdapterError:
            return False


def _chat(address: Address) -> tuple[int, str, str, str]:
    return address.tenant, address.platform, address.bot, address.chat
