"""Windows tile time: every instant lies in exactly one, whatever the calendar does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.plan import Period
from hub.domain.windows import DAY_MS, HOUR_MS, day_of, window

CALENDAR = [period for period in Period if period is not Period.ROLLING]
TIMES = st.integers(int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1000, 4_102_444_800_000)
"""From 1990 until 2100."""


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def begins(period: Period, anchor: str, now: str) -> str:
    span = window(period, at(anchor), at(now))
    return f"{datetime.fromtimestamp(span.begins / 1000, UTC):%Y-%m-%d %H:%M}"


@given(st.sampled_from(CALENDAR), TIMES, TIMES)
def test_windows_tile_time(period: Period, anchor: int, now: int) -> None:
    """An anchor may lie before or after now: both are drawn from the same years."""
    span = window(period, anchor, now)
    assert span.begins <= now < span.ends
    after, before = window(period, anchor, span.ends), window(period, anchor, span.begins - 1)
    assert after.begins == span.ends
    assert before.ends == span.begins
    assert len({span.key, after.key, before.key}) == 3
    assert window(period, anchor, span.begins) == window(period, anchor, span.ends - 1) == span
    longest = 31 if period in (Period.MONTH, Period.CALENDAR_MONTH) else 7
    assert span.ends - span.begins <= longest * DAY_MS
    if period not in (Period.MONTH, Period.CALENDAR_MONTH):
        assert (span.ends - span.begins) % DAY_MS == 0, "no summer time"


@given(TIMES, TIMES)
def test_months_stay_on_the_day_of_their_anchor(anchor: int, now: int) -> None:
    first = datetime.fromtimestamp(anchor / 1000, UTC)
    span = window(Period.MONTH, anchor, now)
    for ms in (span.begins, span.ends):
        day = datetime.fromtimestamp(ms / 1000, UTC)
        assert day.day == first.day or (day.day < first.day and (day.month != window_month(ms + DAY_MS)))
        assert ms % DAY_MS == anchor % DAY_MS


def window_month(ms: int) -> int:
    return datetime.fromtimestamp(ms / 1000, UTC).month


@pytest.mark.parametrize(
    ("period", "anchor", "now", "expected"),
    [
        (Period.MONTH, "2026-01-31 09:30", "2026-03-01 00:00", "2026-02-28 09:30"),
        (Period.MONTH, "2026-01-31 09:30", "2026-04-15 00:00", "2026-03-31 09:30"),
        (Period.MONTH, "2024-01-31", "2024-02-29", "2024-02-29 00:00"),
        (Period.MONTH, "2024-02-29", "2027-02-28", "2027-02-28 00:00"),
        (Period.MONTH, "2026-05-10 12:00", "2026-06-10 11:59", "2026-05-10 12:00"),
        (Period.MONTH, "2030-05-10", "2026-06-11", "2026-06-10 00:00"),
        (Period.CALENDAR_MONTH, "2026-05-10", "2026-12-31 23:59", "2026-12-01 00:00"),
        (Period.WEEK, "2026-05-10", "2026-11-22 23:59", "2026-11-16 00:00"),
        (Period.DAY, "2026-05-10", "2026-11-21 23:59", "2026-11-21 00:00"),
    ],
)
def test_windows_of_the_calendar(period: Period, anchor: str, now: str, expected: str) -> None:
    assert begins(period, anchor, now) == expected


def test_windows_have_names() -> None:
    now, anchor = at("2027-01-01 12:00"), at("2026-03-31")
    assert window(Period.MONTH, anchor, now).key == "2026-12-31"
    assert window(Period.CALENDAR_MONTH, anchor, now).key == "2027-01"
    assert window(Period.WEEK, anchor, now).key == "2026-W53"
    assert window(Period.DAY, anchor, now).key == day_of(now) == "2027-01-01"


def test_rolling_hours_open_with_use() -> None:
    now = at("2026-11-21 20:15")
    assert window(Period.ROLLING, 0, now, hours=5) == ("", now, now + 5 * HOUR_MS)
