"""Telegram's pane. Knows what its stand-in remembers and how an app shows it; must not know the adapter."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

import msgspec

from adapters.telegram.sandbox import Group, Person, TelegramSandbox
from adapters.telegram.sandbox.state import Place as Chat
from adapters.telegram.sandbox.state import Shown
from adapters.telegram.sandbox.till import NotPaid
from hub.runtime.playground.dialects import entities
from hub.runtime.playground.dialects.node import Node, element
from hub.runtime.playground.panes.pane import (
    BROKEN_CALLS,
    KEPT_CALLS,
    LOOK_SECONDS,
    NEWEST,
    PEOPLE,
    Button,
    Command,
    Deed,
    FileShown,
    Message,
    Place,
    Somebody,
    Unfit,
    next_change,
)

GROUP = "group"
PURSE = 100_000
"""Stars that everybody has, and nobody has paid for."""

TYPING_SECONDS = 5.0
"""How long an app shows that somebody types: the Bot API's documentation of sendChatAction."""

_json = msgspec.json.Encoder()
_DEFAULT = json.dumps({"type": "default"})


class TelegramPane:
    """Each person's chat with the bot, and a group of all."""

    id = "telegram"

    def __init__(self) -> None:
        self.platform = TelegramSandbox()
        self._people: dict[str, Person] = {
            one.id: self.platform.person(one.name, language=one.language, username=f"{one.id}_at_play")
            for one in PEOPLE
        }
        self._group: Group = self.platform.group("Team", *self._people.values())
        for person in self._people.values():
            person.stars = PURSE
        self._typed: dict[int, tuple[int, int, float]] = {}

    async def start(self) -> None:
        """See Pane."""
        await self.platform.start()

    async def stop(self) -> None:
        """See Pane."""
        await self.platform.stop()

    def keys(self) -> dict[tuple[str, ...], Any]:
        """See Pane."""
        return {("telegram", "token"): self.platform.token, ("telegram", "api_base"): self.platform.url}

    async def changed(self) -> None:
        """See Pane."""
        await next_change(lambda found: self.platform.until(found, LOOK_SECONDS, ""))

    def places(self) -> list[Place]:
        """See Pane."""
        del self.platform.calls[:-KEPT_CALLS]
        private = [
            self._place(self.platform.private(self.platform.bot, self._people[one.id]), one.id, "Parley", one)
            for one in PEOPLE
        ]
        return [*private, self._place(self._group.place, GROUP, self._group.place.title, None)]

    def _place(self, chat: Chat, number: str, name: str, owner: Somebody | None) -> Place:
        shown = [self._message(message) for message in list(chat.messages.values())[-NEWEST:]]
        drafts = [self._draft(chat, draft, text) for draft, text in chat.drafts.items() if text]
        return Place(
            number,
            name,
            "private" if owner else "group",
            owner.id if owner else "",
            typing=self._is_typing(chat) and not drafts,
            commands=self._commands(owner.language if owner else "en"),
            messages=[*shown, *drafts],
        )

    def _message(self, message: Shown) -> Message:
        answered = message.reply_to
        paid = message.media.get("successful_payment")
        files = [FileShown(*self._file(message))] if message.media and not paid else []
        return Message(
            str(message.id),
            self._who(message.sender["id"]),
            message.date * 1000,
            [element("em", [f"You paid ⭐ {paid['total_amount']:,} to Parley"])]
            if paid
            else _nodes(message.text, _json.encode(message.entities)),
            edited=message.edited,
            answers=answered.text[:120] if answered and message.place.type != "private" else "",
            buttons=[[self._button(f"{row}.{at}", one) for at, one in enumerate(line)]
                     for row, line in enumerate(message.buttons)],
            files=files,
            reactions=_by_emoji({self._who(user): emoji for user, emoji in message.reactions.items()}),
        )  # fmt: skip

    def _button(self, number: str, shown: dict[str, str]) -> Button:
        """An invoice is no page: the app itself asks, and pays."""
        url = shown.get("url", "")
        return (
            Button(number, shown["text"], "primary")
            if url in self.platform.till.bills
            else Button(number, shown["text"], url=url)
        )

    def _file(self, message: Shown) -> tuple[str, int, str]:
        kind, sent = next(iter(message.media.items()))
        whole = sent[-1] if isinstance(sent, list) else sent if isinstance(sent, dict) else {}
        number = str(whole.get("file_id", ""))
        document = self.platform.files.get(number)
        return (document.name, len(document.content), number) if document else (kind, 0, "")

    def _draft(self, chat: Chat, draft: int, text: str) -> Message:
        """A draft's entities are in the call that showed it."""
        call = next(
            (
                one
                for one in reversed(self.platform.calls)
                if one.method == "sendMessageDraft"
                and one.fields.get("chat_id") == str(chat.id)
                and one.fields.get("text") == text
            ),
            None,
        )
        found = (call.fields.get("entities") if call else None) or "[]"
        return Message(f"draft-{draft}", "bot", 0, _nodes(text, found.encode()), state="draft")

    def _is_typing(self, chat: Chat) -> bool:
        """Whether an action was shown lately and nothing was said since."""
        said = next((one.id for one in reversed(chat.messages.values()) if one.by_bot), 0)
        actions, known, at = self._typed.get(chat.id, (0, 0, 0.0))
        if said != known:
            at = 0.0
        elif len(chat.actions) != actions:
            at = time.monotonic()
        self._typed[chat.id] = (len(chat.actions), said, at)
        return time.monotonic() - at < TYPING_SECONDS

    def _commands(self, language: str) -> list[Command]:
        published = self.platform.bot.commands
        found = published.get((_DEFAULT, language)) or published.get((_DEFAULT, "")) or []
        return [Command(one["command"], one["description"]) for one in found]

    def _who(self, number: int) -> str:
        return next((key for key, one in self._people.items() if one.id == number), "bot")

    async def act(self, deed: Deed) -> list[str]:
        """See Pane."""
        if deed.does == "breaks":
            self.platform.misbehave("status", BROKEN_CALLS, status=502)
            return []
        person, group = self._people[deed.person], self._group if deed.place == GROUP else None
        chat = group.place if group else self.platform.private(self.platform.bot, person)
        if deed.does == "says":
            await person.says(deed.text, in_=group, reply_to=_found(chat, deed.answers) if deed.answers else None)
        elif deed.does in ("reacts", "presses"):
            await self._touches(person, group, _found(chat, deed.message), deed)
        return []

    async def _touches(self, person: Person, group: Group | None, message: Shown, deed: Deed) -> None:
        if deed.does == "reacts":
            again = message.reactions.get(person.id) == deed.emoji
            await person.reacts("" if again else deed.emoji, message, in_=group)
            self.platform.stir()
        else:
            row, _, at = deed.button.partition(".")
            try:
                button = message.buttons[int(row)][int(at)]
            except (ValueError, IndexError):
                raise Unfit("This button is not there any more.") from None
            if (url := button.get("url", "")) in self.platform.till.bills:
                await self._pays(person, url)
            else:
                await person.presses(button["text"], in_=group, on=message)

    async def _pays(self, person: Person, url: str) -> None:
        try:
            await person.pays(url)
        except NotPaid as error:
            raise Unfit(f"Nothing was paid: {error}") from None

    async def uploads(self, person: str, place: str, name: str, media_type: str, content: bytes, text: str) -> None:
        """See Pane."""
        group = self._group if place == GROUP else None
        await self._people[person].uploads(name, media_type, content, text, in_=group)

    def file(self, number: str) -> tuple[str, bytes] | None:
        """See Pane."""
        found = self.platform.files.get(number)
        return (found.name, found.content) if found else None


@lru_cache(1024)
def _nodes(text: str, found: bytes) -> list[Node]:
    """The nodes of a text; most of what is shown has not changed since it was drawn last."""
    return entities.read(text, json.loads(found))


def _found(chat: Chat, number: str) -> Shown:
    message = chat.messages.get(int(number)) if number.isdigit() else None
    if message is None:
        raise Unfit("This message is not there any more.")
    return message


def _by_emoji(given: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for who, emoji in given.items():
        found.setdefault(emoji, []).append(who)
    return found
