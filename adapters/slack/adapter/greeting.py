"""How somebody is met who opens a conversation. Knows suggested prompts; must not know what the assistant can do."""

from __future__ import annotations

import logging

from adapters.slack.adapter.bots import Installed
from adapters.slack.adapter.people import People
from adapters.slack.adapter.screen import QUIET
from adapters.slack.markup.blocks import message_blocks
from adapters.slack.parse.events import Opened
from adapters.slack.parse.place import PLATFORM
from adapters.slack.wire.calls import Calls
from hub.domain.errors import AdapterError
from hub.domain.inbound import Sender
from hub.domain.reply import Part
from hub.ports.house import House

log = logging.getLogger("parley.slack")


class Greeting:
    """A few words the first time, and every time what one could ask."""

    def __init__(self, calls: Calls, people: People, house: House) -> None:
        self._calls, self._people, self._house = calls, people, house

    async def give(self, bot: Installed, opened: Opened) -> None:
        """Greet. Raises StoreDown; a platform that refuses is logged: nobody asked for this."""
        if not opened.user or not opened.channel:
            return
        language = (await self._people.known(bot, Sender(opened.user))).language
        words = self._house.words
        asked = (
            words("slack_prompt_able", language),
            words("slack_prompt_explain", language),
            words("slack_prompt_write", language),
        )
        thread = {"thread_ts": opened.thread} if opened.thread else {}
        prompts = [{"title": each, "message": each} for each in asked]
        title = words("slack_prompts", language)
        try:
            await self._calls.call(
                bot.token,
                "assistant.threads.setSuggestedPrompts",
                {"channel_id": opened.channel, "title": title, "prompts": prompts, **thread},
            )
            if await self._first_time(bot, opened.user):
                text, blocks = message_blocks(Part(words("slack_greeting", language)), None)
                body = {"channel": opened.channel, "text": text, "blocks": blocks, **thread, **QUIET}
                await self._calls.call(bot.token, "chat.postMessage", body)
        except AdapterError as error:
            log.info("nobody is greeted: %s", error)

    async def _first_time(self, bot: Installed, user: str) -> bool:
        """Written down before it is said: rather never than twice."""
        name = f"greeted:{bot.me.id}:{user}"
        if await self._house.notebook.read(PLATFORM, name):
            return False
        await self._house.notebook.write(PLATFORM, name, "1")
        return True
