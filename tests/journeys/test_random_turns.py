"""Many turns at random, against a stand-in that misbehaves: the ledger agrees with the vendor's own bill.

What was settled agrees to the token; what nobody can know is flagged, and never more than was set aside.
`PARLEY_RANDOM_TURNS` says how many; ten thousand, which `make bench ARGS="--only bill"` runs, take about two minutes.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core import breaker
from hub.core.rules import Limits
from hub.domain.attempt import AttemptState
from hub.domain.money import Unit
from hub.domain.plan import Plan
from providers.kit.stand_in import Fault, Heard, Script
from storage.store import open_store
from tests.kit.house import CHEAP, DEAR, PaperHouse, paper_house
from tests.kit.money import account, with_plan

TURNS = int(os.environ.get("PARLEY_RANDOM_TURNS", "240"))
PEOPLE = 20

TRUTHFUL = (Fault.NONE,)
UNKNOWN = (Fault.NO_USAGE, Fault.NONSENSE, Fault.CUT, Fault.RESET, Fault.TRUNCATED, Fault.MALFORMED, Fault.ERROR_EVENT)
ROWS = (
    "SELECT state, input, cached, output, reasoning, estimated, cost, charged, held, model, payer_id FROM attempts "
    "ORDER BY id"
)


def scripts(dice: random.Random, count: int) -> list[Script]:
    """Answers as they will be given, each with an input of its own, by which it is known again."""
    made = []
    for number in range(count):
        fault = dice.choice((*TRUTHFUL * 8, *UNKNOWN, Fault.STATUS, Fault.STATUS))
        told = Script(
            text="word " * dice.randrange(10, 40), fault=fault, after=dice.randrange(6), input=1_000 + number,
            cached=dice.randrange(1_000), reasoning=dice.randrange(50), status=dice.choice((400, 429, 500, 503)),
            pace=dice.choice((0, 0, 0.002)),
        )  # fmt: skip
        made.append(replace(told, output=None if fault is not Fault.NONE else dice.randrange(60, 300)))
    return made


async def talk(house: PaperHouse, dice: random.Random, turns: int) -> None:
    """Everybody asks, and some stop the answer, until there were so many turns."""
    people = [house.person(f"p{number}") for number in range(PEOPLE)]
    for _ in range(turns // PEOPLE):
        for person in people:
            await person.says("tell me something")
        await asyncio.sleep(dice.random() * 0.03)
        for person in people:
            if dice.random() < 0.15:
                await person.says("/stop")
        await house.rests(30)


@pytest.mark.parametrize("seed", [20261121])
async def test_the_ledger_is_the_vendors_bill(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "FAILURES", 10**9)  # a model that rests would only make this shorter
    dice = random.Random(seed)
    file = tmp_path / "parley.db"
    store = await open_store(f"sqlite+aiosqlite:///{file}", synchronous="NORMAL")
    told = scripts(dice, TURNS * 3)
    house_rules = with_plan(
        Plan("free", 10**12), limits=Limits(person_per_minute=0, tries_per_model=1), summarise=False
    )
    async with paper_house(store, house_rules) as house:
        house.models.next(*told)
        await talk(house, dice, TURNS)
        used = 0
        for number in range(PEOPLE):
            for line in await store.balances(1, await account(house, f"p{number}")):
                assert (line.unit, line.held, line.beyond) == (Unit.MICRO, 0, 0)
                used += line.used
        assert (await store.verify(0, 1_000))[0] == ()
        heard = list(house.models.heard)
    await store.close()
    with sqlite3.connect(file) as rows:
        compare(rows.execute(ROWS).fetchall(), list(zip(heard, told, strict=False)), used)


def compare(rows: list[tuple[int | str, ...]], calls: list[tuple[Heard, Script]], used: int) -> None:
    """What we kept against what the vendor saw."""
    # each call has its row: nobody tried again behind our back; a few were stopped on their way to the vendor
    unheard = len(rows) - len(calls)
    assert 0 <= unheard <= sum(row[0] == AttemptState.CANCELLED for row in rows)
    assert len(rows) >= TURNS
    assert sum(int(row[7]) for row in rows) == used
    bills = {script.input: script for call, script in calls if call.completed and script.fault is Fault.NONE}
    settled = {}
    for state, whole, cached, output, reasoning, estimated, cost, charged, held, model, payer in rows:
        assert state != AttemptState.OPEN
        assert payer
        price = DEAR if model == "first" else CHEAP
        if state == AttemptState.CANCELLED and not estimated:
            assert (whole, output, charged) == (0, 0, 0)  # stopped before the call was made
        elif estimated:
            assert state in (AttemptState.DONE, AttemptState.CUT, AttemptState.CANCELLED, AttemptState.FAILED)
            assert 0 < charged == min(cost, held)
        elif state == AttemptState.FAILED:
            assert (whole, output, charged) == (0, 0, 0)
        else:
            assert state == AttemptState.DONE
            assert charged == cost == -(-(whole * price.input + output * price.output) // 1_000_000)
            settled[whole] = (cached, output, reasoning)
    assert len(settled) > TURNS // 4
    apart = 0
    for whole, found in settled.items():
        billed = (bills[whole].cached, bills[whole].output, bills[whole].reasoning)
        apart += sum(abs(ours - theirs) for ours, theirs in zip(found, billed, strict=True))
    flagged = sum(bool(row[5]) for row in rows)
    print(f"bill: {len(rows)} calls, {len(settled)} settled, {apart} tokens apart, {flagged} flagged")
    assert not apart
    refused = sum(script.fault is Fault.STATUS for _, script in calls)
    assert sum(row[0] == AttemptState.FAILED and not row[5] for row in rows) >= refused
