"""Answers to interactions: first signs, originals, follow-ups. Knows both deadlines; must not know channels' calls."""

from __future__ import annotations

import time
from typing import Any

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.door import Request
from adapters.discord.sandbox.posting import Posting
from adapters.discord.sandbox.town import EPHEMERAL, Interaction, Message, Town
from adapters.discord.sandbox.trouble import Problem

REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES = 4, 5, 6, 7, 8
COMPONENT = 3


class Interactions:
    """Everything under `interactions/` and `webhooks/`."""

    def __init__(self, town: Town, posting: Posting) -> None:
        self._town, self._posting = town, posting
        self.answer_within = 3.0
        self.token_life = 900.0

    async def callback(self, asked: Request) -> tuple[int, Any]:
        """POST callback: the first sign, once, in time"""
        found = self._town.interactions.get(asked.ids["token"])
        if found is None or found.id != asked.ids["interaction"] or self._late(found):
            raise Problem(404, 10062, "Unknown interaction")
        if found.answered:
            raise Problem(400, 40060, "Interaction has already been acknowledged.")
        kind = asked.fields.get("type")
        fields = asked.fields.get("data") or {}
        if kind in (REPLY, DEFER):
            loading = kind == DEFER
            found.original = self._message(found, fields, asked, loading=loading)
        elif kind in (DEFER_UPDATE, UPDATE) and found.kind == COMPONENT and found.original is not None:
            if kind == UPDATE:
                self._posting.change(found.original, fields, asked.files)
        elif kind == CHOICES and found.kind == 4 and len(fields.get("choices", [])) <= 25:
            found.choices = [str(one["value"]) for one in fields["choices"]]
        else:
            raise Problem(400, 50035, "Invalid Form Body: type")
        found.answered = int(kind)
        self._town.changed()
        if asked.query.get("with_response") not in ("1", "true"):
            return 204, None
        told: dict[str, Any] = {
            "interaction": {
                "id": found.id,
                "type": found.kind,
                "response_message_loading": kind == DEFER,
                "response_message_ephemeral": bool(int(fields.get("flags") or 0) & EPHEMERAL),
                "channel_id": found.channel.id,
                **({"response_message_id": found.original.id} if found.original else {}),
            }
        }
        if found.original is not None:
            told["resource"] = {"type": kind, "message": payloads.message(found.original, self._posting.base)}
        return 200, told

    async def follow_up(self, asked: Request) -> tuple[int, Any]:
        """POST webhook: a further message; the first one after a deferral is the original"""
        found = self._open(asked)
        if found.original is not None and found.original.thinking:
            self._posting.change(found.original, asked.fields, asked.files)
            return 200, payloads.message(found.original, self._posting.base)
        made = self._message(found, asked.fields, asked)
        return 200, payloads.message(made, self._posting.base)

    async def show(self, asked: Request) -> tuple[int, Any]:
        """GET webhook message"""
        return 200, payloads.message(self._of(asked), self._posting.base)

    async def edit(self, asked: Request) -> tuple[int, Any]:
        """PATCH webhook message"""
        message = self._of(asked)
        self._posting.change(message, asked.fields, asked.files)
        return 200, payloads.message(message, self._posting.base)

    async def erase(self, asked: Request) -> tuple[int, Any]:
        """DELETE webhook message"""
        self._posting.remove(self._of(asked))
        return 204, None

    def failed(self, interaction: Interaction) -> bool:
        """Whether the person reads that the application did not respond."""
        return not interaction.answered and self._late(interaction)

    def _late(self, interaction: Interaction) -> bool:
        return not interaction.answered and time.monotonic() - interaction.at > self.answer_within

    def _open(self, asked: Request) -> Interaction:
        found = self._town.interactions.get(asked.ids["token"])
        if found is None or found.bot.id != asked.ids["application"] or not found.answered:
            raise Problem(404, 10015, "Unknown Webhook")
        if time.monotonic() - found.at > self.token_life:
            raise Problem(401, 50027, "Invalid Webhook Token")
        return found

    def _of(self, asked: Request) -> Message:
        found, name = self._open(asked), asked.ids["message"]
        message = found.original if name == "@original" else found.channel.messages.get(name)
        if message is None or message.id not in message.channel.messages or message.author.id != found.bot.id:
            raise Problem(404, 10008, "Unknown Message")
        return message

    def _message(self, found: Interaction, fields: dict[str, Any], asked: Request, *, loading: bool = False) -> Message:
        hidden = bool(int(fields.get("flags") or 0) & EPHEMERAL)
        return self._posting.post(
            found.channel,
            found.bot,
            fields,
            asked.files,
            only_for=found.person.id if hidden else "",
            application=found.bot.id,
            loading=loading,
        )
