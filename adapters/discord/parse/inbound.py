"""Messages, calls, presses and reactions as inbounds. Knows whom they are said to; must not know how to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.discord.parse.shapes import Interaction, Message, Option, Reaction, User
from adapters.discord.parse.standing import GROUP_PRIVATE, Me, Place
from adapters.discord.parse.words import attachments, mentions, name_of, quoted, sound, words_of
from hub.domain.inbound import Called, Content, Inbound, Pressed, Said, Sender

ORDINARY = frozenset({0, 19})
"""Message types that people write: a message and an answer to one. All others are the platform's own words."""

COMMAND, COMPONENT, AUTOCOMPLETE = 2, 3, 4
"""Interaction types."""

MESSAGE_MENU = 3
"""Type of a command that stands in a message's menu."""

ASK = "ask"
"""The command that carries a whole message, for places where we cannot read along."""

PRESS = "p:"
"""How every custom_id of ours begins; then `COMMAND:ARGUMENT`."""

CUSTOM_ID_LIMIT = 100
"""Characters of a custom_id."""

LONGEST_ARGUMENT = 1_000

GOOD = frozenset("👍❤♥🔥🎉💯👏🙏😍🥰💪✅🤩⭐🏆👌💖😊😀")
BAD = frozenset("👎💩❌😡🤮😠🤬😞☹🙁")
"""Reactions that say how an answer was; others say nothing to us."""

_SKIN_AND_STYLE = {ord(character): None for character in "\ufe0f🏻🏼🏽🏾🏿"}


@dataclass(frozen=True, slots=True)
class Heard:
    """An inbound, and what to call the thread that its answer may begin."""

    inbound: Inbound
    title: str = ""


def said(message: Message, me: Me, place: Place, language: str = "en") -> Heard | None:
    """A person's message; None for what we, other bots and the platform itself say."""
    author = message.author
    if author.id == me.bot or author.bot or message.webhook_id or message.type not in ORDINARY:
        return None
    text = words_of(message.content, me.bot, me.roles, message.mentions)
    files = attachments(message.attachments, message.channel_id, message.id)
    for snapshot in message.message_snapshots:
        forwarded = snapshot.message
        quote = words_of(forwarded.content, me.bot, me.roles, message.mentions).replace("\n", "\n> ")
        text = "\n\n".join(filter(None, (text, quote and f"> {quote}")))
        files += attachments(forwarded.attachments, message.channel_id, message.id)
    called_us = mentions(message.content, me.bot, me.roles)
    answered = message.referenced_message is not None and message.referenced_message.author.id == me.bot
    noticed = called_us or any(user.id == me.bot for user in message.mentions)
    begins_thread = called_us and not place.private and not place.parent and place.threadable
    address = me.address(message.channel_id, message.id) if begins_thread else place.address(me, message.channel_id)
    directed = place.private or place.ours or noticed or answered
    nick = message.member.nick if message.member else None
    sender = Sender(author.id, name_of(author, nick), language)
    return Heard(Inbound(address, sender, message.id, Said(text, files), directed), text if begins_thread else "")


def who(interaction: Interaction) -> tuple[User, str] | None:
    """The person and their name there."""
    member = interaction.member
    if member is not None and member.user is not None:
        return member.user, name_of(member.user, member.nick)
    return (interaction.user, name_of(interaction.user, None)) if interaction.user is not None else None


def called(interaction: Interaction, me: Me, about: str = "") -> Inbound | None:
    """A command call or press; None for one that makes no sense. `about`: words before the message of a menu call."""
    person, call, channel = who(interaction), interaction.data, interaction.channel_id
    if person is None or call is None or channel is None:
        return None
    user, name = person
    content: Content | None
    if interaction.type == COMPONENT:
        content = pressed(call.custom_id)
    elif call.type == MESSAGE_MENU:
        content = _about(interaction, about)
    elif call.name == ASK:
        content = _asked(interaction)
    else:
        content = Called(sound(call.name), sound(_argument(call.options)))
    if content is None:
        return None
    address = place_of(interaction, me.bot).address(me, channel)
    return Inbound(address, Sender(user.id, name, interaction.locale), interaction.id, content)


def place_of(interaction: Interaction, bot: str) -> Place:
    """Where an interaction happened; it brings its channel along."""
    if interaction.guild_id is None and interaction.context != 2:
        private = interaction.channel is None or interaction.channel.type != GROUP_PRIVATE
        return Place(private=private)
    if interaction.channel is None:
        return Place()
    return Place.of(interaction.channel, bot) if interaction.guild_id is not None else Place()


def pressed(custom_id: str) -> Pressed | None:
    """The command that a button of ours calls."""
    if not custom_id.startswith(PRESS):
        return None
    command, _, argument = custom_id.removeprefix(PRESS).partition(":")
    return Pressed(sound(command), sound(argument)) if command else None


def custom_id(command: str, argument: str) -> str:
    """The custom_id of a button; empty when it does not fit."""
    made = f"{PRESS}{command}:{argument}"
    return made if len(made) <= CUSTOM_ID_LIMIT else ""


def rated(reaction: Reaction, me: Me, place: Place, *, put: bool, stamp: str, language: str = "en") -> Inbound | None:
    """An opinion of a message, which the caller knows to be ours. `stamp` makes the event's id its own."""
    bare = (reaction.emoji.name or "").translate(_SKIN_AND_STYLE)
    if reaction.user_id == me.bot or reaction.emoji.id is not None or bare not in GOOD | BAD:
        return None
    member = reaction.member
    if member is not None and member.user is not None and member.user.bot:
        return None
    opinion = "none" if not put else "good" if bare in GOOD else "bad"
    name = name_of(member.user, member.nick) if member is not None and member.user is not None else ""
    event = f"{reaction.message_id}-{reaction.user_id}-{opinion}-{stamp}"
    content = Pressed("rate", f"{opinion} {ref_value(reaction.channel_id, reaction.message_id)}")
    sender = Sender(reaction.user_id, name, language)
    return Inbound(place.address(me, reaction.channel_id), sender, event, content)


def ref_value(channel: str, message: str) -> str:
    """What a Ref of ours holds."""
    return f"{channel}/{message}"


def moment(event_id: str) -> int:
    """The snowflake that an event's id begins with: nothing of it is older."""
    digits = event_id.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else 0


def _argument(options: Iterable[Option]) -> str:
    return " ".join(str(option.value) for option in options if option.value is not None)[:LONGEST_ARGUMENT]


def _asked(interaction: Interaction) -> Said | None:
    call = interaction.data
    if call is None:
        return None
    given = {option.name: str(option.value) for option in call.options}
    uploaded = call.resolved.attachments if call.resolved else {}
    file = uploaded.get(given.get("file", ""))
    return Said(sound(given.get("prompt", "")), attachments([file] if file else [], "", ""))


def _about(interaction: Interaction, about: str) -> Said | None:
    call = interaction.data
    if call is None or call.resolved is None or call.target_id not in call.resolved.messages:
        return None
    message = call.resolved.messages[call.target_id]
    quote = quoted(message, name_of(message.author, None))
    text = "\n\n".join(filter(None, (about, quote)))
    return Said(text, attachments(message.attachments, message.channel_id, message.id))
