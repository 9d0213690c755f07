"""What of a text may be shown at all. Knows invisible and deceptive characters; must not know markdown.

Gone: control characters, zero-width and bidirectional-override characters, Unicode tags, private language marks.
Kept: right-to-left letters, ZWJ inside emoji sequences and between joining letters, ZWNJ between letters.
"""

from __future__ import annotations

import re
import unicodedata

_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NEWLINES = re.compile("\r\n?")
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_SCRIPTS_THAT_JOIN = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Mandaic and the Arabic extensions
    (0x0900, 0x0DFF),  # the Indic scripts
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0xA840, 0xABFF),  # Phags-pa, Devanagari extended, Javanese, Cham, Meetei Mayek
    (0xFB50, 0xFEFC),  # Arabic presentation forms
    (0x10A00, 0x11FFF),  # historic Indic scripts
)


def clean(text: str) -> str:
    """Return `text` without characters that hide or deceive; NUL and lone surrogates become U+FFFD, CR a newline.

    `clean(clean(x)) == clean(x)`; no line is ever added or removed, so lines can be cleaned one by one.
    """
    if _SUSPECT.search(text) is None:
        return text
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    kept = _SUSPECT.sub(_replace, text)
    if _ZWJ not in kept and _ZWNJ not in kept:
        return kept
    # What stood between a joiner and its neighbours may just have gone, so joiners are judged on what is left.
    while True:
        judged = _SUSPECT.sub(_judge_joiner, kept)
        if judged == kept:
            return kept
        kept = judged


def _replace(match: re.Match[str]) -> str:
    character = match.group()
    if character in (_ZWNJ, _ZWJ):
        return character
    if character == "\x00" or "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return ""


def _judge_joiner(match: re.Match[str]) -> str:
    text, at = match.string, match.start()
    character = match.group()
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if _joins(before) and (_joins(after) or character == _ZWJ or after in ("", " ")):
        return character
    if character == _ZWJ and _is_emoji(before) and _is_emoji(after):
        return character
    return ""


def _joins(character: str) -> bool:
    if not character:
        return False
    code = ord(character)
    if not any(first <= code <= last for first, last in _SCRIPTS_THAT_JOIN):
        return False
    return unicodedata.category(character)[0] in "LM"


def _is_emoji(character: str) -> bool:
    if not character:
        return False
    code = ord(character)
    if character == "\ufe0f" or code >= 0x1F000:
        return True
    return unicodedata.category(character) == "So" or character in "♀♂⚕➡⬅↔↕"
