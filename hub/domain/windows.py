"""When an allowance begins anew. Knows the calendar in UTC and anniversaries; must not know who spends or what.

Times are milliseconds since 1970. UTC alone counts, so that no summer time makes a day longer or a window ambiguous.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hub.domain.plan import Period

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """One window: from `begins` until just before `ends`. `key` names it among its plan's; empty: it opens with use."""

    key: str
    begins: int
    ends: int


def window(period: Period, anchor: int, now: int, hours: int = 0) -> Span:
    """The window that holds `now`.

    `anchor`: when the plan began; MONTH begins on its day of the month and at its time of the day, or on the last day
    of a shorter month. ROLLING lasts `hours` from now, should it open now."""
    match period:
        case Period.ROLLING:
            return Span("", now, now + hours * HOUR_MS)
        case Period.DAY:
            begins = now - now % DAY_MS
            return Span(day_of(now), begins, begins + DAY_MS)
        case Period.WEEK:
            return _week(now)
        case Period.CALENDAR_MONTH:
            return _month(now, 0, "%Y-%m")
        case Period.MONTH:
            return _month(now, anchor, "%Y-%m-%d")


def day_of(now: int) -> str:
    """The name of a day, such as `2026-11-21`."""
    return f"{_time(now):%Y-%m-%d}"


def _week(now: int) -> Span:
    day = _time(now - now % DAY_MS)
    monday = day - timedelta(days=day.weekday())
    year, number, _ = monday.isocalendar()
    return Span(f"{year:04}-W{number:02}", _ms(monday), _ms(monday + timedelta(days=7)))


def _month(now: int, anchor: int, name: str) -> Span:
    """The month between two anniversaries of `anchor`, each reckoned from the anchor itself, so that a short month
    moves no later one."""
    first, here = _time(anchor), _time(now)
    months = (here.year - first.year) * 12 + here.month - first.month
    if _ms(_anniversary(first, months)) > now:
        months -= 1
    begins = _anniversary(first, months)
    return Span(f"{begins:{name}}", _ms(begins), _ms(_anniversary(first, months + 1)))


def _anniversary(first: datetime, months: int) -> datetime:
    """`months` after `first`, on its day or the month's last."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first.replace(year=year, month=month + 1, day=min(first.day, monthrange(year, month + 1)[1]))


def _time(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def _ms(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
