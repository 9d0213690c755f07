"""What happened, as Slack tells it. Knows events, interactions and slash commands; must not know how they travel."""

from __future__ import annotations

import time

from adapters.slack.sandbox.world import App, Channel, Json, Message, User

CHANNEL_TYPES = {"im": "im", "mpim": "mpim", "channel": "channel", "group": "group"}


def callback(app: App, event_id: str, event: Json) -> Json:
    """The envelope of every event."""
    return {
        "token": "verification",
        "team_id": app.team,
        "api_app_id": app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": app.team,
                "user_id": app.user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"context-{event_id}",
    }


def said(channel: Channel, message: Message, team: str) -> Json:
    """A message event."""
    event: Json = {
        "type": "message",
        "client_msg_id": f"client-{message.ts}",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": team,
        "channel": channel.id,
        "event_ts": message.ts,
        "channel_type": CHANNEL_TYPES[channel.kind],
        "blocks": [{"type": "rich_text", "block_id": "b1", "elements": []}],
    }
    if message.thread_ts:
        root = channel.messages.get(message.thread_ts)
        event |= {"thread_ts": message.thread_ts, "parent_user_id": root.user if root else ""}
    if message.subtype:
        event["subtype"] = message.subtype
    if message.files:
        event |= {"files": message.files, "upload": False, "display_as_bot": False}
        del event["client_msg_id"]
    return event


def mentioned(channel: Channel, message: Message, team: str) -> Json:
    """The app_mention that comes beside the message event; it knows no channel type."""
    event = said(channel, message, team)
    for name in ("channel_type", "subtype", "parent_user_id", "files"):
        event.pop(name, None)
    return {**event, "type": "app_mention"}


def changed(channel: Channel, message: Message, old: str) -> Json:
    """A message_changed event."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": {"type": "message", "user": message.user, "text": message.text, "ts": message.ts},
        "previous_message": {"type": "message", "user": message.user, "text": old, "ts": message.ts},
        "event_ts": message.ts,
        "channel_type": CHANNEL_TYPES[channel.kind],
    }


def deleted(channel: Channel, message: Message) -> Json:
    """A message_deleted event."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "channel": channel.id,
        "ts": message.ts,
        "previous_message": {"type": "message", "user": message.user, "text": message.text, "ts": message.ts},
        "event_ts": message.ts,
        "channel_type": CHANNEL_TYPES[channel.kind],
    }


def reaction(user: str, message: Message, name: str, at: str, *, added: bool) -> Json:
    """reaction_added or reaction_removed."""
    return {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "reaction": name,
        "item_user": message.user,
        "event_ts": at,
    }


def slash(app: App, user: User, channel: Channel, command: str, text: str, url: str, trigger: str) -> Json:
    """A slash command."""
    return {
        "token": "verification",
        "team_id": app.team,
        "team_domain": "sandbox",
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind == "im" else channel.name,
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": command,
        "text": text,
        "api_app_id": app.app_id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": trigger,
    }


def _interaction(app: App, user: User, kind: str, trigger: str) -> Json:
    return {
        "type": kind,
        "token": "verification",
        "team": {"id": app.team, "domain": "sandbox"},
        "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team},
        "api_app_id": app.app_id,
        "trigger_id": trigger,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action(button: Json, at: str) -> Json:
    """What is told of a pressed button."""
    told = {"type": button["type"], "action_id": button.get("action_id", ""), "block_id": button.get("block_id", "")}
    told |= {name: button[name] for name in ("value", "url") if name in button}
    return {**told, "text": button.get("text", {}), "action_ts": at}


def pressed(app: App, user: User, channel: Channel, message: Message, act: Json, url: str, trigger: str) -> Json:
    """A button pressed under a message."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    told = {
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "response_url": url,
        "actions": [act],
    }
    if not message.only_for:
        told["message"] = message.shown()
    return {**_interaction(app, user, "block_actions", trigger), **told}


def pressed_at_home(app: App, user: User, view: Json, act: Json, trigger: str) -> Json:
    """A button pressed on the Home tab."""
    told = {"container": {"type": "view", "view_id": view["id"]}, "view": view, "actions": [act]}
    return {**_interaction(app, user, "block_actions", trigger), **told}


def shortcut(app: App, user: User, channel: Channel, message: Message, name: str, url: str, trigger: str) -> Json:
    """A message shortcut."""
    told = {
        "callback_id": name,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "message": message.shown(),
        "response_url": url,
        "action_ts": message.ts,
    }
    return {**_interaction(app, user, "message_action", trigger), **told}
