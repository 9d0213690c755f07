"""Discord as the house sees it: several bots behind one adapter. Knows which bot an address belongs to.

Must not know payloads or how a message is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from adapters.discord.adapter.answers import PLATFORM
from adapters.discord.adapter.bot import Bot
from adapters.discord.adapter.events import Events
from adapters.discord.adapter.listen import Listener, refused
from adapters.discord.adapter.menu import Menu, mark
from adapters.discord.adapter.order import Order
from adapters.discord.adapter.people import People
from adapters.discord.config import DiscordConfig
from adapters.discord.errors import BadToken
from adapters.discord.wire.gateway import Fatal
from adapters.discord.wire.line import Line
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Capabilities, Scope, TextUnit
from hub.domain.errors import AdapterError, Forbidden, Rejected, StoreDown, Unreachable
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept, MenuCommand
from hub.ports.house import House

TEXT_LIMIT = 1_900
"""Leaves room under Discord's 2,000 for what drawing adds, and for the fences that a cut block of code needs."""

EDIT_SECONDS = 1.2
"""Edits share about five calls in five seconds with everything else in a channel."""

BUDGETS = (Budget(Scope.CHAT, 5, 5.0), Budget(Scope.BOT, 50, 1.0))
"""Discord's documented global limit, and the bucket that channels have been seen to have."""

log = logging.getLogger("parley.discord")


class DiscordAdapter:
    """Every Discord bot of the house. Adapter, Typing, Erase, Files, Titles, CommandMenu, SingleListener."""

    name = PLATFORM
    listener = PLATFORM

    def __init__(self, config: DiscordConfig, house: House) -> None:
        self._config, self._house = config, house
        self._line = Line(config.api_base, config.call_seconds)
        self._bots = [Bot(self._line, bot, config, house) for bot in config.bots]
        self._menu = Menu(house.words)
        self._capabilities = Capabilities(
            text_limit=TEXT_LIMIT,
            unit=TextUnit.UTF16,
            edits=True,
            edit_interval=EDIT_SECONDS,
            typing=True,
            buttons=True,
            threads=True,
            redelivers=True,
            idempotent_send=True,
            repeat_seconds=config.nonce_seconds,
            reactions=True,
            files=True,
            budgets=BUDGETS if config.paced else (),
        )

    def capabilities(self, address: Address) -> Capabilities:
        """The same everywhere. A repeated send is harmless for the few minutes that Discord remembers a nonce."""
        return self._capabilities

    def link_to(self, address: Address) -> str:
        """See hub.ports.adapter.Backlinks: a private channel; which server another is in, its address does not say."""
        return f"https://discord.com/channels/@me/{address.chat}" if address.kind is ChatKind.PRIVATE else ""

    async def run(self, accept: Accept) -> None:
        """Listen with every bot. One that cannot go on is named in the log, with what to do; the others go on."""
        async with asyncio.TaskGroup() as group:
            for bot in self._bots:
                group.create_task(self._listen(bot, accept))
            group.create_task(_for_ever())

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """See hub.ports.adapter.Adapter."""
        return await (await self._bot(address)).send(address, part, key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """See hub.ports.adapter.Adapter."""
        await (await self._bot(address)).edit(address, ref, part)

    async def erase(self, address: Address, ref: Ref) -> None:
        """See hub.ports.adapter.Erase."""
        await (await self._bot(address)).erase(ref)

    async def typing(self, address: Address) -> None:
        """See hub.ports.adapter.Typing."""
        await (await self._bot(address)).typing(address)

    async def entitle(self, address: Address, title: str) -> None:
        """See hub.ports.adapter.Titles."""
        await (await self._bot(address)).entitle(address, title)

    async def is_admin(self, address: Address, user: str) -> bool:
        """See hub.ports.adapter.Admins: who runs the server."""
        return await (await self._bot(address)).places.is_admin(address.chat, user)

    async def workspace(self, address: Address) -> str:
        """See hub.ports.adapter.Workspaces: the server, none in private."""
        if address.kind is ChatKind.PRIVATE:
            return ""
        return await (await self._bot(address)).places.guild_of(address.chat)

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        """See hub.ports.adapter.Files. An address that has run out is asked for anew."""
        channel, message, file, url = (source.split(" ", 3) + [""] * 4)[:4]
        bot = await self._bot(address)
        try:
            return await self._line.content(url, limit)
        except (Forbidden, Rejected):
            if not (channel.isdigit() and message.isdigit()):
                raise
        found = await bot.account.call("GET", "channels/{}/messages/{}", channel, message)
        fresh = [one for one in (found or {}).get("attachments", ()) if one.get("id") == file]
        if not fresh:
            raise Rejected("the file is not there any more")
        return await self._line.content(str(fresh[0].get("url", "")), limit)

    async def publish(self, commands: Iterable[MenuCommand]) -> None:
        """See hub.ports.adapter.CommandMenu. What Discord has already is not published again."""
        menu = self._menu.take(commands)
        stamp = mark(menu)
        for bot in self._bots:
            if not bot.id:
                await bot.identify()
            name = f"menu:{bot.id}"
            try:
                if await self._house.notebook.read(PLATFORM, name) == stamp:
                    continue
                told = await bot.account.call("GET", "applications/{}", "@me")
                await bot.account.call("PUT", "applications/{}/commands", str(told["id"]), body=menu)
                await self._house.notebook.write(PLATFORM, name, stamp)
            except StoreDown as error:
                raise Unreachable("the notebook is down") from error

    async def close(self) -> None:
        """See hub.ports.adapter.Adapter."""
        await self._line.close()

    async def _listen(self, bot: Bot, accept: Accept) -> None:
        order = Order()
        people = People(bot, self._config, self._house, self._menu, accept)
        events = Events(bot, self._house, people, order)
        try:
            await Listener(bot, self._line, self._config, self._house, events, order).listen()
        except (Fatal, BadToken) as error:
            log.error("the Discord bot %s does not listen. %s", bot.id or "with the unknown token", refused(error))

    async def _bot(self, address: Address) -> Bot:
        """The bot of an address; one whose token does not tell is asked who it is."""
        if self._line.closed:
            raise Unreachable("the Discord channel is closed")
        for bot in self._bots:
            if (bot.id, bot.tenant) == (address.bot, address.tenant):
                return bot
        for bot in self._bots:
            if not bot.id:
                try:
                    await bot.identify()
                except AdapterError:
                    continue
                if (bot.id, bot.tenant) == (address.bot, address.tenant):
                    return bot
        raise Forbidden(f"no Discord bot {address.bot} is set up here")


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()
