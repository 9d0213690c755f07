"""`parley telegram …`: setting a bot up. Knows what to print and the exit codes; must not know the Bot API.

Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import typer

from hub.domain.errors import AdapterError, SettingsError

if TYPE_CHECKING:
    from adapters.telegram.adapter.bot import Bot
    from adapters.telegram.config import TelegramConfig
    from hub.runtime.settings.load import Loaded

telegram = typer.Typer(help="Telegram: check, commands, refund, webhook.", no_args_is_help=True, rich_markup_mode=None)
webhook = typer.Typer(help="The webhook: show, set, delete.", no_args_is_help=True, rich_markup_mode=None)
telegram.add_typer(webhook, name="webhook")

HOW_TO_BEGIN = """No Telegram bot yet. In Telegram:

  1. Open a chat with @BotFather and send /newbot; give it a name, then a user name that ends in "bot".
  2. It answers with a token such as 123456:ABC-DEF. Put it into .env:  TELEGRAM_BOT_TOKEN=123456:ABC-DEF
  3. parley telegram check

docs/telegram.md has the rest."""

Work = Callable[["Bot", "TelegramConfig"], Awaitable[str]]


@telegram.command()
def check() -> None:
    """Look whether each bot is set up and can be reached. Exit 0: well, 1: warnings, 2: errors."""
    from hub.runtime.cli.settings import read_settings
    from hub.runtime.doctor.finding import Finding, Level
    from hub.runtime.doctor.telegram import look_at_telegram

    loaded = read_settings()
    _config(loaded)

    async def look() -> list[Finding]:
        return [finding async for finding in look_at_telegram(loaded)]

    findings = asyncio.run(look())
    for finding in findings:
        sign = {Level.WELL: "ok", Level.WARNING: "warning", Level.ERROR: "ERROR"}[finding.level]
        typer.echo(f"{sign:8} {finding.says}" + (f"\n{'':8} -> {finding.mend}" if finding.mend else ""))
    raise typer.Exit(int(max(finding.level for finding in findings)))


@telegram.command()
def commands() -> None:
    """Publish the command menu in every language."""
    from adapters.telegram.adapter.setup import publish
    from hub.core.commands.registry import menu

    async def work(bot: Bot, config: TelegramConfig) -> str:
        listed = menu()
        languages = await publish(bot, listed)
        return f"{len(listed)} commands in {languages} menus"

    _for_each(work)


@webhook.command("show")
def webhook_show() -> None:
    """Show what Telegram knows of the webhook."""
    from adapters.telegram.adapter.setup import webhook as ask

    async def work(bot: Bot, config: TelegramConfig) -> str:
        found = await ask(bot)
        lines = [f"webhook {found.url or 'not set'}, {found.pending_update_count} updates wait"]
        if found.last_error_message and found.last_error_date:
            lines.append(f"last error {found.last_error_date:%Y-%m-%d %H:%M} UTC: {found.last_error_message}")
        return "; ".join(lines)

    _for_each(work)


@webhook.command("set")
def webhook_set() -> None:
    """Let Telegram push updates to [server] public_url; `parley run` does it by itself in webhook mode."""
    from adapters.telegram.adapter.setup import register

    async def work(bot: Bot, config: TelegramConfig) -> str:
        if not config.public_url:
            raise SettingsError("Set [server] public_url to the https address at which Telegram reaches this hub.")
        url = await register(bot, config)
        also = "" if config.mode == "webhook" else '; set [telegram] mode = "webhook" too, or Parley removes it again'
        return f"webhook {url}{also}"

    _for_each(work, secrets=True)


@webhook.command("delete")
def webhook_delete() -> None:
    """Remove the webhook; what waits at Telegram is kept."""
    from adapters.telegram.adapter.setup import unregister

    async def work(bot: Bot, config: TelegramConfig) -> str:
        await unregister(bot)
        return "no webhook any more"

    _for_each(work)


@telegram.command()
def refund(user: str, charge: str) -> None:
    """Give a payment in Stars back: the USER and CHARGE that /paysupport names."""
    from adapters.telegram.adapter.checkout import refund as give_back

    async def work(bot: Bot, config: TelegramConfig) -> str:
        await give_back(bot, user, charge)
        return f"{charge} is given back; what it bought is taken back as soon as Telegram tells the running hub"

    _for_each(work)


def _config(loaded: Loaded) -> Any:
    from hub.runtime.platforms import is_on, platform_config

    if not is_on(loaded.settings, "telegram"):
        raise SettingsError(HOW_TO_BEGIN)
    return platform_config(loaded, "telegram")


def _for_each(work: Work, *, secrets: bool = False) -> None:
    """Do `work` with every bot and print what it says. Raises SettingsError; exit 1 when a bot was refused."""
    from adapters.telegram.adapter.setup import all_bots
    from hub.runtime.cli.settings import read_settings
    from hub.runtime.redact import SCRUB

    loaded = read_settings()
    config = _config(loaded)

    async def all_of_them() -> int:
        refused = 0
        async with all_bots(config, await _secrets(loaded, config) if secrets else ()) as bots:
            for bot in bots:
                try:
                    typer.echo(f"bot {bot.id}: {await work(bot, config)}")
                except AdapterError as error:
                    refused += 1
                    typer.echo(SCRUB(f"Error: bot {bot.id}: {error}"), err=True)
        return refused

    raise typer.Exit(1 if asyncio.run(all_of_them()) else 0)


async def _secrets(loaded: Loaded, config: TelegramConfig) -> list[str]:
    """What Telegram must show: as set, else the house's own, which lies in the database."""
    from adapters.telegram.adapter.bot import secret_of
    from hub.core.house import CoreHouse
    from hub.runtime.house import check_folder
    from storage.store import open_store

    database = loaded.settings.database
    check_folder(database.url)
    store = await open_store(database.url, synchronous=database.synchronous)
    try:
        house = await CoreHouse.open(store)
        return [secret_of(bot, house.key_for) for bot in config.bots]
    finally:
        await store.close()
