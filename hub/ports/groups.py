"""What storage offers about groups. Knows policies of chats; must not know who may change them.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.address import Address
from hub.domain.group import GroupLine, GroupPolicy


class Groups(Protocol):
    """What was decided for which group; threads share their chat's."""

    async def group_policy(self, address: Address) -> GroupPolicy:
        """The policy of the chat of `address`."""
        ...

    async def set_group_policy(self, address: Address, policy: GroupPolicy) -> None:
        """Decide for the chat of `address`; what is None goes back to the house's."""
        ...

    async def move_chat(self, address: Address, chat: str) -> None:
        """The chat of `address`, as its bot knows it, is called `chat` from now on: what was decided for it, its
        team, its conversations and lanes go on there. A repeat changes nothing."""
        ...

    async def groups(self, tenant: int, payer: int, after: int, limit: int) -> tuple[GroupLine, ...]:
        """Groups that something was decided for, with row ids greater than `after`; `payer`: only those it pays for."""
        ...

    async def stop_paying(self, tenant: int, policy_id: int, payer: int) -> bool:
        """The sponsor `payer` pays for that group no more; False: it does not."""
        ...
