"""What a person reads of Discord's markdown. Knows its marks, mentions and code; must not know who wrote it."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"\\([^0-9A-Za-z\s])|```(?:[\w+\-.#]*\n)?(.*?)```|(`+)([\s\S]*?[^`])\3(?!`)", re.DOTALL)
"""What is shown as it stands, in the order in which Discord looks for it: escaped characters, blocks, spans of code."""

_LINK = re.compile(r"\[((?:[^\]\\]|\\.)*)\]\(<?([^)>\s]+)>?\)")
_BARE = re.compile(r"<(https?://[^>\s]+)>")
_LINE = re.compile(r"^(?:> ?|#{1,3} |-# )+", re.MULTILINE)
_MARK = re.compile(r"(\*\*\*|\*\*|__|~~|\|\||\*|(?<!\w)_|_(?!\w))(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_PING = re.compile(r"<@!?(\d+)>|<@&(\d+)>|(@everyone|@here)")


def bare(text: str) -> str:
    """The words a reader sees: marks gone, code and escaped characters as they are."""
    kept: list[str] = []

    def keep(words: str) -> str:
        kept.append(words)
        return f"\0{len(kept) - 1}\0"

    def literally(match: re.Match[str]) -> str:
        escaped, block, _, span = match.groups()
        return keep(escaped or (block.strip("\n") if block is not None else span.strip() or span))

    text = _LITERAL.sub(literally, text)
    text = _BARE.sub(lambda match: keep(match[1]), text)
    text = _LINK.sub(lambda match: match[1], text)
    text = _LINE.sub("", text)
    before = ""
    while before != text:
        before, text = text, _MARK.sub(lambda match: match[2], text)
    while "\0" in text:
        text = re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], text)
    return text.replace("\u200b", "")


def live(text: str) -> list[str]:
    """Every mention in `text` that Discord would act on: user ids, role ids, `@everyone`; nothing inside code."""
    return [user or role or everybody for user, role, everybody in _PING.findall(outside_code(text))]


def outside_code(text: str) -> str:
    """`text` without its code; escaped characters stay as they are written."""
    return _LITERAL.sub(lambda match: match[0] if match[1] else "", text)


def pinged(text: str, allowed: dict[str, object] | None) -> list[str]:
    """Whom a message makes noise for; `allowed` as in `allowed_mentions`, None: everyone it names."""
    found = live(text)
    if allowed is None:
        return found
    kinds = allowed.get("parse") or []
    users, roles = allowed.get("users") or [], allowed.get("roles") or []
    named = {*(users if isinstance(users, list) else []), *(roles if isinstance(roles, list) else [])}
    wide = {"users", "roles"} & set(kinds if isinstance(kinds, list) else [])
    everyone = isinstance(kinds, list) and "everyone" in kinds
    return [one for one in found if (one.startswith("@") and everyone) or (one.isdigit() and (wide or one in named))]
