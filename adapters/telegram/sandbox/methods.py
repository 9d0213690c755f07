"""Methods of the Bot API that put something on a screen. Knows each one's rules; must not know HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.telegram.sandbox.state import Document, Place, Refused, Shown
from adapters.telegram.sandbox.text import CAPTION_LIMIT, TEXT_LIMIT, bound_faults, nesting_faults, units, with_found

if TYPE_CHECKING:
    from adapters.telegram.sandbox.platform import Account, TelegramSandbox

Json = dict[str, Any]

RICH_LIMIT = 32_768
"""Bytes in a rich message."""

CALLBACK_LIMIT = 64
"""Bytes in a button's callback_data."""

LINK = re.compile(r"(?:https?|tg)://[^\s/:.]+\.\S+$")
"""What a button may open: a host without a dot, such as localhost, is none."""


@dataclass
class Asked:
    """One call: its fields as text, and files by field."""

    fields: Mapping[str, str]
    files: Mapping[str, Document] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field, empty if it is not there."""
        return self.fields.get(name, "")

    def number(self, name: str) -> int | None:
        """A whole number. Raises Refused."""
        given = self.fields.get(name)
        if given is None or given == "":
            return None
        try:
            return int(given)
        except ValueError:
            raise Refused(400, f"Bad Request: {name} must be a number") from None

    def flag(self, name: str) -> bool:
        """True or false."""
        return self.text(name).lower() in {"true", "1"}

    def json(self, name: str) -> Any:
        """A nested value. Raises Refused."""
        given = self.fields.get(name)
        if not given:
            return None
        try:
            return json.loads(given)
        except ValueError:
            raise Refused(400, f"Bad Request: can't parse {name} JSON object") from None


class Screen:
    """Sending, editing and deleting, for every bot."""

    def __init__(self, platform: TelegramSandbox) -> None:
        self._platform = platform

    def place(self, bot: Account, asked: Asked) -> Place:
        """The chat of a call. Raises Refused: unknown, moved, or we are not welcome there."""
        chat = asked.number("chat_id")
        if chat is None:
            raise Refused(400, "Bad Request: chat_id is empty")
        place = self._platform.find_place(bot.id, chat)
        if place is None:
            raise Refused(400, "Bad Request: chat not found")
        if place.moved is not None:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", moved=place.moved)
        if bot.id in place.gone:
            private = place.type == "private"
            why = "blocked by the user" if private else f"kicked from the {place.type} chat"
            raise Refused(403, f"Forbidden: bot was {why}")
        return place

    def _thread(self, place: Place, asked: Asked) -> int | None:
        thread = asked.number("message_thread_id")
        if thread is not None and thread not in place.topics:
            raise Refused(400, "Bad Request: message thread not found")
        return thread

    def _words(self, asked: Asked, text_field: str, entity_field: str, limit: int) -> tuple[str, list[Json]]:
        text = asked.text(text_field)
        if asked.text("parse_mode"):
            self._platform.complaints.append("a text is sent with parse_mode")
        entities = asked.json(entity_field) or []
        faults = bound_faults(text, entities)
        if faults:
            raise Refused(400, f"Bad Request: {faults[0]}")
        self._platform.complaints += nesting_faults(entities)
        if text_field == "text" and not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if units(text) > limit:
            raise Refused(
                400,
                "Bad Request: message is too long"
                if text_field == "text"
                else "Bad Request: message caption is too long",
            )
        return text, with_found(text, entities)

    def _buttons(self, asked: Asked) -> list[list[Json]]:
        rows = (asked.json("reply_markup") or {}).get("inline_keyboard", [])
        for button in (button for row in rows for button in row):
            if not button.get("text"):
                raise Refused(400, "Bad Request: button text is empty")
            if not 1 <= len(button.get("callback_data", "x").encode()) <= CALLBACK_LIMIT:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
            if not LINK.match(button.get("url", "https://x.y")):
                raise Refused(400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong URL")
        return list(rows)

    def _reply(self, place: Place, asked: Asked) -> Shown | None:
        wanted = asked.json("reply_parameters")
        if not wanted:
            return None
        found = place.messages.get(wanted["message_id"])
        if found is None and not wanted.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        return found

    def _put(self, bot: Account, place: Place, asked: Asked, **shown: Any) -> Json:
        message = Shown(
            next(place.numbers),
            place,
            bot.user(),
            thread=self._thread(place, asked),
            buttons=self._buttons(asked),
            reply_to=self._reply(place, asked),
            **shown,
        )
        preview = asked.json("link_preview_options") or {}
        if not preview.get("is_disabled") and any(one["type"] in {"url", "text_link"} for one in message.entities):
            self._platform.complaints.append("a link would be loaded for its preview")
        place.put(message)
        self._platform.stir()
        return message.json()

    def send_message(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API."""
        place = self.place(bot, asked)
        text, entities = self._words(asked, "text", "entities", TEXT_LIMIT)
        return self._put(bot, place, asked, text=text, entities=entities)

    def send_rich_message(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API; only where rich messages are served."""
        place = self.place(bot, asked)
        rich = self._rich(asked)
        return self._put(bot, place, asked, text=rich.get("html") or rich.get("markdown"), rich=rich)

    def _rich(self, asked: Asked) -> Json:
        rich: Json = asked.json("rich_message") or {}
        if len({"html", "markdown"} & set(rich)) != 1:
            raise Refused(400, "Bad Request: exactly one of html and markdown must be used")
        if len((rich.get("html") or rich.get("markdown") or "").encode()) > RICH_LIMIT:
            raise Refused(400, "Bad Request: rich message is too long")
        return rich

    def send_document(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API; uploads only."""
        place = self.place(bot, asked)
        document = asked.files.get("document")
        if document is None:
            raise Refused(400, "Bad Request: there is no document in the request")
        self._platform.files[document.id] = document
        text, entities = self._words(asked, "caption", "caption_entities", CAPTION_LIMIT)
        media = {
            "document": {
                "file_id": document.id,
                "file_unique_id": f"u{document.id}",
                "file_name": document.name,
                "mime_type": document.media_type,
                "file_size": len(document.content),
            }
        }
        return self._put(bot, place, asked, text=text, entities=entities, document=document, media=media)

    def send_draft(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: sendMessageDraft, in private chats."""
        place = self.place(bot, asked)
        draft = asked.number("draft_id")
        if place.type != "private":
            raise Refused(400, "Bad Request: DRAFT_CHAT_INVALID")
        if not draft:
            raise Refused(400, "Bad Request: draft_id must be non-zero")
        self._thread(place, asked)
        text = asked.text("text")
        if text:
            text, _ = self._words(asked, "text", "entities", TEXT_LIMIT)
        place.drafts[draft] = text
        place.frames.append(text)
        self._platform.stir()
        return True

    def edit_text(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API: editMessageText."""
        place, message = self._own(bot, asked, "edit")
        if asked.text("rich_message"):
            rich = self._rich(asked)
            text = rich.get("html") or rich.get("markdown") or ""
            entities: list[Json] = []
            message.rich = rich
        else:
            text, entities = self._words(asked, "text", "entities", TEXT_LIMIT)
        return self._change(place, message, text, entities, self._buttons(asked))

    def edit_caption(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API: editMessageCaption."""
        place, message = self._own(bot, asked, "edit")
        text, entities = self._words(asked, "caption", "caption_entities", CAPTION_LIMIT)
        return self._change(place, message, text, entities, self._buttons(asked))

    def edit_buttons(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API: editMessageReplyMarkup."""
        place, message = self._own(bot, asked, "edit")
        return self._change(place, message, message.text, message.entities, self._buttons(asked))

    def _change(self, place: Place, message: Shown, text: str, entities: list[Json], buttons: list[list[Json]]) -> Json:
        if (message.text, message.entities, message.buttons) == (text, entities, buttons):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message",
            )
        message.text, message.entities, message.buttons, message.edited = text, entities, buttons, True
        message.texts.append(text)
        place.frames.append(text)
        self._platform.stir()
        return message.json()

    def _own(self, bot: Account, asked: Asked, what: str) -> tuple[Place, Shown]:
        place = self.place(bot, asked)
        message = place.messages.get(asked.number("message_id") or 0)
        if message is None:
            raise Refused(400, f"Bad Request: message to {what} not found")
        if message.sender["id"] != bot.id:
            raise Refused(400, f"Bad Request: message can't be {what}ed")
        return place, message

    def delete(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: deleteMessage."""
        place, message = self._own(bot, asked, "delete")
        del place.messages[message.id]
        self._platform.stir()
        return True
