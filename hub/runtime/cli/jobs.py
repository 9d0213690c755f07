"""What `parley jobs` does. Knows how jobs and runs are said; must not know flags, nor what a job does."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import typer

from hub.core.jobs.runner import Runner, wall_ms
from hub.core.operations.sales import Sales
from hub.domain.jobs import JobRun, RunState, slot_name, slot_of
from hub.ports.store import Store
from hub.runtime.cli.settings import read_settings
from hub.runtime.jobs import CADENCES
from hub.runtime.settings.load import Loaded
from hub.text.clean import clean

FAILED, MEND = 1, 2
"""Exit codes: the work failed or could not be begun; a word in the call has to be mended first."""

LEASE_SECONDS = 120.0


def with_store(work: Callable[[Store, Loaded], Awaitable[int]]) -> int:
    """Do `work` on the database of the settings; its exit code. Raises SettingsError, StoreDown."""
    loaded = read_settings()
    from hub.runtime.house import check_folder
    from storage.store import open_store

    url = loaded.settings.database.url
    check_folder(url)

    async def inside() -> int:
        store = await open_store(url, synchronous=loaded.settings.database.synchronous)
        try:
            return await work(store, loaded)
        finally:
            await store.close()

    return asyncio.run(inside())


async def listed(store: Store, *, as_json: bool) -> int:
    """Print every job with its newest run."""
    runs = {name: await store.newest_run(name) for name in CADENCES}
    now = wall_ms()
    if as_json:
        values = [
            {
                "job": name,
                "cadence": str(cadence),
                "next": slot_name(cadence.following(now)),
                "last": _values(run) if run else None,
            }
            for (name, cadence), run in zip(CADENCES.items(), runs.values(), strict=True)
        ]
        print(json.dumps(values, indent=2))
        return 0
    rows = [("JOB", "DUE", "NEXT", "LAST", "STATE", "TOOK", "BY", "RESULT")]
    for name, cadence in CADENCES.items():
        run = runs[name]
        last = _cells(run) if run else ("-", "never", "", "", "")
        rows.append((name, str(cadence), slot_name(cadence.following(now)), *last))
    _print(rows)
    return 0


async def past(store: Store, name: str, limit: int, *, as_json: bool) -> int:
    """Print the newest runs of a job."""
    if not _known(name):
        return MEND
    runs = await store.runs(name, limit)
    if as_json:
        print(json.dumps([_values(run) for run in runs], indent=2))
    else:
        head = ("SLOT", "STARTED", "STATE", "TOOK", "BY", "RESULT")
        _print([head, *((slot, _when(run.started), *rest) for run in runs for slot, *rest in [_cells(run)])])
    return 0


async def run_now(store: Store, loaded: Loaded, name: str, slot: str) -> int:
    """Run a slot of a job in this process, whatever became of it before."""
    from hub.runtime.house import make_owner
    from hub.runtime.jobs import make_jobs

    if not _known(name):
        return MEND
    cadence = CADENCES[name]
    try:
        at = slot_of(slot) if slot else cadence.newest(wall_ms())
    except ValueError:
        typer.echo("Error: a slot looks like 2026-11-21T07:00Z.", err=True)
        return MEND
    if cadence.newest(at) != at or at > wall_ms():
        typer.echo(f"Error: {name} is due {cadence}; {slot} is none of its past slots.", err=True)
        return MEND
    sales, close = await _sales(store, loaded)
    job = next((one for one in make_jobs(store, loaded.settings, sales) if one.name == name), None)
    if job is None:
        typer.echo(f"Error: {name} has nothing to do with these settings.", err=True)
        return MEND
    owner = make_owner()
    taken = await store.take_slot(name, at, owner, LEASE_SECONDS, again=True)
    if taken is None:
        typer.echo(f"Error: another process runs {name} for {slot_name(at)} just now.", err=True)
        return FAILED
    try:
        end = await Runner(store, (job,), owner).run(job, taken, final=True)
    finally:
        await close()
    if end.state is not RunState.DONE:
        typer.echo(f"Error: {name} for {slot_name(at)} failed: {end.error}", err=True)
        return FAILED
    print(f"{name} for {slot_name(at)}: {end.result}")
    return 0


async def _sales(store: Store, loaded: Loaded) -> tuple[Sales | None, Callable[[], Awaitable[None]]]:
    """What sells, if anything is sold, and what closes it; a running hub answers whoever had to wait."""
    from hub.runtime.catalogue import make_catalogue
    from hub.runtime.payments import follow_up, make_sales, open_gateway
    from hub.runtime.rules import make_rules

    rules = make_rules(loaded.settings, make_catalogue(loaded.settings))
    gateway = await open_gateway(loaded.settings, rules.plans, store)
    sales = make_sales(store, gateway, rules, follow_up(store, rules), {})

    async def close() -> None:
        if gateway is not None:
            await gateway.close()

    return sales, close


def _known(name: str) -> bool:
    if name not in CADENCES:
        typer.echo(f"Error: there is no job {name}. There are: {', '.join(CADENCES)}.", err=True)
    return name in CADENCES


def _values(run: JobRun) -> dict[str, object]:
    return {**dataclasses.asdict(run), "slot": slot_name(run.slot)}


def _cells(run: JobRun) -> tuple[str, str, str, str, str]:
    state = "running" if run.state is RunState.OPEN and run.owner else str(run.state)
    if run.state is RunState.OPEN and not run.owner:
        state = "waits"
    took = f"{run.took / 1000:.1f} s" if run.took else ""
    # the host and the number of the process; what follows tells two lives of one number apart
    by = run.owner.rpartition("-")[0] or run.owner
    return slot_name(run.slot), state, took, clean(by), clean(run.error or run.result)


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else ""


def _print(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
