"""Whom the house answers where others read along. Knows policy and threads; must not know platforms' manners."""

from __future__ import annotations

from hub.core.rules import Rules
from hub.domain.address import Address
from hub.domain.errors import NotAllowed
from hub.domain.inbound import Inbound, Pressed
from hub.ports.store import Store


class Groups:
    """The way into a conversation that is a chat's."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules.groups

    async def admit(self, inbound: Inbound) -> bool:
        """Whether `inbound`, said in a group, is taken: said to us, in a thread of ours, or where we always answer.

        Raises NotAllowed when somebody speaks to us who may not ask here, StoreDown."""
        if not inbound.directed and not await self._may_hear(inbound.address):
            return False
        if self._may_ask(inbound):
            return True
        if inbound.directed:
            raise NotAllowed("group_members_only")
        return False

    async def _may_hear(self, address: Address) -> bool:
        if self._rules.answers_all(address.platform):
            return True
        return bool(address.thread) and await self._store.answered_at(address)

    def _may_ask(self, inbound: Inbound) -> bool:
        """An opinion of an answer may be anybody's."""
        if not self._rules.members or (isinstance(inbound.content, Pressed) and inbound.content.command == "rate"):
            return True
        return f"{inbound.address.platform}:{inbound.sender.user}" in self._rules.members
