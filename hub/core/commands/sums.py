"""Sums of money as people type them. Knows dollars; must not know what they are for."""

from __future__ import annotations

import re

from hub.domain.money import MICRO

_SUM = re.compile(r"\$?(\d{1,6})(?:[.,](\d{1,2}))?\$?")


def read_sum(typed: str) -> int | None:
    """`5`, `2.50` or `$5` in micro-dollars; None for anything else, and for nothing."""
    found = _SUM.fullmatch(typed)
    if found is None:
        return None
    return (int(found[1]) * MICRO + int((found[2] or "").ljust(2, "0")) * MICRO // 100) or None
