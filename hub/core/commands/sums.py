"""Sums as people type them. Knows dollars, tokens and messages; must not know what they are for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.core.money.amounts import amount
from hub.core.notices import words
from hub.domain.money import MICRO, Cap, Unit
from hub.domain.team import NO_CAP

_SUM = re.compile(r"\$?(\d{1,6})(?:[.,](\d{1,2}))?\$?")
_COUNT = re.compile(r"\d{1,12}")

UNITS = {"dollars": Unit.MICRO, "tokens": Unit.TOKENS, "messages": Unit.MESSAGES}
"""As they are typed behind a number."""


def read_sum(typed: str) -> int | None:
    """`5`, `2.50` or `$5` in micro-dollars; None for anything else, and for nothing."""
    found = _SUM.fullmatch(typed)
    if found is None:
        return None
    return (int(found[1]) * MICRO + int((found[2] or "").ljust(2, "0")) * MICRO // 100) or None


def read_cap(typed: Sequence[str]) -> Cap | None:
    """`5`, `2.50 dollars`, `200 messages` or `100000 tokens`; None for anything else, and for nothing."""
    if not typed or len(typed) > 2:
        return None
    unit = UNITS.get(typed[1].lower()) if len(typed) == 2 else Unit.MICRO
    if unit is None or unit is Unit.MICRO:
        most = read_sum(typed[0]) if unit else None
    else:
        most = int(typed[0]) if _COUNT.fullmatch(typed[0]) else None
    return Cap(most, unit) if most and unit else None


def cap_text(cap: Cap, language: str) -> str:
    """A cap in somebody's words."""
    return amount(cap.amount, cap.unit, language) if 0 < cap.amount < NO_CAP else words("team_no_cap", language)
