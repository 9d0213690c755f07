"""Where an answer goes. Knows the four coordinates; must not know what any platform means by them."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.value import dataclass

DEFAULT_TENANT = 1
"""Tenant of a hub that serves one house; the first migration creates it."""


class ChatKind(StrEnum):
    """Who can read along."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Address:
    """`bot`, `chat` and `thread` are opaque text, written and read by the platform's adapter only."""

    tenant: int
    platform: str
    bot: str
    chat: str
    thread: str = ""
    kind: ChatKind = ChatKind.PRIVATE
