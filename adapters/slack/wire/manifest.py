"""The app as Slack is told of it. Knows Slack's manifest, scopes and events; must not know settings or calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.slack.parse.interactions import ASK_ABOUT, OWN_COMMAND
from hub.ports.adapter import MenuCommand

SCOPES = {
    "app_mentions:read": "being mentioned",
    "assistant:write": "titles, suggested prompts and the agent's threads",
    "channels:history": "threads in public channels",
    "channels:read": "who made a public channel",
    "chat:write": "answering",
    "commands": "slash commands and shortcuts",
    "files:read": "files that people send",
    "files:write": "sending files",
    "groups:history": "threads in private channels",
    "groups:read": "who made a private channel",
    "im:history": "direct messages",
    "im:write": "opening direct messages",
    "mpim:history": "group messages",
    "reactions:read": "reactions as an opinion",
    "users:read": "people's names and languages",
}
"""Every scope the adapter uses, and what for."""

ESSENTIAL = frozenset({"chat:write", "im:history", "app_mentions:read"})
"""Without these nobody gets an answer."""

EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
)

LONGEST_HINT = 1_000
"""Characters of a command's usage hint; Slack's limit of a description is 2,000."""

Words = Callable[[str, str], str]
"""(notice key, language) -> words."""


def manifest(
    name: str,
    commands: Iterable[MenuCommand],
    words: Words,
    language: str,
    request_url: str = "",
    *,
    each: bool = False,
) -> dict[str, object]:
    """The manifest; with `request_url` for HTTP, else for Socket Mode. Slack's manifests have one language.

    `each`: besides `/parley` one slash command for each command, such as `/parley-new`."""
    menu = tuple(commands)
    where = {"url": request_url} if request_url else {}
    hint = " | ".join(["ask", *(command.name for command in menu)])[:LONGEST_HINT]
    slash = [{"command": OWN_COMMAND, "description": words("slack_command", language), "usage_hint": hint}]
    slash += [
        {"command": f"{OWN_COMMAND}-{command.name}", "description": command.describe.get(language, command.name)}
        for command in (menu if each else ())
    ]
    prompts = [words(key, language) for key in ("slack_prompt_able", "slack_prompt_explain", "slack_prompt_write")]
    about = words("slack_about", language)
    requests = {"request_url": request_url} if request_url else {}
    return {
        "display_information": {"name": name, "description": about},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "agent_view": {
                "agent_description": about,
                "suggested_prompts": [{"title": prompt, "message": prompt} for prompt in prompts],
            },
            "shortcuts": [
                {
                    "name": words("slack_shortcut", language),
                    "type": "message",
                    "callback_id": ASK_ABOUT,
                    "description": words("slack_shortcut_about", language),
                }
            ],
            "slash_commands": [{**command, "should_escape": False, **where} for command in slash],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**requests, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **requests},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            "token_rotation_enabled": False,
        },
    }
