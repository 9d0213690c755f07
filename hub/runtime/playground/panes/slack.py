"""Slack's pane. Knows what its stand-in remembers and how an app shows it; must not know the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from time import monotonic
from typing import Any

from adapters.slack.sandbox import Channel, Person, SlackSandbox
from adapters.slack.sandbox import Message as Posted
from adapters.slack.sandbox.api import Fault
from adapters.slack.sandbox.person import EMOJI
from adapters.slack.sandbox.world import pressable
from hub.core.commands.registry import menu
from hub.runtime.playground.dialects import mrkdwn
from hub.runtime.playground.dialects.node import Node
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

HOME, CHANNEL = "home:", "channel"
SHOWN = {name: emoji for emoji, name in EMOJI.items()}
NAME = "@parley"
"""How the bot is named in a channel."""


class SlackPane:
    """Each person's Messages and Home tabs, and a channel of all."""

    id = "slack"

    def __init__(self) -> None:
        self.platform = SlackSandbox()
        self._people: dict[str, Person] = {one.id: self.platform.person(one.name, one.language) for one in PEOPLE}
        self._channel = self.platform.group("team", *self._people.values())
        app = self.platform.app
        self._names = {app.user: app.name, **{one.id: one.user.name for one in self._people.values()}}
        self._read = lru_cache(1024)(lambda text: mrkdwn.read(text, self._names))

    async def start(self) -> None:
        """See Pane."""
        await self.platform.__aenter__()

    async def stop(self) -> None:
        """See Pane."""
        await self.platform.__aexit__(None, None, None)

    def keys(self) -> dict[tuple[str, ...], Any]:
        """See Pane."""
        app = self.platform.app
        return {
            ("slack", "bot_token"): app.bot_token,
            ("slack", "app_token"): app.app_token,
            ("slack", "api_base"): self.platform.api_base,
        }

    async def changed(self) -> None:
        """See Pane."""
        await next_change(lambda found: self.platform.until(found, LOOK_SECONDS, ""))

    def places(self) -> list[Place]:
        """See Pane."""
        del self.platform.calls[:-KEPT_CALLS]
        found = []
        for one in PEOPLE:
            direct = self._people[one.id].direct()
            found.append(self._place(direct, one.id, "Messages", "private", one))
            found.append(self._home(one))
        return [*found, self._place(self._channel, CHANNEL, f"#{self._channel.name}", "group", None)]

    def _place(self, channel: Channel, number: str, name: str, kind: str, owner: Somebody | None) -> Place:
        posted = [one for one in channel.messages.values() if one.subtype != "assistant_app_thread"]
        prompts = channel.prompts.get("", {}).get("prompts", [])
        return Place(
            number,
            name,
            kind,
            owner.id if owner else "",
            prompts=[str(one["message"]) for one in prompts],
            commands=[Command(one.name, one.describe[owner.language if owner else "en"]) for one in menu()],
            threads=[self._thread(channel, root) for root in _threads(channel)],
            messages=[self._message(one) for one in posted[-NEWEST:]],
        )

    def _thread(self, channel: Channel, root: str) -> Thread:
        stops = channel.sessions.get(root) == "processing"
        return Thread(root, channel.titles.get(root, ""), channel.statuses.get(root, ""), stops)

    def _home(self, one: Somebody) -> Place:
        view = self.platform.world.homes.get((self.platform.app.app_id, self._people[one.id].id), {})
        shown = [_drawn("home", 0, view.get("blocks", []), "", self._names)] if view else []
        return Place(f"{HOME}{one.id}", "Home", "home", one.id, messages=shown)

    def _message(self, posted: Posted) -> Message:
        streaming = posted.streaming is not None and posted.streaming.open and monotonic() < posted.streaming.until
        made = _drawn(posted.ts, int(float(posted.ts) * 1000), posted.blocks, posted.markdown, self._names)
        if not made.nodes:
            made.nodes = self._read(posted.text)
        made.who, made.thread = self._who(posted.user), posted.thread_ts
        made.only = self._who(posted.only_for) if posted.only_for else ""
        made.state = "streaming" if streaming else ""
        made.files = [FileShown(one["name"], one["size"], one["id"]) for one in posted.files]
        made.reactions = {
            SHOWN.get(name, f":{name}:"): [self._who(user) for user in sorted(users)]
            for name, users in posted.reactions.items()
            if users
        }
        return made

    def _who(self, user: str) -> str:
        return next((key for key, one in self._people.items() if one.id == user), "bot")

    async def act(self, deed: Deed) -> list[str]:
        """See Pane."""
        person = self._people[deed.person]
        if deed.does == "breaks":
            self.platform.api.misbehave("*", Fault(503), BROKEN_CALLS)
            self.platform.courier.drop()
        elif deed.place.startswith(HOME):
            await self._acts_at_home(person, deed)
        else:
            await self._acts(person, deed)
        return []

    async def _acts(self, person: Person, deed: Deed) -> None:
        channel = self._channel if deed.place == CHANNEL else person.direct()
        if deed.does == "says":
            await self._says(person, channel, deed)
        elif deed.does == "stops":
            await person.stops(deed.thread)
        elif deed.does == "opens":
            await person.opens_messages()
        elif deed.does == "asks":
            await person.asks_about(_found(channel, deed.message))
        elif deed.does == "reacts":
            message = _found(channel, deed.message)
            users = message.reactions.get(EMOJI.get(deed.emoji, deed.emoji), set())
            await person.reacts(deed.emoji, to=message, away=person.id in users)
        elif deed.does == "presses":
            message = _found(channel, deed.message)
            await person.presses(_label(message.blocks, deed.button), on=message)

    async def _acts_at_home(self, person: Person, deed: Deed) -> None:
        if deed.does == "opens":
            await person.opens_home()
        elif deed.does == "presses":
            view = self.platform.world.homes.get((self.platform.app.app_id, person.id), {})
            await person.presses(_label(view.get("blocks", []), deed.button))
        else:
            raise Unfit("The Home tab is for reading and pressing.")

    async def _says(self, person: Person, channel: Channel, deed: Deed) -> None:
        if deed.text.startswith("/"):
            await person.calls(deed.text, in_=channel)
            return
        at = deed.text.lower().find(NAME)
        words = deed.text if at < 0 else (deed.text[:at] + deed.text[at + len(NAME) :]).strip()
        if deed.thread:
            _found(channel, deed.thread)
        await person.says(words, in_=channel, thread=deed.thread, mention=at >= 0)

    async def uploads(self, person: str, place: str, name: str, media_type: str, content: bytes, text: str) -> None:
        """See Pane."""
        if place.startswith(HOME):
            raise Unfit("The Home tab takes no files.")
        shared = place == CHANNEL
        channel = self._channel if shared else None
        await self._people[person].uploads(name, media_type, content, text, in_=channel, mention=shared)

    def file(self, number: str) -> tuple[str, bytes] | None:
        """See Pane."""
        content = self.platform.world.contents.get(number)
        return (self.platform.world.files[number]["name"], content) if content is not None else None


def _threads(channel: Channel) -> list[str]:
    """The first message of each thread that something is known of."""
    return list(dict.fromkeys([*channel.titles, *channel.statuses, *channel.sessions]))


def _drawn(number: str, at: int, blocks: list[dict[str, Any]], markdown: str, names: Mapping[str, str]) -> Message:
    """Words of blocks, and what can be pressed: one row for each block of buttons."""
    nodes: list[Node] = list(mrkdwn.markdown(markdown)) if markdown else []
    rows: list[list[Button]] = []
    count = 0
    for one in blocks:
        nodes += mrkdwn.block(one, names)
        row = [_button(count + place, each) for place, each in enumerate(pressable([one]))]
        count += len(row)
        rows += [row] if row else []
    return Message(number, "bot", at, nodes, buttons=rows)


def _button(number: int, told: dict[str, Any]) -> Button:
    look = {"primary": "primary", "danger": "danger"}.get(told.get("style", ""), "")
    if told["type"] == "feedback_buttons":
        look = "good" if told.get("value") == "good" else "bad"
    return Button(str(number), told.get("text", {}).get("text", ""), look, told.get("url", ""))


def _label(blocks: list[dict[str, Any]], button: str) -> str:
    buttons = pressable(blocks)
    if not button.isdigit() or int(button) >= len(buttons):
        raise Unfit("This button is not there any more.")
    return str(buttons[int(button)].get("text", {}).get("text", ""))


def _found(channel: Channel, number: str) -> Posted:
    message = channel.messages.get(number)
    if message is None:
        raise Unfit("This message is not there any more.")
    return message
