"""Calls about channels: messages, threads, reactions, typing. Knows Discord's refusals; must not know interactions."""

from __future__ import annotations

import time
from typing import Any

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.door import Request
from adapters.discord.sandbox.posting import Posting
from adapters.discord.sandbox.town import THREAD, VOICE, Bot, Channel, Guild, Message, Town
from adapters.discord.sandbox.trouble import Problem

NOTHING: tuple[int, Any] = (204, None)


class Channels:
    """Everything under `channels/`."""

    def __init__(self, town: Town, posting: Posting) -> None:
        self._town, self._posting = town, posting

    def channel(self, asked: Request) -> Channel:
        """The channel of a call. Raises Problem: unknown, or not open to this bot."""
        found = self._town.channels.get(asked.ids["channel"])
        if found is None:
            raise Problem(404, 10003, "Unknown Channel")
        if not found.seen_by(asked.me.id):
            raise Problem(403, 50001, "Missing Access")
        return found

    def _guild(self, asked: Request) -> Guild:
        found = self._town.guilds.get(asked.ids["guild"])
        if found is None or asked.me.id not in found.members:
            raise Problem(404, 10004, "Unknown Guild")
        return found

    async def guild(self, asked: Request) -> tuple[int, Any]:
        """GET guild"""
        return 200, payloads.guild_alone(self._guild(asked), self._town.accounts, asked.me)

    async def member(self, asked: Request) -> tuple[int, Any]:
        """GET guild member"""
        guild, user = self._guild(asked), asked.ids["user"]
        if user not in guild.members:
            raise Problem(404, 10007, "Unknown Member")
        account = self._town.accounts[user]
        return 200, {
            "user": payloads.user(account),
            **payloads.member(account),
            "roles": payloads.roles_of(guild, user),
        }

    def message(self, asked: Request) -> Message:
        """The message of a call. Raises Problem."""
        found = self.channel(asked).messages.get(asked.ids["message"])
        if found is None or found.only_for:
            raise Problem(404, 10008, "Unknown Message")
        return found

    def _own(self, asked: Request) -> Message:
        message = self.message(asked)
        if message.author.id != asked.me.id:
            raise Problem(403, 50005, "Cannot edit a message authored by another user")
        if message.channel.archived:
            raise Problem(400, 50083, "Thread is archived")
        return message

    async def show(self, asked: Request) -> tuple[int, Any]:
        """GET channel"""
        return 200, payloads.channel(self.channel(asked), self._town.accounts, asked.me.id)

    async def change(self, asked: Request) -> tuple[int, Any]:
        """PATCH channel: a thread's name and whether it is put away"""
        channel = self.channel(asked)
        name = asked.fields.get("name", channel.name)
        if not 1 <= len(name) <= 100:
            raise Problem(400, 50035, "Invalid Form Body")
        if channel.kind == THREAD and channel.owner != asked.me.id:
            raise Problem(403, 50013, "Missing Permissions")
        channel.name = name
        channel.archived = bool(asked.fields.get("archived", channel.archived))
        self._posting.tell("THREAD_UPDATE", channel)
        self._town.changed()
        return 200, payloads.channel(channel, self._town.accounts, asked.me.id)

    async def list(self, asked: Request) -> tuple[int, Any]:
        """GET messages: newest first, as Discord does, also after an id"""
        after = int(asked.query.get("after", 0))
        limit = int(asked.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise Problem(400, 50035, "Invalid Form Body")
        fitting = [one for one in self.channel(asked).messages.values() if int(one.id) > after and not one.only_for]
        fitting.sort(key=lambda one: int(one.id))
        chosen = fitting[:limit] if after else fitting[-limit:]
        return 200, [self._posting.as_seen(one, asked.me) for one in reversed(chosen)]

    async def one(self, asked: Request) -> tuple[int, Any]:
        """GET message"""
        return 200, self._posting.as_seen(self.message(asked), asked.me)

    async def send(self, asked: Request) -> tuple[int, Any]:
        """POST message; the same nonce again, if it is to be enforced, is the same message"""
        channel, bot, fields = self.channel(asked), asked.me, asked.fields
        nonce = fields.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise Problem(400, 50035, "Invalid Form Body")
        if nonce is not None and fields.get("enforce_nonce"):
            known = self._posting.by_nonce(bot, channel, nonce)
            if known is not None:
                return 200, payloads.message(known, self._posting.base)
        if channel.guild is None and bot.id not in channel.members:
            raise Problem(403, 50007, "Cannot send messages to this user")
        channel.archived = False
        reference = (fields.get("message_reference") or {}).get("message_id")
        answers = channel.messages.get(str(reference)) if reference else None
        made = self._posting.post(channel, bot, fields, asked.files, answers=answers, nonce=nonce)
        return 200, payloads.message(made, self._posting.base)

    async def edit(self, asked: Request) -> tuple[int, Any]:
        """PATCH message"""
        message = self._own(asked)
        self._posting.change(message, asked.fields, asked.files)
        return 200, payloads.message(message, self._posting.base)

    async def erase(self, asked: Request) -> tuple[int, Any]:
        """DELETE message"""
        message = self._own(asked)
        self._posting.remove(message)
        return NOTHING

    async def type(self, asked: Request) -> tuple[int, Any]:
        """POST typing"""
        channel = self.channel(asked)
        channel.typed.append((time.monotonic(), asked.me.id))
        self._town.changed()
        return NOTHING

    async def begin_thread(self, asked: Request) -> tuple[int, Any]:
        """POST thread from a message: its id is the message's, so there is one at most"""
        parent, message_id, bot = self.channel(asked), asked.ids["message"], asked.me
        if not 1 <= len(asked.fields.get("name", "")) <= 100:
            raise Problem(400, 50035, "Invalid Form Body")
        if message_id not in parent.messages:
            raise Problem(404, 10008, "Unknown Message")
        if message_id in self._town.channels:
            raise Problem(400, 160004, "A thread has already been created for this message")
        if parent.kind == VOICE or parent.kind == THREAD:
            raise Problem(400, 50024, "Cannot execute action on this channel type")
        if not parent.may_thread:
            raise Problem(403, 50013, "Missing Permissions")
        thread = self._town.thread(parent, asked.fields["name"], bot.id, message_id)
        self._posting.tell("THREAD_CREATE", thread)
        self._town.changed()
        return 201, payloads.channel(thread, self._town.accounts, bot.id)

    async def react(self, asked: Request) -> tuple[int, Any]:
        """PUT own reaction"""
        self.message(asked).reactions.setdefault(asked.ids["emoji"], []).append(asked.me.id)
        return NOTHING

    async def private(self, asked: Request) -> tuple[int, Any]:
        """POST users/@me/channels"""
        other = str(asked.fields.get("recipient_id", ""))
        if other not in self._town.accounts:
            raise Problem(400, 50033, "Invalid Recipient(s)")
        bot: Bot = asked.me
        return 200, payloads.channel(self._town.private(bot.id, other), self._town.accounts, bot.id)
