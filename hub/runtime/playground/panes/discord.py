"""Discord's pane. Knows what its stand-in remembers and how an app shows it; must not know the adapter."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from adapters.discord.sandbox import Channel, DiscordSandbox, Person
from adapters.discord.sandbox import Message as Posted
from adapters.discord.sandbox.town import EPOCH
from hub.runtime.playground.dialects import discord as dialect
from hub.runtime.playground.panes.pane import (
    BROKEN_CALLS,
    KEPT_CALLS,
    LOOK_SECONDS,
    NEWEST,
    PEOPLE,
    Button,
    Command,
    Deed,
    FileShown,
    Message,
    Place,
    Somebody,
    Thread,
    Unfit,
    next_change,
)

CHANNEL = "channel"
NAME = re.compile(r"@parley\b", re.IGNORECASE)
"""How people type the bot's name."""

TYPING_SECONDS = 10.0
"""How long an app shows that somebody types: Discord's documentation of the typing call."""

CONNECT_SECONDS = 20.0
"""How long what somebody says waits for a hub that is still starting."""

CHAT_INPUT, CALLED = 1, 2
LOOKS = {1: "primary", 3: "good", 4: "danger"}
"""Button styles of Discord."""


class DiscordPane:
    """Each person's direct messages with the bot, and a server of all with one channel."""

    id = "discord"

    def __init__(self) -> None:
        self.platform = DiscordSandbox()
        self._people: dict[str, Person] = {one.id: self.platform.person(one.name, one.language) for one in PEOPLE}
        self._channel = self.platform.group("Team", *self._people.values())
        town = self.platform.town
        names = {number: one.name for number, one in town.accounts.items()}
        self._read = lru_cache(1024)(lambda text: dialect.read(text, names))

    async def start(self) -> None:
        """See Pane."""
        await self.platform.start()

    async def stop(self) -> None:
        """See Pane."""
        await self.platform.stop()

    def keys(self) -> dict[tuple[str, ...], Any]:
        """See Pane."""
        return {
            ("discord", "token"): self.platform.token,
            ("discord", "api_base"): self.platform.api_base,
            ("discord", "gateway_url"): self.platform.gateway_url,
        }

    async def changed(self) -> None:
        """See Pane."""
        await next_change(lambda found: self.platform.town.until(found, LOOK_SECONDS, str))

    def places(self) -> list[Place]:
        """See Pane."""
        del self.platform.calls[:-KEPT_CALLS]
        private = [self._place(self._people[one.id].private(), one.id, "Parley", one) for one in PEOPLE]
        return [*private, self._place(self._channel, CHANNEL, f"#{self._channel.name}", None)]

    def _place(self, channel: Channel, number: str, name: str, owner: Somebody | None) -> Place:
        threads = [one for one in self.platform.town.channels.values() if one.parent is channel]
        shown = list(channel.messages.values())[-NEWEST:]
        inside = [(thread, one) for thread in threads for one in list(thread.messages.values())[-NEWEST:]]
        calls = self._calls()
        return Place(
            number,
            name,
            "private" if owner else "group",
            owner.id if owner else "",
            typing=_typing(channel),
            commands=self._commands(owner.language if owner else "en"),
            threads=[Thread(one.id, one.name, "is typing" if _typing(one) else "") for one in threads],
            messages=[self._message(one, "", calls) for one in shown]
            + [self._message(one, thread.id, calls) for thread, one in inside],
        )

    def _message(self, posted: Posted, thread: str, calls: dict[str, str]) -> Message:
        answered = posted.answers
        return Message(
            posted.id,
            self._who(posted.author.id),
            (int(posted.id) >> 22) + EPOCH,
            self._read(posted.content),
            thread=thread,
            only=self._who(posted.only_for) if posted.only_for else "",
            state="thinking" if posted.thinking else "",
            edited=posted.edited is not None,
            answers=calls.get(posted.id) or (answered.content[:120] if answered else ""),
            buttons=[
                [
                    Button(
                        f"{row}.{at}", part.get("label", ""), LOOKS.get(part.get("style", 0), ""), part.get("url", "")
                    )
                    for at, part in enumerate(line["components"])
                ]
                for row, line in enumerate(posted.components)
            ],
            files=[FileShown(one.name, len(one.content), one.id) for one in posted.files],
            reactions={
                emoji: [self._who(user) for user in users] for emoji, users in posted.reactions.items() if users
            },
        )

    def _calls(self) -> dict[str, str]:
        """By message, which call of a command it answers: an app shows this above it."""
        return {
            one.original.id: f"{one.person.name} used {_entry(one.payload['data'])}"
            for one in self.platform.town.interactions.values()
            if one.kind == CALLED and one.original is not None
        }

    def _commands(self, language: str) -> list[Command]:
        return [
            Command(one["name"], (one.get("description_localizations") or {}).get(language) or one["description"])
            for one in self.platform.parley.commands
            if one["type"] == CHAT_INPUT
        ]

    def _who(self, account: str) -> str:
        return next((key for key, one in self._people.items() if one.id == account), "bot")

    async def act(self, deed: Deed) -> list[str]:
        """See Pane."""
        if deed.does == "breaks":
            self.platform.misbehave(status=503, times=BROKEN_CALLS)
            await self.platform.drop_connections()
            return []
        await self._heard()
        person = self._people[deed.person]
        place = self._channel if deed.place == CHANNEL else person.private()
        if deed.thread:
            place = self._thread(place, deed.thread)
        if deed.does == "types":
            return await self._types(person, place, deed.text)
        if deed.does == "says":
            await self._says(person, place, deed)
        elif deed.does in ("reacts", "presses", "asks"):
            await self._touches(person, _found(place, deed.message), deed)
        return []

    async def _heard(self) -> None:
        """Wait for the bot's first session: what was said before it, Discord tells nobody."""
        live = self.platform.gateway.live
        await self.platform.town.until(lambda: live() or None, CONNECT_SECONDS, lambda: "the bot has not come yet")

    async def _touches(self, person: Person, message: Posted, deed: Deed) -> None:
        if deed.does == "asks":
            await person.asks_about(message)
        elif deed.does == "reacts":
            again = person.id in message.reactions.get(deed.emoji, [])
            await person.reacts(deed.emoji, message, back=again)
            self.platform.town.changed()
        else:
            row, _, at = deed.button.partition(".")
            try:
                label = message.components[int(row)]["components"][int(at)]["label"]
            except (ValueError, IndexError, KeyError):
                raise Unfit("This button is not there any more.") from None
            await person.presses(label, message)

    async def _types(self, person: Person, place: Channel, text: str) -> list[str]:
        """What is suggested for an argument, where the command wants to be asked."""
        command = self._command(text)
        if command is None or not any(one.get("autocomplete") for one in command.get("options", [])):
            return []
        return await person.types(text, in_=place)

    def _command(self, text: str) -> dict[str, Any] | None:
        name = text.removeprefix("/").partition(" ")[0]
        commands = self.platform.parley.commands if text.startswith("/") else []
        return next((one for one in commands if one["name"] == name and one["type"] == CHAT_INPUT), None)

    async def _says(self, person: Person, place: Channel, deed: Deed) -> None:
        if self._command(deed.text) is not None:
            await person.calls(deed.text, in_=place)
            return
        words = NAME.sub(self.platform.mention, deed.text)
        await person.says(words, in_=place, answers=_found(place, deed.answers) if deed.answers else None)

    def _thread(self, place: Channel, number: str) -> Channel:
        """The thread that begins with a message; somebody who answers there first begins it."""
        found = self.platform.town.channels.get(number)
        if found is None or found.parent is not place:
            raise Unfit("This thread is not there any more.")
        return found

    async def uploads(self, person: str, place: str, name: str, media_type: str, content: bytes, text: str) -> None:
        """See Pane."""
        await self._heard()
        words = NAME.sub(self.platform.mention, text)
        if place == CHANNEL and self.platform.mention not in words:
            words = f"{self.platform.mention} {words}".strip()
        target = self._channel if place == CHANNEL else None
        await self._people[person].uploads(name, media_type, content, words, in_=target)

    def file(self, number: str) -> tuple[str, bytes] | None:
        """See Pane."""
        for channel in self.platform.town.channels.values():
            for message in channel.messages.values():
                for file in message.files:
                    if file.id == number:
                        return file.name, file.content
        return None


def _entry(called: dict[str, Any]) -> str:
    """A command as people type it, or what stands in a message's menu."""
    return f"/{called['name']}" if called["type"] == CHAT_INPUT else str(called["name"])


def _typing(channel: Channel) -> bool:
    """Whether somebody began to type lately and has said nothing since."""
    if not channel.typed:
        return False
    ago = time.monotonic() - channel.typed[-1][0]
    said = next((int(one.id) for one in reversed(channel.messages.values()) if one.author.is_bot), 0)
    return ago < TYPING_SECONDS and (said >> 22) + EPOCH < (time.time() - ago) * 1000


def _found(place: Channel, number: str) -> Posted:
    message = place.messages.get(number)
    if message is None:
        raise Unfit("This message is not there any more.")
    return message
