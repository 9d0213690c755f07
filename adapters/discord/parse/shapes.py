"""The parts of Discord's payloads that we read. Knows their fields; must not know what follows from them.

Everything not named is ignored. Ids are snowflakes: digits, so that none can bend a path.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

Snowflake = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}\Z")]

EPOCH = 1_420_070_400_000
"""Milliseconds at which Discord's ids begin."""


def snowflake(milliseconds: int) -> int:
    """The smallest id of that moment (milliseconds since 1970)."""
    return max(0, milliseconds - EPOCH) << 22


class User(msgspec.Struct):
    """A person or bot."""

    id: Snowflake
    username: str = ""
    global_name: str | None = None
    bot: bool = False


class Member(msgspec.Struct):
    """A user on a server; `user` is left out where it stands beside."""

    user: User | None = None
    nick: str | None = None
    roles: list[str] = []


class File(msgspec.Struct):
    """Something uploaded."""

    id: Snowflake
    filename: str = "file"
    content_type: str | None = None
    size: int = 0
    url: str = ""


class Forwarded(msgspec.Struct):
    """What a forwarded message holds of the original."""

    content: str = ""
    attachments: list[File] = []


class Snapshot(msgspec.Struct):
    """A forwarded message."""

    message: Forwarded


class Message(msgspec.Struct):
    """A message."""

    id: Snowflake
    channel_id: Snowflake
    author: User
    content: str = ""
    guild_id: Snowflake | None = None
    member: Member | None = None
    type: int = 0
    mentions: list[User] = []
    attachments: list[File] = []
    webhook_id: str | None = None
    referenced_message: Message | None = None
    message_snapshots: list[Snapshot] = []


class Emoji(msgspec.Struct):
    """An emoji; `name` is the character itself unless it is a server's own."""

    name: str | None = None
    id: str | None = None


class Reaction(msgspec.Struct):
    """A reaction put on a message or taken from it."""

    user_id: Snowflake
    channel_id: Snowflake
    message_id: Snowflake
    emoji: Emoji
    guild_id: Snowflake | None = None
    member: Member | None = None
    message_author_id: Snowflake | None = None


class Role(msgspec.Struct):
    """A role; `tags.bot_id` names the bot it was made for, `permissions` are bits."""

    id: Snowflake
    tags: dict[str, str | None] = {}
    permissions: str = "0"


class Channel(msgspec.Struct):
    """A channel or thread."""

    id: Snowflake
    type: int = 0
    guild_id: Snowflake | None = None
    parent_id: Snowflake | None = None
    owner_id: Snowflake | None = None
    last_message_id: Snowflake | None = None


class Guild(msgspec.Struct):
    """A server."""

    id: Snowflake
    owner_id: str = ""
    unavailable: bool = False
    channels: list[Channel] = []
    threads: list[Channel] = []
    roles: list[Role] = []


class ThreadList(msgspec.Struct):
    """Threads of a channel that we are let into now."""

    guild_id: Snowflake
    threads: list[Channel] = []


class Ready(msgspec.Struct):
    """The first event of a session."""

    session_id: str
    user: User
    resume_gateway_url: str = ""
    guilds: list[Guild] = []


class Option(msgspec.Struct):
    """An argument of a slash command."""

    name: str
    value: str | int | float | bool | None = None
    focused: bool = False


class Resolved(msgspec.Struct):
    """What the ids in a call stand for."""

    messages: dict[str, Message] = {}
    attachments: dict[str, File] = {}


class Call(msgspec.Struct):
    """What was called or pressed."""

    name: str = ""
    type: int = 1
    options: list[Option] = []
    custom_id: str = ""
    values: list[str] = []
    target_id: Snowflake | None = None
    resolved: Resolved | None = None


class Interaction(msgspec.Struct):
    """A command call, a press, or a question what could be typed next."""

    id: Snowflake
    application_id: Snowflake
    type: int
    token: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~=-]{1,1000}\Z")]
    channel_id: Snowflake | None = None
    channel: Channel | None = None
    guild_id: Snowflake | None = None
    member: Member | None = None
    user: User | None = None
    locale: str = "en"
    data: Call | None = None
    context: int | None = None
    authorizing_integration_owners: dict[str, str] | None = None


_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class Unreadable(Exception):
    """A payload that is not of the shape its kind promises."""


def read(shape: type[_Shape], payload: bytes) -> _Shape:
    """`payload` as `shape`. Raises Unreadable alone, whatever the bytes are."""
    try:
        return _decoder(shape).decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error


_decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {}


def _decoder(shape: type[_Shape]) -> msgspec.json.Decoder[_Shape]:
    decoder = _decoders.get(shape)
    if decoder is None:
        decoder = _decoders[shape] = msgspec.json.Decoder(shape)
    return decoder
