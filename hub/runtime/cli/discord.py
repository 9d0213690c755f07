"""`parley discord ...`: invite link, commands, check. Knows what is printed; must not import the adapter before use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.domain.errors import AdapterError

if TYPE_CHECKING:
    from hub.runtime.settings.load import Loaded

discord = typer.Typer(help="Discord: invite, commands, check.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@discord.command()
def invite(as_json: Json = False) -> None:
    """Print the links that add the bot to a server, or to one person alone."""
    from adapters.discord.inspection import inspect
    from adapters.discord.inspection import invite as link
    from hub.runtime.doctor.discord import findings
    from hub.runtime.doctor.visit import lines

    failed, rows = False, []
    for facts in asyncio.run(inspect(_config(_loaded()))):
        # A bot's application has the bot's own id, unless both are many years old.
        application = facts.application or facts.bot
        if facts.trouble is not None:
            failed = True
            if not as_json:
                typer.echo("\n".join(lines(findings(facts))), err=True)
            continue
        rows.append({"bot": facts.name, "server": link(application), "person": link(application, person=True)})
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    for row in [] if as_json else rows:
        typer.echo(f"{row['bot']}\n  to a server    {row['server']}\n  for one person {row['person']}")
    raise typer.Exit(2 if failed else 0)


@discord.command()
def commands(
    publish: Annotated[bool, typer.Option("--publish", help="Send them to Discord now.")] = False,
) -> None:
    """Print the commands as Discord takes them; with --publish, make the bots' menus equal to them."""
    from adapters.discord import inspection
    from adapters.discord.adapter.menu import Menu
    from hub.core.commands.registry import menu
    from hub.core.notices import words
    from hub.runtime.catalogue import make_catalogue

    loaded = _loaded()
    made = menu(make_catalogue(loaded.settings).usable)
    if not publish:
        typer.echo(json.dumps(Menu(words).take(made), indent=2, ensure_ascii=False))
        return
    try:
        for name, count in asyncio.run(inspection.publish(_config(loaded), words, made)):
            typer.echo(f"{name}: {count} commands")
    except AdapterError as error:
        typer.echo(f"Discord did not take the commands: {error}. For the reason: parley discord check", err=True)
        raise typer.Exit(2) from None


@discord.command()
def check(as_json: Json = False) -> None:
    """Check token, intents, install settings, commands and gateway. Exit 0: well, 1: warnings, 2: errors."""
    from hub.runtime.doctor.discord import look_at_discord
    from hub.runtime.doctor.visit import report

    loaded = _loaded()
    _config(loaded)
    found = asyncio.run(_all(look_at_discord(loaded)))
    raise typer.Exit(report(found, as_json=as_json))


async def _all(found: AsyncIterator[Any]) -> list[Any]:
    return [finding async for finding in found]


def _loaded() -> Loaded:
    from hub.runtime.cli.settings import read_settings

    return read_settings()


def _config(loaded: Loaded) -> Any:
    from hub.runtime.platforms import platform_config

    return platform_config(loaded, "discord")
