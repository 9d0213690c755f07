"""What storage offers about work that comes round. Knows slots and who may run one; must not know what is done.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.jobs import JobRun, RunEnd, Taken


class Schedule(Protocol):
    """Slots of jobs, each run once however many processes there are."""

    async def newest_run(self, job: str) -> JobRun | None:
        """The newest slot of `job` that is known; None: the job is new here."""
        ...

    async def begin_schedule(self, job: str, slot: int) -> None:
        """Note that `job` became known when `slot` was due already: the next one is its first."""
        ...

    async def left_open(self, job: str) -> list[int]:
        """Slots of `job` that are open and run by nobody, oldest first: their process died, or they are to be tried
        again by now."""
        ...

    async def take_slot(self, job: str, slot: int, owner: str, seconds: float, *, again: bool = False) -> Taken | None:
        """Take the lease of a slot for `seconds`; None: somebody else has it, or it has come to its end,
        as one does now that was taken too often already.

        `again`: one that has come to its end is opened anew."""
        ...

    async def keep_slot(self, taken: Taken, seconds: float) -> bool:
        """Keep the lease; False: it is another's by now."""
        ...

    async def end_slot(self, taken: Taken, end: RunEnd) -> bool:
        """Write how a run ended; False: it was another's by then, and nothing is written."""
        ...

    async def runs(self, job: str, limit: int) -> list[JobRun]:
        """The newest slots of `job`, newest first."""
        ...
