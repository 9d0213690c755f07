"""Checks of Slack: tokens, scopes, the way events come in. Knows Slack's words for them; must not change anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hub.domain.errors import AdapterError, SettingsError
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.platforms import is_on, platform_config
from hub.runtime.settings.load import Loaded

if TYPE_CHECKING:
    from adapters.slack.config import SlackBot, SlackConfig
    from adapters.slack.wire.calls import Calls

_SECRET = re.compile(r"[0-9a-f]{32}")

NETWORK = "Check the network and [slack] api_base."


async def look_at_slack(loaded: Loaded) -> AsyncIterator[Finding]:
    """Every bot of Slack; nothing where the platform is off."""
    if not is_on(loaded.settings, "slack"):
        return
    try:
        config: SlackConfig = platform_config(loaded, "slack")
    except SettingsError as fault:
        yield error("slack", str(fault), "`parley slack manifest` makes the app; docs/slack.md shows where tokens are.")
        return
    from adapters.slack.wire.calls import Calls

    calls = Calls(config.api_base)
    try:
        for number, bot in enumerate(config.bots, 1):
            check = f"slack bot {number}" if len(config.bots) > 1 else "slack"
            async for finding in _look_at(check, calls, config, bot, loaded.settings.server.public_url):
                yield finding
    finally:
        await calls.close()


async def _look_at(
    check: str, calls: Calls, config: SlackConfig, bot: SlackBot, public_url: str
) -> AsyncIterator[Finding]:
    try:
        told, granted = await calls.scopes(bot.bot_token.get_secret_value())
    except AdapterError as fault:
        yield _refused(check, fault, "bot token", "Copy the Bot User OAuth Token (xoxb-) from OAuth & Permissions.")
    else:
        yield well(check, f"the bot token works: {told.get('user')} in {told.get('team')} ({told.get('team_id')})")
        yield _about_scopes(check, granted)
    if config.mode == "socket":
        yield await _about_connection(check, calls, bot)
    else:
        yield _about_requests(check, bot, public_url)


def _refused(check: str, fault: AdapterError, what: str, mend: str) -> Finding:
    from adapters.slack.errors import TOKENS, code_of

    if code_of(fault) in TOKENS:
        return error(check, f"Slack refuses the {what}: {code_of(fault)}.", mend)
    if code_of(fault) == "missing_scope":
        return error(check, f"the {what} lacks a scope: {fault}.", mend)
    return error(check, f"{what}: {fault}.", NETWORK)


def _about_scopes(check: str, granted: frozenset[str]) -> Finding:
    from adapters.slack.wire.manifest import ESSENTIAL, SCOPES

    missing = [scope for scope in SCOPES if scope not in granted]
    if not missing:
        return well(check, f"all {len(SCOPES)} scopes are granted")
    listed = ", ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    tell = error if ESSENTIAL & set(missing) else warning
    return tell(
        check,
        f"scopes are missing: {listed}.",
        "Add them under OAuth & Permissions > Bot Token Scopes and install the app again; or paste what "
        "`parley slack manifest` prints under App Manifest.",
    )


async def _about_connection(check: str, calls: Calls, bot: SlackBot) -> Finding:
    mend = "Make a token under Basic Information > App-Level Tokens with the scope connections:write (xapp-)."
    try:
        await calls.call(bot.app_token.get_secret_value() if bot.app_token else "", "apps.connections.open", {})
    except AdapterError as fault:
        return _refused(check, fault, "app token", mend)
    return well(check, "the app token works: Socket Mode can connect")


def _about_requests(check: str, bot: SlackBot, public_url: str) -> Finding:
    if not public_url.startswith("https://"):
        return error(check, "Slack cannot reach us.", "Set [server] public_url to our https address.")
    if not bot.signing_secret or not _SECRET.fullmatch(bot.signing_secret.get_secret_value()):
        return warning(
            check, "the signing secret does not look like one.", "Copy it from Basic Information > App Credentials."
        )
    return well(check, f"the signing secret is there; Slack posts to {public_url.rstrip('/')}/hooks/slack")
