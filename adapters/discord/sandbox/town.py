"""Who and what there is: accounts, servers, channels, messages. Knows state alone; must not know wire formats."""

from __future__ import annotations

import asyncio
import base64
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

EPOCH = 1_420_070_400_000
_Found = TypeVar("_Found")
_Account = TypeVar("_Account", bound="Account")

TEXT, PRIVATE, VOICE, FORUM, THREAD = 0, 1, 2, 15, 11
EPHEMERAL, LOADING = 64, 128


@dataclass
class Account:
    """A person or a bot."""

    id: str
    name: str
    language: str = "en-US"
    is_bot: bool = False


@dataclass
class Bot(Account):
    """A bot: `content_intent` is what its owner ticked in the portal; `revoked`: the token is no longer good."""

    token: str = ""
    content_intent: bool = True
    revoked: bool = False
    public: bool = True
    commands: list[dict[str, Any]] = field(default_factory=list)
    identifies: int = 0
    identify_budget: int = 1000


@dataclass
class File:
    """Something uploaded; `key` is in its address, and changes when addresses run out."""

    id: str
    name: str
    media_type: str
    content: bytes
    key: str = field(default_factory=lambda: secrets.token_hex(4))


@dataclass
class Message:
    """A message as it is now; `frames` keeps every text it ever showed, `pinged` the accounts it made noise for."""

    id: str
    channel: Channel
    author: Account
    content: str
    flags: int = 0
    components: list[dict[str, Any]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    nonce: str | int | None = None
    answers: Message | None = None
    only_for: str = ""
    application: str = ""
    kind: int = 0
    mentions: list[Account] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: str | None = None
    frames: list[str] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)

    @property
    def thinking(self) -> bool:
        """Whether it is only the sign of an answer to come."""
        return bool(self.flags & LOADING)


@dataclass
class Channel:
    """A channel, thread or private talk; `members` of a private one only, a thread has its parent's."""

    id: str
    kind: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    owner: str = ""
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    archived: bool = False
    may_thread: bool = True
    typed: list[tuple[float, str]] = field(default_factory=list)

    def seen_by(self, account: str) -> bool:
        """Whether an account can read here."""
        return account in (self.guild.members if self.guild else self.members)

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass
class Guild:
    """A server; `admins` have a role that lets them run it."""

    id: str
    name: str
    owner: str = ""
    admins: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    channels: dict[str, Channel] = field(default_factory=dict)


@dataclass
class Interaction:
    """A command call or press; `answered`: the kind of the first sign, 0 while there is none."""

    id: str
    token: str
    kind: int
    bot: Bot
    person: Account
    channel: Channel
    payload: dict[str, Any]
    at: float
    answered: int = 0
    original: Message | None = None
    choices: list[str] | None = None


class Town:
    """Everything there is, and a way to wait until something is different."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()

    def snowflake(self) -> str:
        """The next id: time above, a counter below."""
        return str(((int(time.time() * 1000) - EPOCH) << 22) | (next(self._numbers) & 0x3FFFFF))

    def bots(self) -> Iterator[Bot]:
        """Every bot."""
        return (one for one in self.accounts.values() if isinstance(one, Bot))

    def person(self, name: str, language: str) -> Account:
        """A new person."""
        return self._settle(Account(self.snowflake(), name, language))

    def bot(self, name: str) -> Bot:
        """A new bot with a token of Discord's form."""
        bot = Bot(self.snowflake(), name, is_bot=True)
        first = base64.urlsafe_b64encode(bot.id.encode()).decode().rstrip("=")
        bot.token = f"{first}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(24)}"
        return self._settle(bot)

    def guild(self, name: str, members: set[str]) -> Guild:
        """A server with one text channel, `general`."""
        guild = Guild(self.snowflake(), name, members=members)
        self.guilds[guild.id] = guild
        self.channel(guild, "general")
        return guild

    def channel(self, guild: Guild, name: str, kind: int = TEXT) -> Channel:
        """A channel of a server."""
        channel = Channel(self.snowflake(), kind, name, guild)
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def thread(self, parent: Channel, name: str, owner: str, thread_id: str | None = None) -> Channel:
        """A thread; one that begins with a message has its id."""
        thread = Channel(thread_id or self.snowflake(), THREAD, name, parent.guild, parent, owner)
        if parent.guild:
            parent.guild.channels[thread.id] = thread
        self.channels[thread.id] = thread
        return thread

    def private(self, one: str, other: str) -> Channel:
        """The private talk of two accounts."""
        for channel in self.channels.values():
            if channel.kind == PRIVATE and channel.members == {one, other}:
                return channel
        channel = Channel(self.snowflake(), PRIVATE, members={one, other})
        self.channels[channel.id] = channel
        return channel

    def changed(self) -> None:
        """Wake whoever waits."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def until(self, found: Callable[[], _Found | None], timeout: float, what: Callable[[], str]) -> _Found:
        """Wait until `found` finds something. Raises AssertionError with `what` says."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    seen = found()
                    if seen is not None:
                        return seen
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {timeout} s: {what()}") from None

    def _settle(self, account: _Account) -> _Account:
        self.accounts[account.id] = account
        return account
