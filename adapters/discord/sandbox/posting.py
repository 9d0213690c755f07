"""Messages made, changed and told of. Knows limits, pings and who is told; must not know HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.town import EPHEMERAL, LOADING, Account, Bot, Channel, File, Message, Town
from adapters.discord.sandbox.trouble import Problem
from adapters.discord.sandbox.words import pinged

CONTENT_LIMIT = 2000
FILE_LIMIT = 10 * 1024 * 1024
LINK = 5
"""Style of a button that opens a page."""

NONCE_SECONDS = 180.0
"""How long a nonce is remembered: Discord says "the past few minutes"."""

Tell = Callable[[str, Channel | None, dict[str, Any], Message | None, Bot | None], None]


class Posting:
    """Puts messages where they belong and tells every bot that may know."""

    def __init__(self, town: Town, tell: Tell) -> None:
        self._town, self._tell = town, tell
        self.base = ""
        self.nonce_seconds = NONCE_SECONDS
        self._nonces: dict[tuple[str, str, str], tuple[float, Message]] = {}

    def tell(self, kind: str, channel: Channel) -> None:
        """An event about a channel."""
        self._tell(kind, channel, payloads.channel(channel, self._town.accounts), None, None)

    def as_seen(self, message: Message, bot: Bot) -> dict[str, Any]:
        """A message as `bot` is shown it over REST."""
        return payloads.message(message, self.base, content=may_read(message, bot))

    def by_nonce(self, bot: Bot, channel: Channel, nonce: str | int) -> Message | None:
        """What was sent with that nonce lately."""
        at, message = self._nonces.get((bot.id, channel.id, str(nonce)), (0.0, None))
        fresh = message is not None and time.monotonic() - at < self.nonce_seconds
        return message if fresh else None

    def post(
        self,
        channel: Channel,
        author: Account,
        fields: dict[str, Any],
        files: list[File],
        *,
        answers: Message | None = None,
        nonce: str | int | None = None,
        only_for: str = "",
        application: str = "",
        loading: bool = False,
    ) -> Message:
        """A new message. Raises Problem."""
        content = str(fields.get("content") or "")
        if author.is_bot and not loading:
            _check(content, fields, files)
        flags = int(fields.get("flags") or 0) & (4 | EPHEMERAL) | (LOADING if loading else 0)
        message = Message(self._town.snowflake(), channel, author, content, flags, files=files, nonce=nonce)
        message.answers, message.only_for, message.application = answers, only_for, application
        message.components = list(fields.get("components") or [])
        message.kind = 19 if answers is not None else 20 if application else 0
        self._name(message, fields)
        message.frames.append(content)
        channel.messages[message.id] = message
        if nonce is not None:
            self._nonces[author.id, channel.id, str(nonce)] = time.monotonic(), message
        if not only_for:
            self._tell("MESSAGE_CREATE", channel, {}, message, None)
        self._town.changed()
        return message

    def change(self, message: Message, fields: dict[str, Any], files: list[File]) -> None:
        """Edit a message; what is not named stays. Raises Problem."""
        content = str(fields["content"] or "") if "content" in fields else message.content
        _check(content, {**fields, "content": content}, files or message.files)
        message.content = content
        message.flags = message.flags & ~LOADING
        if fields.get("flags") is not None:
            message.flags = message.flags & ~4 | int(fields["flags"]) & 4
        if "components" in fields:
            message.components = list(fields["components"] or [])
        message.files = files or message.files
        message.edited = payloads.now()
        message.frames.append(content)
        self._name(message, fields)
        self._town.changed()

    def remove(self, message: Message) -> None:
        """Take a message away."""
        message.channel.messages.pop(message.id, None)
        place = message.channel
        told = {"id": message.id, "channel_id": place.id, **({"guild_id": place.guild.id} if place.guild else {})}
        self._tell("MESSAGE_DELETE", place, told, None, None)
        self._town.changed()

    def _name(self, message: Message, fields: dict[str, Any]) -> None:
        """Work out whom the words name, and for whom that makes noise."""
        everybody = pinged(message.content, None)
        message.mentions = [self._town.accounts[one] for one in dict.fromkeys(everybody) if one in self._town.accounts]
        if message.answers is not None and message.answers.author not in message.mentions and not message.author.is_bot:
            message.mentions.append(message.answers.author)
        if message.author.is_bot:
            message.pinged += pinged(message.content, fields.get("allowed_mentions"))


def may_read(message: Message, bot: Bot) -> bool:
    """Whether a bot is shown the words: its own, private ones, those that name it, or all if it asked to."""
    named = any(one.id == bot.id for one in message.mentions)
    return bot.content_intent or message.author.id == bot.id or message.channel.guild is None or named


def _check(content: str, fields: dict[str, Any], files: list[File]) -> None:
    if len(content.encode("utf-16-le")) // 2 > CONTENT_LIMIT:
        raise Problem(400, 50035, "Invalid Form Body: content: Must be 2000 or fewer in length.")
    if any(len(file.content) > FILE_LIMIT for file in files):
        raise Problem(413, 40005, "Request entity too large")
    if not content.strip() and not files and not fields.get("embeds"):
        raise Problem(400, 50006, "Cannot send an empty message")
    seen: set[str] = set()
    rows = fields.get("components") or []
    for row in rows:
        parts = row.get("components", [])
        if row.get("type") != 1 or not 1 <= len(parts) <= 5 or len(rows) > 5:
            raise Problem(400, 50035, "Invalid Form Body: components")
        for part in parts:
            opens = part.get("style") == LINK
            name, label = part.get("url" if opens else "custom_id", ""), part.get("label", "")
            if (
                not 1 <= len(name) <= (512 if opens else 100)
                or name in seen
                or ("url" in part) is not opens
                or not 1 <= len(label) <= 80
            ):
                raise Problem(400, 50035, "Invalid Form Body: components")
            seen.add(name)
