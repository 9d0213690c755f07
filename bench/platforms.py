"""Telegram, Slack and Discord with many busy chats each, their time compressed. Knows the sandboxes and what people see
there; must not know the hub.

Started with `{"speed": S}`: every limit of a platform holds for an S-th of its time. Says the settings of a hub that
serves them, then answers each order on stdin with a line of JSON: `talk` (everybody asks, waits for the answer, thinks
for a while and asks again, for so many seconds).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import uvloop

from adapters.discord.sandbox import DiscordSandbox
from adapters.slack.sandbox import SlackSandbox
from adapters.slack.sandbox import api as slack_api
from adapters.telegram.sandbox import TelegramSandbox
from bench.standin import WORDS

END = WORDS[-24:]
"""How every whole answer ends."""
CHATS = 50
"""Busy chats on each platform; a fifth of Telegram's are groups, where its limits are tightest."""
LOOK = 0.1
"""Seconds between two looks at a screen."""
PATIENCE = 60.0
"""Seconds after which an answer counts as lost."""


@dataclass
class Chat:
    """One busy chat: how somebody asks there, and what they see."""

    ask: Callable[[], Awaitable[object]]
    screen: Callable[[], list[str]]
    asked: int = 0
    lost: int = 0
    waits: list[float] = field(default_factory=list)

    def answers(self) -> int:
        """How many whole answers stand on the screen."""
        return sum(text.count(END) for text in self.screen())

    async def talk(self, until: float, pause: float) -> None:
        """Ask and wait, again and again, beginning at a moment of their own."""
        await asyncio.sleep(random.uniform(0, pause))
        while time.monotonic() < until:
            await self.ask()
            self.asked += 1
            began = time.monotonic()
            while self.answers() < self.asked - self.lost:
                if time.monotonic() > began + PATIENCE:
                    self.lost += 1
                    break
                await asyncio.sleep(LOOK)
            self.waits.append(time.monotonic() - began)
            await asyncio.sleep(pause)


class Platforms:
    """All three, and everybody on them."""

    def __init__(self, telegram: TelegramSandbox, slack: SlackSandbox, discord: DiscordSandbox, speed: float) -> None:
        self._telegram, self._slack, self._discord = telegram, slack, discord
        self._limits = telegram.enforce_limits(speed)
        slack.api.limits = True
        slack_api.FLOORS.update({method: floor / speed for method, floor in slack_api.FLOORS.items()})
        discord.paced(5, 5.0 / speed, int(50 * speed))
        self._chats = {
            "telegram": [self._telegram_chat(place) for place in range(CHATS)],
            "slack": [self._private(slack.person(f"Sue{place}")) for place in range(CHATS)],
            "discord": [self._private(discord.person(f"Dan{place}")) for place in range(CHATS)],
        }

    def settings(self) -> str:
        """For the hub that serves them; each keeps its platform's pace."""
        telegram, slack, discord = self._telegram, self._slack, self._discord
        return f"""
[telegram]
token = "{telegram.token}"
api_base = "{telegram.url}"
pace = "platform"

[slack]
bot_token = "{slack.app.bot_token}"
app_token = "{slack.app.app_token}"
api_base = "{slack.api_base}"
pace = "platform"

[discord]
token = "{discord.token}"
api_base = "{discord.api_base}"
gateway_url = "{discord.gateway_url}"
pace = "platform"
"""

    async def talk(self, seconds: float, pause: float) -> dict[str, object]:
        """What has come of everything so far, by platform."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(chat.talk(until, pause) for found in self._chats.values() for chat in found))
        await asyncio.sleep(1)
        return {name: self._outcome(name, found) for name, found in self._chats.items()}

    def _telegram_chat(self, place: int) -> Chat:
        person = self._telegram.person(f"Tom{place}")
        if place % 5:
            return self._private(person)
        group = self._telegram.group(f"Team{place}", person)
        mention = f"@{self._telegram.bot.username}"
        return Chat(lambda: person.says(f"{mention} How is it?", in_=group), lambda: person.screen(group))

    @staticmethod
    def _private(person: Any) -> Chat:
        return Chat(lambda: person.says("How is it?"), person.screen)

    def _outcome(self, name: str, chats: list[Chat]) -> dict[str, object]:
        asked, lost = sum(chat.asked for chat in chats), sum(chat.lost for chat in chats)
        refused = {
            "telegram": self._limits.refusals,
            "slack": sum(call.status == 429 for call in self._slack.calls),
            "discord": self._discord.trouble.refusals,
        }[name]
        waits = sorted(wait for chat in chats for wait in chat.waits)
        answers = sum(chat.answers() for chat in chats)
        return {
            "asked": asked,
            "lost": lost,
            "doubled": max(0, answers - asked),
            "refused": refused,
            "longest": waits[-1] if waits else 0.0,
        }


async def main(speed: float) -> None:
    """Obey until stdin ends."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as open_:
        telegram = await open_.enter_async_context(TelegramSandbox(speed=speed))
        slack = await open_.enter_async_context(SlackSandbox())
        discord = await open_.enter_async_context(DiscordSandbox())
        platforms = Platforms(telegram, slack, discord, speed)
        print(json.dumps({"settings": platforms.settings()}), flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await platforms.talk(**json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])["speed"]))
