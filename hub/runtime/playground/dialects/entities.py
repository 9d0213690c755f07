"""Telegram's texts: words and ranges. Knows entities and their UTF-16 offsets; must not know messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.runtime.playground.dialects.node import Node, element, lines

TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "spoiler",
    "code": "code",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
    "mention": "mention",
    "text_mention": "mention",
    "hashtag": "mention",
    "cashtag": "mention",
    "bot_command": "mention",
}
"""Entity to tag, where nothing but the tag says what it is."""


def read(text: str, entities: Sequence[dict[str, Any]]) -> list[Node]:
    """The nodes of a text; entities lie in each other or apart, as the server takes care of."""
    units = text.encode("utf-16-le", "surrogatepass")
    ordered = sorted(entities, key=lambda one: (one["offset"], -one["length"]))
    return _within(units, ordered, 0, len(units) // 2)


def _within(units: bytes, entities: list[dict[str, Any]], start: int, end: int) -> list[Node]:
    found: list[Node] = []
    at = start
    while entities:
        first = entities.pop(0)
        begins, ends = first["offset"], min(first["offset"] + first["length"], end)
        if begins < at:
            continue
        inside = [one for one in entities if one["offset"] < ends]
        entities = [one for one in entities if one["offset"] >= ends]
        found += lines(_piece(units, at, begins))
        found.append(_drawn(first, _within(units, inside, begins, ends), _piece(units, begins, ends)))
        at = ends
    return found + lines(_piece(units, at, end))


def _piece(units: bytes, start: int, end: int) -> str:
    return units[2 * start : 2 * end].decode("utf-16-le", "replace")


def _drawn(entity: dict[str, Any], children: list[Node], words: str) -> Node:
    kind = entity["type"]
    if kind == "pre":
        return element("pre", [words], **({"lang": entity["language"]} if entity.get("language") else {}))
    if kind == "text_link":
        return element("a", children, href=entity["url"])
    if kind == "url":
        return element("a", children, href=words)
    if kind == "email":
        return element("a", children, href=f"mailto:{words}")
    tag = TAGS.get(kind)
    return element(tag, children) if tag else element("span", children)
