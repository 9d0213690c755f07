"""Amounts and times in a person's words. Knows units, dates and bars; must not know what they are amounts of."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.core.notices import words
from hub.domain.money import MICRO, Unit
from hub.domain.payment import price_text
from hub.domain.windows import DAY_MS, HOUR_MS

BAR = 12
"""Blocks of a bar."""

SIGNS = {"usd": "$", "eur": "€", "gbp": "£"}
"""Of currencies that people write with a sign of their own."""


def amount(value: int, unit: Unit, language: str) -> str:
    """Such as `$0.24`, `12,000 tokens`, `30 messages`."""
    if unit is Unit.MICRO:
        return dollars(value, language)
    return words(f"amount_{unit.value}", language, count=counted(value, language))


def dollars(micro: int, language: str) -> str:
    """Two digits behind the point; of less than a cent as many as tell something."""
    sign, size = ("-" if micro < 0 else ""), abs(micro)
    text = f"{size / MICRO:,.2f}" if size >= MICRO // 100 else f"{size / MICRO:.6f}".rstrip("0")
    whole, _, digits = text.partition(".")
    return words("amount_micro", language, sign=sign, count=_as_written(f"{whole}.{digits:0<2}", language))


def exactly(value: int, unit: Unit, language: str) -> str:
    """As `amount`, to the micro-dollar."""
    if unit is not Unit.MICRO:
        return amount(value, unit, language)
    sign, size = ("-" if value < 0 else ""), abs(value)
    digits = f"{size % MICRO:06}".rstrip("0").ljust(2, "0")
    return words("amount_micro", language, sign=sign, count=_as_written(f"{size // MICRO:,}.{digits}", language))


def price(coins: int, currency: str, language: str) -> str:
    """What is asked, in the smallest coins of `currency`: `$20`, `4,50 €`, `500 ⭐`, `20 CHF`."""
    number, _, coin = price_text(coins, currency).partition(" ")
    whole, point, rest = number.partition(".")
    count = _as_written(f"{int(whole):,}{point}{rest}", language)
    sign = SIGNS.get(currency)
    return words("price_signed", language, sign=sign, count=count) if sign else f"{count} {coin}"


def counted(value: int, language: str) -> str:
    """A whole number with its thousands apart."""
    return _as_written(f"{value:,}", language)


def _as_written(text: str, language: str) -> str:
    marks = words("number_marks", language)
    return text.replace(",", "\0").replace(".", marks[1]).replace("\0", marks[0])


def day(ms: int, language: str) -> str:
    """Such as `21 December`, in UTC."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    months = words("months", language).split()
    return words("date", language, day=at.day, month=months[at.month - 1])


def until(ms: int, now: int, language: str) -> str:
    """When something is, as one says it: within two days how many hours from now, else the day."""
    left = ms - now
    if left >= 2 * DAY_MS:
        return words("on_day", language, day=day(ms, language))
    if left < HOUR_MS:
        return words("in_minutes", language, count=max(1, -(-left // 60_000)))
    return words("in_hours", language, count=-(-left // HOUR_MS))


def bar(used: int, whole: int) -> str:
    """Such as `▓▓▓▓▓▓▓▓░░░░ 68 %`; never full before all is used, never empty once some is."""
    percent = min(100, used * 100 // whole) if whole > 0 else 100
    full = min(BAR, used * BAR // whole) if whole > 0 else BAR
    full = max(full, 1) if used > 0 else full
    return f"{'▓' * full}{'░' * (BAR - full)} {percent} %"
