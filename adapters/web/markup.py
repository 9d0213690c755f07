"""The text tree as the widget's nodes. Knows tags and ops; must not know events or screens.

A node is text or `[tag, attributes | 0, *children]`, with tags from TAGS alone, so that the browser never sees HTML:

    p h1-h6 blockquote hr br ul li strong em s table thead tbody tr   no attributes
    ol {start}   a {href}   th td {align}   pre {lang}   task {done}   math {block}   tk {c: token class}   code

Ops change the list of blocks: `["=", i, node]` puts a block at i (i = length: adds it), `["+", i, text]` appends to the
deepest last text of block i, `["-", n]` keeps the first n blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from adapters.web.wire.message import Node, Op
from hub.text.clean import clean
from hub.text.growing import Growing
from hub.text.highlight import highlight
from hub.text.parse import parse
from hub.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Inline,
    Item,
    Link,
    Listing,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

TAGS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "pre", "code", "strong", "em", "s", "a", "br", "hr"}
    | {"blockquote", "table", "thead", "tbody", "tr", "th", "td", "task", "math", "tk"}
)


def nodes(text: str) -> list[Node]:
    """CommonMark as nodes, one for each block."""
    return [_block(block) for block in parse(text)]


def plain(text: str) -> list[Node]:
    """What a person typed, as they typed it: no markup."""
    lines = clean(text).strip("\n").split("\n")
    node: list[Any] = ["p", 0]
    for number, line in enumerate(lines):
        if number:
            node.append(["br", 0])
        if line:
            node.append(line)
    return [node] if text.strip() else []


class Drawing:
    """The nodes of a text that grows."""

    __slots__ = ("_growing", "nodes", "text")

    def __init__(self) -> None:
        self.text = ""
        self.nodes: list[Node] = []
        self._growing = Growing()

    def grow(self, text: str) -> list[Op]:
        """Make the nodes those of `text`, which need not continue the last one; the ops that lead there."""
        if text == self.text:
            return []
        first, blocks = self._growing.grow(text)
        self.text = text
        changed = [_block(block) for block in blocks]
        ops: list[Op] = []
        for index, node in enumerate(changed, first):
            if index >= len(self.nodes):
                ops.append(["=", index, node])
                self.nodes.append(node)
            else:
                _change(ops, index, self.nodes[index], node)
                self.nodes[index] = node
        if first + len(changed) < len(self.nodes):
            del self.nodes[first + len(changed) :]
            ops.append(["-", len(self.nodes)])
        return ops

    def finish(self, text: str) -> list[Node]:
        """The nodes of the whole `text`. What was drawn so far is used where growing cannot differ from reading it all:
        everywhere but with a link definition, which reaches back."""
        if self.text and text.startswith(self.text) and "]:" not in text:
            self.grow(text)
            return list(self.nodes)
        return nodes(text)


def _change(ops: list[Op], index: int, old: Node, new: Node) -> None:
    suffix = _suffix(old, new)
    if suffix is None:
        ops.append(["=", index, new])
    elif suffix:
        ops.append(["+", index, suffix])


def _suffix(old: Node, new: Node) -> str | None:
    """What the deepest last text of `new` has more than that of `old`, if that is all that differs."""
    while not isinstance(old, str):
        if isinstance(new, str) or len(old) != len(new):
            return None
        if len(old) < 3 or old[:-1] != new[:-1]:
            return "" if old == new else None
        old, new = old[-1], new[-1]
    return new[len(old) :] if isinstance(new, str) and new.startswith(old) else None


def _block(block: Block) -> Node:
    match block:
        case Paragraph(inlines):
            return ["p", 0, *_inlines(inlines)]
        case Heading(level, inlines):
            return [f"h{level}", 0, *_inlines(inlines)]
        case Listing(ordered, start, tight, items):
            attributes = {"start": start} if ordered and start != 1 else 0
            return ["ol" if ordered else "ul", attributes, *(_item(item, tight) for item in items)]
        case Quote(blocks):
            return ["blockquote", 0, *map(_block, blocks)]
        case CodeBlock():
            return _code(block)
        case Table():
            return _table(block)
        case Rule():
            return ["hr", 0]
        case MathBlock(tex):
            return ["math", {"block": True}, tex]
    assert_never(block)


def _item(item: Item, tight: bool) -> Node:
    node: list[Any] = ["li", 0]
    if item.checked is not None:
        node.append(["task", {"done": item.checked}])
    for block in item.blocks:
        if tight and isinstance(block, Paragraph):
            node.extend(_inlines(block.inlines))
        else:
            node.append(_block(block))
    return node


def _code(block: CodeBlock) -> Node:
    """Colours only once the fence is closed: until then every frame can append."""
    node: list[Any] = ["pre", {"lang": block.language} if block.language else 0]
    if not block.closed or not block.language:
        node.append(block.code)
        return node
    for kind, words in highlight(block.code, block.language):
        node.append(["tk", {"c": kind}, words] if kind else words)
    return node


def _table(block: Table) -> Node:
    def row(tag: str, cells: Iterable[tuple[Inline, ...]]) -> Node:
        return [
            "tr",
            0,
            *(
                [tag, {"align": align} if align else 0, *_inlines(cell)]
                for align, cell in zip(block.aligns, cells, strict=True)
            ),
        ]

    node: list[Any] = ["table", 0, ["thead", 0, row("th", block.header)]]
    if block.rows:
        node.append(["tbody", 0, *(row("td", cells) for cells in block.rows)])
    return node


def _inlines(inlines: Iterable[Inline]) -> list[Node]:
    found: list[Node] = []
    for inline in inlines:
        node = _inline(inline)
        if isinstance(node, str) and found and isinstance(found[-1], str):
            found[-1] += node
        else:
            found.append(node)
    return found


def _inline(inline: Inline) -> Node:
    match inline:
        case Text(text):
            return text
        case Break(hard):
            return ["br", 0] if hard else "\n"
        case Strong(inlines):
            return ["strong", 0, *_inlines(inlines)]
        case Emphasis(inlines):
            return ["em", 0, *_inlines(inlines)]
        case Strike(inlines):
            return ["s", 0, *_inlines(inlines)]
        case Code(text):
            return ["code", 0, text]
        case Link(href, inlines):
            return ["a", {"href": href}, *_inlines(inlines)]
        case Math(tex):
            return ["math", 0, tex]
    assert_never(inline)
