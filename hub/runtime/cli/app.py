"""All commands. Knows their names and flags; must not import what only one of them needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from hub.runtime.cli.api_keys import keys
from hub.runtime.cli.billing import billing
from hub.runtime.cli.chores import export, forget, jobs, mail, statement, usage
from hub.runtime.cli.discord import discord
from hub.runtime.cli.ending import ended
from hub.runtime.cli.ledger import ledger
from hub.runtime.cli.people import accounts
from hub.runtime.cli.slack import slack
from hub.runtime.cli.teams import groups, teams
from hub.runtime.cli.telegram import telegram
from hub.runtime.version import version

ORDER = (
    *("run", "init", "chat", "playground", "doctor", "migrate", "backup", "config", "models"),
    *("accounts", "keys", "teams", "groups", "billing", "usage", "statement", "ledger", "export", "forget"),
    *("jobs", "mail", "telegram", "slack", "discord"),
)
"""Every command as `parley --help` and docs/commands.md have them: first steps, then people and money, then chores."""


class InOrder(TyperGroup):
    """The commands of ORDER."""

    def list_commands(self, ctx: Any) -> list[str]:
        """See click.Group."""
        return sorted(self.commands, key=ORDER.index)


app = typer.Typer(
    name="parley",
    cls=InOrder,
    help="One assistant wherever people already talk.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)
config = typer.Typer(help="Settings: show, validate, schema.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config, name="config")
app.add_typer(accounts, name="accounts")
app.add_typer(keys, name="keys")
app.add_typer(teams, name="teams")
app.add_typer(groups, name="groups")
app.add_typer(billing, name="billing")
app.add_typer(ledger, name="ledger")
app.command()(usage)
app.command()(statement)
app.command()(export)
app.command()(forget)
app.add_typer(jobs, name="jobs")
app.add_typer(mail, name="mail")
app.add_typer(telegram, name="telegram")
app.add_typer(slack, name="slack")
app.add_typer(discord, name="discord")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"parley {version()}")
        raise typer.Exit


@app.callback()
def _top(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error came from.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if debug:
        os.environ["PARLEY_DEBUG"] = "1"


@app.command()
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Run everything in one process."""
    from hub.runtime.cli.run import run_hub

    run_hub(host, port)


@app.command()
def chat(
    model: Annotated[str, typer.Option(help="Model to talk to.")] = "",
    as_json: Json = False,
) -> None:
    """Talk in the terminal; a line piped to stdin is a message, the answer goes to stdout."""
    from hub.runtime.cli.chat import talk

    raise typer.Exit(talk(model, as_json=as_json))


@app.command()
def playground(
    model: Annotated[str, typer.Option(help="A real model by name, with its key as for `parley run`.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; by default a free one.")] = 0,
    keep: Annotated[str, typer.Option(help="Keep the database in this new file.")] = "",
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Show Telegram, Slack, Discord and the widget on one page, all stand-ins: the whole product without a token."""
    from hub.runtime.cli.playground import play

    play(port, model, keep, browser=not no_open)


@app.command()
def init(
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what the environment says.")] = False,
) -> None:
    """Set up, step by step: provider, key, model, chat platform. Can be run again at any time."""
    from hub.runtime.cli.init import set_up

    raise typer.Exit(set_up(yes=yes))


@app.command()
def doctor(
    as_json: Json = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")] = False,
) -> None:
    """Check settings, versions, database and keys. Exit 0: well, 1: warnings, 2: errors."""
    from hub.runtime.doctor.visit import visit

    raise typer.Exit(visit(as_json=as_json, fix=fix))


@app.command()
def migrate() -> None:
    """Bring the database schema to the newest version."""
    from hub.runtime.cli.migrate import migrate_now

    migrate_now()


@app.command()
def backup(
    target: Annotated[str, typer.Argument(help="A file that is not there yet, or a folder.", metavar="FILE")],
) -> None:
    """Copy the database while it is used, and say how to come back to the copy."""
    from hub.runtime.cli.backup import back_up_now

    back_up_now(target)


@app.command()
def models(as_json: Json = False) -> None:
    """List models: prices, which are usable and why not."""
    from hub.runtime.cli.models import show_models

    show_models(as_json=as_json)


@config.command("show")
def config_show(as_json: Json = False) -> None:
    """Show every setting with its value and where that came from; secrets are masked."""
    from hub.runtime.cli.config import show

    show(as_json=as_json)


@config.command("validate")
def config_validate() -> None:
    """Say whether the settings can be used."""
    from hub.runtime.cli.config import validate

    validate()


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of settings.toml, for editors."""
    from hub.runtime.cli.config import schema

    schema()


def start(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    # not `app()`: that would put typer's own hook in place of ours
    return ended(lambda: get_command(app)(args=list(arguments) if arguments is not None else None))
