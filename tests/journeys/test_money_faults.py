"""Houses are killed in the middle of everything; the ledger agrees with the bill of a vendor that outlives them.

What was settled agrees to the token. What nobody can know, because the process died, is flagged and never more than was
set aside; nothing stays set aside. `PARLEY_FAULT_KILLS` says how many die, some three seconds each. See
`test_random_turns` for faults alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.domain.attempt import AttemptState
from providers.kit.stand_in import Fault
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import StoreOn, open_store
from tests.contract.store.conftest import Database
from tests.journeys.test_random_turns import scripts
from tests.kit.house import CHEAP, DEAR
from tests.kit.postgres import Server

KILLS = int(os.environ.get("PARLEY_FAULT_KILLS", "2"))
PEOPLE = 12
ROOT = Path(__file__).parents[2]
ROWS = "SELECT state, input, output, estimated, cost, charged, held, model FROM attempts ORDER BY id"


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        path = tmp_path / "parley.db"
        yield Database("sqlite", f"sqlite+aiosqlite:///{path}", path=path)
        return
    server: Server = request.getfixturevalue("postgres")
    name = await server.new_database()
    yield Database("postgres", server.url(name), server=server, name=name)
    await server.drop(name)


async def lives(database: Database, models: OpenAISandbox, name: str, rounds: int, calls: int) -> None:
    """A house that is killed once the vendor has heard so many calls of it, 0: lives until everybody was answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.mortal", database.url, models.base_url, str(PEOPLE), str(rounds), name,
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    if calls:
        before = len(models.heard)
        while len(models.heard) < before + calls:
            await asyncio.sleep(0.003)
        process.kill()
    else:
        assert await process.stdout.readline() == b"done\n"
    await process.wait()


async def test_what_killed_houses_left_is_settled_and_the_ledger_is_the_vendors_bill(database: Database) -> None:
    dice = random.Random(20261121)
    told = scripts(dice, 2_000)
    async with OpenAISandbox() as models:
        models.next(*told)
        for number in range(KILLS):
            await lives(database, models, f"house{number}", 10_000, dice.randrange(40, 80))
        await lives(database, models, "last", 0, 0)
        heard = list(models.heard)
    store = await open_store(database.url)
    try:
        used = await nothing_is_held(store, database)
    finally:
        await store.close()
    calls = list(zip(heard, told, strict=False))
    bills = {script.input: script for call, script in calls if call.completed and script.fault is Fault.NONE}
    compare(await database.sql(ROWS), bills, len(heard), used)


async def nothing_is_held(store: StoreOn, database: Database) -> int:
    """The books agree, no call is open; what was used in all."""
    assert (await store.verify(0, 10_000))[0] == ()
    assert await database.number("SELECT count(*) FROM attempts WHERE state = 'open'") == 0
    assert await database.number("SELECT sum(held) FROM balances") == 0
    return int(await database.number("SELECT sum(used) FROM balances"))


def compare(rows: Sequence[Sequence[Any]], bills: dict[int, Any], heard: int, used: int) -> None:
    """What we kept against what the vendor saw."""
    assert len(rows) >= heard, "each call has its row, written before it was made"
    assert sum(row[5] for row in rows) == used
    assert sum(row[0] == AttemptState.UNKNOWN for row in rows) >= KILLS // 2, "some died in the middle of a call"
    settled = apart = 0
    for state, whole, output, estimated, cost, charged, held, model in rows:
        price = DEAR if model == "first" else CHEAP
        if estimated:
            assert 0 < charged == min(cost, held)
        elif state == AttemptState.DONE:
            assert charged == cost == -(-(whole * price.input + output * price.output) // 1_000_000)
            apart += abs(bills[whole].output - output)
            settled += 1
        else:
            assert (state in (AttemptState.FAILED, AttemptState.CANCELLED), whole, output, charged) == (True, 0, 0, 0)
    flagged = sum(row[3] for row in rows)
    print(f"bill: {len(rows)} calls, {settled} settled, {apart} tokens apart, {flagged} flagged")
    assert not apart
    assert settled > 5 * KILLS
    unsettled = len(bills) - settled
    assert 0 <= unsettled <= flagged, "what the vendor billed and we do not know is flagged"
