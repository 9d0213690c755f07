"""One text as several. Knows where CommonMark can be cut so that parts stand alone; must not know who sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.text.clean import clean
from hub.text.grammar import grammar
from hub.text.heal import closers
from hub.text.measure import fitting, measure

if TYPE_CHECKING:
    from markdown_it.token import Token

_SENTENCE = re.compile(r"[.!?…][)\"'”»*_]*\s+|[。！？]\s*")
_SPACE = re.compile(r"\s+")
_WHOLE = re.compile(r"`+[^`]*`+|!?\[[^\]]*\]\([^)]*\)|\$[^$\s][^$]*\$|<[^<>\s]*>|https?://\S+|\\.")
_FENCE = re.compile(r"((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})([^`]*)$")
_QUOTE = re.compile(r"[ \t]*>[> \t]*")
_MARKER = re.compile(r"[-+*]|\d{1,9}[.)]")


@dataclass(frozen=True, slots=True)
class _Segment:
    """Source lines of one top-level block: what stands `above` each piece of it, and `below`; `lines` between."""

    source: str
    above: str = ""
    below: str = ""
    lines: tuple[str, ...] = ()


def split(text: str, limit: int, unit: str) -> list[str]:
    """Cut CommonMark into parts of at most `limit` (at least 8) units, none of them blank.

    `unit` is one of hub.text.measure.UNITS (the house's TextUnit has the same values). Cuts fall between blocks, else
    lines, sentences, words, graphemes. A cut code block is closed and opened again with its language; a cut table
    repeats its head; emphasis is closed and opened again.
    """
    text = clean(text).strip("\n")
    if measure(text, unit) <= limit:
        return [text] if text.strip() else []
    parts: list[str] = []
    current = ""
    for segment in _segments(text):
        if measure((current + segment.source).rstrip("\n"), unit) <= limit:
            current += segment.source
            continue
        filled = measure(current, unit) + 1
        small = measure(segment.source.rstrip("\n"), unit) <= limit
        if current.strip() and (small or filled > limit // 2):
            parts.append(current.rstrip())
            current, filled = "", 0
        if small:
            current = segment.source
            continue
        pieces = _Cutter(limit, unit).cut(segment, limit - filled if current.strip() else limit)
        if current.strip():
            pieces[0] = f"{current.rstrip(chr(10))}\n{pieces[0]}"
        parts.extend(pieces[:-1])
        current = pieces[-1] + "\n\n"
    parts.append(current.rstrip())
    return [part for part in parts if part.strip()]


def _segments(text: str) -> list[_Segment]:
    md = grammar()
    tokens: list[Token] = []
    md.block.parse(f"{text}\n", md, {}, tokens)
    opening = [token for token in tokens if token.level == 0 and token.nesting >= 0 and token.map]
    lines = text.split("\n")
    starts = [token.map[0] for token in opening if token.map]
    if not starts:
        return [_Segment(text, lines=tuple(lines))]
    starts[0] = 0
    segments = []
    for token, start, end in zip(opening, starts, [*starts[1:], len(lines)], strict=True):
        here = lines[start:end]
        source = "\n".join(here) + "\n"
        inner = here
        above = below = ""
        skipped = (token.map[0] if token.map else start) - start
        if token.type == "fence" and not skipped:
            above, below = f"{here[0]}\n", f"\n{token.markup}"
            inner = here[1 : (token.map[1] if token.map else end) - start - bool(token.meta["closed"])]
            while inner and not inner[-1].strip():
                inner.pop()
        elif token.type == "table_open" and not skipped:
            above = "\n".join(here[:2]) + "\n"
            inner = here[2:]
        segments.append(_Segment(source, above, below, tuple(inner)))
    return segments


class _Cutter:
    """Cuts one block; `limit` in `unit` for every piece but the first."""

    def __init__(self, limit: int, unit: str) -> None:
        self._limit = limit
        self._unit = unit
        self._balanced = ("", False)

    def _size(self, text: str) -> int:
        return measure(text, self._unit)

    def cut(self, segment: _Segment, first: int) -> list[str]:
        """The pieces of `segment`, the first of at most `first` units; at least one."""
        above, below = segment.above, segment.below
        if self._size(above) + self._size(below) > min(self._limit, first) // 2:
            fence = _FENCE.match(above.rstrip("\n"))
            above = f"{fence[1]}{fence[2]}\n" if fence else ""
            if not fence or self._size(above) + self._size(below) > min(self._limit, first) // 2:
                return self._cut_lines(segment.source.rstrip("\n").split("\n"), first)
        room = self._limit - self._size(above) - self._size(below)
        lines = [line.rstrip("\n") for line in segment.lines]
        if not below and above and any(self._size(line) > room for line in lines):
            return self._cut_lines(segment.source.rstrip("\n").split("\n"), first)
        if not above:
            return self._cut_lines(lines, first)
        pieces: list[str] = []
        body: list[str] = []
        filled, space = 0, first - self._limit + room
        for line in (cut for whole in lines for cut in self._shred(whole, min(room, space))):
            size = self._size(line) + 1
            if body and filled + size - 1 > space:
                pieces.append(above + "\n".join(body) + below)
                body, filled, space = [], 0, room
            body.append(line)
            filled += size
        pieces.append(above + "\n".join(body) + below)
        return pieces

    def _shred(self, line: str, room: int) -> list[str]:
        """Code has no words: cut wherever the room ends."""
        cuts = []
        while self._size(line) > room:
            at = max(1, fitting(line, room, self._unit))
            cuts.append(line[:at])
            line = line[at:]
        return [*cuts, line]

    def _cut_lines(self, lines: list[str], first: int) -> list[str]:
        """Lists, quotes, paragraphs: whole lines while they fit; fences inside are closed and opened again."""
        pieces: list[str] = []
        body: list[str] = []
        space = first
        reopen = close = ""
        waiting = list(reversed(lines))
        while waiting:
            line = waiting.pop()
            opened, closing = _fence_after(line, reopen, close)
            joined = "\n".join([*body, line])
            if self._size(joined) + (self._size(closing) + 1 if closing else 0) <= space:
                body.append(line)
                reopen, close = opened, closing
                continue
            if body and "".join(body).strip() and body != [reopen]:
                pieces.append("\n".join([*body, close] if close else body))
                body, space = ([reopen] if reopen else []), self._limit
                line = line if close else _dedented(line, waiting)
                waiting.append(line)
                continue
            overhead = self._size(reopen) + self._size(close) + 2 if close else 0
            if overhead > space // 2:
                body, reopen, close, overhead = [], "", "", 0
            head, rest = self._cut_line(line, space - overhead, code=bool(close))
            pieces.append("\n".join([*body, head, close] if close else [head]))
            body, space = ([reopen] if reopen else []), self._limit
            if rest.strip():
                waiting.append(rest)
        if "".join(body).strip() and body != [reopen]:
            pieces.append("\n".join([*body, close] if close else body))
        return pieces or [""]

    def _cut_line(self, line: str, room: int, *, code: bool) -> tuple[str, str]:
        at = max(1, fitting(line, room, self._unit))
        if code:
            return line[:at], line[at:]
        quote = _QUOTE.match(line)
        prefix = quote[0] if quote and len(quote[0]) < room // 2 else ""
        marks = ""
        at = _good_cut(line, at, len(prefix))
        head = line[:at].rstrip()
        known, balanced = self._balanced
        if known is not line:
            balanced = not closers(line)
        if room >= 24 and balanced:
            marks = closers(head)
            if 0 < len(marks) <= 6 and self._size(head) + len(marks) > room:
                at = _good_cut(line, max(1, fitting(line, room - len(marks), self._unit)), len(prefix))
                head = line[:at].rstrip()
                marks = closers(head)
            if len(marks) > 6 or self._size(head) + len(marks) > room or len(head) < len(prefix) + 2 * len(marks) + 1:
                marks = ""
        rest = line[at:].lstrip()
        rest = f"{prefix}{marks[::-1]}{rest}" if rest else ""
        self._balanced = (rest, balanced)
        return head + marks, rest


def _good_cut(line: str, at: int, least: int) -> int:
    """The best place to cut at or before `at`, after `least` characters."""
    if at >= len(line):
        return len(line)
    window = line[: at + 1]
    found = at
    for pattern, floor in ((_SENTENCE, max(least, at // 2)), (_SPACE, least)):
        ends = [
            place.end() for place in pattern.finditer(window) if floor < place.end() <= at + 1 and place.start() > least
        ]
        ends = [min(end, at) for end in ends]
        if ends:
            found = ends[-1]
            break
    for whole in _WHOLE.finditer(line[: 2 * at + 200]):
        if whole.start() < found < whole.end() and whole.start() > max(least, at // 4):
            return whole.start()
        if whole.start() >= found:
            break
    return found


def _dedented(line: str, waiting: list[str]) -> str:
    """Lines that follow a cut lose the indent of the first of them, or they would be read as code."""
    indent = len(line) - len(line.lstrip(" "))
    if not indent:
        return line
    for index in range(len(waiting) - 1, -1, -1):
        follower = waiting[index]
        own = len(follower) - len(follower.lstrip(" "))
        if own < indent and follower.strip():
            break
        waiting[index] = follower[min(indent, own) :]
    return line[indent:]


def _fence_after(line: str, reopen: str, close: str) -> tuple[str, str]:
    """The line that would reopen, and the one that would close, the fence open after `line`; both empty if none is."""
    if close:
        return ("", "") if line.strip(" \t>").startswith(close.strip(" \t>")) else (reopen, close)
    fence = _FENCE.match(line)
    if fence is None:
        return "", ""
    prefix = _MARKER.sub(lambda mark: " " * len(mark[0]), fence[1])
    return f"{prefix}{fence[2]}{fence[3]}".rstrip(), prefix + fence[2]
