"""The steps of `parley init` for chat platforms. Knows what to ask and say; must not write a secret but into .env."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import typer

from hub.domain.errors import SettingsError, StoreDown
from hub.runtime.cli.envfile import write_env
from hub.runtime.cli.settings import read_settings
from hub.runtime.doctor.finding import Level
from hub.runtime.platforms import is_on
from hub.runtime.redact import SCRUB
from hub.runtime.settings.load import Loaded


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform is set up: what to do there, the variables of what it gives, and what to do to be heard."""

    name: str
    title: str
    begin: str
    variables: tuple[tuple[str, str], ...]
    write: str


PLATFORMS = (
    Platform(
        "telegram",
        "Telegram",
        'Open a chat with @BotFather, send /newbot, give it a name and a user name that ends in "bot".',
        (("TELEGRAM_BOT_TOKEN", "the token it answers with"),),
        "Open your bot's chat and write to it.",
    ),
    Platform(
        "slack",
        "Slack",
        "On api.slack.com/apps choose Create New App, From a manifest, and paste what `parley slack manifest`\n"
        "prints. Install it to your workspace. Under Basic Information make an app-level token with connections:write.",
        (
            ("SLACK_BOT_TOKEN", "the bot token, xoxb-…, under OAuth & Permissions"),
            ("SLACK_APP_TOKEN", "the app-level token, xapp-…"),
        ),
        "Open the app under Apps in Slack and write to it.",
    ),
    Platform(
        "discord",
        "Discord",
        "On discord.com/developers/applications choose New Application. Under Bot switch the Message Content\n"
        "Intent on, then choose Reset Token.",
        (("DISCORD_BOT_TOKEN", "the bot's token"),),
        "Invite it with the link that `parley discord invite` prints, then write to it.",
    ),
)


def ask_for_platform(folder: Path, loaded: Loaded) -> None:
    """Offer every platform until none is wanted: its token is checked at once, its first message waited for."""
    while True:
        on = [each.title for each in PLATFORMS if is_on(loaded.settings, each.name)]
        if on:
            typer.echo(f"Platforms that are on: {', '.join(on)}.")
        names = ", ".join(each.name for each in PLATFORMS)
        typer.echo(f"Platforms: {names}. Empty = none now; the web page works without.")
        name = typer.prompt("Platform", default="", show_default=False).strip().lower()
        if not name:
            return
        platform = next((each for each in PLATFORMS if each.name == name), None)
        if platform is None:
            typer.echo("That is none of the list.")
            continue
        _set_up(folder, platform)
        loaded = read_settings()


def _set_up(folder: Path, platform: Platform) -> None:
    typer.echo(f"\n{platform.begin}\ndocs/{platform.name}.md shows every step.")
    given: dict[str, str] = {}
    for variable, what in platform.variables:
        secret = typer.prompt(f"{what} (not shown; empty = not now)", default="", hide_input=True, show_default=False)
        if not secret.strip():
            return
        given[variable] = secret.strip()
    SCRUB.learn(set(given.values()))
    loaded = _with(given)
    if loaded is None:
        return
    if not _works(platform, loaded) and not typer.confirm("Keep it all the same?", default=False):
        return
    write_env(folder / ".env", given)
    typer.echo(f"Written to {folder / '.env'}, which only you can read: {', '.join(given)}.")
    _wait_for_first(platform, loaded)


def _with(given: dict[str, str]) -> Loaded | None:
    """The settings as they will be; None, and said, when they cannot be used."""
    before = {variable: os.environ.get(variable) for variable in given}
    os.environ.update(given)
    try:
        return read_settings()
    except SettingsError as error:
        typer.echo(SCRUB(str(error)))
        return None
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


def _works(platform: Platform, loaded: Loaded) -> bool:
    """Look as the doctor does and say what was found; whether nothing is wrong."""
    look: Callable[[Loaded], object] = getattr(
        import_module(f"hub.runtime.doctor.{platform.name}"), f"look_at_{platform.name}"
    )

    async def found() -> list[Level]:
        levels = []
        async for finding in look(loaded):  # type: ignore[attr-defined]
            typer.echo(SCRUB(f"{finding.check}: {finding.says}"))
            if finding.mend:
                typer.echo(SCRUB(f"  -> {finding.mend}"))
            levels.append(finding.level)
        return levels

    try:
        return Level.ERROR not in asyncio.run(found())
    except SettingsError as error:
        typer.echo(SCRUB(str(error)))
        return False


def _wait_for_first(platform: Platform, loaded: Loaded) -> None:
    from hub.runtime.first_message import first_message

    if getattr(getattr(loaded.settings, platform.name), "mode", "") in ("webhook", "http"):
        typer.echo(f"{platform.title} pushes to this hub's address: start it with parley run, then write to it.")
        return
    typer.echo(f"{platform.write} Waiting for the first message; Ctrl-C goes on without.")
    try:
        who = asyncio.run(first_message(loaded, platform.name))
    except KeyboardInterrupt:
        typer.echo("\nNot waiting any longer.")
    except (SettingsError, StoreDown) as error:
        typer.echo(SCRUB(f"Cannot wait here: {error}"))
    else:
        typer.echo(f"{who} wrote, and was answered: {platform.title} works.")
