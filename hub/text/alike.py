"""Which name somebody may have meant. Knows how alike two words are; must not know what they name."""

from __future__ import annotations

from collections.abc import Iterable


def likeness(word: str, name: str) -> float:
    """From 0, nothing in common, to 1, the same."""
    # asked for by mistakes alone, so loaded with the first of them
    from difflib import SequenceMatcher

    return SequenceMatcher(None, word, name).ratio()


def nearest(word: str, names: Iterable[str], least: float = 0.0) -> str:
    """The one of `names` most like `word`, empty when none is at least so alike."""
    found, name = max(((likeness(word, name), name) for name in names), default=(0.0, ""), key=lambda pair: pair[0])
    return name if found >= least else ""
