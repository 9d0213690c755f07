"""What an address can do, as data. Knows limits and units; must not know platforms."""

from __future__ import annotations

import math
from enum import StrEnum

from hub.domain.value import dataclass


class TextUnit(StrEnum):
    """What a platform's text limit counts."""

    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"


class Scope(StrEnum):
    """What a budget is counted for."""

    CHAT = "chat"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `calls` in `seconds`; sends, frames, typing and deletes count alike."""

    scope: Scope
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`text_limit` in `unit`; `edit_interval`: least seconds between two frames of one reply.

    `redelivers`: the platform repeats what we did not acknowledge; `idempotent_send`: a repeat with the same key
    shows nothing twice and returns the same ref, for `repeat_seconds` after the send.
    `files`: long code goes out as a file (`Part.file`).
    `reactions`: people can react to what we sent, so that its refs are kept even where a repeat needs none.
    `drafts`: what grows natively is no message yet and goes with its process; only the final text is one.
    `calls`: what people write before the name of a command.
    `budgets`: how many calls the platform bears; empty where it sets no pace.
    """

    text_limit: int
    unit: TextUnit = TextUnit.CHARACTERS
    edits: bool = False
    edit_interval: float = 1.0
    typing: bool = False
    buttons: bool = False
    threads: bool = False
    native_stream: bool = False
    drafts: bool = False
    redelivers: bool = False
    idempotent_send: bool = False
    repeat_seconds: float = math.inf
    reactions: bool = False
    files: bool = False
    calls: str = "/"
    budgets: tuple[Budget, ...] = ()
