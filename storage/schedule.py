"""The part of the store port about jobs, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.jobs import JobRun, RunEnd, Taken


class ScheduleOn:
    """`hub.ports.jobs.Schedule` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def newest_run(self, job: str) -> JobRun | None:
        """The newest slot that is known."""
        from storage.verbs import schedule

        found: list[JobRun] = await self._read(schedule.runs, job, 1)
        return found[0] if found else None

    async def begin_schedule(self, job: str, slot: int) -> None:
        """The slot after this one is its first."""
        from storage.verbs import schedule

        await self._write(schedule.begin_schedule, job, slot)

    async def left_open(self, job: str) -> list[int]:
        """Slots that nobody runs."""
        from storage.verbs import schedule

        slots: list[int] = await self._read(schedule.left_open, job)
        return slots

    async def take_slot(self, job: str, slot: int, owner: str, seconds: float, *, again: bool = False) -> Taken | None:
        """Take the lease of a slot."""
        from storage.verbs import schedule

        taken: Taken | None = await self._write(schedule.take_slot, job, slot, owner, seconds, again)
        return taken

    async def keep_slot(self, taken: Taken, seconds: float) -> bool:
        """Keep it."""
        from storage.verbs import schedule

        ours: bool = await self._write(schedule.keep_slot, taken, seconds)
        return ours

    async def end_slot(self, taken: Taken, end: RunEnd) -> bool:
        """Write how a run ended."""
        from storage.verbs import schedule

        ours: bool = await self._write(schedule.end_slot, taken, end)
        return ours

    async def runs(self, job: str, limit: int) -> list[JobRun]:
        """The newest slots."""
        from storage.verbs import schedule

        found: list[JobRun] = await self._read(schedule.runs, job, limit)
        return found
