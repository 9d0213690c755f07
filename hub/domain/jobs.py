"""When work that comes round is due, and how a run of it went. Knows the calendar in UTC; must not know any job.

Times are milliseconds since 1970. A slot is named by the moment at which it is due.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hub.domain.value import dataclass

MOST_MISSED = 400
"""Slots that are caught up with after a long absence; older ones are left out."""

_SLOT = "%Y-%m-%dT%H:%MZ"


class Every(StrEnum):
    """How often."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Cadence:
    """`hour` (for DAY and MONTH) and `minute` in UTC; a month's slot is on its first day."""

    every: Every
    hour: int = 0
    minute: int = 0

    def newest(self, now: int) -> int:
        """The newest slot that is due at `now`."""
        moment = datetime.fromtimestamp(now / 1000, UTC)
        due = self._within(moment)
        return _ms(due if due <= moment else self._within(self._before(due)))

    def following(self, slot: int) -> int:
        """The first slot after `slot`."""
        due = self._within(datetime.fromtimestamp(slot / 1000, UTC))
        while _ms(due) <= slot:
            due = self._within(self._after(due))
        return _ms(due)

    def missed(self, last: int, now: int, *, each: bool) -> tuple[int, ...]:
        """Slots after `last` that are due at `now`, oldest first: all of them, or without `each` the newest alone.

        None when `last` is not past yet, as after a clock was put back."""
        newest = self.newest(now)
        if newest <= last:
            return ()
        if not each:
            return (newest,)
        slots = [newest]
        while len(slots) < MOST_MISSED and (before := self.newest(slots[-1] - 1)) > last:
            slots.append(before)
        return tuple(reversed(slots))

    def __str__(self) -> str:
        """In words, such as `daily at 07:00 UTC`."""
        if self.every is Every.HOUR:
            return f"hourly at :{self.minute:02}"
        often = "daily" if self.every is Every.DAY else "monthly, on the 1st,"
        return f"{often} at {self.hour:02}:{self.minute:02} UTC"

    def _within(self, moment: datetime) -> datetime:
        """The slot of the hour, day or month that `moment` is in."""
        due = moment.replace(minute=self.minute, second=0, microsecond=0)
        if self.every is not Every.HOUR:
            due = due.replace(hour=self.hour)
        return due.replace(day=1) if self.every is Every.MONTH else due

    def _before(self, due: datetime) -> datetime:
        if self.every is Every.MONTH:
            return due.replace(day=1) - timedelta(days=1)
        return due - (timedelta(hours=1) if self.every is Every.HOUR else timedelta(days=1))

    def _after(self, due: datetime) -> datetime:
        if self.every is Every.MONTH:
            return due.replace(day=1) + timedelta(days=31)
        return due + (timedelta(hours=1) if self.every is Every.HOUR else timedelta(days=1))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def slot_name(slot: int) -> str:
    """`slot` as people type it, such as `2026-11-21T07:00Z`."""
    return datetime.fromtimestamp(slot / 1000, UTC).strftime(_SLOT)


def slot_of(name: str) -> int:
    """The way back. Raises ValueError."""
    return _ms(datetime.strptime(name, _SLOT).replace(tzinfo=UTC))


class RunState(StrEnum):
    """OPEN: a process runs it, or it waits to be tried again. SKIPPED: due before the job was first known here."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JobRun:
    """A slot of a job: who runs it or ran it last (`owner`, empty: it waits), when it was begun last, and how it went.

    `took` in milliseconds; `result` and `error` in our words."""

    job: str
    slot: int
    state: RunState
    owner: str = ""
    tries: int = 0
    started: int = 0
    took: int = 0
    result: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The right to run a slot; `fence` grows with every taking and is checked when it is kept and ended."""

    job: str
    slot: int
    fence: int
    tries: int


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended. OPEN: it is tried again in `again_seconds`, by whoever comes first."""

    state: RunState
    result: str = ""
    error: str = ""
    took: int = 0
    again_seconds: float = 0.0
    counts: bool = True
    """Whether this was a try; a run that is broken off for a stop is none."""
