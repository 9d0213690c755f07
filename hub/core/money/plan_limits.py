"""What a plan allows besides what it pays for. Knows pace, sizes and counts of files; must not know money."""

from __future__ import annotations

from hub.core.money.bid import spender_of
from hub.core.money.meter import Meter
from hub.core.pace import Pace
from hub.domain.inbound import Called
from hub.domain.plan import Plan
from hub.domain.turn import Turn
from hub.domain.windows import day_of
from hub.ports.platforms import Notes

RESUME = "resume"
"""The command by which the house asks a question again."""


class PlanPace:
    """How fast people may ask whose plan has a pace of its own; counted in this process alone."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._paces: dict[int, Pace] = {}

    def wait(self, turn: Turn) -> int:
        """Seconds until the next question of who asks may be answered; 0: now, and then this one is counted.

        The plan is that of who pays: a team's pace is for each of its members. What is asked again because it was paid
        for has waited long enough: it is counted, and never too fast."""
        person, per_minute = turn.account.id, self._meter.plan(spender_of(turn).payer).per_minute
        if not per_minute:
            return 0
        pace = self._paces.setdefault(per_minute, Pace(per_minute))
        wait = (
            0
            if isinstance(content := turn.inbound.content, Called) and content.command == RESUME
            else pace.wait(person)
        )
        if not wait:
            pace.count(person)
        return wait


class FilesOfDay:
    """How many files somebody has sent today (in UTC): a note for each, which outlives this process."""

    def __init__(self, notes: Notes, meter: Meter) -> None:
        self._notes, self._meter = notes, meter

    async def admit(self, turn: Turn, wanted: int) -> int:
        """How many of `wanted` files may come with `turn`; they are counted from now on. Raises StoreDown."""
        limit = self._meter.plan(spender_of(turn).payer).files_per_day
        if not limit or not wanted:
            return wanted
        today, name = day_of(self._meter.now()), f"files:{turn.account.id}"
        day, _, count = (await self._notes.read_note("house", name)).partition(" ")
        came = int(count) if day == today else 0
        admitted = min(wanted, max(0, limit - came))
        if admitted:
            await self._notes.write_note("house", name, f"{today} {came + admitted}")
        return admitted


def file_limit(house: int, plan: Plan) -> int:
    """Bytes of the largest file: the smaller of what the house and the plan say; 0: neither says."""
    return min(limit for limit in (house, plan.file_size) if limit) if house or plan.file_size else 0
