"""Runs jobs when they are due, each slot once. Knows clocks, leases and tries; must not know what a job does.

Every job has a task of its own that sleeps until its next slot, so that a long one holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hub.core import metrics
from hub.core.waiting import within
from hub.domain.errors import ParleyError, StoreDown
from hub.domain.jobs import Cadence, RunEnd, RunState, Taken, slot_name
from hub.ports.jobs import Schedule

LEASE_SECONDS = 120.0
"""A slot whose process died is taken again after so long."""

MOST_SLEEP_SECONDS = 60.0
"""A job looks at the clock at least so often: it may have been put forward, another process may have died."""

PAUSES = (60.0, 300.0, 1800.0, 7200.0)
"""Seconds before a failed slot is tried again; when they are used up it is failed for good."""

DOWN_SECONDS = 10.0
"""How long a job waits for a database that is away."""

Work = Callable[[int, int], Awaitable[str]]
"""(slot, now) in milliseconds since 1970 -> one line about what was done. May run again for the same slot."""

log = logging.getLogger("parley.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """`each`: slots missed while nobody ran are all caught up with; else the newest alone."""

    name: str
    cadence: Cadence
    work: Work
    each: bool = False


def wall_ms() -> int:
    """Milliseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1_000_000


class Runner:
    """All jobs of this process, which is `owner` in leases."""

    def __init__(
        self,
        schedule: Schedule,
        jobs: Sequence[Job],
        owner: str,
        *,
        now: Callable[[], int] = wall_ms,
        lease_seconds: float = LEASE_SECONDS,
        most_sleep: float = MOST_SLEEP_SECONDS,
    ) -> None:
        self._schedule, self._jobs, self._owner = schedule, tuple(jobs), owner
        self._now, self._lease, self._most_sleep = now, lease_seconds, most_sleep
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look after every job."""
        self._tasks = [asyncio.create_task(self._tend(job)) for job in self._jobs]

    async def close(self, grace_seconds: float) -> None:
        """Begin nothing more; what runs has the grace to end, then it is broken off and its slot is free for others."""
        self._stopping.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=grace_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tend(self, job: Job) -> None:
        pause = 0.0
        while not await within(pause, self._stopping):
            try:
                await self.look(job)
                pause = min(self._most_sleep, max(0.0, (job.cadence.following(self._now()) - self._now()) / 1000))
            except StoreDown as error:
                log.warning("job %s waits for the database: %s", job.name, error)
                pause = DOWN_SECONDS

    async def look(self, job: Job) -> None:
        """Run the slots of `job` that are due now and that nobody has run. Raises StoreDown."""
        newest = await self._schedule.newest_run(job.name)
        if newest is None:
            await self._schedule.begin_schedule(job.name, job.cadence.newest(self._now()))
            return
        due = [*await self._schedule.left_open(job.name), *job.cadence.missed(newest.slot, self._now(), each=job.each)]
        for slot in due:
            if self._stopping.is_set():
                return
            taken = await self._schedule.take_slot(job.name, slot, self._owner, self._lease)
            if taken is not None:
                await self.run(job, taken)

    async def run(self, job: Job, taken: Taken, *, final: bool = False) -> RunEnd:
        """Do the work of a slot that was taken, and write how it ended; `final`: a failure is not tried again.

        Raises StoreDown."""
        began = time.monotonic()
        working = asyncio.ensure_future(job.work(taken.slot, self._now()))
        keeping = asyncio.create_task(self._keep(taken, working))
        try:
            end = await self._ended(job, taken, working, final=final)
        except asyncio.CancelledError:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._schedule.end_slot(taken, RunEnd(RunState.OPEN, counts=False))
            raise
        finally:
            keeping.cancel()
        end = RunEnd(end.state, end.result, end.error, int((time.monotonic() - began) * 1000), end.again_seconds)
        metrics.JOBS.add(end.state)
        if end.error:
            metrics.FAILED_JOBS.add(job.name)
        if not await self._schedule.end_slot(taken, end):
            log.warning("job %s: slot %s was taken over meanwhile", job.name, slot_name(taken.slot))
        return end

    async def _ended(self, job: Job, taken: Taken, working: asyncio.Future[str], *, final: bool) -> RunEnd:
        slot = slot_name(taken.slot)
        try:
            result = await asyncio.shield(working)
        except asyncio.CancelledError:
            if not working.cancelled():
                raise
            return RunEnd(RunState.OPEN, error="its lease was lost")
        except ParleyError as error:
            said = str(error)
            log.warning("job %s failed at slot %s: %s", job.name, slot, said)
        except Exception as error:
            said = f"{type(error).__name__}; the log says more"
            log.exception("job %s failed at slot %s", job.name, slot)
        else:
            log.info("job %s: slot %s: %s", job.name, slot, result)
            return RunEnd(RunState.DONE, result)
        if final or taken.tries > len(PAUSES):
            return RunEnd(RunState.FAILED, error=said)
        return RunEnd(RunState.OPEN, error=said, again_seconds=PAUSES[taken.tries - 1])

    async def _keep(self, taken: Taken, working: asyncio.Future[str]) -> None:
        """Renew the lease while the work runs; break it off once the lease is another's."""
        while True:
            await asyncio.sleep(self._lease / 3)
            try:
                if not await self._schedule.keep_slot(taken, self._lease):
                    working.cancel()
                    return
            except StoreDown as error:
                log.warning("job %s: its lease could not be renewed: %s", taken.job, error)
