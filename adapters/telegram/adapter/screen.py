"""Messages of ours on people's screens: sent, changed, taken back. Knows the calls; must not know what is answered.

Where the settings want it answers go out rich, and plain where Telegram refuses that.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.adapter.doubt import Doubt
from adapters.telegram.errors import BadToken, Gone, Moved, NotModified
from adapters.telegram.markup import draw
from adapters.telegram.markup.buttons import keyboard
from adapters.telegram.markup.rich import rich
from adapters.telegram.markup.writer import units
from adapters.telegram.parse.read import ref_value
from adapters.telegram.wire.calls import Sent
from hub.domain.address import Address
from hub.domain.errors import Rejected, Unreachable
from hub.domain.reply import Part, PartFile, Ref
from hub.text.split import split

CAPTION_LIMIT = 1024
"""UTF-16 units under a file."""

SHORT_CAPTION = 800
"""Units of CommonMark that stand there of words that are longer: drawn they may take more."""

HALVES = 100
"""Files that were sent and whose words could not follow yet."""

log = logging.getLogger("parley.telegram")

_sent = msgspec.json.Decoder(Sent)
_NO_PREVIEW = {"is_disabled": True}


class Screen:
    """What all bots have said. `rich`: whether answers are to be rich; `asked`: key of a reply to what it answers."""

    def __init__(self, doubt: Doubt, asked: Mapping[str, int], *, rich: bool) -> None:
        self._doubt, self._asked, self._rich = doubt, asked, rich
        self._halves: dict[str, tuple[int, int]] = {}

    async def send(self, bot: Bot, address: Address, part: Part, key: str) -> Ref:
        """Send `part`, unless it stands there already from a send whose answer was lost."""
        chat = bot.chat(address)
        buttons = keyboard(part.buttons)
        found = await self._doubt.find(bot, chat, key, buttons)
        if found is not None and await self._is(bot, Ref(ref_value(chat, found)), part):
            self._doubt.settled(bot.id, chat, key)
            self._doubt.saw(bot.id, chat, found)
            return Ref(ref_value(chat, found))
        newest = self._doubt.newest(bot.id, chat)
        fields: dict[str, Any] = {"message_thread_id": thread_of(address), "reply_markup": buttons}
        if (asked := self._asked.get(key)) is not None:
            fields["reply_parameters"] = {"message_id": asked, "allow_sending_without_reply": True}
        try:
            where, number = await self._put(bot, address, part, fields, key)
        except Unreachable as error:
            # only what went out and was not answered is in doubt, not what has a name of its own
            if type(error) is Unreachable:
                self._doubt.lost(bot.id, chat, key, newest)
            raise
        self._doubt.saw(bot.id, where, number)
        return Ref(ref_value(where, number))

    async def _is(self, bot: Bot, ref: Ref, part: Part) -> bool:
        """Make what was found read `part`: what was lost may have been an earlier frame. False: it cannot."""
        try:
            await self.edit(bot, ref, part)
        except Rejected:
            return False
        return True

    async def _put(self, bot: Bot, address: Address, part: Part, fields: dict[str, Any], key: str) -> tuple[int, int]:
        if part.file is not None:
            return await self._put_file(bot, address, part.file, part, fields, key)
        result = await self._richly(bot, part, lambda rich: bot.call_in(address, "sendRichMessage", fields | rich))
        if result is None:
            result = await bot.call_in(address, "sendMessage", fields | _plainly(part))
        try:
            sent = _sent.decode(result)
        except msgspec.MsgspecError:
            raise Unreachable("Telegram answers with something that is no message") from None
        return sent.chat.id, sent.message_id

    async def _put_file(
        self, bot: Bot, address: Address, file: PartFile, part: Part, fields: dict[str, Any], key: str
    ) -> tuple[int, int]:
        """The file with its words under it; what has no room there follows as a message of its own."""
        from adapters.telegram.wire.upload import send_document

        under, *rest = _captions(part) or [""]
        sent = self._halves.pop(key, None)
        if sent is None:
            drawn = draw(under, limit=CAPTION_LIMIT, ours=part.role == "notice") if under else None
            sdk = bot.sdk()
            sent = await bot.in_chat(address, lambda chat: send_document(sdk, chat, file, drawn, fields))
        if rest:
            # should this fail, a repeat must not send the file again
            self._halves = {key: sent, **dict(list(self._halves.items())[:HALVES])}
            words = Part("\n\n".join(rest), role=part.role)
            await self._put(bot, address, words, {"message_thread_id": thread_of(address)}, key)
            del self._halves[key]
        return sent

    async def edit(self, bot: Bot, ref: Ref, part: Part) -> None:
        """Make the message read `part`."""
        fields: dict[str, Any] = {**_place(ref), "reply_markup": keyboard(part.buttons)}
        try:
            if part.file is not None:
                drawn = draw((_captions(part) or [""])[0], limit=CAPTION_LIMIT, ours=part.role == "notice")
                words = {"caption": drawn.text, "caption_entities": drawn.entities or None}
                await bot.call("editMessageCaption", fields | words)
            elif not await self._richly(bot, part, lambda rich: bot.call("editMessageText", fields | rich)):
                await bot.call("editMessageText", fields | _plainly(part))
        except NotModified:
            return

    async def erase(self, bot: Bot, ref: Ref) -> None:
        """Delete the message; gone already is well, and so is a chat that has become another."""
        try:
            await bot.call("deleteMessage", _place(ref))
        except (Gone, Moved):
            return

    async def _richly(
        self, bot: Bot, part: Part, call: Callable[[dict[str, Any]], Awaitable[msgspec.Raw]]
    ) -> msgspec.Raw | None:
        """Make `call` with the part as a rich message; None when it has to go plain."""
        message = rich(part.text) if self._rich and bot.rich and part.role == "assistant" else None
        if message is None:
            return None
        try:
            return await call({"rich_message": message})
        except NotModified:
            raise
        except BadToken:
            bot.rich = False
        except Rejected as error:
            log.info("a rich message is refused and goes plain: %s", error)
        return None


def _captions(part: Part) -> list[str]:
    """What stands under a file, then what has no room there."""
    whole = part.text.strip()
    fits = not whole or units(draw(whole, ours=part.role == "notice").text) <= CAPTION_LIMIT
    return [whole] if fits else split(whole, SHORT_CAPTION, "utf16")


def thread_of(address: Address) -> int | None:
    """The topic's id, None where there is none."""
    return int(address.thread) if address.thread.isdigit() else None


def _plainly(part: Part) -> dict[str, Any]:
    drawn = draw(part.text, ours=part.role == "notice")
    return {"text": drawn.text, "entities": drawn.entities or None, "link_preview_options": _NO_PREVIEW}


def _place(ref: Ref) -> dict[str, int]:
    """The chat and message behind a ref; the chat may have another id than its address by now."""
    chat, _, message = ref.value.partition(":")
    try:
        return {"chat_id": int(chat), "message_id": int(message)}
    except ValueError:
        raise Rejected("not a message of Telegram") from None
