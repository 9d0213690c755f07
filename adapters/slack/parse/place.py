"""Our spelling of places in Slack. Knows channels, threads, the Home tab and asides; must not know payloads.

An aside is what only one person sees of a channel: answers to a slash command called there.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.domain.address import Address, ChatKind

PLATFORM = "slack"
_HOME, _ASIDE = "home:", "aside:"


@dataclass(frozen=True, slots=True)
class Me:
    """One of our bots: tenant, name in addresses (`TEAM:USER`), user and bot ids, whether it is an agent."""

    tenant: int
    id: str
    user: str
    bot: str
    agent: bool = True

    def at(self, chat: str, thread: str, *, private: bool) -> Address:
        """An address of this bot."""
        return Address(self.tenant, PLATFORM, self.id, chat, thread, ChatKind.PRIVATE if private else ChatKind.GROUP)


def home(user: str) -> str:
    """The chat that is somebody's Home tab."""
    return _HOME + user


def home_of(chat: str) -> str:
    """Whose Home tab `chat` is; empty when it is none."""
    return chat.removeprefix(_HOME) if chat.startswith(_HOME) else ""


def aside(channel: str, user: str) -> str:
    """The chat that only `user` sees in `channel`."""
    return f"{_ASIDE}{channel}:{user}"


def aside_of(chat: str) -> tuple[str, str]:
    """Channel and user of an aside; empty when it is none."""
    if not chat.startswith(_ASIDE):
        return "", ""
    channel, _, user = chat.removeprefix(_ASIDE).partition(":")
    return channel, user


def is_direct(channel: str) -> bool:
    """Whether a channel's id is that of a direct message."""
    return channel.startswith("D")
