"""What Discord says about a bot, for its operator. Knows which questions to ask; must not know how answers are worded.

Also the address under which a bot is invited, with the rights it needs and no others.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError

from adapters.discord.adapter.menu import Menu, Words
from adapters.discord.config import DiscordBot, DiscordConfig
from adapters.discord.wire.gateway import QUERY
from adapters.discord.wire.line import Account, Line
from hub.domain.errors import AdapterError, Unreachable
from hub.ports.adapter import MenuCommand

VIEW_CHANNEL, SEND_MESSAGES, ATTACH_FILES, READ_HISTORY = 1 << 10, 1 << 11, 1 << 15, 1 << 16
BEGIN_THREADS, SEND_IN_THREADS = 1 << 35, 1 << 38
PERMISSIONS = VIEW_CHANNEL | SEND_MESSAGES | ATTACH_FILES | READ_HISTORY | BEGIN_THREADS | SEND_IN_THREADS
"""What the bot does on a server: see and read channels, write, attach files, begin threads and write there."""

AUTHORIZE = "https://discord.com/oauth2/authorize"

CONTENT_INTENT = (1 << 18) | (1 << 19)
"""Application flags: the message content intent is on (for a verified bot, for a small one)."""

HELLO_SECONDS = 10.0


@dataclass
class Facts:
    """One bot as Discord sees it. `trouble`: what stopped the questions; `gateway`: empty when it said hello."""

    bot: str = ""
    name: str = ""
    application: str = ""
    content_intent: bool = False
    public: bool = True
    needs_code: bool = False
    for_persons: bool = True
    endpoint: str = ""
    servers: int = 0
    commands: list[str] = field(default_factory=list)
    sessions_left: int = 0
    gateway: str = ""
    trouble: AdapterError | None = None


def invite(application: str, *, person: bool = False) -> str:
    """Where somebody adds the bot to a server, or (`person`) to themselves alone."""
    if person:
        alone = {"client_id": application, "scope": "applications.commands", "integration_type": 1}
        return f"{AUTHORIZE}?{urlencode(alone)}"
    asked = {"client_id": application, "scope": "bot applications.commands", "permissions": PERMISSIONS}
    return f"{AUTHORIZE}?{urlencode({**asked, 'integration_type': 0})}"


async def inspect(config: DiscordConfig) -> list[Facts]:
    """Facts about every bot of `config`, in its order."""
    line = Line(config.api_base, config.call_seconds)
    try:
        return list(await asyncio.gather(*(_ask(line, bot, config) for bot in config.bots)))
    finally:
        await line.close()


async def publish(config: DiscordConfig, words: Words, commands: list[MenuCommand]) -> list[tuple[str, int]]:
    """Make the menu of every bot equal to `commands`; each bot's name and how many it has. Raises AdapterError."""
    line = Line(config.api_base, config.call_seconds)
    try:
        made = []
        for bot in config.bots:
            account = Account(line, bot.token.get_secret_value())
            told = await account.call("GET", "applications/{}", "@me")
            kept = await account.call(
                "PUT", "applications/{}/commands", str(told["id"]), body=Menu(words).take(commands)
            )
            made.append((str(told.get("name", "")), len(kept)))
        return made
    finally:
        await line.close()


async def _ask(line: Line, bot: DiscordBot, config: DiscordConfig) -> Facts:
    facts = Facts(bot.id)
    account = Account(line, bot.token.get_secret_value())
    try:
        me = await account.call("GET", "users/{}", "@me")
        facts.bot, facts.name = str(me["id"]), str(me.get("username", ""))
        told = await account.call("GET", "applications/{}", "@me")
        _read(facts, told)
        listed = await account.call("GET", "applications/{}/commands", facts.application)
        facts.commands = [str(one.get("name", "")) for one in listed]
        gateway = await account.call("GET", "gateway/bot")
        facts.sessions_left = int(gateway.get("session_start_limit", {}).get("remaining", 0))
        facts.gateway = await _hello(line, config.gateway_url or str(gateway["url"]))
    except AdapterError as error:
        facts.trouble = error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        facts.trouble = Unreachable(f"what answers is not Discord ({type(error).__name__})")
    return facts


def _read(facts: Facts, told: dict[str, Any]) -> None:
    facts.application = str(told["id"])
    facts.content_intent = bool(int(told.get("flags") or 0) & CONTENT_INTENT)
    facts.public = bool(told.get("bot_public", True))
    facts.needs_code = bool(told.get("bot_require_code_grant", False))
    ways = told.get("integration_types_config")
    facts.for_persons = not isinstance(ways, dict) or "1" in ways
    facts.endpoint = str(told.get("interactions_endpoint_url") or "")
    facts.servers = int(told.get("approximate_guild_count") or 0)


async def _hello(line: Line, url: str) -> str:
    """Why the gateway is not there; empty when it is. No session is begun."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            socket = await line.socket(url.rstrip("/") + "/" + QUERY)
            try:
                await socket.receive_json()
            finally:
                await socket.close()
    except (AdapterError, ClientError, TimeoutError, TypeError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""
