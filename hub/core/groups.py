"""Whom the house answers where others read along. Knows policy and threads; must not know platforms' manners."""

from __future__ import annotations

from hub.core.commands.hidden import keep_opinion
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

        An opinion is kept at once and not taken: most in a group are of what somebody else said.
        Raises NotAllowed when somebody speaks to us who may not ask here, StoreDown."""
        content = inbound.content
        if isinstance(content, Pressed) and content.command == "rate":
            await keep_opinion(self._store, inbound, content.argument)
            return False
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
        members = self._rules.members
        return not members or f"{inbound.address.platform}:{inbound.sender.user}" in members
