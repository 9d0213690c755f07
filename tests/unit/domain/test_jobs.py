"""The calendar of jobs: slots lie where they should, none is left out, and none comes twice however the clock jumps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.jobs import MOST_MISSED, Cadence, Every, slot_name, slot_of

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

cadences = st.builds(Cadence, st.sampled_from(Every), st.integers(0, 23), st.integers(0, 59))
moments = st.integers(946_684_800_000, 4_102_444_800_000)  # 2000 to 2100


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@given(cadences, moments)
def test_the_newest_slot_is_the_last_one_that_is_due(cadence: Cadence, now: int) -> None:
    newest = cadence.newest(now)
    assert newest <= now < cadence.following(newest)
    assert cadence.newest(newest) == newest
    assert cadence.following(newest - 1) == newest
    assert cadence.following(now) == cadence.following(newest)
    assert slot_of(slot_name(newest)) == newest


@given(cadences, moments, st.integers(0, 40 * DAY_MS))
def test_missed_slots_are_all_between_and_the_newest_comes_last(cadence: Cadence, last: int, away: int) -> None:
    last = cadence.newest(last)
    missed = cadence.missed(last, last + away, each=True)
    wanted, slot = [], cadence.following(last)
    while slot <= last + away:
        wanted.append(slot)
        slot = cadence.following(slot)
    assert list(missed) == wanted[-MOST_MISSED:]
    assert cadence.missed(last, last + away, each=False) == missed[-1:]


@given(cadences, moments, st.lists(st.integers(-DAY_MS, DAY_MS), max_size=30), st.booleans())
def test_a_clock_that_jumps_runs_no_slot_twice(cadence: Cadence, start: int, jumps: list[int], each: bool) -> None:
    now, run = start, [cadence.newest(start)]
    for jump in jumps:
        now += jump
        run += cadence.missed(max(run), now, each=each)
    assert len(run) == len(set(run))
    assert run == sorted(run)


@pytest.mark.parametrize(
    ("cadence", "now", "newest", "following"),
    [
        (Cadence(Every.HOUR, minute=5), "2026-11-21T07:04", "2026-11-21T06:05", "2026-11-21T07:05"),
        (Cadence(Every.DAY, 7), "2026-11-21T07:00", "2026-11-21T07:00", "2026-11-22T07:00"),
        (Cadence(Every.DAY, 7), "2027-01-01T06:59", "2026-12-31T07:00", "2027-01-01T07:00"),
        (Cadence(Every.MONTH, 2), "2026-03-01T01:59", "2026-02-01T02:00", "2026-03-01T02:00"),
        (Cadence(Every.MONTH), "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_dates(cadence: Cadence, now: str, newest: str, following: str) -> None:
    assert (cadence.newest(ms(now)), cadence.following(ms(now))) == (ms(newest), ms(following))


def test_in_words() -> None:
    assert [str(Cadence(every, 7, 5)) for every in Every] == [
        "hourly at :05",
        "daily at 07:05 UTC",
        "monthly, on the 1st, at 07:05 UTC",
    ]
    with pytest.raises(ValueError, match="does not match"):
        slot_of("yesterday")
