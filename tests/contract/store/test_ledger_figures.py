"""Two hundred calls at once on a balance for ten, an account's very first use fifty times at once, a killed hub."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hub.domain.money import Ceiling, Refusal, Unit
from storage.store import StoreOn
from tests.contract.store.conftest import Database
from tests.contract.store.money_kit import Payer, agrees, allowance, payer

ROOT = Path(__file__).parents[3]

CALLERS = """
import asyncio, sys
from hub.domain.errors import StoreDown
from storage.store import open_store
from tests.contract.store.money_kit import Payer, allowance
url, account, calls, owner, kill = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5] == "kill"
async def patiently(work):
    while True:
        try:
            return await work()
        except StoreDown:
            await asyncio.sleep(0.1)
async def call(payer):
    attempt = await patiently(lambda: payer.opens(10, allowance(100), owner=owner))
    if isinstance(attempt, int):
        await asyncio.sleep(0.01)
        if not kill:
            await patiently(lambda: payer.ends(attempt, 10))
        return 1
    return 0
async def main():
    store = await open_store(url)
    await store.keep_process(owner, 3600 if not kill else 0.2)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(await asyncio.gather(*(call(Payer(store, account)) for _ in range(calls)))), flush=True)
    if kill:
        await asyncio.sleep(600)
    await store.close()
asyncio.run(main())
"""


async def begin(database: Database, account: int, calls: int, owner: str, kill: str = "") -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CALLERS, database.url, str(account), str(calls), owner, kill,
        stdin=pipe, stdout=pipe, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


async def watch(database: Database, account: int) -> int:
    """Look at the balance from outside for as long as nobody stops it; how often."""
    looks = 0
    with suppress(asyncio.CancelledError):
        while True:
            rows = await database.sql(f"SELECT granted, used, held FROM balances WHERE account_id = {account}")
            for granted, used, held in rows:
                assert used + held <= granted
                looks += 1
            await asyncio.sleep(0.003)
    return looks


async def test_two_hundred_calls_in_four_processes_on_a_balance_for_ten(database: Database) -> None:
    if database.kind == "sqlite":
        pytest.skip("SQLite has one process")
    store = await database.open()
    ann = await payer(store)
    watching = asyncio.create_task(watch(database, ann.id))
    processes = [await begin(database, ann.id, 50, f"p{number}") for number in range(4)]
    for process in processes:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
    admitted = 0
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
    for process in processes:
        assert process.stdout
        admitted += int(await process.stdout.readline())
        assert await process.wait() == 0
    watching.cancel()
    assert await watching > 3
    assert admitted == 10, "not one too many, and nobody refused while there was cover"
    assert await ann.figures() == (100, 100, 0, 0)
    assert await agrees(store)


async def test_two_hundred_calls_at_once_on_a_balance_for_ten(store: StoreOn, database: Database) -> None:
    ann = await payer(store, 2)
    await ann.gets(40)
    watching = asyncio.create_task(watch(database, ann.id))

    async def call() -> int:
        attempt = await ann.opens(10, allowance(60))
        if isinstance(attempt, Refusal):
            return 0
        await asyncio.sleep(0)
        await ann.ends(attempt, 10)
        return 1

    assert sum(await asyncio.gather(*(call() for _ in range(200)))) == 10
    watching.cancel()
    await watching
    assert await ann.figures() == (100, 100, 0, 0)
    assert await agrees(store)


@pytest.mark.parametrize("plan", [250, 100])
async def test_the_first_use_of_an_account_fifty_times_at_once(database: Database, plan: int) -> None:
    stores = [await database.open() for _ in range(1 if database.kind == "sqlite" else 3)]
    ann = await payer(stores[0])
    house = (Ceiling("house", "today", Unit.MICRO, 230), Ceiling("person", "today", Unit.MICRO, 10_000))

    async def call(number: int) -> bool:
        here = Payer(stores[number % len(stores)], ann.id)
        return isinstance(await here.opens(10, allowance(plan), ceilings=house), int)

    taken = await asyncio.gather(*(call(number) for number in range(50)))
    assert sum(taken) == min(plan, 230) // 10
    assert await ann.figures() == (plan, 0, min(plan, 230), 0)
    assert await agrees(stores[0])


async def test_what_a_killed_process_held_is_given_back_by_the_sweep(database: Database) -> None:
    store = await database.open()
    ann = await payer(store)
    process = await begin(database, ann.id, 7, "dead", "kill")
    assert process.stdin
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    process.stdin.write(b"go\n")
    assert int(await process.stdout.readline()) == 7
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await ann.figures() == (100, 0, 70, 0)
    for _ in range(50):
        if await store.close_abandoned(100):
            break
        await asyncio.sleep(0.1)
    assert await ann.figures() == (100, 35, 0, 0), "seven calls of five tokens asked, at a micro-dollar each"
    assert await database.number("SELECT count(*) FROM attempts WHERE state = 'unknown' AND estimated = 1") == 7
    assert await agrees(store)
