"""Discord's markdown as its apps draw it. Knows blocks, marks, escapes and mentions; must not know messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.runtime.playground.dialects.node import Node, element, lines

_FENCE = re.compile(r"```(?:(?P<lang>[A-Za-z0-9_+\-.#]+)\n)?\n?(?P<code>.+?)\n?```", re.DOTALL)
_HEADING = re.compile(r"(#{1,3}|-#) +(.+)")
_ITEM = re.compile(r"( *)([-*]|\d{1,9}\.) +(.*)")
_INLINE = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|(?P<ticks>`{1,2})(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|<(?P<address>https?://[^>\s]+)>"
    r"|<@!?(?P<person>\d+)>"
    r"|\[(?P<label>(?:[^\]\\\n]|\\.)+)\]\((?:<(?P<href>https?://[^>\s]+)>|(?P<open>https?://[^)>\s]+))\)"
    r"|(?P<url>https?://[^\s<>]+[^\s<>.,;:!?'\")\]])"
    r"|\*\*\*(?P<both>\S.*?)(?<=\S)\*\*\*"
    r"|\*\*(?P<bold>\S.*?)(?<=\S)\*\*(?!\*)"
    r"|__(?P<under>\S.*?)(?<=\S)__"
    r"|~~(?P<strike>\S.*?)(?<=\S)~~"
    r"|\|\|(?P<spoiler>\S.*?)(?<=\S)\|\|"
    r"|\*(?P<italic>\S(?:[^*]*?[^\s*])?)\*"
    r"|(?<!\w)_(?P<slant>\S(?:.*?\S)??)_(?!\w)",
    re.DOTALL,
)
_MARKS = {"bold": "strong", "under": "u", "strike": "s", "spoiler": "spoiler", "italic": "em", "slant": "em"}


def read(text: str, names: Mapping[str, str]) -> list[Node]:
    """The nodes of a message; `names` by id, of everybody who can be mentioned."""
    found: list[Node] = []
    at = 0
    for fence in _FENCE.finditer(text):
        found += _blocks(text[at : fence.start()], names)
        found.append(["pre", {"lang": fence["lang"]} if fence["lang"] else 0, fence["code"]])
        at = fence.end()
    return found + _blocks(text[at:], names)


def _blocks(text: str, names: Mapping[str, str]) -> list[Node]:
    """Headings, quotes and lists by line; what is left are paragraphs whose line breaks count."""
    found: list[Node] = []
    for kind, run in _runs(text.strip("\n").split("\n")):
        if kind == "quote":
            found.append(element("blockquote", _inlines("\n".join(run), names)))
        elif kind == "list":
            found.append(_listing(run, names))
        elif kind == "p":
            words = "\n".join(run).strip("\n")
            found += [element("p", _inlines(words, names))] if words.strip() else []
        else:
            found.append(element(kind, _inlines(run[0], names)))
    return found


def _runs(rows: list[str]) -> Iterator[tuple[str, list[str]]]:
    kind, run = "p", list[str]()
    for row in rows:
        heading, item = _HEADING.fullmatch(row), _ITEM.fullmatch(row)
        if heading:
            now, words = ("small" if heading[1] == "-#" else f"h{len(heading[1])}"), heading[2]
        elif row.startswith("> ") or row == ">":
            now, words = "quote", row[2:]
        elif item or (kind == "list" and row.startswith("  ")):
            now, words = "list", row
        else:
            now, words = "p", row
        if run and (now != kind or heading):
            yield kind, run
            run = []
        kind = now
        run.append(words)
    if run:
        yield kind, run


def _listing(rows: list[str], names: Mapping[str, str]) -> Node:
    """One list; items further in are lists of their own."""
    items: list[tuple[int, str, list[str]]] = []
    for row in rows:
        match = _ITEM.fullmatch(row)
        if match and (not items or len(match[1]) <= items[0][0]):
            items.append((len(match[1]), match[2], [match[3]]))
        elif items:
            items[-1][2].append(row)
    ordered = items[0][1][0].isdigit()
    node: list[Node] = []
    for _, _, words in items:
        deeper = next((number for number, row in enumerate(words[1:], 1) if _ITEM.fullmatch(row)), len(words))
        shown = _inlines("\n".join(row.strip() for row in words[:deeper]), names)
        node.append(["li", 0, *shown, *([_listing(words[deeper:], names)] if words[deeper:] else [])])
    return ["ol" if ordered else "ul", {"start": int(items[0][1][:-1])} if ordered else 0, *node]


def _inlines(text: str, names: Mapping[str, str]) -> list[Node]:
    found: list[Node] = []
    at = 0
    for token in _INLINE.finditer(text):
        found += lines(text[at : token.start()])
        found.append(_inline(token, names))
        at = token.end()
    return found + lines(text[at:])


def _inline(token: re.Match[str], names: Mapping[str, str]) -> Node:
    kind = str(token.lastgroup)
    if kind == "escaped":
        return token["escaped"]
    if kind == "code":
        return ["code", 0, token["code"].strip() or token["code"]]
    if kind in ("address", "url"):
        return ["a", {"href": token[kind]}, token[kind]]
    if kind == "person":
        return ["mention", 0, f"@{names.get(token['person'], token['person'])}"]
    if kind in ("href", "open"):
        return element("a", _inlines(token["label"], names), href=token[kind])
    if kind == "both":
        return ["strong", 0, element("em", _inlines(token["both"], names))]
    return [_MARKS[kind], 0, *_inlines(token[kind], names)]
