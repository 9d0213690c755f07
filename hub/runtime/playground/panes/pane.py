"""What a pane is to the page. Knows the JSON that is shown and what people do; must not know a platform."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from hub.runtime.playground.dialects.node import Node

NEWEST = 80
"""Messages of a place that are shown."""

KEPT_CALLS = 400
"""Calls of the platform's API that are remembered; a long day at the playground must not fill the memory."""

BROKEN_CALLS = 2
"""Calls of the bot that fail once somebody breaks the line."""

LOOK_SECONDS = 1.0
"""How often one looks for what ends by itself, such as typing."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the people that the page can be; `language` as BCP 47."""

    id: str
    name: str
    language: str


PEOPLE = (Somebody("ann", "Ann", "en"), Somebody("omar", "Omar", "ar"))


class Button(msgspec.Struct, omit_defaults=True):
    """Something to press under a message; `look`: primary, danger, good or bad, empty for plain; `url`: it opens."""

    id: str
    label: str
    look: str = ""
    url: str = ""


class FileShown(msgspec.Struct, omit_defaults=True):
    """A file of a message; `size` in bytes, `id` for fetching it, empty when it cannot be."""

    name: str
    size: int
    id: str = ""


class Message(msgspec.Struct, omit_defaults=True):
    """One message. `who`: a person's id, or bot; `at`: milliseconds since 1970; `only`: the one person who sees it.

    `state`: draft, streaming, thinking, or empty for one that stands. `answers`: the words that it answers or was
    called by. `reactions`: emoji to whoever gave it."""

    id: str
    who: str
    at: int
    nodes: list[Node]
    thread: str = ""
    only: str = ""
    state: str = ""
    answers: str = ""
    edited: bool = False
    buttons: list[list[Button]] = []
    files: list[FileShown] = []
    reactions: dict[str, list[str]] = {}


class Thread(msgspec.Struct, omit_defaults=True):
    """A thread by its first message: `status` is a line such as `is thinking`, `stops`: it has a stop button."""

    id: str
    title: str = ""
    status: str = ""
    stops: bool = False


class Command(msgspec.Struct):
    """An entry of the platform's own menu."""

    name: str
    does: str


class Place(msgspec.Struct, omit_defaults=True):
    """A chat, channel or tab. `person`: whose it is alone, empty for all; `kind`: private, group or home.

    `typing`: whether the bot is said to be writing; `prompts`: what the platform offers to say."""

    id: str
    name: str
    kind: str
    person: str = ""
    typing: bool = False
    prompts: list[str] = []
    commands: list[Command] = []
    threads: list[Thread] = []
    messages: list[Message] = []


class Deed(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody does on the page. `answers`: the message that is answered; `button`, `emoji`: on `message`.

    types: begins a command, and may be offered words for it; asks: uses the entry of ours in the menu of `message`;
    opens: looks at `place`, of which some platforms tell the bot; breaks: cuts the platform's line to the bot."""

    pane: str
    person: str
    place: str
    does: Literal["says", "types", "presses", "reacts", "asks", "stops", "opens", "breaks"]
    text: str = ""
    thread: str = ""
    answers: str = ""
    message: str = ""
    button: str = ""
    emoji: str = ""


class Unfit(Exception):
    """A deed that cannot be done, in words."""


class Pane(Protocol):
    """A platform on the page."""

    id: str

    async def start(self) -> None:
        """Let the platform listen, with everybody on it."""

    async def stop(self) -> None:
        """Let it end."""

    def keys(self) -> dict[tuple[str, ...], Any]:
        """Settings by which a hub finds it."""

    def places(self) -> list[Place]:
        """Everything that is shown now."""

    async def changed(self) -> None:
        """Return when something may be shown differently."""

    async def act(self, deed: Deed) -> list[str]:
        """Do what somebody does; what the platform offers while they type. Raises Unfit."""

    async def uploads(self, person: str, place: str, name: str, media_type: str, content: bytes, text: str) -> None:
        """Somebody sends a file. Raises Unfit."""

    def file(self, number: str) -> tuple[str, bytes] | None:
        """Name and content of a file that was shown."""


async def next_change(until: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
    """Return when a sandbox has something new, or LOOK_SECONDS are over; `until` is the sandbox's own."""
    looks = itertools.count()
    try:
        await until(lambda: next(looks) or None)
    except AssertionError:
        return
