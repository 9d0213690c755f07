"""Nodes: what the page builds elements of. Knows their shape; must not know a platform.

A node is text or `[tag, attributes | 0, *children]`, as the widget's (adapters/web/markup.py) and with four tags more:
`u`, `spoiler`, `mention`, `small`. The page knows a closed list of tags, and never reads text as HTML.
"""

from __future__ import annotations

from typing import Any

Node = str | list[Any]


def element(tag: str, children: list[Node], **attributes: str) -> Node:
    """One element; without children it is nothing, an empty text."""
    return [tag, attributes or 0, *children] if children else ""


def lines(text: str) -> list[Node]:
    """Words with their line breaks."""
    found: list[Node] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            found.append(["br", 0])
        if line:
            found.append(line)
    return found
