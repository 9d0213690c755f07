"""Events to inbounds. Knows messages, mentions, reactions and openings; must not do I/O; raises only BadInput."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from adapters.slack.parse.place import Me, home, is_direct
from adapters.slack.parse.text import mentions, words_of
from hub.domain.errors import BadInput
from hub.domain.inbound import Attachment, Called, Inbound, Pressed, Said, Sender

SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Subtypes of a message that somebody just wrote; all others are about messages (edits, deletions, joins)."""

GOOD = frozenset(
    [
        "+1",
        "thumbsup",
        "heart",
        "tada",
        "clap",
        "raised_hands",
        "100",
        "white_check_mark",
        "heavy_check_mark",
        "star",
        "fire",
        "pray",
        "ok_hand",
    ]
)
BAD = frozenset(["-1", "thumbsdown", "x", "negative_squared_cross_mark", "disappointed", "confused"])
"""Reactions that judge an answer, without their skin tones."""

GONE = frozenset({"tombstone", "hidden_by_limit"})
"""Modes of files that are not there any more."""


class File(msgspec.Struct):
    """A shared file. Without an address it has to be looked up by its id."""

    id: str = ""
    name: str | None = ""
    mimetype: str | None = ""
    size: int | None = 0
    mode: str | None = ""
    url_private_download: str | None = ""
    url_private: str | None = ""


class Item(msgspec.Struct):
    """What was reacted to."""

    type: str = ""
    channel: str = ""
    ts: str = ""


class Thread(msgspec.Struct):
    """An assistant thread."""

    user_id: str = ""
    channel_id: str = ""
    thread_ts: str = ""


class Event(msgspec.Struct):
    """Every field we read of any event."""

    type: str = ""
    subtype: str | None = ""
    user: str | None = ""
    bot_id: str | None = ""
    text: str | None = ""
    ts: str | None = ""
    thread_ts: str | None = ""
    parent_user_id: str | None = ""
    channel: str | None = ""
    channel_type: str | None = ""
    files: list[File] | None = None
    item: Item | None = None
    item_user: str | None = ""
    reaction: str | None = ""
    tab: str | None = ""
    assistant_thread: Thread | None = None


class Kind(msgspec.Struct):
    """The type alone: events that we do not read may hold anything."""

    type: str = ""


class Authorization(msgspec.Struct):
    """Which installation an event is for."""

    team_id: str | None = ""


class Callback(msgspec.Struct):
    """The outermost layer of everything that comes as JSON."""

    type: str = ""
    challenge: str = ""
    team_id: str | None = ""
    event_id: str = ""
    event: msgspec.Raw = msgspec.Raw(b"{}")
    authorizations: list[Authorization] | None = None

    @property
    def team(self) -> str:
        """The workspace whose bot is meant; in a shared channel another one than the sender's."""
        installed = next((each.team_id for each in self.authorizations or () if each.team_id), "")
        return installed or self.team_id or ""


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened the Messages tab (no `thread`) or an assistant thread: they are to be greeted."""

    user: str
    channel: str
    thread: str = ""


READ = frozenset(
    [
        "message",
        "app_mention",
        "reaction_added",
        "reaction_removed",
        "app_home_opened",
        "assistant_thread_started",
        "agent_session_stopped",
    ]
)

_Shape = TypeVar("_Shape")
_callback = msgspec.json.Decoder(Callback)
_kind = msgspec.json.Decoder(Kind)
_event = msgspec.json.Decoder(Event)


def decoded(decoder: msgspec.json.Decoder[_Shape], content: bytes | msgspec.Raw) -> _Shape:
    """`content` as `decoder` reads it. Raises BadInput, whatever it is."""
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadInput("bad_json", why=type(error).__name__) from None


def read_callback(content: bytes | msgspec.Raw) -> Callback:
    """The outer layer. Raises BadInput."""
    return decoded(_callback, content)


def kind_of(callback: Callback) -> str:
    """The type of what happened. Raises BadInput."""
    return decoded(_kind, callback.event).type


def read_event(callback: Callback, me: Me) -> Inbound | Opened | None:
    """What happened, for the bot `me`; None when it is nothing to us. Raises BadInput."""
    if kind_of(callback) not in READ:
        return None
    event = decoded(_event, callback.event)
    match event.type:
        case "message" | "app_mention":
            return _message(event, me)
        case "reaction_added" | "reaction_removed":
            return _reaction(event, callback.event_id, me)
        case "app_home_opened":
            return _opened(event, callback.event_id, me)
        case "assistant_thread_started" if event.assistant_thread is not None:
            thread = event.assistant_thread
            return Opened(thread.user_id, thread.channel_id, thread.thread_ts)
        case "agent_session_stopped" if event.channel and event.thread_ts and event.user:
            place = me.at(event.channel, event.thread_ts, private=is_direct(event.channel))
            return Inbound(place, Sender(event.user), callback.event_id, Called("stop"))
    return None


def _message(event: Event, me: Me) -> Inbound | None:
    text, channel, ts, user = event.text or "", event.channel, event.ts, event.user
    if (event.subtype or "") not in SPOKEN or event.bot_id or not channel or not ts or not user or user == me.user:
        return None
    private = event.channel_type == "im" or is_direct(channel)
    thread = event.thread_ts or ("" if private and not me.agent else ts)
    directed = private or event.type == "app_mention" or mentions(text, me.user) or event.parent_user_id == me.user
    said = Said(words_of(text, me.user), attachments(event.files))
    # `message` and `app_mention` tell of one and the same message: its place in the channel names it for both.
    return Inbound(me.at(channel, thread, private=private), Sender(user), f"{channel}:{ts}", said, directed)


def attachments(files: list[File] | None) -> tuple[Attachment, ...]:
    """The files of a message, as Slack claims them to be."""
    return tuple(
        Attachment(
            "",
            file.mimetype or "application/octet-stream",
            file.name or file.id,
            max(file.size or 0, 0),
            file.url_private_download or file.url_private or f"file:{file.id}",
        )
        for file in files or ()
        if (file.mode or "") not in GONE
    )


def _reaction(event: Event, event_id: str, me: Me) -> Inbound | None:
    item = event.item
    # Slack leaves out whose message it is where no user wrote it; whether it is one of ours the house knows.
    if item is None or item.type != "message" or (event.item_user or me.user) != me.user:
        return None
    if not event.user or event.user == me.user:
        return None
    name = (event.reaction or "").partition("::")[0]
    opinion = "good" if name in GOOD else "bad" if name in BAD else ""
    if not opinion or not item.channel or not item.ts:
        return None
    if event.type == "reaction_removed":
        opinion = "none"
    place = me.at(item.channel, "", private=is_direct(item.channel))
    return Inbound(place, Sender(event.user), event_id, Pressed("rate", f"{opinion} {item.ts}"))


def _opened(event: Event, event_id: str, me: Me) -> Inbound | Opened | None:
    if not event.user:
        return None
    if event.tab == "home":
        return Inbound(me.at(home(event.user), "", private=True), Sender(event.user), event_id, Called("home"))
    return Opened(event.user, event.channel) if event.tab == "messages" and event.channel else None
