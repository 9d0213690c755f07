"""Colours for code. Knows Pygments, imported when first needed; must not know how colours look."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LARGEST = 20_000
"""Characters of code above which nothing is highlighted: Pygments takes about a millisecond for ten lines."""

KINDS = {
    "Token.Keyword": "k",
    "Token.Literal.String": "s",
    "Token.Comment": "c",
    "Token.Literal.Number": "m",
    "Token.Name.Function": "f",
    "Token.Name.Class": "n",
    "Token.Name.Tag": "n",
    "Token.Name.Builtin": "n",
    "Token.Name.Decorator": "n",
    "Token.Name.Attribute": "n",
    "Token.Operator": "o",
}


@lru_cache(maxsize=256)
def highlight(code: str, language: str) -> tuple[tuple[str, str], ...]:
    """Cut `code` into (kind, text) pieces that put together are `code` again.

    Kinds: k keyword, s string, c comment, m number, f function, n other name, o operator, or "" for anything else.
    Unknown languages and code above `LARGEST` are one plain piece.
    """
    if not code or not language or len(code) > LARGEST:
        return (("", code),) if code else ()
    lexer = _lexer(language.lower())
    if lexer is None:
        return (("", code),)
    pieces: list[tuple[str, str]] = []
    for token, text in lexer.get_tokens(code):
        kind = _kind(str(token))
        if pieces and pieces[-1][0] == kind:
            pieces[-1] = (kind, pieces[-1][1] + text)
        elif text:
            pieces.append((kind, text))
    # A lexer may normalise what it reads; colours are never worth a changed character.
    return tuple(pieces) if "".join(text for _, text in pieces) == code else (("", code),)


@cache
def _kind(name: str) -> str:
    while name:
        kind = KINDS.get(name)
        if kind is not None:
            return kind
        name = name.rpartition(".")[0]
    return ""


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, stripall=False, ensurenl=False)
    except ClassNotFound:
        return None
