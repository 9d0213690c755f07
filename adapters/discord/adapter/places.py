"""What one bot knows of channels and threads. Knows how to learn it; must not know what is said there."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

import msgspec

from adapters.discord.parse.shapes import Channel, Guild, Member
from adapters.discord.parse.standing import Me, Place, runs
from adapters.discord.wire.line import Account
from hub.domain.errors import Forbidden, Rejected

MOST_PLACES = 50_000
"""Channels and threads remembered; what is forgotten is asked for again."""

TITLE_LIMIT = 100
"""Characters of a thread's name."""

_Value = TypeVar("_Value")


class Few(OrderedDict[str, _Value]):
    """The newest few of something, by name."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, name: str, value: _Value) -> None:
        """Remember `value`, forgetting the oldest beyond the bound."""
        self[name] = value
        self.move_to_end(name)
        while len(self) > self._most:
            self.popitem(last=False)


class Places:
    """Channels and threads of one bot; `me` says who the bot is."""

    def __init__(self, account: Account, me: Me) -> None:
        self.me = me
        self._account = account
        self._known: Few[Place] = Few(MOST_PLACES)
        self._guild_of: Few[str] = Few(MOST_PLACES)
        self._roles: dict[str, str] = {}
        self.unborn: Few[str] = Few(1_000)
        """Threads whose first message is still to be sent, with what to call them."""
        self.threadless: Few[None] = Few(1_000)
        """Messages from which no thread can be made: their answers stand in the channel."""

    def learn(self, channel: Channel) -> Place:
        """Remember a channel or thread."""
        place = Place.of(channel, self.me.bot)
        self._known.keep(channel.id, place)
        if channel.guild_id:
            self._guild_of.keep(channel.id, channel.guild_id)
        return place

    def learn_guild(self, guild: Guild) -> None:
        """Remember a server: its channels, threads, and our role there."""
        for channel in (*guild.channels, *guild.threads):
            channel.guild_id = guild.id
            self.learn(channel)
        for role in guild.roles:
            if role.tags.get("bot_id") == self.me.bot:
                self._roles[guild.id] = role.id
        self._name_roles()

    def forget_guild(self, guild: str) -> None:
        """We are not on this server any more."""
        for channel in [one for one, home in self._guild_of.items() if home == guild]:
            self.forget(channel)
        self._roles.pop(guild, None)
        self._name_roles()

    def forget(self, channel: str) -> None:
        """A channel or thread is gone."""
        self._known.pop(channel, None)
        self._guild_of.pop(channel, None)

    def born(self, thread: str, parent: str) -> None:
        """A thread of ours is there."""
        self.unborn.pop(thread, None)
        self._known.keep(thread, Place(parent=parent, ours=True, threadable=False))

    def is_known(self, channel: str) -> bool:
        """Whether the channel or thread is there for sure."""
        return channel in self._known

    async def at(self, channel: str, guild: str | None) -> Place:
        """What `channel` is; asked for when not known. Raises RateLimited, Unreachable."""
        if guild is None:
            return Place(private=True)
        known = self._known.get(channel)
        if known is not None:
            return known
        try:
            return self.learn(msgspec.convert(await self._account.call("GET", "channels/{}", channel), Channel))
        except (Forbidden, Rejected, msgspec.ValidationError):
            place = Place()
            self._known.keep(channel, place)
            return place

    async def guild_of(self, channel: str) -> str:
        """The server of a channel, empty for none; asked for when not known. Raises AdapterError."""
        if channel not in self._guild_of:
            found = msgspec.convert(await self._account.call("GET", "channels/{}", channel), Channel)
            self.learn(found)
            return found.guild_id or ""
        return self._guild_of[channel]

    async def is_admin(self, channel: str, user: str) -> bool:
        """Whether `user` runs the server of `channel`. Raises AdapterError."""
        guild_id = await self.guild_of(channel)
        if not guild_id or not user.isdecimal():
            return False
        try:
            guild = msgspec.convert(await self._account.call("GET", "guilds/{}", guild_id), Guild)
            member = await self._account.call("GET", "guilds/{}/members/{}", guild_id, user)
            return runs(guild, user, msgspec.convert(member, Member))
        except msgspec.ValidationError:
            return False

    def _name_roles(self) -> None:
        self.me = Me(self.me.bot, self.me.tenant, frozenset(self._roles.values()))
