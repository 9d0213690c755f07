"""The markdown we read. Knows markdown-it-py and our two additions (math, and no text lost when nesting is deep);
must not know the tree.

CommonMark without raw HTML, with tables, strikethrough and TeX between dollars.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

MAX_NESTING = 16
"""Levels of quotes and lists (a list counts two); what is deeper stays as plain paragraphs."""

MAX_LABEL = 1000
"""Characters a link's words may have; CommonMark sets this limit to the labels of link definitions."""

INLINE_MARK = re.compile(r"[\n\\`*_~\[\]<&$]|!(?=\[)")
"""Where anything but plain text can begin inside a block."""

_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})(.*)", re.DOTALL)


@cache
def grammar() -> MarkdownIt:
    """The one parser, built at its first use (some milliseconds, with the import of markdown-it)."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import paragraph
    from markdown_it.rules_inline import image, link

    md = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"]).disable(["html_block", "html_inline"])
    md.block.ruler.at("fence", fence, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.block.ruler.before("fence", "math_block", math_block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.inline.ruler.before("escape", "math", math)

    def link_if_closed(state: StateInline, silent: bool) -> bool:
        return state.src[state.pos] == "[" and _closed_soon(state) and link(state, silent)

    def image_if_closed(state: StateInline, silent: bool) -> bool:
        return state.src[state.pos] == "!" and _closed_soon(state) and image(state, silent)

    md.inline.ruler.at("link", link_if_closed)
    md.inline.ruler.at("image", image_if_closed)
    md.inline.terminator_re = INLINE_MARK
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # the tree decides, and shows what it refuses
    tokenize = md.block.tokenize

    def tokenize_all(state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        start, end = startLine, endLine
        if state.level < MAX_NESTING:
            tokenize(state, start, end)
            return
        line = state.skipEmptyLines(start)
        while line < end and state.sCount[line] >= state.blkIndent:
            paragraph(state, line, end, False)
            line = state.line = state.skipEmptyLines(state.line)
        state.line = max(state.line, line)

    md.block.tokenize = tokenize_all  # type: ignore[method-assign]
    return md


def _closed_soon(state: StateInline) -> bool:
    # Without this look-ahead every opening bracket costs a scan of all that follows.
    return state.src.find("]" if state.env.get("references") else "](", state.pos, state.pos + MAX_LABEL) > 0


def fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Fenced code; as CommonMark has it, but the token also says whether the fence was closed."""
    if state.is_code_block(start):
        return False
    opening = _FENCE.match(state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]])
    if opening is None:
        return False
    if silent:
        return True
    markup = opening[1]
    line, closed = start + 1, False
    while line < end:
        at, until = state.bMarks[line] + state.tShift[line], state.eMarks[line]
        if at < until and state.sCount[line] < state.blkIndent:
            break
        if at < until and state.src[at] == markup[0] and not state.is_code_block(line):
            words = state.src[at:until].rstrip(" \t")
            if len(words) >= len(markup) and words == markup[0] * len(words):
                closed = True
                break
        line += 1
    state.line = line + closed
    token = state.push("fence", "code", 0)
    token.info = opening[2]
    token.content = state.getLines(start + 1, line, state.sCount[start], True)
    token.markup = markup
    token.map = [start, state.line]
    token.meta = {"closed": closed}
    return True


def math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`$$` to `$$` over whole lines without a blank one between; unclosed, it is no math."""
    at, until = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    if not state.src.startswith("$$", at, until) or state.is_code_block(start):
        return False
    first = state.src[at + 2 : until].rstrip(" \t")
    if first.startswith("$"):
        return False
    last: int | None = start if len(first) > 2 and first.endswith("$$") else None
    if last is None:
        if "$$" in first:
            return False
        last = _math_end(state, start, end)
        if last is None:
            return False
    if silent:
        return True
    if last == start:
        tex = first[:-2].strip()
    else:
        inner = state.getLines(start + 1, last, state.blkIndent, True)
        closing = state.src[state.bMarks[last] + state.tShift[last] : state.eMarks[last]].rstrip(" \t")[:-2]
        tex = f"{first}\n{inner}{closing}".strip()
    state.line = last + 1
    token = state.push("math_block", "", 0)
    token.content = tex
    token.map = [start, state.line]
    return True


def _math_end(state: StateBlock, start: int, end: int) -> int | None:
    # Lines found without a closing mark are remembered: many opening marks must not mean many scans.
    barren: dict[tuple[int, int], tuple[int, int]] = state.env.setdefault("barren", {})
    place = (state.blkIndent, end)
    known = barren.get(place)
    if known is not None and known[0] <= start < known[1]:
        return None
    line = start + 1
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        words = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip(" \t")
        if words.endswith("$$"):
            return line if "$$" not in words[:-2] else None
        line += 1
    barren[place] = (start, line)
    return None


def math(state: StateInline, silent: bool) -> bool:
    """`$tex$` (no space inside the dollars, no digit after them) or `$$tex$$` within a line or paragraph."""
    src, start = state.src, state.pos
    if src[start] != "$":
        return False
    if src.startswith("$$", start):
        close = src.find("$$", start + 2, state.posMax)
        tex = src[start + 2 : close].strip() if close > 0 else ""
        if not tex or "$" in tex:
            return False
        after = close + 2
    else:
        close = src.find("$", start + 1, state.posMax)
        if close < start + 2 or src[start + 1].isspace() or src[close - 1].isspace() or src[close - 1] == "\\":
            return False
        after = close + 1
        if after < state.posMax and (src[after].isdigit() or src[after] == "$"):
            return False
        tex = src[start + 1 : close]
    if not silent:
        token: Any = state.push("math_inline", "", 0)
        token.content = tex.replace("\n", " ")
    state.pos = after
    return True
