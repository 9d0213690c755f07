"""Telegram as the house sees it. Knows how replies reach a chat; must not know how updates are read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from adapters.telegram.adapter import checkout, setup
from adapters.telegram.adapter.arrivals import Arrivals
from adapters.telegram.adapter.bot import Bot, secret_of
from adapters.telegram.adapter.door import Door
from adapters.telegram.adapter.doubt import Doubt
from adapters.telegram.adapter.draft import DraftStream
from adapters.telegram.adapter.polling import Polling
from adapters.telegram.adapter.reckoning import Reckoning
from adapters.telegram.adapter.screen import Screen, thread_of
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import NotModified
from adapters.telegram.wire.calls import Admin, Calls
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Capabilities, Scope, TextUnit
from hub.domain.errors import AdapterError, Forbidden
from hub.domain.invoice import Invoice
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept, MenuCommand, Route, Stream
from hub.ports.house import House

TEXT_LIMIT = 4000
"""UTF-16 units of CommonMark in a part; Telegram takes 4096 once it is drawn, which may be a little longer."""

TITLE_LIMIT = 128
"""Characters of a topic's name."""

PRIVATE_INTERVAL, GROUP_INTERVAL = 1.0, 3.0
"""Seconds between frames: one message a second and chat, 20 a minute and group (FloodLimit of python-telegram-bot)."""

PER_BOT = Budget(Scope.BOT, 30, 1.0)
PRIVATE_PACE = (Budget(Scope.CHAT, 1, 1.0), PER_BOT)
GROUP_PACE = (Budget(Scope.CHAT, 20, 60.0), PER_BOT)


class TelegramAdapter:
    """Every bot of the hub. Telegram keeps what we have not taken for a day, and what was paid for good."""

    name = "telegram"

    def __init__(self, config: TelegramConfig, house: House) -> None:
        self.listener = "telegram-polling" if config.mode == "polling" else ""
        self._config, self._house = config, house
        self._calls = Calls(config.api_base)
        self._bots = {
            given.id: Bot(given, self._calls, secret_of(given, house.key_for), house.notebook) for given in config.bots
        }
        doubt = Doubt()
        self._arrivals = Arrivals(house, doubt)
        self._screen = Screen(doubt, self._arrivals.asked, rich=config.rich)
        self._door = Door(self._bots, self._arrivals)

    def capabilities(self, address: Address) -> Capabilities:
        """Private chats have drafts; groups are slower."""
        private = address.kind is ChatKind.PRIVATE
        bot = self._bots.get(address.bot)
        pace = (PRIVATE_PACE if private else GROUP_PACE) if self._config.paced else ()
        return Capabilities(
            TEXT_LIMIT,
            TextUnit.UTF16,
            edits=True,
            edit_interval=PRIVATE_INTERVAL if private else GROUP_INTERVAL,
            typing=True,
            buttons=True,
            threads=True,
            native_stream=private and (bot is None or bot.drafts),
            drafts=private and (bot is None or bot.drafts),
            redelivers=True,
            files=True,
            budgets=pace,
        )

    def link_to(self, address: Address) -> str:
        """See hub.ports.adapter.Backlinks: the bot, which opens the private chat with it."""
        bot = self._bots.get(address.bot)
        if bot is None or not bot.me.username or address.kind is not ChatKind.PRIVATE:
            return ""
        return f"https://t.me/{bot.me.username}"

    async def run(self, accept: Accept) -> None:
        """Poll, or open the door, for every bot until cancelled."""
        async with asyncio.TaskGroup() as group:
            for bot in self._bots.values():
                group.create_task(Reckoning(bot, self._house).run())
            if self._config.mode == "polling":
                for bot in self._bots.values():
                    group.create_task(Polling(bot, self._arrivals, accept).run())
                return
            self._door.accept = accept
            try:
                for bot in self._bots.values():
                    group.create_task(setup.keep_registered(bot, self._config))
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
        return await self._screen.send(self._bot(address), address, part, key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Change a message's text and buttons, or what stands under a file."""
        await self._screen.edit(self._bot(address), ref, part)

    async def open_stream(self, address: Address, key: str) -> Stream:
        """Begin a draft."""

        async def send(text: str, part_key: str) -> Ref:
            return await self.send(address, Part(text), part_key)

        return DraftStream(self._bot(address), address, key, TEXT_LIMIT, send)

    async def typing(self, address: Address) -> None:
        """`typing …` under the chat's name, for five seconds."""
        fields = {"action": "typing", "message_thread_id": thread_of(address)}
        await self._bot(address).call_in(address, "sendChatAction", fields)

    async def erase(self, address: Address, ref: Ref) -> None:
        """Delete a message; Telegram lets us for 48 hours."""
        await self._screen.erase(self._bot(address), ref)

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        """A file that somebody sent; Telegram gives out 20 MB at most."""
        from adapters.telegram.wire.upload import file_path

        bot = self._bot(address)
        return await bot.download(await file_path(bot.sdk(), source, limit), limit)

    async def is_admin(self, address: Address, user: str) -> bool:
        """Whether somebody made the group or is one of its admins; one who hides behind the group's name is too.

        The list of admins is told to every member; what one other member is, to bots that are admins alone."""
        if user == address.chat:
            return True
        told = await self._bot(address).call_in(address, "getChatAdministrators", {})
        return any(str(admin.user.id) == user for admin in msgspec.json.decode(told, type=list[Admin]))

    async def entitle(self, address: Address, title: str) -> None:
        """Name the topic of a private chat. A group's are the group's: members may not rename them by asking us."""
        name = " ".join(title.split())[:TITLE_LIMIT]
        if not address.thread or not name or address.kind is ChatKind.GROUP:
            return
        fields = {"message_thread_id": thread_of(address), "name": name}
        try:
            await self._bot(address).call_in(address, "editForumTopic", fields)
        except NotModified:
            return

    async def invoice(self, address: Address, invoice: Invoice) -> str:
        """A link at which `invoice` is paid in Stars."""
        return await checkout.link(self._bot(address), invoice)

    async def refund(self, address: Address, user: str, charge: str) -> None:
        """Give the stars of a charge back."""
        await checkout.refund(self._bot(address), user, charge)

    async def publish(self, commands: Iterable[MenuCommand]) -> None:
        """The command menu of every bot in every language. Raises the last trouble, when all have been tried."""
        listed = tuple(commands)
        trouble: AdapterError | None = None
        for bot in self._bots.values():
            try:
                await setup.publish(bot, listed)
            except AdapterError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    async def publish_at(self, address: Address, commands: Iterable[MenuCommand], language: str) -> None:
        """The command menu of a private chat; a group's is everybody's."""
        if address.kind is ChatKind.PRIVATE:
            bot = self._bot(address)
            await setup.publish_at(bot, bot.chat(address), tuple(commands), language)

    async def close(self) -> None:
        """Give back every connection."""
        await self._arrivals.close()
        await self._calls.close()

    def _bot(self, address: Address) -> Bot:
        bot = self._bots.get(address.bot)
        if address.platform != self.name or bot is None or bot.me.tenant != address.tenant:
            raise Forbidden(f"there is no Telegram bot {address.bot} any more")
        return bot
