"""Who we are and where something happened. Knows ids and kinds of places; must not know how they were learned."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.discord.parse.shapes import Channel, Guild, Member
from hub.domain.address import Address, ChatKind

PLATFORM = "discord"

THREADS = frozenset({10, 11, 12})
"""Channel types that are threads: of announcements, public, private."""

HOLDS_THREADS = frozenset({0, 5})
"""Channel types in which a message can begin a thread: text and announcements."""

PRIVATE = 1
GROUP_PRIVATE = 3
"""Channel types without a server: with one person, with several."""


RUNS = 1 << 3 | 1 << 5
"""Permissions of those who run a server: ADMINISTRATOR, MANAGE_GUILD."""


@dataclass(frozen=True, slots=True)
class Me:
    """One bot account; `roles` were made for it and may be mentioned in its stead."""

    bot: str
    tenant: int
    roles: frozenset[str] = frozenset()

    def address(self, chat: str, thread: str = "", *, private: bool = False) -> Address:
        """An address of this bot's."""
        return Address(self.tenant, PLATFORM, self.bot, chat, thread, ChatKind.PRIVATE if private else ChatKind.GROUP)


@dataclass(frozen=True, slots=True)
class Place:
    """A channel as far as it matters. `parent`: set for a thread; `ours`: we began it."""

    parent: str = ""
    ours: bool = False
    threadable: bool = True
    private: bool = False

    @classmethod
    def of(cls, channel: Channel, bot: str) -> Place:
        """What `channel` is to the bot."""
        if channel.type in THREADS:
            return cls(parent=channel.parent_id or "", ours=channel.owner_id == bot, threadable=False)
        return cls(threadable=channel.type in HOLDS_THREADS, private=channel.type == PRIVATE)

    def address(self, me: Me, channel: str) -> Address:
        """Where something said in `channel` is answered."""
        if self.private:
            return me.address(channel, private=True)
        return me.address(self.parent, channel) if self.parent else me.address(channel)


def runs(guild: Guild, user: str, member: Member) -> bool:
    """Whether `user` owns the server, or has a role that lets them run it; everybody's role has the server's id."""
    roles = {guild.id, *member.roles}
    bits = [int(role.permissions) for role in guild.roles if role.id in roles and role.permissions.isdecimal()]
    return guild.owner_id == user or any(one & RUNS for one in bits)
