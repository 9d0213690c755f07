"""Text and entities as they grow. Knows offsets in UTF-16 code units and what may lie in what; must not know blocks.

Telegram's rules: ranges lie in each other or apart; code, pre and links hold no entity; quotes hold no quote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

SOLID = frozenset({"code", "pre"})
"""No style may cover these: it is cut around them."""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marked range, as Telegram's JSON has it; `offset` and `length` in UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""


def units(text: str) -> int:
    """The length of `text` in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class Writer:
    """What has been written so far; `inside` are the kinds of ranges that are open."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._entities: list[Entity] = []
        self._solid: list[tuple[int, int]] = []

    def write(self, text: str) -> None:
        """Add words."""
        if text:
            self._pieces.append(text)
            self._length += units(text)

    @contextmanager
    def marked(self, kind: str, *, url: str = "", language: str = "") -> Iterator[None]:
        """What is written inside is marked as `kind`, unless that would break the rules."""
        if kind in self.inside or "text_link" in self.inside:
            yield
            return
        start = self._length
        self.inside.append(kind)
        try:
            yield
        finally:
            self.inside.pop()
        if kind in SOLID:
            self._solid.append((start, self._length))
            self._add(kind, start, self._length, url, language)
        elif kind == "blockquote":
            self._add(kind, start, self._length, url, language)
        else:
            for first, last in self._around_solid(start):
                self._add(kind, first, last, url, language)

    def _around_solid(self, start: int) -> Iterator[tuple[int, int]]:
        for first, last in self._solid:
            if first >= start:
                yield start, first
                start = last
        yield start, self._length

    def _add(self, kind: str, start: int, end: int, url: str, language: str) -> None:
        if end > start:
            self._entities.append(Entity(kind, start, end - start, url, language))

    def finish(self) -> tuple[str, list[Entity]]:
        """Text without blank ends, and its entities in order, the outer before the inner."""
        whole = "".join(self._pieces)
        left = units(whole) - units(whole.lstrip())
        text = whole.strip()
        length = units(text)
        kept = []
        for entity in self._entities:
            start = min(max(entity.offset - left, 0), length)
            end = min(max(entity.offset + entity.length - left, 0), length)
            if end > start:
                kept.append(msgspec.structs.replace(entity, offset=start, length=end - start))
        kept.sort(key=lambda entity: (entity.offset, -entity.length))
        return text, kept
