"""An unfinished text made presentable. Knows what a half-written mark looks like; must not know who shows it.

For the frames between, on platforms that show text. The finished text is never healed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.text.clean import clean
from hub.text.grammar import grammar

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST, LONGEST_WORDS = 12_000, 4_000
"""Characters without a border, and in one paragraph, above which a frame is shown unhealed: reading them costs."""

_MOST_READ = 4 * LONGEST
_FENCE = re.compile(r"^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_MARGIN = re.compile(r"\n[ \t]*\n(?=\S)")
_BULLET = re.compile(r"\n(?=[-+*] \S)")
_BULLET_MARK = re.compile(r"[-+*]")
_CODE = re.compile(r"\\.|`+", re.DOTALL)
_LIST_MARK = re.compile(r"[-+*]|\d{1,9}[.)]")
_HALF_MARK = re.compile(r"(?:^|(?<=\s))[*_~]+$")
_DOUBLE_MARK = re.compile(r"(?:\*\*|__|~~)$")
_HALF_LINE = re.compile(r"(?<=\S)\n[ \t]*(?:-{1,3}|=+|#{1,6}|\+|>+|`{1,2}|~{1,2}|\${1,2})$")


def heal(text: str) -> str:
    """Close what is open at the end of `text` and hide what is half-written.

    Closed: fences, display math, code spans, emphasis. Hidden: a half-written closing fence, table row, table head
    without its second line, link target, and marks with nothing behind them. `heal(heal(x)) == heal(x)`. Only what
    follows the last stable border is read; where that is longer than `LONGEST`, it is left as it is.
    """
    text = clean(text)
    to_read = _MOST_READ
    while to_read > 0:
        start, fence = _border(text)
        if fence:
            return _close_fence(text, "", fence)
        tail = text[start:]
        healed = _heal_tail(tail)
        if healed == tail:
            break
        text = text[:start] + healed
        to_read -= len(tail)  # what is hidden may lay bare another half-written mark
    return text


def _border(text: str) -> tuple[int, str]:
    """Where the last part begins that reads the same alone, and the mark of a fence at the margin open at the end.

    That is behind a closed fence, at the margin behind a blank line, or at a bullet there. Where lists or quotes make
    it doubtful whether a fence is open, the border stays before it.
    """
    border = inside = outside = 0
    indent = fence = ""
    for found in _FENCE.finditer(text):
        prefix, mark, words = found.groups()
        if not fence:
            if mark[0] == "`" and "`" in words:
                continue
            border = _last(_MARGIN, text, outside, found.start()) or border
            indent, fence, inside = _BULLET_MARK.sub(" ", prefix), mark, found.end()
            if indent.strip(" >") or "$$" in text[border : found.start()]:
                return border, ""
        elif mark.startswith(fence) and not words.strip(" \t"):
            if not indent:
                if prefix.strip(" ") or len(prefix) > 3:
                    continue
                border = found.end()
            elif prefix != indent or not _all_behind(indent, text[inside : found.start()]):
                return border, ""
            fence, outside = "", found.end()
    if fence:
        return border, "" if indent else fence
    border = _last(_MARGIN, text, outside, len(text)) or border
    bullet = 0 if "$$" in text[border:] else _last(_BULLET, text, max(border, outside), len(text))
    return bullet or border, ""


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """Where the last match ends, 0 if there is none."""
    at = 0
    for found in pattern.finditer(text, start, end):
        at = found.end()
    return at


def _all_behind(indent: str, text: str) -> bool:
    """Whether no line of a fence in a list or quote has left it; a quote is left by an empty line too."""
    least = indent.rstrip(" ")
    return all(line.startswith(indent) or line.rstrip(" \t") == least for line in text.split("\n")[1:-1])


def _heal_tail(text: str) -> str:
    if len(text) > LONGEST:
        return text
    md = grammar()
    tokens: list[Token] = []
    source = text if text.endswith("\n") else f"{text}\n"
    md.block.parse(source, md, {}, tokens)
    leaf = next((token for token in reversed(tokens) if token.nesting == 0), None)
    if leaf is None or leaf.map is None:
        return text
    half_line = _HALF_LINE.search(text) if leaf.type == "inline" else None
    if half_line is not None:
        return text[: half_line.start()]
    lines = text.split("\n")
    below = lines[leaf.map[1] :]
    if any(line.strip() for line in below):
        return text
    if leaf.type == "fence":
        return text if leaf.meta["closed"] else _close_fence(text, lines[leaf.map[0]], leaf.markup)
    if leaf.type != "inline":
        return text
    if any(token.type == "table_close" for token in tokens[-2:]):
        return _heal_row(text)
    finished = len(below) > 1 or not leaf.content
    return text if finished or len(leaf.content) > LONGEST_WORDS else _heal_words(text, leaf.content)


def _close_fence(text: str, opening: str, markup: str) -> str:
    mark = markup[0]
    head, _, last = text.rpartition("\n")
    half = last.strip(" \t>")
    if head and half and half == mark * len(half) and len(half) < len(markup):
        text = head
    prefix = opening.partition(markup)[0]
    prefix = _LIST_MARK.sub(lambda found: " " * len(found[0]), prefix)
    return f"{text.removesuffix(chr(10))}\n{prefix}{markup}"


def _heal_row(text: str) -> str:
    head, _, last = text.rpartition("\n")
    return head if last.strip() and not last.rstrip().endswith("|") else text


def _heal_words(text: str, content: str) -> str:
    body = text.rstrip()
    first, _, last = body.rpartition("\n")
    if last.lstrip(" >").startswith("|"):
        above = first.rpartition("\n")[2].lstrip(" >")
        if re.fullmatch(r"[ >|:-]+", last) and above.startswith("|"):
            return first.rpartition("\n")[0]
        return first
    begins = body.removesuffix(content)
    if begins != body and begins[-1:] in ("", "\n") and content.startswith("$$") and content.count("$$") == 1:
        return f"{body.removesuffix('$')}\n$$" if content.strip("$ ") else first
    tail = body[-len(content) :] if body.endswith(content) else content
    return _close_marks(body, tail) if body else text


def _close_marks(body: str, content: str) -> str:
    """Close code spans, then hide a half link, then close emphasis; `content` is what of `body` the block holds."""
    ticks = _open_ticks(content)
    if ticks is not None:
        at, run = ticks
        inside = content[at + run :]
        if not inside.strip("` \n"):
            return body[: len(body) - (len(content) - at)].rstrip()
        half = len(inside) - len(inside.rstrip("`"))
        closing = "`" * (run - half) if half < run else " " + "`" * run
        body, content = body + closing, content + closing
    else:
        kept = _without_half_link(content)
        if kept != content:
            return body[: len(body) - len(content)] + kept
        half_mark = _HALF_MARK.search(content) or _literal_end(content)
        if half_mark is not None:
            return body[: len(body) - len(half_mark[0])].rstrip(" \t")
    marks = closers(content)
    return body if marks and closers(content + marks) else body + marks


def _open_ticks(content: str) -> tuple[int, int] | None:
    """Where an unclosed code span begins, and how many backticks it has."""
    if "`" not in content:
        return None
    runs = [(found.start(), len(found[0])) for found in _CODE.finditer(content) if found[0][0] == "`"]
    last_of = {length: index for index, (_, length) in enumerate(runs)}
    index = 0
    while index < len(runs):
        length = runs[index][1]
        if last_of[length] == index:
            return runs[index]
        index = next(later for later in range(index + 1, len(runs)) if runs[later][1] == length) + 1
    return None


def _without_half_link(content: str) -> str:
    """`[words](htt` becomes `words`; a finished link or a lone bracket stays."""
    at = content.rfind("](")
    if at < 0 or _target_ends(content, at + 1):
        return content
    opening = content.rfind("[", 0, at)
    if opening < 0:
        return content
    start = opening - 1 if opening and content[opening - 1] == "!" else opening
    return content[:start] + content[opening + 1 : at]


def _literal_end(content: str) -> re.Match[str] | None:
    """Doubled marks at the very end that close nothing: they are about to open something."""
    run = _DOUBLE_MARK.search(content)
    if run is None:
        return None
    md = grammar()
    tokens: list[Token] = []
    md.inline.parse(content, md, {}, tokens)
    return run if tokens and tokens[-1].type == "text" and tokens[-1].content.endswith(run[0]) else None


def _target_ends(content: str, at: int) -> bool:
    """Whether the bracket at `at` is closed later."""
    depth = 0
    for bracket in re.finditer(r"[()]", content[at:]):
        depth += 1 if bracket[0] == "(" else -1
        if not depth:
            return True
    return False


def closers(content: str) -> str:
    """The marks that close what emphasis is open at the end of `content`."""
    if not any(mark in content for mark in "*_~"):
        return ""
    from markdown_it.rules_inline import StateInline, link_pairs

    md = grammar()
    state = StateInline(content, md, {}, [])
    md.inline.tokenize(state)
    link_pairs(state)
    closers = ""
    run: list[int] = []
    for delimiter in state.delimiters:
        if not delimiter.open or delimiter.end >= 0:
            continue
        run.append(delimiter.token)
        word = state.tokens[delimiter.token].content
        before = state.tokens[delimiter.token - 1].content[-1:] if delimiter.token else ""
        alone = len(run) < 2 or run[-2] != delimiter.token - 1
        if alone and len(word) == 1 and before.isalnum() and delimiter.length == 1:
            continue  # 2*3 is more often a product than the beginning of something slanted
        closers = word + closers
    return closers
