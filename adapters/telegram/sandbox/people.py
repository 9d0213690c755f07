"""People on Telegram: what they do reaches the bots as updates. Knows the app's rules; must not know HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from adapters.telegram.sandbox.state import Document, Place, Shown
from adapters.telegram.sandbox.text import piece, with_found

if TYPE_CHECKING:
    from adapters.telegram.sandbox.platform import Account, TelegramSandbox
    from adapters.telegram.sandbox.till import Receipt

Json = dict[str, Any]


class Group:
    """A group that people are in; `forum`: it has topics."""

    def __init__(self, platform: TelegramSandbox, place: Place, people: list[Person]) -> None:
        self.place, self.people = place, people
        self._platform = platform

    @property
    def id(self) -> int:
        """Its chat id."""
        return self.place.id

    def topic(self, name: str) -> int:
        """A new topic; its thread id."""
        thread = next(self.place.numbers)
        self.place.topics[thread] = name
        return thread

    def promotes(self, person: Person) -> None:
        """Make somebody an administrator."""
        self.place.members[person.id] = "administrator"

    async def kicks(self, bot: Account | None = None) -> None:
        """Throw the bot out."""
        _standing(self._platform, self.place, bot, self.people[0], "member", "kicked")

    async def moves(self) -> None:
        """Become a supergroup, with a new id."""
        old = self.place
        grown = self._platform.group(old.title).place
        old.moved = grown.id
        for chat, moved in ((old, {"migrate_to_chat_id": grown.id}), (grown, {"migrate_from_chat_id": old.id})):
            message = Shown(next(chat.numbers), chat, self.people[0].user(), media=moved)
            for bot in self._platform.bots.values():
                bot.feed.push("message", message.json())
        self.place = grown


class Person:
    """One user. Where `bot` is asked for, None is the first one; `in_`: a group, by default the chat with the bot."""

    def __init__(self, platform: TelegramSandbox, number: int, name: str, language: str, username: str) -> None:
        self.id, self.name, self.language, self.username = number, name, language, username
        self.stars = 0
        """What is in their purse."""
        self._platform = platform

    def user(self) -> Json:
        """As the Bot API shows them."""
        known = {"id": self.id, "is_bot": False, "first_name": self.name, "username": self.username}
        return known | ({"language_code": self.language} if self.language else {})

    async def says(
        self,
        text: str,
        *,
        in_: Group | None = None,
        thread: int | None = None,
        reply_to: Shown | None = None,
        quote: str = "",
        bot: Account | None = None,
        media: Json | None = None,
        ago: int = 0,
    ) -> Shown:
        """Write; `media`: further fields of the message, `ago`: how many seconds ago it was."""
        place = self._place(in_, bot)
        message = Shown(
            next(place.numbers), place, self.user(), text, with_found(text, []), thread, media=media or {},
            reply_to=reply_to, quote=quote, date=int(time.time()) - ago,
        )  # fmt: skip
        place.put(message)
        self._tell(message, in_, bot)
        return message

    async def calls(self, command: str, *, in_: Group | None = None, thread: int | None = None) -> Shown:
        """Type a command, such as `/help`."""
        return await self.says(command, in_=in_, thread=thread)

    async def uploads(
        self,
        name: str,
        media_type: str,
        content: bytes,
        text: str = "",
        *,
        kind: str = "",
        in_: Group | None = None,
        album: str = "",
    ) -> Shown:
        """Send a file. `kind`: photo, voice, video_note ...; by default a photo for images, else a document.

        `album`: sent as one with the others that are called so; the app shows the words of the one that has any."""
        together: Json = {"media_group_id": album} if album else {}
        document = Document(f"upload-{next(self._platform.numbers)}", name, media_type, content)
        self._platform.files[document.id] = document
        kind = kind or ("photo" if media_type.startswith("image/") else "document")
        sent: Json = {"file_id": document.id, "file_unique_id": f"u{document.id}", "file_size": len(content)}
        if kind == "photo":
            small = sent | {"file_id": f"{document.id}-small", "width": 90, "height": 90}
            return await self.says(
                text, in_=in_, media={"photo": [small, sent | {"width": 800, "height": 800}], **together}
            )
        sent["mime_type"] = media_type
        if kind in {"voice", "video_note", "audio", "video"}:
            sent |= {"duration": 3} | ({"length": 240} if kind == "video_note" else {})
            sent |= {"width": 320, "height": 240} if kind == "video" else {}
        if kind not in {"voice", "video_note"}:
            sent["file_name"] = name
        return await self.says(text, in_=in_, media={kind: sent, **together})

    async def presses(
        self, label: str, *, in_: Group | None = None, bot: Account | None = None, on: Shown | None = None
    ) -> str:
        """Press the newest button called `label`, or that of the message `on`; the query's id."""
        place, owner = self._place(in_, bot), self._bot(bot)
        message, button = await self._button(label, place, on)
        number = f"press-{next(self._platform.numbers)}"
        owner.presses[number] = ""
        owner.feed.push(
            "callback_query",
            {"id": number, "from": self.user(), "chat_instance": str(place.id), "message": message.json()}
            | ({"data": button["callback_data"]} if "callback_data" in button else {}),
        )
        return number

    async def opens(self, label: str, *, in_: Group | None = None, bot: Account | None = None) -> str:
        """Press the newest button called `label`, which opens a page; its address. Bots are told nothing."""
        _, button = await self._button(label, self._place(in_, bot), None)
        return str(button["url"])

    async def pays(self, label: str, *, in_: Group | None = None, bot: Account | None = None) -> Receipt:
        """Press the newest button called `label`, or open a link, and pay in stars. Raises NotPaid."""
        url = label if label.startswith("https://") else await self.opens(label, in_=in_, bot=bot)
        return await self._platform.till.pay(self, url)

    async def _button(self, label: str, place: Place, on: Shown | None) -> tuple[Shown, Json]:
        def found() -> tuple[Shown, Json] | None:
            for message in [on] if on else reversed(list(place.messages.values())):
                for button in (button for row in message.buttons for button in row):
                    if button["text"] == label:
                        return message, button
            return None

        return await self._platform.until(found, 5, f"a button {label!r}")

    async def reacts(
        self, emoji: str, to: Shown | None = None, *, in_: Group | None = None, bot: Account | None = None
    ) -> None:
        """React to a message, by default the bot's newest; an empty emoji takes it back."""
        place = self._place(in_, bot)
        message = to or next(one for one in reversed(list(place.messages.values())) if one.by_bot)
        old = message.reactions.pop(self.id, "")
        if emoji:
            message.reactions[self.id] = emoji
        for each in self._bots(in_, bot):
            each.feed.push(
                "message_reaction",
                {
                    "chat": place.json(),
                    "message_id": message.id,
                    "user": self.user(),
                    "date": int(time.time()),
                    "old_reaction": [{"type": "emoji", "emoji": old}] if old else [],
                    "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
                },
            )

    async def blocks(self, bot: Account | None = None) -> None:
        """Want to hear nothing more of the bot."""
        _standing(self._platform, self._place(None, bot), bot, self, "member", "kicked")

    async def unblocks(self, bot: Account | None = None) -> None:
        """Want to hear of it again."""
        _standing(self._platform, self._place(None, bot), bot, self, "kicked", "member")

    async def sees(
        self, words: str, timeout: float = 5, *, in_: Group | None = None, bot: Account | None = None
    ) -> Shown:
        """Wait for a bot's message that holds `words`."""
        place = self._place(in_, bot)
        return await self._platform.until(
            lambda: next((one for one in place.messages.values() if one.by_bot and words in _seen(one)), None),
            timeout,
            lambda: f"{self.name} sees {words!r}; shown: {self.screen(in_, bot)}",
        )

    def shown(self, in_: Group | None = None, bot: Account | None = None) -> list[Shown]:
        """The bots' messages she sees now, oldest first."""
        return [message for message in self._place(in_, bot).messages.values() if message.by_bot]

    def screen(self, in_: Group | None = None, bot: Account | None = None) -> list[str]:
        """Their bare words, as a person reads them."""
        return [_seen(message) for message in self.shown(in_, bot)]

    def frames(self, in_: Group | None = None, bot: Account | None = None) -> list[str]:
        """Every draft and edit she has seen, oldest first."""
        return self._place(in_, bot).frames

    def drafts(self, bot: Account | None = None) -> list[str]:
        """What is being written to her just now."""
        return list(self._place(None, bot).drafts.values())

    def _bot(self, bot: Account | None) -> Account:
        return bot or self._platform.bot

    def _bots(self, in_: Group | None, bot: Account | None) -> list[Account]:
        if in_ is None:
            return [self._bot(bot)]
        return [each for each in self._platform.bots.values() if each.id not in in_.place.gone]

    def _place(self, in_: Group | None, bot: Account | None) -> Place:
        return in_.place if in_ is not None else self._platform.private(self._bot(bot), self)

    def _tell(self, message: Shown, in_: Group | None, bot: Account | None) -> None:
        for each in self._bots(in_, bot):
            if in_ is None or each.reads_all or _meant(message, each):
                each.feed.push("message", message.json())
        self._platform.stir()


def _seen(message: Shown) -> str:
    """What a person reads: invisible joiners are not seen."""
    return message.text.replace("\u2060", "")


def _meant(message: Shown, bot: Account) -> bool:
    """Whether a bot in privacy mode gets it: commands, mentions and replies to it."""
    if message.reply_to is not None and message.reply_to.sender["id"] == bot.id:
        return True
    for entity in message.entities:
        words = piece(message.text, entity).lower()
        name = f"@{bot.username.lower()}"
        if entity["type"] == "mention" and words == name:
            return True
        if entity["type"] == "bot_command" and ("@" not in words or words.endswith(name)):
            return True
    return False


def _standing(platform: TelegramSandbox, place: Place, bot: Account | None, by: Person, old: str, new: str) -> None:
    ours = bot or platform.bot
    if new == "kicked":
        place.gone.add(ours.id)
    else:
        place.gone.discard(ours.id)
    until = {"until_date": 0}
    ours.feed.push(
        "my_chat_member",
        {
            "chat": place.json(),
            "from": by.user(),
            "date": int(time.time()),
            "old_chat_member": {"user": ours.user(), "status": old} | (until if old == "kicked" else {}),
            "new_chat_member": {"user": ours.user(), "status": new} | (until if new == "kicked" else {}),
        },
    )
