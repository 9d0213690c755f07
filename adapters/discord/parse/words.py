"""What people wrote, as words. Knows Discord's tokens for mentions; must not know addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapters.discord.parse.shapes import File, Message, User
from hub.domain.inbound import Attachment

_MENTION = re.compile(r"<@(!|&)?([0-9]{1,20})>")
_EMOJI = re.compile(r"<a?(:\w{1,40}:)[0-9]{1,20}>")
_UNSOUND = re.compile("[\0\ud800-\udfff]")
LONGEST_NAME = 120


def mentions(text: str, bot: str, roles: frozenset[str]) -> bool:
    """Whether `text` names the bot, or a role that was made for it."""
    return any(
        (kind == "&" and name in roles) or (kind != "&" and name == bot) for kind, name in _MENTION.findall(text)
    )


def words_of(text: str, bot: str, roles: frozenset[str], known: Iterable[User]) -> str:
    """`text` without the mention of ourselves; other people's mentions as their names, a server's emoji as theirs."""
    names = {user.id: user.global_name or user.username for user in known}

    def spelled(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        if (kind == "&" and name in roles) or (kind != "&" and name == bot):
            return ""
        return f"@{names[name]}" if kind != "&" and names.get(name) else match[0]

    return sound(_EMOJI.sub(r"\1", _MENTION.sub(spelled, text)).strip())


def sound(text: str) -> str:
    """`text` without what no database takes: NUL and halves of characters."""
    return _UNSOUND.sub("", text)


def name_of(user: User, nick: str | None) -> str:
    """How a person is called here."""
    return sound(nick or user.global_name or user.username)[:LONGEST_NAME]


def quoted(message: Message, name: str) -> str:
    """A message as a quote, with whose it is."""
    body = sound(message.content).replace("\n", "\n> ")
    return f"> **{name}:** {body}" if body.strip() else ""


def attachments(files: Iterable[File], channel: str, message: str) -> tuple[Attachment, ...]:
    """Files as Discord claims they are; `source` is `CHANNEL MESSAGE FILE URL`, the first two `-` for a call's own."""
    return tuple(
        Attachment(
            file="",
            media_type=(file.content_type or "application/octet-stream").partition(";")[0].strip().lower(),
            name=sound(file.filename)[:200] or "file",
            size=max(0, file.size),
            source=f"{channel or '-'} {message or '-'} {file.id} {sound(file.url)}",
        )
        for file in files
    )
