"""Words that Telegram would make live. Knows what it finds by itself in a text; must not know blocks.

Telegram turns `@name` into a mention that pings and `/word` into a command that a tap sends, wherever no code or link
covers them. A word joiner after the sign, which nobody sees, keeps them words.
"""

from __future__ import annotations

import re

JOINER = "\u2060"

_ADDRESS = (
    r"(?<!\w)https?://(?:(?:[\w-]+\.)+[^\W\d_]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?(?:/[\w./~%@:+=&?#-]*|(?![\w.@-]))"
)
"""What Telegram surely reads as one address, in which nothing is live; a host without a dot is none to it."""

_MENTION = r"(?<!\w)@(?=[A-Za-z0-9_]{2})"
_TAPPED = r"(?<![\w/<>])/(?=[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>]))"
"""As Telegram's own server has them; a path such as /etc/hosts is no command, and can be copied as it is."""

_BROKEN_OFF = r"(?<!\w)@(?=\w?\Z)|(?<![\w/<>])/(?=\Z)"
"""The end of a piece, which the next one may go on with: Telegram reads across marks."""

_LIVE = re.compile(rf"({_ADDRESS})|{_MENTION}|{_TAPPED}")
_LIVE_IN_A_PIECE = re.compile(rf"{_LIVE.pattern}|{_BROKEN_OFF}")
_SAME_LENGTH = str.maketrans({"@": "＠", "/": "∕"})
_COMMAND = re.compile(r"/[a-z][a-z0-9_]{0,31}")


def quiet(text: str) -> str:
    """`text`, a piece of a whole, that mentions nobody and offers no command, whatever follows."""
    if "@" not in text and "/" not in text:
        return text
    return _LIVE_IN_A_PIECE.sub(lambda found: found[0] if found[1] else found[0] + JOINER, text)


def quiet_at_same_length(text: str) -> str:
    """The same without growing, for when there is no room: look-alikes stand for the signs."""
    return _LIVE.sub(lambda found: found[0] if found[1] else found[0].translate(_SAME_LENGTH), text)


def is_command(code: str) -> bool:
    """Whether a code span of ours is a command that a tap may send."""
    return _COMMAND.fullmatch(code) is not None
