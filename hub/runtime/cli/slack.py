"""`parley slack ...`. Knows its commands and what they print; must not know how Slack is spoken to."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated
from urllib.parse import quote

import typer

from hub.domain.errors import SettingsError

slack = typer.Typer(help="Slack: manifest, check.", no_args_is_help=True, rich_markup_mode=None)

CREATE = "https://api.slack.com/apps?new_app=1&manifest_json="
"""Where Slack makes an app of a manifest."""

HOOK = "/hooks/slack"


@slack.command("manifest")
def manifest(
    name: Annotated[str, typer.Option(help="What the app is called.")] = "Parley",
    language: Annotated[str, typer.Option(help="Language of its menu: en, de, es or ar.")] = "en",
    commands: Annotated[bool, typer.Option("--commands", help="A slash command for each command.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Print a link that makes the app instead.")] = False,
) -> None:
    """Print the app manifest for the mode in the settings, to paste at api.slack.com/apps."""
    from adapters.slack.wire.manifest import manifest as made
    from hub.core.commands.registry import menu
    from hub.core.notices import spoken, words
    from hub.runtime.cli.settings import read_settings

    settings = read_settings().settings
    address = ""
    if settings.slack.mode == "http":
        if not settings.server.public_url.startswith("https://"):
            raise SettingsError(
                "[slack] mode is http, so Slack has to reach us: set [server] public_url to our https address, "
                'or use mode = "socket".'
            )
        address = settings.server.public_url.rstrip("/") + HOOK
    told = made(name, menu(), words, spoken(language), address, each=commands)
    text = json.dumps(told, indent=None if link else 2, ensure_ascii=False)
    print(CREATE + quote(text) if link else text)


@slack.command("check")
def check() -> None:
    """Ask Slack about every bot: tokens, scopes, connection. Exit 0: well, 1: warnings, 2: errors."""
    from hub.runtime.cli.settings import read_settings
    from hub.runtime.doctor.finding import Finding, Level, error
    from hub.runtime.doctor.slack import look_at_slack
    from hub.runtime.doctor.visit import lines
    from hub.runtime.redact import SCRUB

    loaded = read_settings()

    async def look() -> list[Finding]:
        return [finding async for finding in look_at_slack(loaded)]

    findings = asyncio.run(look()) or [
        error("slack", "no bot is set.", "Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN; docs/slack.md shows where they are.")
    ]
    for line in lines(findings):
        print(SCRUB(line))
    raise typer.Exit(int(max((finding.level for finding in findings), default=Level.WELL)))
