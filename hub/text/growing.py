"""A text that is still being written, as a tree. Knows which blocks can no longer change; must not know who writes.

A stream calls `grow` with the whole text so far. Only the open tail is read again: all before the last point where
CommonMark can no longer look back (a blank line after a block, a closed fence, a finished list item).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hub.text.clean import clean
from hub.text.inlines import Inliner
from hub.text.parse import Placed, place, plain_paragraphs
from hub.text.tree import Block, CodeBlock, Heading, Inline, Listing, Paragraph, Quote

_FENCE_LINE = re.compile(r"(`{3,}|~{3,})[^`\n]*\n")
_SURELY_NO_ITEM = re.compile(r"[^\s\d*+-]|[*+-][^\s]")
_LINE = re.compile("\r\n?|\n")


@dataclass(frozen=True, slots=True)
class _OpenFence:
    """A fence at the left margin still open: its closing line, language, and the complete lines of code so far."""

    closing: re.Pattern[str]
    language: str
    code: str
    upto: int


class Growing:
    """The blocks of a growing text. `blocks` is always what has been returned so far, put together."""

    def __init__(self) -> None:
        self._restart()

    def _restart(self) -> None:
        self._text = ""
        self._start = 0
        self._fixed: list[Block] = []
        self._tail: list[Block] = []
        self._references: dict[str, Any] = {}
        self._remembered: dict[str, tuple[Inline, ...]] = {}
        self._head: Listing | None = None
        self._marker = ""
        self._list_start = 0
        self._split_lists = True
        self._fence: _OpenFence | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks as they stand."""
        return (*self._fixed, *self._tail)

    def grow(self, text: str) -> tuple[int, tuple[Block, ...]]:
        """Take the whole text so far; return the index of the first changed block and all blocks from there on.

        A text that does not extend the former one starts anew. Link definitions that come after their use are seen
        by `parse` alone.
        """
        known, old = len(self._fixed), tuple(self._tail)
        if not text.startswith(self._text):
            known, old = 0, self.blocks
            self._restart()
        self._text = text
        self._tail = self._read_tail()
        new = (*self._fixed[known:], *self._tail)
        same = 0
        for one, other in zip(old, new, strict=False):
            if one is not other and one != other:
                break
            same += 1
        return known + same, new[same:]

    def _read_tail(self) -> list[Block]:
        """Read from `_start` on; moves blocks that became final to `_fixed` and returns the others."""
        if self._fence is not None:
            block = self._read_fence(self._fence)
            if block is not None:
                return [block]
        written = self._text[self._start :]
        tail = clean(written)
        if self._head is None and "\n" not in tail:
            plain = plain_paragraphs(tail)
            if plain is not None:
                return list(plain)
        references = dict(self._references)
        inliner = Inliner(references, self._remembered)
        placed = place(tail, inliner)
        self._remembered = inliner.used
        if self._head is not None:
            if not self._joined(placed):
                return self._reread_list()
            placed[0] = self._join(self._head, placed[0])
        return self._settle(written, tail.split("\n"), placed, references)

    # Settling: what can no longer change

    def _settle(self, written: str, lines: list[str], placed: list[Placed], references: dict[str, Any]) -> list[Block]:
        final, line = _final(placed, lines)
        if final:
            self._fixed.extend(each.block for each in placed[:final])
            placed = placed[final:]
            self._head = None
            self._split_lists = True
        if line:
            self._start += _offset(written, line)
            for label, definition in references.items():
                if definition["map"] and definition["map"][1] <= line:
                    self._references.setdefault(label, {**definition, "map": None})
        blocks = [each.block for each in placed]
        if len(placed) == 1:
            self._open_fence(placed[0], line)
            if not final:
                self._split(written, lines, placed[0])
        return blocks

    # An open fence

    def _open_fence(self, last: Placed, line: int) -> None:
        block = last.block
        if not isinstance(block, CodeBlock) or block.closed or last.line != line:
            return
        opening = _FENCE_LINE.match(self._text, self._start)
        if opening is None or "\r" in self._text[self._start :]:
            return
        mark = re.escape(opening[1])
        closing = re.compile(rf"^ {{0,3}}{mark}{re.escape(opening[1][0])}*[ \t]*$", re.MULTILINE)
        self._fence = _OpenFence(closing, block.language, "", opening.end())

    def _read_fence(self, fence: _OpenFence) -> Block | None:
        fresh = self._text[fence.upto :]
        if "\r" in fresh or fence.closing.search(clean(fresh)) is not None:
            self._fence = None
            return None
        cut = fresh.rfind("\n") + 1
        code = fence.code + clean(fresh[:cut])
        self._fence = _OpenFence(fence.closing, fence.language, code, fence.upto + cut)
        code += clean(fresh[cut:])
        return CodeBlock(code.removesuffix("\n"), fence.language, closed=False)

    # A long list

    def _split(self, written: str, lines: list[str], last: Placed) -> None:
        """Read a list's finished items no more, if the last item is surely one and begins at the margin."""
        block = last.block
        if not isinstance(block, Listing) or len(last.item_lines) < 2 or not self._split_lists:
            return
        at = last.item_lines[-1]
        if not _surely_item(lines[at], last.marker, complete=at < len(lines) - 1):
            return
        if not _tightness_shows(block):
            return
        tight = block.tight
        if not tight:
            tight = self._tight_before(lines, at, last)
        head = Listing(block.ordered, block.start, tight, block.items[:-1])
        if self._head is None:
            self._list_start = self._start
        self._head = head
        self._marker = last.marker
        self._start += _offset(written, at)

    def _tight_before(self, lines: list[str], at: int, last: Placed) -> bool:
        marker = f"1{last.marker}" if isinstance(last.block, Listing) and last.block.ordered else last.marker
        source = "\n".join([*lines[:at], f"{marker} x"])
        first = place(source, Inliner({}))[0].block
        tight = isinstance(first, Listing) and first.tight
        return tight and (self._head is None or self._head.tight)

    def _joined(self, placed: list[Placed]) -> bool:
        if self._head is None or not placed or not isinstance(placed[0].block, Listing):
            return False
        block = placed[0].block
        same = block.ordered == self._head.ordered and placed[0].marker == self._marker
        return same and _tightness_shows(block)

    def _join(self, head: Listing, rest: Placed) -> Placed:
        block = rest.block
        assert isinstance(block, Listing)
        whole = Listing(head.ordered, head.start, head.tight and block.tight, head.items + block.items)
        return Placed(whole, rest.line, rest.end, rest.marker, rest.item_lines)

    def _reread_list(self) -> list[Block]:
        self._head = None
        self._start = self._list_start
        self._split_lists = False
        return self._read_tail()


def _final(placed: list[Placed], lines: list[str]) -> tuple[int, int]:
    """How many blocks can no longer change, and the line after which all is open."""
    last = len(lines) - 1
    unsure = next((index for index, each in enumerate(placed) if _may_be_math(each, lines, last)), len(placed))
    for index in range(min(unsure, len(placed) - 1), -1, -1):
        each = placed[index]
        if index < unsure and _ended(each, lines, last):
            return index + 1, each.end
        if index and _begun(each, lines, last):
            return index, each.line
    return 0, 0


def _may_be_math(each: Placed, lines: list[str], last: int) -> bool:
    """Whether a `$$` in it still waits for another: all between the two would be math, whatever it looks like."""
    if not isinstance(each.block, Paragraph):
        return False
    begin = next((at for at in range(each.line, each.end) if lines[at].lstrip(" ").startswith("$$")), None)
    return begin is not None and all(lines[at].strip(" \t") for at in range(begin, last))


def _ended(each: Placed, lines: list[str], last: int) -> bool:
    block = each.block
    if isinstance(block, CodeBlock):
        return block.closed and bool(each.marker) and each.end <= last
    if isinstance(block, Listing):
        return False
    if isinstance(block, Heading) and each.end <= last and lines[each.line].startswith("#"):
        return True
    return each.end < last and not lines[each.end].strip(" \t")


def _begun(each: Placed, lines: list[str], last: int) -> bool:
    if each.line < last:
        if isinstance(each.block, Listing | Quote):
            return True
        if isinstance(each.block, CodeBlock) and lines[each.line].startswith(("```", "~~~")):
            return True
    if lines[each.line - 1].strip(" \t"):
        return False
    return each.line < last or _SURELY_NO_ITEM.match(lines[each.line]) is not None


def _surely_item(line: str, marker: str, *, complete: bool) -> bool:
    if marker in ".)":
        return re.match(rf"\d{{1,9}}\{marker} \S", line) is not None
    if not line.startswith(f"{marker} ") or len(line) < 3 or line[2] in " \t":
        return False
    return complete or line[2] != marker


def _tightness_shows(block: Listing) -> bool:
    # A list without any paragraph of its own reads as tight whatever its blank lines, and could not be put together.
    return any(isinstance(inner, Paragraph) for item in block.items for inner in item.blocks)


def _offset(written: str, line: int) -> int:
    """Where line number `line` begins in a text as it was written, CR and CRLF included."""
    if "\r" not in written:
        at = 0
        for _ in range(line):
            at = written.index("\n", at) + 1
        return at
    ends = _LINE.finditer(written)
    at = 0
    for _ in range(line):
        at = next(ends).end()
    return at
