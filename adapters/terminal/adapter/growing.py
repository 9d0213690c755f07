"""An answer that appears while it is written. Knows what can be printed for good; must not know who asked.

A terminal scrolls, so nothing printed is taken back: words are held until no later one can change how they look.
"""

from __future__ import annotations

import re

from adapters.terminal.markup import Painter
from adapters.terminal.wire import Out
from hub.domain.reply import Ref
from hub.text.growing import Growing
from hub.text.tree import CodeBlock, Table

_ONLY_MARKS = re.compile(r"[\s>]*[-=+*#|:`~$_\d.)\s]*")
_UNSURE = re.compile(r"(?<!\x1b)[*_~`\[<$|&\\!]")


class QuietAnswer:
    """Where nothing is shown before the end."""

    ref: Ref | None = None

    async def show(self, text: str) -> None:
        """Nothing: a pipe gets whole answers."""

    async def close(self) -> None:
        """Nothing was begun."""


class GrowingAnswer:
    """Prints what is sure of a growing text."""

    def __init__(self, key: str, out: Out, painter: Painter, lead: str) -> None:
        self.ref: Ref | None = None
        self._key = key
        self._out = out
        self._painter = painter
        self._lead = lead
        self._growing = Growing()
        self._printed = ""

    async def show(self, text: str) -> None:
        """Print what has become sure of `text`, the whole text so far. Raises Forbidden, Unreachable."""
        sure = self._sure(text)
        if not sure.startswith(self._printed) or sure == self._printed:
            return
        fresh = sure[len(self._printed) :]
        self._printed = sure
        lead = "" if self.ref else self._lead
        self.ref = Ref(self._key)
        await self._out.write(lead + fresh)

    async def close(self) -> None:
        """Nothing to give back; the end is written by `finish`."""

    def finish(self, words: str) -> str:
        """What is still to be printed so that `words` stand there."""
        if words.startswith(self._printed):
            return words[len(self._printed) :]
        printed, lines = self._printed.split("\n"), words.split("\n")
        same = 0
        while same < min(len(printed), len(lines)) and printed[same] == lines[same]:
            same += 1
        over = "\r\x1b[K" if same == len(printed) - 1 else "\n"
        return over + "\n".join(lines[same:])

    def _sure(self, text: str) -> str:
        head, _, last = text.rpartition("\n")
        if _ONLY_MARKS.fullmatch(last):
            text = head
        self._growing.grow(text)
        blocks = self._growing.blocks
        if not blocks:
            return ""
        if isinstance(blocks[-1], Table):
            return "\n".join(self._painter.lines(blocks[:-1]))
        lines = self._painter.lines(blocks)
        if isinstance(blocks[-1], CodeBlock):
            return "\n".join(lines[:-1])
        unsure = _UNSURE.search(lines[-1])
        held = lines[-1] if unsure is None else lines[-1][: unsure.start()]
        kept = held[: held.rfind(" ")] if " " in held.strip() else ""
        if "\x1b" in held[len(kept) :]:
            kept = ""
        return "\n".join([*lines[:-1], kept])
