"""State as Discord's JSON. Knows every field that its description requires; must not change anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from adapters.discord.sandbox.town import EPOCH, PRIVATE, THREAD, Account, Bot, Channel, File, Guild, Message

Json = dict[str, Any]

RUNS = 1 << 3 | 1 << 5
"""ADMINISTRATOR and MANAGE_GUILD."""


def timestamp(snowflake: str) -> str:
    """When that id was given."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + EPOCH) / 1000, UTC).isoformat()


def now() -> str:
    """The time, as Discord writes it."""
    return datetime.now(UTC).isoformat()


def user(account: Account) -> Json:
    """A user."""
    return {
        "id": account.id,
        "username": account.name.lower().replace(" ", "_"),
        "global_name": account.name,
        "discriminator": "0000",
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        **({"bot": True} if account.is_bot else {}),
    }


def own_user(bot: Bot) -> Json:
    """What a bot is told about itself."""
    return {**user(bot), "mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}


def member(account: Account) -> Json:
    """A member of a server, without the user."""
    return {
        "roles": [],
        "joined_at": "2024-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "nick": None,
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "pending": False,
        "premium_since": None,
    }


def application(bot: Bot) -> Json:
    """The application behind a bot."""
    return {
        "id": bot.id,
        "name": bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(bot),
        "bot_public": bot.public,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 1 << 19 if bot.content_intent else 0,
        "flags_new": str(1 << 19 if bot.content_intent else 0),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": {**user(bot), "bot": False},
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "integration_types_config": {"0": {}, "1": {}},
        "rpc_origins": [],
        "summary": "",
    }


def channel(one: Channel, accounts: dict[str, Account], viewer: str = "") -> Json:
    """A channel, thread or private talk."""
    last = next(reversed(one.messages), None)
    common: Json = {"id": one.id, "type": one.kind, "flags": 0, "last_message_id": last}
    if one.kind == PRIVATE:
        others = [accounts[each] for each in sorted(one.members) if each != viewer]
        return {**common, "recipients": [user(each) for each in others]}
    common |= {"guild_id": one.guild.id if one.guild else "0", "name": one.name}
    if one.kind == THREAD:
        return {
            **common,
            "parent_id": one.parent.id if one.parent else None,
            "owner_id": one.owner,
            "rate_limit_per_user": 0,
            "message_count": len(one.messages),
            "total_message_sent": len(one.messages),
            "member_count": 1,
            "thread_metadata": {
                "archived": one.archived,
                "archive_timestamp": now(),
                "auto_archive_duration": 1440,
                "locked": False,
                "create_timestamp": timestamp(one.id),
            },
        }
    return {
        **common,
        "position": 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
    }


def guild(one: Guild, accounts: dict[str, Account], bot: Bot) -> Json:
    """What GUILD_CREATE says."""
    plain = [each for each in one.channels.values() if each.kind != THREAD]
    threads = [each for each in one.channels.values() if each.kind == THREAD and not each.archived]
    everyone = {"id": one.id, "name": "@everyone", "permissions": str(((1 << 49) - 1) & ~RUNS)}
    ours = {"id": str(int(bot.id) + 1), "name": bot.name, "permissions": "0", "tags": {"bot_id": bot.id}}
    admins = {"id": str(int(one.id) + 1), "name": "Admins", "permissions": str(RUNS)}
    bare = {"color": 0, "hoist": False, "position": 0, "managed": False, "mentionable": False, "flags": 0}
    colors = {"colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}}
    return {
        "id": one.id,
        "name": one.name,
        "unavailable": False,
        "owner_id": one.owner or bot.id,
        "member_count": len(one.members),
        "joined_at": now(),
        "large": False,
        "roles": [{**bare, **colors, **role} for role in (everyone, ours, admins)],
        "emojis": [],
        "stickers": [],
        "features": [],
        "members": [{"user": user(bot), **member(bot)}],
        "channels": [channel(each, accounts) for each in plain],
        "threads": [channel(each, accounts) for each in threads],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "afk_channel_id": None,
        "afk_timeout": 300,
        "application_id": None,
        "banner": None,
        "default_message_notifications": 0,
        "description": None,
        "discovery_splash": None,
        "explicit_content_filter": 0,
        "icon": None,
        "mfa_level": 0,
        "nsfw_level": 0,
        "preferred_locale": "en-US",
        "premium_tier": 0,
        "premium_progress_bar_enabled": False,
        "public_updates_channel_id": None,
        "rules_channel_id": None,
        "splash": None,
        "system_channel_flags": 0,
        "system_channel_id": None,
        "vanity_url_code": None,
        "verification_level": 0,
    }


def guild_alone(one: Guild, accounts: dict[str, Account], bot: Bot) -> Json:
    """A server as it is told when it is asked for: without who and what is in it."""
    told = guild(one, accounts, bot)
    crowd = (
        *("members", "channels", "threads", "presences", "voice_states", "stage_instances", "guild_scheduled_events"),
        *("soundboard_sounds", "unavailable", "member_count", "joined_at", "large"),
    )
    alone = {name: value for name, value in told.items() if name not in crowd}
    alone["roles"] = [{**role, "icon": None, "unicode_emoji": None} for role in told["roles"]]
    nothing = ("home_header", "widget_channel_id", "safety_alerts_channel_id", "incidents_data", "max_presences")
    most = {"max_members": 500_000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25}
    plain = {"region": "deprecated", "widget_enabled": False, "premium_subscription_count": 0, "nsfw": False}
    return {**alone, **dict.fromkeys(nothing), **most, **plain}


def roles_of(one: Guild, user: str) -> list[str]:
    """What somebody has on a server."""
    return [str(int(one.id) + 1)] if user in one.admins else []


def attachment(one: File, place: Channel, base: str) -> Json:
    """A file of a message."""
    url = f"{base}/attachments/{place.id}/{one.id}/{one.key}/{one.name}"
    return {
        "id": one.id,
        "filename": one.name,
        "size": len(one.content),
        "url": url,
        "proxy_url": url,
        "content_type": one.media_type,
    }


def message(one: Message, base: str, *, content: bool = True, deep: bool = True) -> Json:
    """A message. `content` False: for a bot that may not read it."""
    made: Json = {
        "id": one.id,
        "channel_id": one.channel.id,
        "type": one.kind,
        "author": user(one.author),
        "content": one.content if content else "",
        "mentions": [user(each) for each in one.mentions],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [attachment(each, one.channel, base) for each in one.files] if content else [],
        "embeds": [],
        "timestamp": timestamp(one.id),
        "edited_timestamp": one.edited,
        "flags": one.flags,
        "components": one.components if content else [],
        "pinned": False,
        "tts": False,
    }
    if one.nonce is not None:
        made["nonce"] = one.nonce
    if one.application:
        made["application_id"] = one.application
    if one.answers is not None:
        made["message_reference"] = {"type": 0, "channel_id": one.channel.id, "message_id": one.answers.id}
        if deep:
            made["referenced_message"] = message(one.answers, base, content=content, deep=False)
    return made
