"""Telegram as the house sees it. Knows how replies reach a chat; must not know how updates are read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec

from adapters.telegram.adapter import setup
from adapters.telegram.adapter.account import Account, secret_of
from adapters.telegram.adapter.arrivals import Arrivals
from adapters.telegram.adapter.door import Door
from adapters.telegram.adapter.draft import DraftStream
from adapters.telegram.adapter.polling import Polling
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import BadToken, Gone, NotModified
from adapters.telegram.markup import draw
from adapters.telegram.markup.buttons import keyboard
from adapters.telegram.markup.rich import rich
from adapters.telegram.parse.read import ref_value
from adapters.telegram.wire.calls import Calls, Sent
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Capabilities, Scope, TextUnit
from hub.domain.errors import AdapterError, Forbidden, Rejected, Unreachable
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept, MenuCommand, Route, Stream
from hub.ports.house import House

TEXT_LIMIT = 4000
"""UTF-16 units of CommonMark in a part; Telegram takes 4096 once it is drawn, which may be a little longer."""

CAPTION_LIMIT = 1024
"""UTF-16 units under a file."""

TITLE_LIMIT = 128
"""Characters of a topic's name."""

PRIVATE_INTERVAL, GROUP_INTERVAL = 1.0, 3.0
"""Seconds between frames: one message a second and chat, 20 a minute and group (FloodLimit of python-telegram-bot)."""

PER_BOT = Budget(Scope.BOT, 30, 1.0)
PRIVATE_PACE = (Budget(Scope.CHAT, 1, 1.0), PER_BOT)
GROUP_PACE = (Budget(Scope.CHAT, 20, 60.0), PER_BOT)

log = logging.getLogger("parley.telegram")

_sent = msgspec.json.Decoder(Sent)
_NO_PREVIEW = {"is_disabled": True}


class TelegramAdapter:
    """Every bot of the hub. Every ability of the port but CatchUp: Telegram keeps what we have not taken for a day."""

    name = "telegram"

    def __init__(self, config: TelegramConfig, house: House) -> None:
        self.listener = "telegram-polling" if config.mode == "polling" else ""
        self._config = config
        self._calls = Calls(config.api_base)
        self._accounts = {
            bot.id: Account(bot, self._calls, secret_of(bot, house.key_for), house.notebook) for bot in config.bots
        }
        self._arrivals = Arrivals(house)
        self._door = Door(self._accounts, self._arrivals)

    def capabilities(self, address: Address) -> Capabilities:
        """Private chats have drafts; groups are slower."""
        private = address.kind is ChatKind.PRIVATE
        account = self._accounts.get(address.bot)
        pace = (PRIVATE_PACE if private else GROUP_PACE) if self._config.paced else ()
        return Capabilities(
            TEXT_LIMIT,
            TextUnit.UTF16,
            edits=True,
            edit_interval=PRIVATE_INTERVAL if private else GROUP_INTERVAL,
            typing=True,
            buttons=True,
            threads=True,
            native_stream=private and (account is None or account.drafts),
            redelivers=True,
            files=True,
            budgets=pace,
        )

    async def run(self, accept: Accept) -> None:
        """Poll, or open the door, for every bot until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self._config.mode == "polling":
                for account in self._accounts.values():
                    group.create_task(Polling(account, self._arrivals, accept).run())
                return
            self._door.accept = accept
            try:
                for account in self._accounts.values():
                    group.create_task(setup.keep_registered(account, self._config))
                await asyncio.get_running_loop().create_future()
            finally:
                self._door.accept = None

    def routes(self) -> Iterable[Route]:
        """Where Telegram pushes updates to; with several bots each may have its own address."""
        if self._config.mode == "webhook":
            yield Route("POST", "/hooks/telegram", self._door.serve)
            yield Route("POST", "/hooks/telegram/{bot}", self._door.serve)

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """Send a message or a file. In a group it is a reply to the message that is answered, as long as we know it."""
        account = self._account(address)
        fields: dict[str, Any] = {"message_thread_id": _thread(address), "reply_markup": keyboard(part.buttons)}
        asked = self._arrivals.asked.get(key)
        if asked is not None:
            fields["reply_parameters"] = {"message_id": asked, "allow_sending_without_reply": True}
        if part.file is not None:
            return await self._send_file(account, address, part, fields)
        result = await self._richly(
            account, part, lambda rich: account.call_in(address, "sendRichMessage", fields | rich)
        )
        if result is None:
            result = await account.call_in(address, "sendMessage", fields | _plainly(part))
        return _ref(result)

    async def _richly(
        self, account: Account, part: Part, call: Callable[[dict[str, Any]], Awaitable[msgspec.Raw]]
    ) -> msgspec.Raw | None:
        """Make `call` with the part as a rich message; None when it has to go plain, as most clients show it anyway."""
        message = rich(part.text) if self._config.rich and account.rich and part.role == "assistant" else None
        if message is None:
            return None
        try:
            return await call({"rich_message": message})
        except NotModified:
            raise
        except BadToken:
            account.rich = False
        except Rejected as error:
            log.info("a rich message is refused and goes plain: %s", error)
        return None

    async def _send_file(self, account: Account, address: Address, part: Part, fields: Mapping[str, Any]) -> Ref:
        from adapters.telegram.wire.upload import send_document

        assert part.file is not None
        drawn = draw(part.text, limit=CAPTION_LIMIT, ours=part.role == "notice") if part.text.strip() else None
        chat, message = await send_document(account.sdk(), account.chat(address), part.file, drawn, fields)
        return Ref(ref_value(chat, message))

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Change a message's text and buttons, or what stands under a file."""
        account = self._account(address)
        fields: dict[str, Any] = {**_place(ref), "reply_markup": keyboard(part.buttons)}
        try:
            if part.file is not None:
                drawn = draw(part.text, limit=CAPTION_LIMIT, ours=part.role == "notice")
                words = {"caption": drawn.text, "caption_entities": drawn.entities or None}
                await account.call("editMessageCaption", fields | words)
            elif not await self._richly(account, part, lambda rich: account.call("editMessageText", fields | rich)):
                await account.call("editMessageText", fields | _plainly(part))
        except NotModified:
            return

    async def open_stream(self, address: Address, key: str) -> Stream:
        """Begin a draft."""

        async def send(text: str, part_key: str) -> Ref:
            return await self.send(address, Part(text), part_key)

        return DraftStream(self._account(address), address, key, TEXT_LIMIT, send)

    async def typing(self, address: Address) -> None:
        """`typing …` under the chat's name, for five seconds."""
        fields = {"action": "typing", "message_thread_id": _thread(address)}
        await self._account(address).call_in(address, "sendChatAction", fields)

    async def erase(self, address: Address, ref: Ref) -> None:
        """Delete a message; Telegram lets us for 48 hours."""
        try:
            await self._account(address).call("deleteMessage", _place(ref))
        except Gone:
            return

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        """A file that somebody sent; Telegram gives out 20 MB at most."""
        from adapters.telegram.wire.upload import file_path

        account = self._account(address)
        return await account.download(await file_path(account.sdk(), source, limit), limit)

    async def entitle(self, address: Address, title: str) -> None:
        """Name the topic; elsewhere nothing bears a name of ours."""
        name = " ".join(title.split())[:TITLE_LIMIT]
        if not address.thread or not name:
            return
        fields = {"message_thread_id": _thread(address), "name": name}
        try:
            await self._account(address).call_in(address, "editForumTopic", fields)
        except NotModified:
            return

    async def publish(self, commands: Iterable[MenuCommand]) -> None:
        """The command menu of every bot in every language. Raises the last trouble, when all have been tried."""
        listed = tuple(commands)
        trouble: AdapterError | None = None
        for account in self._accounts.values():
            try:
                await setup.publish(account, listed)
            except AdapterError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    async def close(self) -> None:
        """Give back every connection."""
        await self._arrivals.close()
        await self._calls.close()

    def _account(self, address: Address) -> Account:
        account = self._accounts.get(address.bot)
        if address.platform != self.name or account is None:
            raise Forbidden(f"there is no Telegram bot {address.bot} any more")
        return account


def _plainly(part: Part) -> dict[str, Any]:
    drawn = draw(part.text, ours=part.role == "notice")
    return {"text": drawn.text, "entities": drawn.entities or None, "link_preview_options": _NO_PREVIEW}


def _thread(address: Address) -> int | None:
    return int(address.thread) if address.thread.isdigit() else None


def _ref(result: msgspec.Raw) -> Ref:
    try:
        sent = _sent.decode(result)
    except msgspec.MsgspecError:
        raise Unreachable("Telegram answers with something that is no message") from None
    return Ref(ref_value(sent.chat.id, sent.message_id))


def _place(ref: Ref) -> dict[str, int]:
    """The chat and message behind a ref; the chat may have another id than its address by now."""
    chat, _, message = ref.value.partition(":")
    try:
        return {"chat_id": int(chat), "message_id": int(message)}
    except ValueError:
        raise Rejected("not a message of Telegram") from None
