"""The tree a text is parsed into. Knows blocks and inlines; must not know how anything is drawn.

Every node is frozen, slotted and hashable; equality is by content.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Literal words, cleaned; never a line break."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code span."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """TeX inside a line, without its dollars."""

    tex: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break; soft ones may be shown as a space."""

    hard: bool


@dataclass(frozen=True, slots=True)
class Strong:
    """Bold."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Italic."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    """Struck through."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """`href` is http, https or mailto, percent-encoded; `inlines` hold no other link and are never empty."""

    href: str
    inlines: tuple[Inline, ...]


Inline = Text | Code | Math | Break | Strong | Emphasis | Strike | Link


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 to 6."""

    level: int
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """`checked` is None unless the item is a task."""

    checked: bool | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` counts only if `ordered`; `tight`: no air between its items."""

    ordered: bool
    start: int
    tight: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`language` is the first word after the fence, perhaps empty; `closed` False: the fence is still open."""

    code: str
    language: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """`aligns` holds `left`, `center`, `right` or `` per column; every row has as many cells."""

    aligns: tuple[str, ...]
    header: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule."""


@dataclass(frozen=True, slots=True)
class MathBlock:
    """Display TeX, without its dollars."""

    tex: str


Block = Paragraph | Heading | Listing | Quote | CodeBlock | Table | Rule | MathBlock
