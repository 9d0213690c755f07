"""The text tree as mrkdwn, Slack's older dialect: the Home tab, response_url, comments of files, fallback texts.

Knows mrkdwn's marks and escapes; must not know blocks. Every `&`, `<` and `>` of the text is escaped, so that nothing
in it is read as a mention or a link but the links we make.
"""

from __future__ import annotations

import re

from adapters.slack.markup.markdown import JOINER
from hub.text.parse import parse
from hub.text.plain import plain_blocks, plain_inlines
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

_CALLING = re.compile(r"@(?=(?:everyone|channel|here)\b)", re.IGNORECASE)
"""An `@` that calls everybody, should Slack ever read the target of a link as words."""


def escaped(text: str) -> str:
    """`text` with nothing in it that mrkdwn could take for a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", f"@{JOINER}")


def mrkdwn(text: str) -> str:
    """CommonMark as mrkdwn."""
    return "\n\n".join(drawn for block in parse(text) if (drawn := _block(block)))


def _block(block: Block) -> str:
    match block:
        case Paragraph(inlines):
            return _inlines(inlines)
        case Heading(_, inlines):
            return _marked("*", escaped(plain_inlines(inlines)))
        case Listing(ordered, start, tight, items):
            lines = [_item(item, f"{start + number}. " if ordered else "• ") for number, item in enumerate(items)]
            return ("\n" if tight else "\n\n").join(lines)
        case Quote(blocks):
            inner = "\n\n".join(drawn for each in blocks if (drawn := _block(each)))
            return "\n".join(f">{line}" for line in inner.split("\n"))
        case CodeBlock(code, _, _) | MathBlock(code):
            return _fenced(code)
        case Table():
            return _fenced(plain_blocks((block,)))
        case Rule():
            return "———"


def _item(item: Item, marker: str) -> str:
    box = "" if item.checked is None else "☑ " if item.checked else "☐ "
    inner = "\n".join(drawn for block in item.blocks if (drawn := _block(block)))
    return marker + box + inner.replace("\n", "\n    ")


def _inlines(inlines: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, inlines))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escaped(text)
        case Code(text) | Math(text):
            return _marked("`", escaped(text.replace("`", "'")))
        case Break(hard):
            return "\n" if hard else " "
        case Strong(inner):
            return _marked("*", _inlines(inner))
        case Emphasis(inner):
            return _marked("_", _inlines(inner))
        case Strike(inner):
            return _marked("~", _inlines(inner))
        case Link(href, inner):
            label = escaped(plain_inlines(inner)).replace("|", "¦").replace("\n", " ")
            return f"<{_href(href)}|{label}>"


def _href(href: str) -> str:
    escaped_href = href.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return _CALLING.sub("%40", escaped_href)


def _marked(mark: str, words: str) -> str:
    """The marks take effect only against a word."""
    bare = words.strip()
    return words.replace(bare, f"{mark}{bare}{mark}", 1) if bare else words


def _fenced(code: str) -> str:
    return "```\n" + escaped(code.strip("\n")).replace("```", "`\u2060``") + "\n```"
