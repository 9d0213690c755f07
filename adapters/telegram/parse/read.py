"""One update as one inbound. Knows who said what to whom; must not know how updates arrive or what follows.

Nothing comes of edited messages, channel posts, service messages and what other bots say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.telegram.parse.files import attachments
from adapters.telegram.parse.words import called_elsewhere, said_words, shared_words, without_us
from adapters.telegram.wire.update import CallbackQuery, Chat, Message, MessageReaction, Update, User
from hub.domain.address import DEFAULT_TENANT, Address, ChatKind
from hub.domain.inbound import Called, Content, Inbound, Pressed, Said, Sender

PLATFORM = "telegram"

GOOD = frozenset("👍❤🔥🥰👏😁🎉🤩🙏👌💯⚡🏆🤗🫡🆒😍😎🤝💘❤‍🔥")
BAD = frozenset("👎🤬😢🤮💩🤡🥱💔🤨😐🖕😡😭🤯")
"""Reactions that judge an answer; the others say nothing about it."""

QUOTED = 1000
"""Characters of somebody else's message that go with a reply to it."""

_DEEP_LINK = re.compile(r"/start(?:\s+(.*))?", re.DOTALL)
_LINK_CODE = "link-"
"""What a deep link's argument begins with that carries a code for /link: `https://t.me/BOT?start=link-CODE`."""


@dataclass(frozen=True, slots=True)
class Me:
    """One of our bots. `username` without @, empty while it is not known."""

    id: int
    username: str = ""
    tenant: int = DEFAULT_TENANT


def inbound_of(update: Update, me: Me) -> Inbound | None:
    """What somebody did, or None when it is nothing to us."""
    if update.message is not None:
        return _message(update.update_id, update.message, me)
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query, me)
    if update.message_reaction is not None:
        return _reaction(update.update_id, update.message_reaction, me)
    return None


def language_of(update: Update) -> str:
    """The language of whoever did it."""
    message, press = update.message, update.callback_query
    user = message.sender if message is not None else press.sender if press is not None else None
    return (user.language_code if user is not None else None) or "en"


def _message(number: int, message: Message, me: Me) -> Inbound | None:
    sender = _sender(message)
    if sender is None or message.chat.type == "channel" or called_elsewhere(message, me.username):
        return None
    address = address_of(message.chat, me, message)
    private = address.kind is ChatKind.PRIVATE
    text, named = without_us(message, me.id, me.username)
    answered = message.reply_to_message
    to_us = answered is not None and answered.sender is not None and answered.sender.id == me.id
    files = attachments(message)
    if answered is not None and not to_us and (private or named):
        files = (*files, *attachments(answered))
    if not text and not files and not named:
        text = shared_words(message)
        if not text:
            return None
    directed = private or named or to_us
    content = _said(text, message, quoted=directed and not to_us)
    if isinstance(content, Said) and files:
        content = Said(content.text, files, message.media_group_id or "")
    return Inbound(address, sender, str(number), content, directed)


def _said(text: str, message: Message, *, quoted: bool) -> Content:
    if text.startswith("/"):
        deep = _DEEP_LINK.fullmatch(text)
        if deep is None:
            return Said(text)
        argument = (deep[1] or "").strip()
        if argument.startswith(_LINK_CODE):
            return Called("link", argument.removeprefix(_LINK_CODE))
        return Called("help")
    picked = message.quote.text if message.quote is not None else ""
    if not picked and quoted and message.reply_to_message is not None:
        picked = said_words(message.reply_to_message)
    if not picked:
        return Said(text)
    lines = picked[:QUOTED].strip().split("\n")
    return Said("\n".join(f"> {line}".rstrip() for line in lines) + f"\n\n{text}".rstrip())


def _press(number: int, press: CallbackQuery, me: Me) -> Inbound | None:
    if press.message is None or not press.data:
        return None
    command, _, argument = press.data.partition(" ")
    address = address_of(press.message.chat, me, press.message)
    return Inbound(address, sender_of(press.sender), str(number), Pressed(command, argument))


def _reaction(number: int, reaction: MessageReaction, me: Me) -> Inbound | None:
    if reaction.user is None or reaction.user.is_bot:
        return None
    opinion = _opinion(reaction)
    if not opinion:
        return None
    pressed = Pressed("rate", f"{opinion} {ref_value(reaction.chat.id, reaction.message_id)}")
    return Inbound(address_of(reaction.chat, me), sender_of(reaction.user), str(number), pressed)


def _opinion(reaction: MessageReaction) -> str:
    for kind in reaction.new_reaction:
        if kind.emoji and kind.emoji[0] in GOOD:
            return "good"
        if kind.emoji and kind.emoji[0] in BAD:
            return "bad"
    return "none" if not reaction.new_reaction else ""


def ref_value(chat: int, message: int) -> str:
    """The handle of a message: its id is unique in its chat only."""
    return f"{chat}:{message}"


def address_of(chat: Chat, me: Me, message: Message | None = None) -> Address:
    """Where something happened."""
    kind = ChatKind.PRIVATE if chat.type == "private" else ChatKind.GROUP
    thread = ""
    # Replies in ordinary groups carry a thread id too; only a topic is a place of its own.
    if message is not None and message.is_topic_message and message.message_thread_id:
        thread = str(message.message_thread_id)
    return Address(me.tenant, PLATFORM, str(me.id), str(chat.id), thread, kind)


def _sender(message: Message) -> Sender | None:
    """Who speaks: a person, or a group or channel under whose name one speaks; None: a bot, or nobody."""
    if message.sender_chat is not None:
        if message.is_automatic_forward:
            return None
        return Sender(str(message.sender_chat.id), message.sender_chat.title or "")
    if message.sender is None or message.sender.is_bot:
        return None
    return sender_of(message.sender)


def sender_of(user: User) -> Sender:
    """A person."""
    name = f"{user.first_name} {user.last_name or ''}".strip()
    return Sender(str(user.id), name, user.language_code or "en")
