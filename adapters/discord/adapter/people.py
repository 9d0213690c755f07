"""What people do, offered to the house; what it refuses, told to them. Knows accept and first signs.

Must not know sessions, sequence numbers or how a channel is read back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from adapters.discord.adapter.answers import Answer
from adapters.discord.adapter.bot import Bot, title_of
from adapters.discord.adapter.menu import Menu
from adapters.discord.adapter.met import Met
from adapters.discord.adapter.places import Few
from adapters.discord.config import DiscordConfig
from adapters.discord.parse.inbound import MESSAGE_MENU, called, rated, said, who
from adapters.discord.parse.shapes import Interaction, Message, Reaction
from adapters.discord.parse.standing import Place
from adapters.discord.parse.words import name_of
from adapters.kit.rate import REFUSALS, PerMinute
from hub.domain.address import ChatKind
from hub.domain.errors import AdapterError, ForPerson, RateLimited, StoreDown, Unreachable
from hub.domain.inbound import Called, Inbound
from hub.domain.reply import Part
from hub.ports.adapter import Accept
from hub.ports.house import House

STORE_PAUSE = 1.0
"""Seconds before a message that the store did not take is offered again."""

DONE = {"stop": "stopped"}
"""Commands that are done once accepted and may have no answer of their own, with what to say if none was given."""

log = logging.getLogger("parley.discord")


class People:
    """Everybody who speaks to one bot."""

    def __init__(self, bot: Bot, config: DiscordConfig, house: House, menu: Menu, accept: Accept) -> None:
        self._bot, self._config, self._house, self._menu, self._accept = bot, config, house, menu, accept
        self.met = Met(house.notebook)
        self._languages: Few[str] = Few(20_000)
        self._refusals = PerMinute(REFUSALS)
        self._suggesting: set[asyncio.Task[None]] = set()

    async def hear(self, message: Message) -> None:
        """Offer a message that somebody wrote."""
        bot = self._bot
        if message.author.bot or message.author.id == bot.id:
            return
        place = await self._at(message.channel_id, message.guild_id)
        heard = said(message, bot.places.me, place, self._languages.get(message.author.id, "en"))
        if heard is None:
            return
        if place.private:
            await self.met.meet(message.channel_id, int(message.id))
        if heard.inbound.address.thread == message.id:
            bot.places.unborn.keep(message.id, title_of(heard.title))
        if (refused := await self._offer(heard.inbound)) is not None and heard.inbound.directed:
            await self._tell(heard.inbound, refused)

    async def rate(self, reaction: Reaction, put: bool, stamp: str) -> None:
        """Offer an opinion of a message of ours; whose it is comes with most reactions, and is asked for otherwise."""
        bot = self._bot
        if reaction.message_author_id not in (None, bot.id):
            return
        place = await self._at(reaction.channel_id, reaction.guild_id)
        language = self._languages.get(reaction.user_id, "en")
        inbound = rated(reaction, bot.places.me, place, put=put, stamp=stamp, language=language)
        if inbound is None or (reaction.message_author_id is None and not await self._is_ours(reaction)):
            return
        await self._offer(inbound)

    def answering(self, interaction: Interaction) -> Callable[[], Awaitable[None]]:
        """The work of dealing with a call or press, whose time runs from now."""
        answer = Answer.to(self._bot.account, interaction, self._config.answer_seconds)
        return partial(self._answer, interaction, answer)

    def suggest(self, interaction: Interaction) -> None:
        """Tell what could be typed next, beside everything else."""
        call = interaction.data
        typed = next((str(option.value or "") for option in call.options if option.focused), "") if call else ""
        answer = Answer.to(self._bot.account, interaction, self._config.answer_seconds)
        task = asyncio.create_task(answer.suggest(self._menu.suggest(call.name if call else "", typed)))
        self._suggesting.add(task)
        task.add_done_callback(self._suggesting.discard)

    async def _answer(self, interaction: Interaction, answer: Answer) -> None:
        """Commit, then give the first sign. What cannot be committed is said at once: Discord does not repeat this."""
        language, words = interaction.locale, self._house.words
        if (person := who(interaction)) is not None:
            self._languages.keep(person[0].id, language)
        inbound = called(interaction, self._bot.places.me, self._about(interaction))
        if inbound is None:
            await answer.say(words("error", language))
            return
        if inbound.address.kind is ChatKind.PRIVATE:
            await self.met.meet(inbound.address.chat, int(interaction.id))
        with self._bot.answers.arriving(inbound.address, answer):
            try:
                accepted = await self._accept(inbound)
            except ForPerson as error:
                await answer.say(words(error.key, language, **error.arguments))
                return
            except StoreDown:
                await answer.say(words("store_down", language))
                return
            if not accepted.inbox_id:
                await answer.say(words("not_allowed", language))
                return
            try:
                await self._bot.answers.settle(accepted, answer)
            except StoreDown as error:
                log.warning("a restart could not answer this call: %s", error)
        done = DONE.get(inbound.content.command) if isinstance(inbound.content, Called) else None
        if done is not None:
            await answer.say(words(done, language))
        else:
            await answer.acknowledge()

    def _about(self, interaction: Interaction) -> str:
        call = interaction.data
        if call is None or call.type != MESSAGE_MENU or call.resolved is None:
            return ""
        message = call.resolved.messages.get(call.target_id or "")
        name = name_of(message.author, None) if message is not None else ""
        return self._house.words("discord_about_this", interaction.locale, name=name)

    async def _offer(self, inbound: Inbound) -> ForPerson | None:
        """Have `inbound` accepted, however long the store takes; the refusal, if it is refused."""
        while True:
            try:
                self._bot.answers.plain(await self._accept(inbound))
                return None
            except StoreDown:
                await asyncio.sleep(STORE_PAUSE)
            except ForPerson as error:
                return error

    async def _tell(self, inbound: Inbound, refused: ForPerson) -> None:
        if self._refusals.wait(inbound.sender.user):
            return
        words = self._house.words(refused.key, inbound.sender.language, **refused.arguments)
        try:
            await self._bot.send(inbound.address, Part(words, role="notice"), f"no-{inbound.event_id}")
        except AdapterError as trouble:
            log.info("a person could not be told %s: %s", refused.key, trouble)

    async def _at(self, channel: str, guild: str | None) -> Place:
        while True:
            try:
                return await self._bot.places.at(channel, guild)
            except RateLimited as error:
                await asyncio.sleep(error.after)
            except Unreachable:
                await asyncio.sleep(STORE_PAUSE)

    async def _is_ours(self, reaction: Reaction) -> bool:
        channel, message = reaction.channel_id, reaction.message_id
        try:
            found = await self._bot.account.call("GET", "channels/{}/messages/{}", channel, message)
            return bool(msgspec.convert(found, Message).author.id == self._bot.id)
        except (AdapterError, msgspec.ValidationError):
            return False
