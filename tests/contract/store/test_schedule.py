"""Slots of jobs on both databases: each is run once, by one, and again when its process died."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from hub.core.jobs.runner import PAUSES, Job, Runner, wall_ms
from hub.core.metrics import snapshot
from hub.domain.errors import LedgerMismatch, StoreDown
from hub.domain.jobs import Cadence, Every, JobRun, RunEnd, RunState, slot_of
from hub.ports.store import Retention
from hub.runtime.doctor.work import look_at_work
from hub.runtime.jobs import CADENCES
from storage.store import StoreOn
from tests.contract.store.conftest import Database
from tests.kit.worker import LEASE

HOUR = 3_600_000
START = slot_of("2026-11-21T07:00Z")
HOURLY = Cadence(Every.HOUR)
DONE = RunEnd(RunState.DONE, "worked")


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = START + 60_000

    def __call__(self) -> int:
        return self.now


class Log:
    """A job's work that remembers its slots, and fails or lasts on request."""

    def __init__(self) -> None:
        self.slots: list[int] = []
        self.fails: Exception | None = None
        self.lasts = 0.0

    async def __call__(self, slot: int, now: int) -> str:
        self.slots.append(slot)
        await asyncio.sleep(self.lasts)
        if self.fails:
            raise self.fails
        return f"{len(self.slots)} so far"


async def test_a_slot_is_taken_once_and_its_fence_counts(store: StoreOn) -> None:
    assert await store.newest_run("a") is None
    taken = await asyncio.gather(*(store.take_slot("a", START, f"p{n}", 60) for n in range(10)))
    (mine,) = [one for one in taken if one]
    assert await store.left_open("a") == []
    assert await store.keep_slot(mine, 0)
    await asyncio.sleep(0.02)
    assert await store.left_open("a") == [START]
    other = await store.take_slot("a", START, "other", 60)
    assert other is not None
    assert (other.fence, other.tries) == (mine.fence + 1, 2)
    assert not await store.keep_slot(mine, 60)
    assert not await store.end_slot(mine, DONE)
    assert await store.end_slot(other, DONE)
    assert not await store.end_slot(other, DONE)
    assert await store.take_slot("a", START, "late", 60) is None
    again = await store.take_slot("a", START, "operator", 60, again=True)
    assert again is not None
    assert await store.take_slot("a", START, "operator", 60, again=True) is None, "it is being run now"
    await store.end_slot(again, RunEnd(RunState.DONE, "again", took=12))
    assert await store.take_slot("b", START, "p1", 60) is not None
    (run,) = await store.runs("a", 10)
    assert (run.slot, run.state, run.owner, run.took, run.result) == (START, RunState.DONE, "operator", 12, "again")


async def test_a_slot_whose_processes_die_is_given_up(store: StoreOn) -> None:
    for _ in range(5):
        assert await store.take_slot("a", START, "p", -1)
    assert await store.left_open("a") == [START]
    assert await store.take_slot("a", START, "p", 60) is None
    assert await store.left_open("a") == []
    run = await store.newest_run("a")
    assert run is not None
    assert (run.state, run.error) == (RunState.FAILED, "its process died 5 times")


async def test_a_job_begins_with_the_slot_after_it_became_known(store: StoreOn) -> None:
    clock, work = Clock(), Log()
    runner, job = Runner(store, [], "p", now=clock), Job("a", HOURLY, work)
    for _ in range(2):
        await runner.look(job)
    assert work.slots == []
    clock.now += HOUR
    for _ in range(2):
        await runner.look(job)
    assert work.slots == [START + HOUR]
    clock.now += 5 * HOUR
    await runner.look(job)
    assert work.slots == [START + HOUR, START + 6 * HOUR], "of what was missed the newest"
    clock.now += 3 * HOUR
    await runner.look(Job("a", HOURLY, work, each=True))
    assert work.slots[2:] == [START + n * HOUR for n in (7, 8, 9)]
    states = [run.state for run in await store.runs("a", 20)]
    assert states == [RunState.DONE] * 5 + [RunState.SKIPPED]


async def test_a_clock_that_jumps_a_day_runs_nothing_twice(store: StoreOn) -> None:
    clock, work = Clock(), Log()
    runner, job = Runner(store, [], "p", now=clock), Job("a", HOURLY, work, each=True)
    for move in (0, 1, 24, -24, 1, -24, 24, 23, 1, 1):
        clock.now += move * HOUR
        await runner.look(job)
    assert work.slots == sorted(set(work.slots))
    assert len(work.slots) == 27


async def test_what_fails_is_tried_again_after_a_pause_and_then_shown(store: StoreOn, database: Database) -> None:
    clock, work = Clock(), Log()
    runner, job = Runner(store, [], "p", now=clock), Job("a", HOURLY, work)
    await runner.look(job)
    clock.now += HOUR
    work.fails = RuntimeError("with a secret")
    await runner.look(job)
    await runner.look(job)
    assert len(work.slots) == 1, "it waits"
    run = await store.newest_run("a")
    assert run is not None
    assert (run.state, run.error) == (RunState.OPEN, "RuntimeError; the log says more")
    work.fails = StoreDown("away")
    for n in range(len(PAUSES)):
        await database.sql("UPDATE job_runs SET lease_until = 0")
        await runner.look(job)
        assert len(work.slots) == n + 2
    run = await store.newest_run("a")
    assert run is not None
    assert (run.state, run.error, run.tries) == (RunState.FAILED, "away", 5)
    work.fails = None
    taken = await store.take_slot("a", run.slot, "operator", 60, again=True)
    assert taken is not None
    assert (await runner.run(job, taken, final=True)).result == "6 so far"


async def test_a_stop_hands_the_slot_back_and_a_lost_lease_breaks_off(store: StoreOn, database: Database) -> None:
    clock, work = Clock(), Log()
    work.lasts = 30
    runner = Runner(store, [Job("a", HOURLY, work)], "p", now=clock, lease_seconds=0.3, most_sleep=0.02)
    await store.begin_schedule("a", START - HOUR)
    runner.start()
    await until(lambda: work.slots == [START])
    await runner.close(0)
    await asyncio.sleep(0.05)
    assert await store.left_open("a") == [START]
    run = await store.newest_run("a")
    assert run is not None
    assert (run.state, run.owner, run.tries) == (RunState.OPEN, "", 0)

    taken = await store.take_slot("a", START, "p", 60)
    assert taken is not None
    running = asyncio.create_task(runner.run(Job("a", HOURLY, work), taken))
    await until(lambda: len(work.slots) == 2)
    await database.sql("UPDATE job_runs SET fence = fence + 1, owner = 'other'")
    assert (await asyncio.wait_for(running, 5)).error == "its lease was lost"
    run = await store.newest_run("a")
    assert run is not None
    assert (run.owner, run.error) == ("other", "")


async def test_a_job_that_fails_is_named_while_it_is_tried_again(store: StoreOn) -> None:
    async def fails(slot: int, now: int) -> str:
        raise LedgerMismatch("two balances disagree")

    cadence = CADENCES["ledger"]
    slot = cadence.newest(wall_ms())
    taken = await store.take_slot("ledger", slot, "p", 60)
    assert taken is not None
    await Runner(store, [], "p").run(Job("ledger", cadence, fails), taken)
    (finding,) = [one async for one in look_at_work(store, mail=False)]
    assert finding.says.startswith("ledger fails for ")
    assert "1 times so far, and is tried again: two balances disagree" in finding.says
    assert {"job": "ledger"} in [labels for name, _, _, labels, _ in snapshot() if name == "parley_job_failures_total"]
    assert await store.take_slot("ledger", slot, "q", 60) is None, "after a minute"


async def test_old_runs_are_forgotten_but_for_the_newest(store: StoreOn, database: Database) -> None:
    for n in range(4):
        taken = await store.take_slot("a", START + n * HOUR, "p", 60)
        assert taken
        if n != 1:
            await store.end_slot(taken, DONE)
    await database.sql("UPDATE job_runs SET started = 1000")
    await store.retain(Retention(), START)
    assert [run.slot for run in await store.runs("a", 9)] == [START + 3 * HOUR, START + HOUR], "one is open still"


async def until(condition: object, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def worker(database: Database, owner: str, out: Path, lasts: float) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.worker", database.url, owner, str(out), str(lasts)
    )
    await until(lambda: f"ready 0 {owner}" in lines(out), 20)
    return process


def lines(out: Path) -> list[str]:
    return out.read_text().splitlines() if out.exists() else []


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_two_processes_run_each_slot_once_and_take_over_from_the_dead(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    dying = await worker(database, "dying", out, 60)
    await until(lambda: any(line.startswith("begin") for line in lines(out)))
    left = next(line.split()[1] for line in lines(out) if line.startswith("begin"))
    dying.kill()
    await dying.wait()
    heirs = await asyncio.gather(*(worker(database, owner, out, 0.05) for owner in ("one", "two")))
    await until(lambda: any(line.startswith(f"end {left}") for line in lines(out)), 5 * LEASE)
    await until(lambda: sum(line.startswith("end") for line in lines(out)) >= 4)
    for process in heirs:
        process.terminate()
        assert await process.wait() == 0
    begun = Counter(line.split()[1] for line in lines(out) if line.startswith("begin"))
    ended = Counter(line.split()[1] for line in lines(out) if line.startswith("end"))
    assert begun.pop(left) == 2, "by who died and by one heir"
    assert set(begun.values()) == set(ended.values()) == {1}
    assert isinstance(await (await database.open()).newest_run("work"), JobRun)
