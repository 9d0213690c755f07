"""Words inside a line, in Discord's markdown. Knows escapes, marks and links; must not know blocks.

Model words never make anything live: no mention, no time stamp, no emoji of a server, no command link. Code is shown
as it is, and Discord reads nothing in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import assert_never

from hub.text.plain import plain_inlines
from hub.text.tree import Break, Code, Emphasis, Inline, Link, Math, Strike, Strong, Text

GAP = "\u200b"
"""A space of no width, which ends every token of Discord's and that nobody sees."""

_LIVE = re.compile(r"<(?=@|#|a?:\w|t:|id:|/[^<>\n]*:\d)")
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\*_~`|\[\]]")
_NEEDED = re.compile(r"\\(?=[^0-9A-Za-z\s])|\*|`|__|(?<!\w)_|_(?!\w)|~~|\|\||\[(?=[^\]\n]*\]\()")
_LINE_START = re.compile(r"^(\s*)(#{1,3}(?=\s)|-#(?=\s)|>|[-+](?=\s)|\d{1,9}(?=[.)]\s))", re.MULTILINE)
_LOOKS_LIKE_LINK = re.compile(r"https?://|www\.|\w\.\w{2,}(/|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """How much is escaped: everything that could ever mean something, or (`sparing`) what would mean it here."""

    sparing: bool = False


def neutral(text: str) -> str:
    """`text` with nothing in it that Discord would bring to life."""
    return _EVERYBODY.sub(f"@{GAP}", _LIVE.sub(f"<{GAP}", text))


def escaped(text: str, style: Style) -> str:
    """Literal words. Addresses keep their letters, in angle brackets, so that Discord draws no preview of them."""
    pieces = []
    end = 0
    for address in _ADDRESS.finditer(text):
        pieces.append(_escaped(text[end : address.start()], style))
        pieces.append(f"<{address[0]}>")
        end = address.end()
    pieces.append(_escaped(text[end:], style))
    return neutral("".join(pieces))


def _escaped(text: str, style: Style) -> str:
    return (_NEEDED if style.sparing else _SPECIAL).sub(lambda match: "".join(f"\\{c}" for c in match[0]), text)


def line_start(text: str) -> str:
    """`text` whose lines do not become headings, quotes or lists."""

    def shown(match: re.Match[str]) -> str:
        marker = match[2]
        return f"{match[1]}{marker}\\" if marker.isdigit() else f"{match[1]}\\{marker}"

    return _LINE_START.sub(shown, text)


def inlines(nodes: tuple[Inline, ...], style: Style, around: str = "") -> str:
    """`nodes` as one or more lines. `around`: the mark they stand in."""
    return "".join(_inline(node, style, around) for node in _merged(nodes))


def code_span(text: str) -> str:
    """A code span around `text`, whatever ticks it holds."""
    text = text.replace("\n", " ")
    runs = [len(run) for run in re.findall("`+", text)]
    ticks = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    # Three ticks would open a block of code.
    if len(ticks) > 2:
        return f"``{text.replace('`', 'ˋ')}``"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}" if text.strip() else text


def _merged(nodes: tuple[Inline, ...]) -> list[Inline]:
    """Neighbours of the same kind as one, for their marks would run together."""
    merged: list[Inline] = []
    for node in nodes:
        last = merged[-1] if merged else None
        if isinstance(node, Strong | Emphasis | Strike) and type(node) is type(last):
            merged[-1] = type(node)((*last.inlines, *node.inlines))
        else:
            merged.append(node)
    return merged


def _inline(node: Inline, style: Style, around: str) -> str:
    match node:
        case Text(text):
            return escaped(text, style)
        case Code(text) | Math(text):
            return code_span(text)
        case Break():
            return "\n"
        case Strong(inner):
            return _marked("**", inner, style, around)
        case Emphasis(inner):
            # A star beside two stars would be read as three.
            near_strong = "**" in around or any(isinstance(one, Strong) for one in inner)
            return _marked("_" if near_strong else "*", inner, style, around)
        case Strike(inner):
            return _marked("~~", inner, style, around)
        case Link():
            return _link(node, style, around)
    assert_never(node)


def _marked(mark: str, inner: tuple[Inline, ...], style: Style, around: str) -> str:
    if mark in around:
        return inlines(inner, style, around)
    words = inlines(inner, style, around + mark)
    bare = words.strip()
    if not bare:
        return words
    lead = words[: len(words) - len(words.lstrip())]
    return f"{lead}{mark}{bare}{mark}{words[len(lead) + len(bare) :]}"


def _link(link: Link, style: Style, around: str) -> str:
    """A link with words of its own; one whose words look like an address shows where it really leads."""
    words = plain_inlines(link.inlines)
    if link.href.startswith("mailto:"):
        address = link.href.removeprefix("mailto:")
        shown = inlines(link.inlines, style, around)
        return shown if words == address else f"{shown} ({escaped(address, style)})"
    href = link.href.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    if words == link.href:
        return f"<{href}>"
    shown = inlines(link.inlines, style, around).replace("\n", " ")
    if _LOOKS_LIKE_LINK.search(words) or not words.strip() or "`" in shown:
        return f"{shown} (<{href}>)"
    return f"[{shown}](<{href}>)"
