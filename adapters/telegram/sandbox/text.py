"""What Telegram does with a text: refuses wrong ranges, finds live words. Knows entities; must not know messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
KINDS = STYLES | {"code", "pre", "text_link", "text_mention", "custom_emoji", "blockquote", "expandable_blockquote"}
KINDS |= {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "date_time"}
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})

_FOUND = re.compile(
    r"(?P<url>https?://[\w-]+(?:\.[\w-]+)+(?:[/:?#]\S*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]+)"
    r"|(?<!\w)(?P<mention>@[A-Za-z0-9_]{2,32})\b"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>])"
    r"|(?<!\w)(?P<hashtag>#(?!\d+\b)\w+)"
)


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def bound_faults(text: str, entities: Sequence[Json]) -> list[str]:
    """What the server refuses: kinds it does not know, ranges outside the text or through a character."""
    length = units(text)
    borders = {0}
    at = 0
    for character in text:
        at += units(character)
        borders.add(at)
    faults = []
    for entity in entities:
        kind, start, size = entity.get("type"), entity.get("offset"), entity.get("length")
        if kind not in KINDS:
            faults.append(f'unsupported entity type "{kind}"')
        elif not isinstance(start, int) or not isinstance(size, int) or start < 0 or size <= 0 or start + size > length:
            faults.append(f"entity {kind} has a range outside of the text")
        elif start not in borders or start + size not in borders:
            faults.append(f"entity {kind} begins or ends in a middle of a UTF-16 symbol")
        elif kind == "text_link" and not entity.get("url"):
            faults.append("entity text_link has no url")
    return faults


def nesting_faults(entities: Sequence[Json]) -> list[str]:
    """What the documentation forbids and the server mends by itself: ranges that cross, or lie where they must not."""
    faults = []
    for index, one in enumerate(entities):
        for other in entities[index + 1 :]:
            first, last = one["offset"], one["offset"] + one["length"]
            start, end = other["offset"], other["offset"] + other["length"]
            if last <= start or end <= first:
                continue
            kinds = {one["type"], other["type"]}
            if not (first <= start and end <= last) and not (start <= first and last <= end):
                faults.append(f"{one['type']} crosses {other['type']}")
            elif len(kinds) == 1:
                faults.append(f"{one['type']} in itself")
            elif _apart(kinds):
                faults.append(f"{sorted(kinds)} lie in each other")
    return faults


def _apart(kinds: set[str]) -> bool:
    """Whether the documentation forbids one of these in the other."""
    if kinds & {"code", "pre"}:
        return not kinds & _QUOTES
    return not kinds & (STYLES | _QUOTES) or kinds <= _QUOTES


def with_found(text: str, entities: Sequence[Json]) -> list[Json]:
    """The entities with those the server finds by itself, in order; nothing is found in code and links."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in {"code", "pre", "text_link", "text_mention"}
    ]
    found = list(entities)
    for match in _FOUND.finditer(text):
        start = units(text[: match.start()])
        end = start + units(match[0])
        if not any(first < end and start < last for first, last in taken):
            found.append({"type": match.lastgroup, "offset": start, "length": end - start})
    return sorted(found, key=lambda entity: (entity["offset"], -entity["length"]))


def piece(text: str, entity: Json) -> str:
    """The words an entity covers."""
    whole = text.encode("utf-16-le", "surrogatepass")
    return whole[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")
