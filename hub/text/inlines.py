"""The inside of a block. Knows inline tokens and which links are allowed; must not know blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub.text.clean import clean
from hub.text.grammar import INLINE_MARK, grammar
from hub.text.tree import Break, Code, Emphasis, Inline, Link, Math, Strike, Strong, Text

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_DEPTH = 12
"""Styles inside styles; what is deeper keeps its words and loses its style."""

_ALLOWED = re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s])", re.IGNORECASE)
_STYLES: dict[str, type[Strong] | type[Emphasis] | type[Strike]] = {
    "strong_open": Strong,
    "em_open": Emphasis,
    "s_open": Strike,
}


class Inliner:
    """Reads inline source. `references` are link definitions by label, those found in the blocks included.

    `remembered` are inlines by source from an earlier reading; `used` are those of this one. Neither is used once
    there are references, which may change what a source means.
    """

    def __init__(self, references: dict[str, Any], remembered: dict[str, tuple[Inline, ...]] | None = None) -> None:
        self.references = references
        self.used: dict[str, tuple[Inline, ...]] = {}
        self._remembered = remembered

    def inlines(self, source: str) -> tuple[Inline, ...]:
        """The inlines of one block's source."""
        if INLINE_MARK.search(source) is None:
            return (Text(source),) if source else ()
        if self._remembered is None or self.references:
            return self._read(source)
        known = self._remembered.get(source)
        if known is None:
            known = self._read_on(source)
        self.used[source] = known
        return known

    def _read_on(self, source: str) -> tuple[Inline, ...]:
        """Read only what a growing paragraph gained, if nothing was open in what is remembered of it."""
        remembered = self._remembered or {}
        for known in sorted(filter(source.startswith, remembered), key=len, reverse=True):
            beyond = source[len(known) :]
            joins = known[-1].isalnum() and (beyond[0] in " \n" or beyond[0].isalnum())
            if joins and _nothing_open(remembered[known]):
                self.used[known] = remembered[known]
                joined = list(remembered[known])
                for inline in self._read(beyond):
                    _add(joined, inline)
                return tuple(joined)
        return self._read(source)

    def plain(self, source: str) -> tuple[Inline, ...]:
        """The inlines of lines known to hold no markup and no hard breaks."""
        inlines: list[Inline] = []
        for line in source.split("\n"):
            if inlines:
                inlines.append(Break(hard=False))
            inlines.append(Text(line.strip(" ")))
        return tuple(inlines)

    def _read(self, source: str) -> tuple[Inline, ...]:
        md = grammar()
        tokens: list[Token] = []
        md.inline.parse(source, md, {"references": self.references}, tokens)
        return _nest(tokens, in_link=False)


def allowed(href: str) -> bool:
    """Whether a link may lead there: http, https with a host, or mailto."""
    return _ALLOWED.match(href) is not None


def _nothing_open(inlines: tuple[Inline, ...]) -> bool:
    """Whether no mark is left among the words that something later could make use of."""
    for inline in inlines:
        match inline:
            case Text(text):
                if INLINE_MARK.search(text) is not None:
                    return False
            case Strong(inner) | Emphasis(inner) | Strike(inner) | Link(_, inner):
                if not _nothing_open(inner):
                    return False
            case _:
                pass
    return True


def _nest(tokens: list[Token], *, in_link: bool) -> tuple[Inline, ...]:
    """Fold a flat token list into nested inlines, with a stack of our own: nesting is the model's choice."""
    stack: list[tuple[Token | None, list[Inline]]] = [(None, [])]
    skipped: list[bool] = []
    linked = in_link
    for token in tokens:
        kind = token.type
        into = stack[-1][1]
        if kind in ("text", "text_special"):
            _add_text(into, token.content)
        elif token.nesting == 1:
            too_deep = len(stack) > MAX_DEPTH and kind != "link_open"
            skipped.append(too_deep)
            if not too_deep:
                stack.append((token, []))
                linked = linked or kind == "link_open"
        elif token.nesting == -1:
            if not skipped.pop():
                opening, inner = stack.pop()
                assert opening is not None
                if kind == "link_close":
                    linked = in_link
                _close(stack[-1][1], opening, inner)
        elif kind == "image":
            inner = list(_nest(token.children or [], in_link=True))
            if linked:
                for inline in inner or [Text(_visible(str(token.attrs["src"])))]:
                    _add(into, inline)
            else:
                _link(into, str(token.attrs["src"]), inner)
        else:
            _add(into, _leaf(token))
    return tuple(stack[0][1])


def _leaf(token: Token) -> Inline:
    match token.type:
        case "code_inline":
            return Code(token.content)
        case "math_inline":
            return Math(token.content)
        case "hardbreak":
            return Break(hard=True)
        case _:
            return Break(hard=False)


def _close(into: list[Inline], opening: Token, inner: list[Inline]) -> None:
    if opening.type == "link_open":
        _link(into, str(opening.attrs["href"]), inner)
    elif inner:
        into.append(_STYLES[opening.type](tuple(inner)))


def _link(into: list[Inline], href: str, inner: list[Inline]) -> None:
    href = clean(href)
    if allowed(href):
        into.append(Link(href, tuple(inner) or (Text(_visible(href)),)))
        return
    for inline in inner:
        _add(into, inline)
    if href:
        _add_text(into, f" ({_visible(href)})" if inner else _visible(href))


def _visible(href: str) -> str:
    return clean(href) or "…"


def _add(into: list[Inline], inline: Inline) -> None:
    if isinstance(inline, Text):
        _add_text(into, inline.text)
    else:
        into.append(inline)


def _add_text(into: list[Inline], text: str) -> None:
    if not text:
        return
    # Entities such as &#8238; bring back what was cleaned away before.
    text = clean(text).replace("\n", " ")
    if text and into and isinstance(into[-1], Text):
        into[-1] = Text(into[-1].text + text)
    elif text:
        into.append(Text(text))
