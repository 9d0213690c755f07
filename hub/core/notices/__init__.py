"""Everything we say that no model wrote. Knows keys, languages and words; must not know where they are shown.

One TOML file per topic and language beside this module (`talk.en.toml`); English is the one that must be whole, and
stands in for what another language lacks.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from hub.domain.reply import Notice

LANGUAGES = ("en", "de", "es", "ar")
"""Languages with words of their own; a tag such as `de-AT` finds `de`."""


@cache
def _table(language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for file in files(__package__).iterdir():
        if file.name.endswith(f".{language}.toml"):
            table |= tomllib.loads(file.read_text(encoding="utf-8"))
    return table


def spoken(language: str) -> str:
    """The language of ours that serves the BCP 47 tag `language`; English for one we do not have."""
    head = language.replace("_", "-").split("-", 1)[0].lower()
    return head if head in LANGUAGES else "en"


def words(key: str, language: str, **arguments: str | int) -> str:
    """Notice `key` in words. Raises KeyError for a key that English does not have."""
    text = _table(spoken(language)).get(key) or _table("en")[key]
    return text.format_map(arguments) if arguments else text


def in_code(typed: str) -> str:
    """What somebody typed, fit to stand between backticks in words of ours; at most 80 characters."""
    return " ".join(typed.replace("`", "'").split())[:80]


def render(notice: Notice) -> str:
    """A stored notice in words; one whose key is gone since is shown by its key rather than not at all."""
    try:
        return words(notice.key, notice.language, **notice.arguments)
    except KeyError:
        return notice.key
