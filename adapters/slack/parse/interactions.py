"""Buttons, shortcuts and slash commands to inbounds. Knows their payloads; must not do I/O; raises only BadInput."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from adapters.slack.parse.events import decoded
from adapters.slack.parse.place import Me, aside, home, is_direct
from adapters.slack.parse.text import words_of
from hub.domain.inbound import Called, Content, Inbound, Pressed, Said, Sender

OWN_COMMAND = "/parley"
"""Every other slash command is the call of that name."""

ASK_ABOUT = "ask_about"
"""callback_id of the message shortcut."""

LONGEST_QUOTE = 8_000
"""Characters of a message that is asked about."""

_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Named(msgspec.Struct):
    """Anything that is told by its id."""

    id: str = ""
    name: str | None = ""
    username: str | None = ""
    type: str | None = ""


class Container(msgspec.Struct):
    """Where something was pressed."""

    type: str = ""
    message_ts: str | None = ""
    channel_id: str | None = ""
    thread_ts: str | None = ""
    is_ephemeral: bool | None = False


class Action(msgspec.Struct):
    """What was pressed; `url`: a page that it opened."""

    type: str = ""
    value: str | None = ""
    url: str | None = ""
    action_ts: str | None = ""


class Pointed(msgspec.Struct):
    """The message that a button stands under, or that a shortcut is about."""

    ts: str = ""
    thread_ts: str | None = ""
    text: str | None = ""


class Interaction(msgspec.Struct):
    """Every field we read of any interaction."""

    type: str = ""
    team: Named | None = None
    user: Named = msgspec.field(default_factory=Named)
    channel: Named | None = None
    container: Container | None = None
    message: Pointed | None = None
    view: Named | None = None
    actions: list[Action] = []
    callback_id: str | None = ""
    trigger_id: str | None = ""
    response_url: str | None = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """An inbound, and where it may be answered besides. `quote`: a message that the person asks about privately;
    `private`: the answer is for them alone, wherever that has to go."""

    inbound: Inbound
    response_url: str = ""
    quote: str = ""


_interaction = msgspec.json.Decoder(Interaction)


def team_of(content: bytes | msgspec.Raw) -> str:
    """The workspace that an interaction came from. Raises BadInput."""
    team = decoded(_interaction, content).team
    return team.id if team else ""


def read_interaction(content: bytes | msgspec.Raw, me: Me) -> Asked | None:
    """What was pressed; None when it is nothing to us. Raises BadInput."""
    told = decoded(_interaction, content)
    if not told.user.id:
        return None
    if told.type == "block_actions" and told.actions:
        return _pressed(told, told.actions[0], me)
    if told.type == "message_action" and told.callback_id == ASK_ABOUT and told.message and told.channel:
        return _asked_about(told, told.message, told.channel.id, me)
    return None


def _pressed(told: Interaction, action: Action, me: Me) -> Asked | None:
    container = told.container or Container()
    message_ts = container.message_ts or (told.message.ts if told.message else "")
    content = _call(action, message_ts)
    if content is None:
        return None
    event_id = f"press:{told.user.id}:{action.action_ts or told.trigger_id}"
    sender = Sender(told.user.id, told.user.name or told.user.username or "")
    if told.view is not None and container.type in ("", "view"):
        return Asked(Inbound(me.at(home(told.user.id), "", private=True), sender, event_id, content))
    channel = container.channel_id or (told.channel.id if told.channel else "")
    if not channel:
        return None
    if container.is_ephemeral:
        place = me.at(aside(channel, told.user.id), "", private=True)
        return Asked(Inbound(place, sender, event_id, content), told.response_url or "")
    private = is_direct(channel)
    thread = container.thread_ts or (told.message.thread_ts if told.message else "") or ("" if private else message_ts)
    return Asked(Inbound(me.at(channel, thread or "", private=private), sender, event_id, content))


def _call(action: Action, message_ts: str) -> Content | None:
    if action.type == "feedback_buttons":
        return Pressed("rate", f"{action.value} {message_ts}") if action.value in ("good", "bad") else None
    command, _, argument = ("" if action.url else action.value or "").partition(" ")
    return Pressed(command, argument) if _COMMAND.fullmatch(command) else None


def _asked_about(told: Interaction, message: Pointed, channel: str, me: Me) -> Asked | None:
    quote = words_of(message.text or "", me.user)[:LONGEST_QUOTE]
    sender = Sender(told.user.id, told.user.name or told.user.username or "")
    if is_direct(channel):
        place = me.at(channel, message.thread_ts or message.ts, private=True)
    else:
        place = me.at(aside(channel, told.user.id), "", private=True)
    inbound = Inbound(place, sender, f"ask:{told.user.id}:{told.trigger_id}", Said(quote))
    return Asked(inbound, told.response_url or "", quote)


def read_slash(fields: Mapping[str, str], commands: Collection[str], me: Me) -> Asked | None:
    """A slash command; `/parley WORD` is a call when `commands` has WORD or is empty, else a question."""
    channel, user, command = (fields.get(name, "") for name in ("channel_id", "user_id", "command"))
    if not channel or not user or not command.startswith("/"):
        return None
    text = words_of(fields.get("text", ""), me.user)
    place = me.at(aside(channel, user), "", private=True)
    sender = Sender(user, fields.get("user_name", ""))
    event_id = f"slash:{user}:{fields.get('trigger_id', '')}"
    return Asked(Inbound(place, sender, event_id, _slash(command, text, commands)), fields.get("response_url", ""))


def _slash(command: str, text: str, commands: Collection[str]) -> Content:
    if command != OWN_COMMAND:
        name = command[1:].lower().replace("-", "_").removeprefix("parley_")
        return Called(name if _COMMAND.fullmatch(name) else "help", text)
    word, _, rest = text.partition(" ")
    word = word.lower().removeprefix("/")
    if not text:
        return Called("help")
    if word == "ask":
        return Said(rest.strip()) if rest.strip() else Called("help")
    known = word in commands if commands else bool(_COMMAND.fullmatch(word))
    return Called(word, rest.strip()) if known else Said(text)
