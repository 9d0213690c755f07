"""Slack's older dialect and its blocks. Knows marks, escapes and block kinds; must not know messages or buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from adapters.web.markup import nodes as commonmark
from hub.runtime.playground.dialects.node import Node, element, lines

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_TOKEN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>\S(?:[^_\n]*\S)?)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>\S(?:[^~\n]*\S)?)~(?![\w~])"
)
_MARKS = {"bold": "strong", "italic": "em", "strike": "s"}


@lru_cache(2048)
def markdown(text: str) -> list[Node]:
    """A markdown block, which is CommonMark."""
    return commonmark(text)


def read(text: str, names: Mapping[str, str]) -> list[Node]:
    """mrkdwn; `names` by id, of everybody who can be mentioned."""
    found: list[Node] = []
    for number, piece in enumerate(_FENCE.split(text)):
        if number % 2:
            found.append(["pre", 0, _bare(piece)])
        elif piece.strip("\n"):
            found += _quoted(piece.strip("\n"), names)
    return found


def block(one: Mapping[str, Any], names: Mapping[str, str]) -> list[Node]:
    """The words of one block; what can be pressed has none here."""
    match one.get("type"):
        case "markdown":
            return markdown(one.get("text", ""))
        case "header":
            return [element("h3", [one.get("text", {}).get("text", "")])]
        case "section":
            return read(one.get("text", {}).get("text", ""), names)
        case "context":
            words = [read(each.get("text", ""), names) for each in one.get("elements", [])]
            return [element("small", [node for nodes in words for node in nodes])]
        case "divider":
            return [["hr", 0]]
    return []


def _quoted(text: str, names: Mapping[str, str]) -> list[Node]:
    """Runs of lines that begin with `>` are quotes."""
    found: list[Node] = []
    run: list[str] = []
    quoting = False

    def end() -> None:
        if run:
            words = _inlines("\n".join(run), names)
            found.append(element("blockquote", words) if quoting else element("p", words))
            run.clear()

    for line in text.split("\n"):
        quotes = line.startswith(("&gt;", ">"))
        if quotes != quoting:
            end()
            quoting = quotes
        run.append(re.sub(r"^(?:&gt;|>) ?", "", line) if quotes else line)
    end()
    return found


def _inlines(text: str, names: Mapping[str, str]) -> list[Node]:
    found: list[Node] = []
    at = 0
    for token in _TOKEN.finditer(text):
        found += lines(_bare(text[at : token.start()]))
        kind = str(token.lastgroup)
        words = token[kind]
        if kind == "code":
            found.append(["code", 0, _bare(words)])
        elif kind == "angle":
            found.append(_angle(words, names))
        else:
            found.append([_MARKS[kind], 0, *_inlines(words, names)])
        at = token.end()
    return found + lines(_bare(text[at:]))


def _angle(words: str, names: Mapping[str, str]) -> Node:
    where, _, label = words.partition("|")
    if where.startswith(("@", "#", "!")):
        shown = label or names.get(where[1:], where[1:])
        return ["mention", 0, f"{'#' if where.startswith('#') else '@'}{_bare(shown)}"]
    return element("a", [_bare(label or where)], href=_bare(where))


def _bare(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
