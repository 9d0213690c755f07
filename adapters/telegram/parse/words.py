"""The words of a message. Knows entities, mentions of us and things that are no text; must not know addresses."""

from __future__ import annotations

import re

from adapters.telegram.wire.update import Entity, Message

_AFTER_MENTION = re.compile(r"^[\s,:;]+")
_GAP = re.compile(r"[ \t]{2,}")


def said_words(message: Message) -> str:
    """Text or caption, or what stands for something shared."""
    return message.text or message.caption or shared_words(message)


def called_elsewhere(message: Message, username: str) -> bool:
    """Whether it is a command for another bot: `/help@other_bot`."""
    command = _command(message)
    _, at, bot = command.partition("@")
    return bool(at) and bool(username) and bot.lower() != username.lower()


def without_us(message: Message, bot_id: int, username: str) -> tuple[str, bool]:
    """The words without mentions of us, and whether we are meant: by a mention or a command."""
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities or []
    command = _command(message)
    if command:
        name = command.partition("@")[0]
        return (name + _piece(text, len(command), None)).strip(), True
    ours = [entity for entity in entities if _is_us(text, entity, bot_id, username)]
    if not ours:
        return text.strip(), False
    kept = []
    at = 0
    for entity in sorted(ours, key=lambda entity: entity.offset):
        kept.append(_piece(text, at, entity.offset))
        at = max(at, entity.offset + entity.length)
    kept.append(_piece(text, at, None))
    if not kept[0].strip():
        kept[1] = _AFTER_MENTION.sub("", kept[1])
    return _GAP.sub(" ", "".join(kept)).strip(), True


def shared_words(message: Message) -> str:
    """What stands for something that is neither text nor a file: a place, a contact, a poll, a sticker."""
    if message.venue is not None:
        place = message.venue.location
        return f"📍 {message.venue.title}, {message.venue.address} ({place.latitude:g}, {place.longitude:g})"
    if message.location is not None:
        return f"📍 {message.location.latitude:g}, {message.location.longitude:g}"
    if message.contact is not None:
        contact = message.contact
        return f"👤 {contact.first_name} {contact.last_name or ''}".rstrip() + f", {contact.phone_number}"
    if message.poll is not None:
        return "\n".join([f"📊 {message.poll.question}", *(f"- {option.text}" for option in message.poll.options)])
    if message.sticker is not None:
        return message.sticker.emoji or ""
    return ""


def _command(message: Message) -> str:
    """The command that the message begins with, as written: `/help@bot`."""
    for entity in message.entities or message.caption_entities or []:
        if entity.type == "bot_command" and entity.offset == 0:
            return _piece(message.text or message.caption or "", 0, entity.length)
    return ""


def _is_us(text: str, entity: Entity, bot_id: int, username: str) -> bool:
    if entity.type == "text_mention":
        return entity.user is not None and entity.user.id == bot_id
    if entity.type != "mention" or not username:
        return False
    return _piece(text, entity.offset, entity.offset + entity.length).lower() == f"@{username.lower()}"


def _piece(text: str, start: int, end: int | None) -> str:
    """A range given in UTF-16 code units; what lies outside the text is empty."""
    if text.isascii():
        return text[max(start, 0) : end if end is None else max(end, 0)]
    units = text.encode("utf-16-le", "replace")
    return units[2 * max(start, 0) : None if end is None else 2 * max(end, 0)].decode("utf-16-le", "replace")
