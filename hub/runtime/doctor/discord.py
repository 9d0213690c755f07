"""Checks of Discord's bots: token, intents, install, commands, gateway. Knows what each finding means and its mend.

Must not change anything there: no session is begun and no message sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hub.core.commands.registry import COMMANDS
from hub.domain.errors import RateLimited, SettingsError
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.platforms import is_on, platform_config
from hub.runtime.settings.load import Loaded

if TYPE_CHECKING:
    from adapters.discord.inspection import Facts

PORTAL = "Developer Portal (https://discord.com/developers/applications), your application"

FEW_SESSIONS = 50
"""Sessions left to begin today below which something is restarting too often: Discord grants a thousand."""


async def look_at_discord(loaded: Loaded) -> AsyncIterator[Finding]:
    """Every bot that is set up; nothing where Discord is off."""
    if not is_on(loaded.settings, "discord"):
        return
    try:
        config = platform_config(loaded, "discord")
    except SettingsError as fault:
        yield error("discord", str(fault), "Mend it where it stands.")
        return
    from adapters.discord.inspection import inspect

    for facts in await inspect(config):
        for finding in findings(facts):
            yield finding


def findings(facts: Facts) -> list[Finding]:
    """What the facts about one bot mean."""
    check = f"discord {facts.name or facts.bot or 'bot'}"
    if facts.trouble is not None:
        return [_trouble(check, facts)]
    found = [well(check, f"the token works: bot {facts.bot}, about {facts.servers} servers")]
    if not facts.content_intent:
        found.append(
            warning(
                check,
                "it reads only direct messages and mentions: the message content intent is off.",
                f"{PORTAL}, Bot, Privileged Gateway Intents: switch on Message Content Intent; then restart Parley.",
            )
        )
    if facts.needs_code:
        mend = f"{PORTAL}, Bot: switch off Requires OAuth2 Code Grant."
        found.append(error(check, "nobody can invite it: it asks for an OAuth2 code grant.", mend))
    if not facts.public:
        mend = f"If others are to add it: {PORTAL}, Bot: switch on Public Bot."
        found.append(warning(check, "only its owner can add it to servers.", mend))
    if not facts.for_persons:
        mend = f"{PORTAL}, Installation: tick User Install."
        found.append(warning(check, "people cannot add it to themselves alone.", mend))
    if facts.endpoint:
        mend = f"{PORTAL}, General Information: empty Interactions Endpoint URL."
        found.append(error(check, "its commands go to a web address instead of the gateway.", mend))
    missing = sorted(set(COMMANDS) - set(facts.commands))
    if missing:
        says = f"commands not published: {', '.join(missing)}."
        found.append(warning(check, says, "parley discord commands --publish, or start Parley: it publishes them."))
    else:
        found.append(well(check, f"{len(facts.commands)} commands are published"))
    found.append(_gateway(check, facts))
    return found


def _gateway(check: str, facts: Facts) -> Finding:
    if facts.gateway:
        mend = "Let this machine reach gateway.discord.gg on port 443 (WebSocket), or set [discord] gateway_url."
        return error(check, f"the gateway cannot be reached: {facts.gateway}.", mend)
    if facts.sessions_left < FEW_SESSIONS:
        mend = "Look in the log why it starts anew so often; at zero it hears nothing, and Discord resets its token."
        return warning(check, f"only {facts.sessions_left} new sessions are left today.", mend)
    return well(check, f"the gateway says hello; {facts.sessions_left} new sessions left today")


def _trouble(check: str, facts: Facts) -> Finding:
    from adapters.discord.errors import BadToken

    trouble = facts.trouble
    if isinstance(trouble, BadToken):
        mend = f"{PORTAL}, Bot, Reset Token: copy it whole, set DISCORD_BOT_TOKEN, and keep it secret."
        return error(check, "Discord does not take the token.", mend)
    if isinstance(trouble, RateLimited):
        return warning(check, f"Discord asks for patience: {trouble}.", "Try again then.")
    return error(check, f"{trouble}.", "Check the network and [discord] api_base.")
