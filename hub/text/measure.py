"""How long a text is, how wide, and where it may be cut. Knows units and graphemes; must not know markdown."""

from __future__ import annotations

import unicodedata

UNITS = frozenset({"characters", "utf16", "bytes"})
"""What a platform may count: code points, UTF-16 code units, UTF-8 bytes."""


def measure(text: str, unit: str) -> int:
    """The length of `text` in `unit` (one of UNITS, else ValueError); lone surrogates are not allowed."""
    match unit:
        case "characters":
            return len(text)
        case "utf16":
            return len(text.encode("utf-16-le")) // 2
        case "bytes":
            return len(text.encode())
        case _:
            raise ValueError(f"no such unit: {unit}")


def columns(text: str) -> int:
    """How many columns `text` takes where every letter is as wide as the next."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fitting(text: str, room: int, unit: str) -> int:
    """How many characters of `text` fit into `room` units, cutting no grapheme unless it is alone too large."""
    match unit:
        case "characters":
            count = min(room, len(text))
        case "utf16":
            count = len(text[:room].encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore"))
        case _:
            count = len(text[:room].encode()[:room].decode("utf-8", "ignore"))
    cut = count
    while 0 < cut < len(text) and not between_graphemes(text, cut):
        cut -= 1
    return cut or count


def between_graphemes(text: str, at: int) -> bool:
    """Whether what a person sees as one character is left whole by a cut at `at` (0 < at < len(text))."""
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return not (before == "\r" and after == "\n") and before != "\u200d"
    if "\u200d" in (before, after) or unicodedata.category(after)[0] == "M" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if "\u1160" <= after <= "\u11ff":
        return not "\u1100" <= before <= "\u11ff" and not "\uac00" <= before <= "\ud7a3"
    if _is_regional(after):
        run = 0
        while run < at and run < 64 and _is_regional(text[at - 1 - run]):
            run += 1
        return run % 2 == 0
    return True


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
