"""CommonMark for Slack's markdown blocks and streams. Knows what must never reach them; must not know messages.

Slack reads CommonMark itself, so the text goes as it is, except that nothing in it can mention anybody (broken by a
word joiner, which is not seen) and that images become links (nothing is loaded from elsewhere).
"""

from __future__ import annotations

import re

from hub.text.clean import clean

MARKDOWN_LIMIT = 12_000
"""Characters of all markdown in one payload: Slack's documentation of the markdown block."""

JOINER = "\u2060"

_LIVE = re.compile(r"<(?=@|#|!(?!--|doctype|\[CDATA\[))|@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
_IMAGE = re.compile(r"!+(?=\[)")
_CODE = re.compile(
    r"^(?P<fence> {0,3}(?P<mark>`{3,}|~{3,}))[^\n]*\n.*?(?:^ {0,3}(?P=mark)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<span>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=span)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_GAP = re.compile(r"\n[ \t]*\n")
_HALF = re.compile(r"(?:<!?[-\w\[]*|@[a-z]{0,9}|!+)\Z", re.IGNORECASE)


def markdown(text: str) -> str:
    """`text` made harmless, at most `MARKDOWN_LIMIT` characters if it was at most 11,000."""
    text = clean(text)
    if "![" in text:
        text = _without_images(text)
    if "<" not in text and "@" not in text:
        return text
    harmless = _LIVE.sub(lambda found: found[0] + JOINER, text)
    if len(harmless) > MARKDOWN_LIMIT >= len(text):
        return text.replace("<", "‹").replace("@", "＠")
    return harmless


def settled(text: str) -> str:
    """The part of a growing text that later words cannot make into a mention or an image."""
    text = _HALF.sub("", text)
    if "![" not in text:
        return text
    paragraph = max((gap.end() for gap in _GAP.finditer(text)), default=0)
    mark = text.find("`", paragraph)
    if paragraph <= mark < text.rfind("![") and not any(
        code["fence"] and code.end() == len(text) for code in _CODE.finditer(text)
    ):
        return text[:paragraph].rstrip("\n")
    return text


def _without_images(text: str) -> str:
    """Images outside code as links."""
    pieces, at = [], 0
    for code in _CODE.finditer(text):
        pieces += [_IMAGE.sub("", text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*pieces, _IMAGE.sub("", text[at:])])
