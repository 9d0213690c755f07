"""Whom the house answers where others read along. Knows policy and threads; must not know platforms' manners."""

from __future__ import annotations

from hub.core.policies import Policies
from hub.core.rules import Rules
from hub.domain.address import Address
from hub.domain.errors import NotAllowed
from hub.domain.group import Asking, GroupPolicy
from hub.domain.inbound import Inbound, Said
from hub.ports.store import Store


class Groups:
    """The way into a conversation that is a chat's."""

    def __init__(self, store: Store, policies: Policies, rules: Rules) -> None:
        self._store, self._policies, self._rules = store, policies, rules.groups

    async def admit(self, inbound: Inbound) -> bool:
        """Whether `inbound`, said in a group, is taken: said to us, in a thread of ours, or where we always answer.

        Raises NotAllowed when somebody speaks to us who may not ask here, StoreDown."""
        policy = await self._policies.at(inbound.address)
        if not inbound.directed and not await self._may_hear(inbound.address, policy):
            return False
        if await self._may_ask(inbound, policy):
            return True
        if inbound.directed:
            raise self._refusal(inbound, policy)
        return False

    async def _may_hear(self, address: Address, policy: GroupPolicy) -> bool:
        if self._rules.answers_all(address.platform) if policy.always is None else policy.always:
            return True
        return bool(address.thread) and await self._store.answered_at(address)

    async def _may_ask(self, inbound: Inbound, policy: GroupPolicy) -> bool:
        """As the group has it, else the house. `/group` itself goes by the house alone: whoever made a group with
        themselves as admin opens nothing that the operator closed, and nobody locks themselves out."""
        user, content = inbound.sender.user, inbound.content
        if policy.asking is None or (not isinstance(content, Said) and content.command == "group"):
            members = self._rules.members
            return not members or f"{inbound.address.platform}:{user}" in members
        if policy.asking is Asking.EVERYBODY or (policy.asking is Asking.MEMBERS and user in policy.members):
            return True
        return await self._policies.is_admin(inbound.address, user)

    def _refusal(self, inbound: Inbound, policy: GroupPolicy) -> NotAllowed:
        match policy.asking:
            case Asking.ADMINS:
                return NotAllowed("group_admins_only")
            case Asking.MEMBERS:
                return NotAllowed("group_listed_only", user=inbound.sender.user)
        return NotAllowed("group_members_only")
