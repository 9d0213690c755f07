"""Slack's text to plain words. Knows escapes, mentions and links; must not know who said it."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<([^<>\n]*)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_UNSOUND = re.compile("[\x00\ud800-\udfff]")


def words_of(text: str, me: str) -> str:
    """What a person typed: links as CommonMark, mentions as @name, those of the user `me` taken out."""
    text = _UNSOUND.sub("\ufffd", text)
    if "<" in text:
        text = _TOKEN.sub(lambda token: _told(token[1], me), text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def mentions(text: str, user: str) -> bool:
    """Whether `user` is named in Slack's text."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def _told(token: str, me: str) -> str:
    target, _, label = token.partition("|")
    match target[:1]:
        case "@":
            return "" if target[1:] == me else f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
    if not target.startswith(("http://", "https://", "mailto:")):
        return f"&lt;{token}&gt;"
    bare = target.removeprefix("mailto:")
    return bare if not label or label in (target, bare) else f"[{label}]({target})"
