"""Setting a bot up and looking whether it is. Knows menus, webhooks and what can be wrong; must not know messages.

All by the SDK, none of it hot. `Remark` is what a check found, in words for the operator.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from adapters.telegram.adapter.bot import Bot
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import BadToken
from adapters.telegram.wire.calls import Calls
from adapters.telegram.wire.update import KINDS
from hub.domain.errors import AdapterError, RateLimited, StoreDown
from hub.ports.adapter import MenuCommand

if TYPE_CHECKING:
    from telegram import WebhookInfo

CONNECTIONS = 100
"""Updates that Telegram may push at the same time; its own most."""

MANY = 100
"""Updates that wait at Telegram, from which on it is worth a remark."""

RECENT = 3600
"""Seconds for which a failed delivery is worth a remark."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_MOST_COMMANDS, _LONGEST_LINE = 100, 256

log = logging.getLogger("parley.telegram")


@dataclass(frozen=True, slots=True)
class Remark:
    """`says` what is, `mend` what to do about it (empty when well)."""

    level: Literal["well", "warning", "error"]
    says: str
    mend: str = ""


@asynccontextmanager
async def all_bots(config: TelegramConfig, secrets: Sequence[str] = ()) -> AsyncIterator[list[Bot]]:
    """Every bot, for a command line: no house, nothing listens. `secrets`: of their webhooks, in their order."""
    calls = Calls(config.api_base)
    shown = [*secrets, *[""] * len(config.bots)]
    try:
        yield [Bot(given, calls, secret) for given, secret in zip(config.bots, shown, strict=False)]
    finally:
        await calls.close()


async def publish(bot: Bot, commands: Sequence[MenuCommand]) -> int:
    """Make the bot's menu equal to `commands`, in every language they are described in; how many. Raises AdapterError.

    What Telegram cannot show (names with other signs, languages of other than two letters) is left out."""
    from adapters.telegram.wire.sdk import our_errors

    sdk = bot.sdk()
    spoken = sorted(
        {language for command in commands for language in command.describe if _LANGUAGE.fullmatch(language)}
    )
    with our_errors():
        for language in ("", *spoken):
            await sdk.set_my_commands(_menu(commands, language), language_code=language or None)
    return len(spoken) + 1


async def publish_at(bot: Bot, chat: int, commands: Sequence[MenuCommand], language: str) -> None:
    """Give one private chat a menu in `language`, whatever its person's app is set to; empty: as the app is set.

    Raises AdapterError."""
    from telegram import BotCommandScopeChat

    from adapters.telegram.wire.sdk import our_errors

    scope = BotCommandScopeChat(chat)
    with our_errors():
        if language:
            await bot.sdk().set_my_commands(_menu(commands, language), scope=scope)
        else:
            await bot.sdk().delete_my_commands(scope=scope)


def _menu(commands: Sequence[MenuCommand], language: str) -> list[tuple[str, str]]:
    menu = [
        (command.name, line[:_LONGEST_LINE])
        for command in commands
        if _NAME.fullmatch(command.name) and (line := _line(command, language))
    ]
    return menu[:_MOST_COMMANDS]


def _line(command: MenuCommand, language: str) -> str:
    spare = command.describe.get("en") or next(iter(command.describe.values()), "")
    return command.describe.get(language, spare)


def hook_url(bot: Bot, config: TelegramConfig) -> str:
    """Where Telegram has to push this bot's updates."""
    own = f"/{bot.id}" if len(config.bots) > 1 else ""
    return f"{config.public_url}/hooks/telegram{own}"


async def register(bot: Bot, config: TelegramConfig) -> str:
    """Set the webhook; its address. What waits at Telegram is kept. Raises AdapterError."""
    from adapters.telegram.wire.sdk import our_errors

    url = hook_url(bot, config)
    with our_errors():
        await bot.sdk().set_webhook(url, max_connections=CONNECTIONS, allowed_updates=KINDS, secret_token=bot.secret)
    return url


async def unregister(bot: Bot) -> None:
    """Remove the webhook; what waits at Telegram is kept. Raises AdapterError."""
    from adapters.telegram.wire.sdk import our_errors

    with our_errors():
        await bot.sdk().delete_webhook()


async def webhook(bot: Bot) -> WebhookInfo:
    """What Telegram knows of the webhook. Raises AdapterError."""
    from adapters.telegram.wire.sdk import our_errors

    with our_errors():
        return await bot.sdk().get_webhook_info()


async def keep_registered(bot: Bot, config: TelegramConfig) -> None:
    """Learn who the bot is and set its webhook, again and again until both have worked once."""
    pause = FIRST_PAUSE
    while True:
        try:
            await bot.learn()
            if config.public_url:
                await register(bot, config)
            log.info("bot %s is @%s, taking webhooks", bot.id, bot.me.username)
            return
        except BadToken as error:
            log.error(
                "Telegram refuses the token of bot %s (%s). Take a new one from @BotFather and start again; other bots "
                "go on.",
                bot.id,
                error,
            )
            pause = LONGEST_PAUSE
        except RateLimited as error:
            pause = max(error.after, pause)
        except (AdapterError, StoreDown) as error:
            log.warning("bot %s: its webhook is not registered yet, again in %g s: %s", bot.id, pause, error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def probe(bot: Bot, config: TelegramConfig) -> list[Remark]:
    """Look at one bot as `parley doctor` does; never raises AdapterError, changes nothing."""
    from adapters.telegram.wire.sdk import our_errors

    sdk = bot.sdk()
    try:
        with our_errors():
            me = await sdk.get_me()
            hook = await sdk.get_webhook_info()
            menu = await sdk.get_my_commands()
    except BadToken:
        return [
            Remark(
                "error",
                f"Telegram refuses the token of bot {bot.id}.",
                "Ask @BotFather for a new one (/token) and put it into [telegram] token or TELEGRAM_BOT_TOKEN.",
            )
        ]
    except AdapterError as error:
        return [Remark("error", f"{config.api_base} does not answer: {error}", "Check the network and api_base.")]
    found = [Remark("well", f"@{me.username} (bot {bot.id}) answers, mode {config.mode}: https://t.me/{me.username}")]
    found += _about_transport(config)
    found += _about_webhook(bot, config, hook)
    if not me.can_read_all_group_messages:
        found.append(
            Remark(
                "well",
                "in groups it hears commands, mentions and replies to it (privacy mode); "
                "to let it read along: @BotFather, /setprivacy, then take it out of the group and in again",
            )
        )
    if not menu:
        found.append(
            Remark("warning", "no command menu is published.", "Start Parley, or run: parley telegram commands")
        )
    return found


def _about_transport(config: TelegramConfig) -> list[Remark]:
    parts = urlsplit(config.api_base)
    here = (parts.hostname or "") in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "https" or here:
        return []
    return [
        Remark("warning", "the token travels unencrypted to api_base.", "Use an https address for [telegram] api_base.")
    ]


def _about_webhook(bot: Bot, config: TelegramConfig, hook: WebhookInfo) -> list[Remark]:
    found = []
    host = urlsplit(hook.url).hostname or hook.url
    if config.mode == "polling" and hook.url:
        found.append(
            Remark(
                "warning",
                f"a webhook at {host} is set, and the settings say polling.",
                "Parley removes it when it starts; now: parley telegram webhook delete. "
                "If that webhook is wanted, set [telegram] mode to webhook.",
            )
        )
    elif config.mode == "webhook" and not config.public_url:
        found.append(
            Remark(
                "warning",
                "webhooks need an address that Telegram can reach.",
                "Set [server] public_url to the hub's https address.",
            )
        )
    elif config.mode == "webhook" and hook.url != hook_url(bot, config):
        says = f"the webhook is set to {host}, not to this hub." if hook.url else "no webhook is set."
        found.append(Remark("warning", says, "Start Parley, or run: parley telegram webhook set"))
    missing = set(KINDS) - set(hook.allowed_updates or KINDS)
    if hook.url and missing:
        found.append(
            Remark(
                "warning",
                f"the webhook does not get {', '.join(sorted(missing))}.",
                "Run: parley telegram webhook set",
            )
        )
    if hook.last_error_message and hook.last_error_date and time.time() - hook.last_error_date.timestamp() < RECENT:
        found.append(
            Remark(
                "warning",
                f"Telegram could not deliver at {hook.last_error_date:%H:%M} UTC: {hook.last_error_message}",
                "Check that [server] public_url leads here with a valid certificate, on port 443, 80, 88 or 8443.",
            )
        )
    if hook.pending_update_count > MANY:
        found.append(
            Remark(
                "warning",
                f"{hook.pending_update_count} updates wait at Telegram.",
                "Parley takes them when it runs; they are dropped after 24 hours.",
            )
        )
    return found
