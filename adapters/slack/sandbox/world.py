"""A workspace as it is. Knows apps, people, conversations and messages; must not know HTTP or WebSockets."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

from hub.text.plain import plain

Json = dict[str, Any]

MENTION = re.compile(r"<(?:!(?:channel|here|everyone|group|subteam\^)|[@#][A-Z0-9])[^<>\s]*>?")
"""What Slack makes a mention of in mrkdwn; taken for live in markdown too, to be on the safe side."""

_MARKS = re.compile(r"<(?:[^<>|]*\|)?([^<>]*)>")


@dataclass
class App:
    """One app, installed in one workspace."""

    name: str
    app_id: str
    team: str
    user: str
    bot_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    scopes: set[str]
    agent: bool = True
    request_url: str = ""
    """Where events are posted; empty: Socket Mode."""


@dataclass
class Streaming:
    """State of a message that is being streamed. `until`: when the server closes it (monotonic seconds)."""

    until: float
    open: bool = True


@dataclass
class Message:
    """One message. `shots`: everything it has held, as text, markdown and blocks; `only_for`: who alone sees it."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    app: App | None = None
    files: list[Json] = field(default_factory=list)
    subtype: str = ""
    only_for: str = ""
    streaming: Streaming | None = None
    markdown: str = ""
    reactions: dict[str, set[str]] = field(default_factory=dict)
    tags: Json | None = None
    shots: list[tuple[str, str, list[Json]]] = field(default_factory=list)

    @property
    def bare(self) -> str:
        """Its words as a person reads them."""
        return _bare(self.text, self.markdown, self.blocks)

    @property
    def seen(self) -> list[str]:
        """Every text it has had, as people saw it."""
        return [_bare(*shot) for shot in self.shots]

    @property
    def buttons(self) -> list[Json]:
        """Everything that can be pressed under it."""
        return pressable(self.blocks)

    def shown(self) -> Json:
        """The message as the API tells it."""
        told: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text or self.markdown}
        told |= {"team": self.app.team, "bot_id": self.app.bot_id, "app_id": self.app.app_id} if self.app else {}
        optional = {
            "thread_ts": self.thread_ts,
            "blocks": self.blocks,
            "files": self.files,
            "subtype": self.subtype,
        }
        return told | {name: value for name, value in optional.items() if value}


@dataclass
class Channel:
    """A conversation; `kind` is im, mpim, channel or group (a private channel)."""

    id: str
    name: str
    kind: str
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    creator: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, Json] = field(default_factory=dict)


@dataclass
class User:
    """Somebody in the workspace; `locale` such as de-DE; `admin`: of the workspace."""

    id: str
    name: str
    locale: str
    team: str
    admin: bool = False


class World:
    """Everything that is in the workspaces."""

    def __init__(self) -> None:
        self.apps: list[App] = []
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self.homes: dict[tuple[str, str], Json] = {}
        self.pings: list[tuple[str, str]] = []
        self._numbers = itertools.count(1)
        self._last_ts = 0

    def number(self) -> int:
        """A number that was not given before."""
        return next(self._numbers)

    def id(self, letter: str) -> str:
        """An id of the kind that `letter` stands for."""
        return f"{letter}0{self.number():08d}"

    def ts(self) -> str:
        """The time of a new message: unique, growing, microseconds behind the dot."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def direct(self, app: App, user: str) -> Channel:
        """The conversation between an app and somebody, opened if need be."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == {app.user, user}:
                return channel
        return self.open("im", "directmessage", {app.user, user})

    def open(self, kind: str, name: str, members: set[str]) -> Channel:
        """A new conversation."""
        channel = Channel(self.id("D" if kind == "im" else "C"), name, kind, set(members))
        self.channels[channel.id] = channel
        return channel

    def post(self, message: Message) -> Message:
        """Show a message."""
        self.channels[message.channel].messages[message.ts] = message
        self.look(message)
        return message

    def look(self, message: Message) -> None:
        """Note what people see of `message` now, and whom an app's words would ping."""
        message.shots.append((message.text, message.markdown, message.blocks))
        if message.app is not None:
            found = MENTION.findall("\n".join([message.text, message.markdown, *_texts(message.blocks)]))
            self.pings += [(message.channel, mention) for mention in found]


def _bare(text: str, markdown: str, blocks: list[Json]) -> str:
    words = [plain(markdown)] if markdown else []
    words += [told for block in blocks if (told := bare(block))]
    return "\n".join(words) or _unmarked(text)


def bare(block: Json) -> str:
    """The words of a block, without the labels of what can be pressed."""
    match block.get("type"):
        case "markdown":
            return plain(block.get("text", ""))
        case "header":
            return str(block.get("text", {}).get("text", ""))
        case "section":
            return _unmarked(block.get("text", {}).get("text", ""))
        case "context":
            return " ".join(_unmarked(element.get("text", "")) for element in block.get("elements", []))
    return ""


def pressable(blocks: list[Json]) -> list[Json]:
    """Buttons of `blocks`, each side of feedback buttons as one of its own."""
    found: list[Json] = []
    for block in blocks:
        if block.get("type") not in ("actions", "context_actions"):
            continue
        for element in block.get("elements", []):
            if element.get("type") == "feedback_buttons":
                for side in ("positive_button", "negative_button"):
                    shared = {"type": "feedback_buttons", "action_id": element.get("action_id", "")}
                    found.append({**shared, **element[side], "block_id": block.get("block_id", "")})
            else:
                found.append({**element, "block_id": block.get("block_id", "")})
    return found


def _unmarked(mrkdwn: str) -> str:
    text = _MARKS.sub(r"\1", mrkdwn)
    text = re.sub(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _texts(node: object) -> list[str]:
    """Every text inside blocks."""
    if isinstance(node, dict):
        return [text for key, value in node.items() for text in (_texts(value) if key != "type" else [])]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [node] if isinstance(node, str) else []
