"""Slots of jobs. Knows leases by the database's clock, fences and tries; must not know what a job does."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.jobs import JobRun, RunEnd, RunState, Taken
from storage import work as w
from storage.dialect import clock, insert_new, number, word
from storage.link import Link, Row
from storage.rows import clean, now_ms

MOST_TRIES = 5
"""How often a slot is taken before it is given up: with its pauses that is about half a day."""

_int = sa.BigInteger()
_runs = w.job_runs
_job = _runs.c.job == sa.bindparam("job_name")
_slot = (_job, _runs.c.slot == sa.bindparam("at", type_=_int))
_mine = (*_slot, _runs.c.fence == sa.bindparam("mine", type_=_int), w.OPEN_RUN, _runs.c.owner != word(""))
_lasting = clock() + sa.bindparam("lasting", type_=_int)

RUN = sa.select(
    _runs.c.job,
    _runs.c.slot,
    _runs.c.state,
    _runs.c.owner,
    _runs.c.tries,
    _runs.c.started,
    _runs.c.took,
    _runs.c.result,
    _runs.c.error,
)
NEWEST = RUN.where(_job).order_by(_runs.c.slot.desc()).limit(sa.bindparam("most", type_=sa.Integer()))
"""Reads the primary key backwards."""

MAKE = insert_new(_runs, ("job", "slot"), ("job", "slot", "state", "started"))
_free = (w.OPEN_RUN, _runs.c.lease_until < clock())
LEFT_OPEN = sa.select(_runs.c.slot).where(_job, *_free).order_by(_runs.c.slot)
GIVE_UP = (
    sa.update(_runs)
    .where(*_slot, *_free, _runs.c.tries >= number(MOST_TRIES))
    .values(
        state=word("failed"),
        error=sa.case(
            (_runs.c.error == word(""), sa.bindparam("died", type_=sa.Text())),
            else_=_runs.c.error,
        ),
    )
)
_taking = {
    "state": word("open"),
    "owner": sa.bindparam("who", type_=sa.Text()),
    "lease_until": _lasting,
    "fence": _runs.c.fence + number(1),
    "started": sa.bindparam("now", type_=_int),
    "result": word(""),
}
TAKE = sa.update(_runs).where(*_slot, *_free).values(_taking | {"tries": _runs.c.tries + number(1)})
TAKE_AGAIN = (
    sa.update(_runs)
    .where(*_slot, sa.or_(_runs.c.state != word("open"), _runs.c.lease_until < clock(), _runs.c.owner == word("")))
    .values(_taking | {"tries": number(1)})
)
FENCE = sa.select(_runs.c.fence, _runs.c.tries).where(*_slot)
KEEP = sa.update(_runs).where(*_mine).values(lease_until=_lasting)
END = (
    sa.update(_runs)
    .where(*_mine)
    .values(
        state=sa.bindparam("ends_as", type_=sa.Text()),
        owner=sa.case((sa.bindparam("ends_as", type_=sa.Text()) == word("open"), word("")), else_=_runs.c.owner),
        lease_until=_lasting,
        tries=_runs.c.tries - sa.bindparam("uncounted", type_=sa.SmallInteger()),
        took=sa.bindparam("lasted", type_=_int),
        result=sa.bindparam("says", type_=sa.Text()),
        error=sa.bindparam("what", type_=sa.Text()),
    )
)


def _run(row: Row) -> JobRun:
    return JobRun(row[0], row[1], RunState(row[2]), *row[3:])


def runs(link: Link, job: str, limit: int) -> list[JobRun]:
    """The newest slots of `job`, newest first."""
    return [_run(row) for row in link.all(NEWEST, {"job_name": job, "most": limit})]


def begin_schedule(link: Link, job: str, slot: int) -> None:
    """The slot after `slot` is the first of `job`."""
    link.run(MAKE, {"job": job, "slot": slot, "state": RunState.SKIPPED.value, "started": now_ms()})


def left_open(link: Link, job: str) -> list[int]:
    """Slots of `job` that are open and run by nobody, oldest first."""
    return [int(row[0]) for row in link.all(LEFT_OPEN, {"job_name": job})]


def take_slot(link: Link, job: str, slot: int, owner: str, seconds: float, again: bool) -> Taken | None:
    """Take the lease of a slot, if nobody has it and (without `again`) it has not come to its end."""
    link.run(MAKE, {"job": job, "slot": slot, "state": RunState.OPEN.value, "started": 0})
    here = {"job_name": job, "at": slot}
    if not again:
        link.run(GIVE_UP, {**here, "died": f"its process died {MOST_TRIES} times"})
    taking = {**here, "who": owner, "lasting": int(seconds * 1000), "now": now_ms()}
    if not link.run(TAKE_AGAIN if again else TAKE, taking):
        return None
    row = link.one(FENCE, here)
    assert row is not None
    return Taken(job, slot, row[0], row[1])


def keep_slot(link: Link, taken: Taken, seconds: float) -> bool:
    """Keep the lease."""
    return link.run(KEEP, {**_own(taken), "lasting": int(seconds * 1000)}) > 0


def end_slot(link: Link, taken: Taken, end: RunEnd) -> bool:
    """Write how a run ended, if it is still ours."""
    ending = {
        **_own(taken),
        "lasting": int(end.again_seconds * 1000),
        "ends_as": end.state.value,
        "uncounted": int(not end.counts),
        "lasted": end.took,
        "says": clean(end.result),
        "what": clean(end.error),
    }
    return link.run(END, ending) > 0


def _own(taken: Taken) -> dict[str, str | int]:
    return {"job_name": taken.job, "at": taken.slot, "mine": taken.fence}
