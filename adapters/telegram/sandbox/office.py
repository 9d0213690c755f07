"""Methods of the Bot API that show nothing themselves: set-up, menus, topics, files. Must not know HTTP.

Knows each one's rules.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from adapters.telegram.sandbox.feed import Hook
from adapters.telegram.sandbox.methods import Asked, Screen
from adapters.telegram.sandbox.state import Refused

if TYPE_CHECKING:
    from adapters.telegram.sandbox.platform import Account, TelegramSandbox

Json = dict[str, Any]

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes that getFile gives out."""

RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
"""What every administrator of a sandbox may do."""


class Office:
    """Everything but the screen."""

    def __init__(self, platform: TelegramSandbox, screen: Screen) -> None:
        self._platform = platform
        self._screen = screen

    def get_me(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API."""
        return bot.user() | {
            "can_join_groups": True,
            "can_read_all_group_messages": bot.reads_all,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": bot.topics,
        }

    async def get_updates(self, bot: Account, asked: Asked) -> list[Json]:
        """See the Bot API."""
        limit = asked.number("limit")
        return await bot.feed.updates(
            asked.number("offset") or 0,
            100 if limit is None else limit,
            asked.number("timeout") or 0,
            asked.json("allowed_updates"),
        )

    def set_webhook(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API; http is taken on this machine only."""
        url, secret = asked.text("url"), asked.text("secret_token")
        if secret and not _SECRET.fullmatch(secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        if url and not url.startswith(("https://", "http://127.0.0.1")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        allowed = asked.json("allowed_updates")
        if allowed is not None:
            bot.feed.allowed = frozenset(allowed) or None
        hook = Hook(url, secret, asked.number("max_connections") or 40) if url else None
        bot.feed.set_hook(hook, drop=asked.flag("drop_pending_updates"))
        return True

    def delete_webhook(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API."""
        bot.feed.set_hook(None, drop=asked.flag("drop_pending_updates"))
        return True

    def get_webhook_info(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API."""
        feed = bot.feed
        found: Json = {
            "url": feed.hook.url if feed.hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(feed.waiting),
        }
        if feed.hook is not None:
            found["max_connections"] = feed.hook.max_connections
        if feed.allowed:
            found["allowed_updates"] = sorted(feed.allowed)
        if feed.last_error:
            found |= {"last_error_date": feed.last_error_at, "last_error_message": feed.last_error}
        return found

    def set_commands(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: setMyCommands."""
        commands = asked.json("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise Refused(400, "Bad Request: commands must be a list of at most 100")
        for command in commands:
            if not _COMMAND.fullmatch(command["command"]):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        bot.commands[_menu(asked)] = commands
        return True

    def get_commands(self, bot: Account, asked: Asked) -> list[Json]:
        """See the Bot API: getMyCommands."""
        return bot.commands.get(_menu(asked), [])

    def delete_commands(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: deleteMyCommands."""
        bot.commands.pop(_menu(asked), None)
        return True

    def chat_action(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: sendChatAction."""
        place = self._screen.place(bot, asked)
        place.actions.append(asked.text("action"))
        self._platform.stir()
        return True

    def get_admins(self, bot: Account, asked: Asked) -> list[Json]:
        """See the Bot API: getChatAdministrators."""
        place = self._screen.place(bot, asked)
        if place.type == "private":
            raise Refused(400, "Bad Request: there are no administrators in the private chat")
        people = {person.id: person for person in self._platform.people}
        found: list[Json] = []
        for number, status in place.members.items():
            admin: Json = {"status": status, "user": people[number].user(), "is_anonymous": False}
            if status == "creator":
                found.append(admin)
            elif status == "administrator":
                found.append(admin | dict.fromkeys(RIGHTS, True) | {"can_be_edited": False})
        return found

    def answer_callback(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: answerCallbackQuery."""
        number = asked.text("callback_query_id")
        if number not in bot.presses:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        bot.presses[number] = asked.text("text")
        self._platform.stir()
        return True

    def react(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: setMessageReaction."""
        place = self._screen.place(bot, asked)
        message = place.messages.get(asked.number("message_id") or 0)
        if message is None:
            raise Refused(400, "Bad Request: message to react not found")
        reactions = asked.json("reaction") or []
        message.reactions.pop(bot.id, None)
        if reactions:
            message.reactions[bot.id] = reactions[0]["emoji"]
        self._platform.stir()
        return True

    def create_topic(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API: createForumTopic."""
        place = self._screen.place(bot, asked)
        name = self._topic_name(asked)
        if not place.forum and place.type != "private":
            raise Refused(400, "Bad Request: the chat is not a forum")
        thread = next(place.numbers)
        place.topics[thread] = name
        return {"message_thread_id": thread, "name": name, "icon_color": 7322096}

    def edit_topic(self, bot: Account, asked: Asked) -> bool:
        """See the Bot API: editForumTopic."""
        place = self._screen.place(bot, asked)
        thread = asked.number("message_thread_id") or 0
        if thread not in place.topics:
            raise Refused(400, "Bad Request: message thread not found")
        if bot.id in self._platform.no_topic_rights:
            raise Refused(400, "Bad Request: not enough rights to change the topic")
        name = self._topic_name(asked)
        if place.topics[thread] == name:
            raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
        place.topics[thread] = name
        self._platform.stir()
        return True

    def _topic_name(self, asked: Asked) -> str:
        name = asked.text("name")
        if not 1 <= len(name) <= 128:
            raise Refused(400, "Bad Request: TOPIC_TITLE_INVALID")
        return name

    def get_file(self, bot: Account, asked: Asked) -> Json:
        """See the Bot API."""
        document = self._platform.files.get(asked.text("file_id"))
        if document is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(document.content) > DOWNLOAD_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": document.id,
            "file_unique_id": f"u{document.id}",
            "file_size": len(document.content),
            "file_path": f"documents/{document.id}",
        }


def _menu(asked: Asked) -> tuple[str, str]:
    scope = asked.json("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), asked.text("language_code")
