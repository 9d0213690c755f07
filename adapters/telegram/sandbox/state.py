"""What Telegram remembers: chats, messages, files. Knows their JSON; must not know who asks."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A call that is not ok; `after` (seconds) and `moved` (a chat's new id) are its parameters."""

    def __init__(self, status: int, description: str, *, after: int | None = None, moved: int | None = None) -> None:
        super().__init__(description)
        self.status, self.description = status, description
        self.parameters = {"retry_after": after, "migrate_to_chat_id": moved}


@dataclass
class Document:
    """A file on Telegram's servers."""

    id: str
    name: str
    media_type: str
    content: bytes


@dataclass
class Shown:
    """One message. `buttons` are rows; `texts` every text it has had; `media` its other fields in JSON."""

    id: int
    place: Place
    sender: Json
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    thread: int | None = None
    buttons: list[list[Json]] = field(default_factory=list)
    document: Document | None = None
    media: Json = field(default_factory=dict)
    reply_to: Shown | None = None
    quote: str = ""
    rich: Json | None = None
    texts: list[str] = field(default_factory=list)
    date: int = field(default_factory=lambda: int(time.time()))
    edited: bool = False
    reactions: dict[int, str] = field(default_factory=dict)

    @property
    def by_bot(self) -> bool:
        """Whether a bot wrote it."""
        return bool(self.sender["is_bot"])

    def labels(self) -> list[str]:
        """What stands on its buttons."""
        return [button["text"] for row in self.buttons for button in row]

    def json(self, *, whole: bool = True) -> Json:
        """As the Bot API shows it."""
        shown: Json = {"message_id": self.id, "from": self.sender, "chat": self.place.json(), "date": self.date}
        if self.thread is not None:
            shown |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.edited:
            shown["edit_date"] = int(time.time())
        if self.document is not None or self.media:
            shown |= {"caption": self.text, "caption_entities": self.entities} if self.text else {}
        elif self.text:
            shown["text"] = self.text
            if self.entities:
                shown["entities"] = self.entities
        shown |= self.media
        if self.rich is not None:
            shown["rich_message"] = {"blocks": [{"type": "paragraph", "text": self.text}]}
        if self.buttons:
            shown["reply_markup"] = {"inline_keyboard": self.buttons}
        if self.reply_to is not None and whole:
            shown["reply_to_message"] = self.reply_to.json(whole=False)
        if self.quote:
            shown["quote"] = {"text": self.quote, "position": 0, "is_manual": True}
        return shown


@dataclass
class Place:
    """A chat. `type`: private, group or supergroup; `topics` by thread id; `gone`: bots that were kicked or blocked.

    `moved`: the supergroup that this group has become; `members` by user id: what each is there."""

    id: int
    type: str
    title: str = ""
    person: Json | None = None
    forum: bool = False
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    messages: dict[int, Shown] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    members: dict[int, str] = field(default_factory=dict)
    moved: int | None = None
    drafts: dict[int, str] = field(default_factory=dict)
    frames: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def json(self) -> Json:
        """As the Bot API shows it."""
        if self.person is not None:
            names: Json = {name: self.person[name] for name in ("first_name", "username") if name in self.person}
            return {"id": self.id, "type": self.type, **names}
        return {"id": self.id, "type": self.type, "title": self.title} | ({"is_forum": True} if self.forum else {})

    def put(self, message: Shown) -> None:
        """Show it; a draft ends with any message."""
        message.texts.append(message.text)
        self.messages[message.id] = message
        if message.by_bot:
            self.drafts.clear()
