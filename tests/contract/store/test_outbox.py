"""The way out: due once, claimed by one, dead for an operator to see."""

import asyncio
import time

from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, ending, taken


def now() -> int:
    return time.time_ns() // 1_000_000


async def test_a_fresh_reply_is_its_writers_first(store: StoreOn) -> None:
    ann = Person(store)
    item = await answer(store, (await ann.says("hi")).conversation_id)
    assert await store.due(["web"], now(), 9) == []
    assert await store.due(["telegram"], now() + 20_000, 9) == []
    assert await store.due(["telegram", "web"], now() + 20_000, 9) == [item]


async def test_two_processes_never_get_the_same(store: StoreOn, database: Database) -> None:
    other = await database.open()
    for tenant in (1, 2):
        for number in range(10):
            await answer(store, (await Person(store, tenant, f"u{number}").says("hi")).conversation_id)
    later = now() + 20_000
    batches = await asyncio.gather(*(s.due(["web"], later, 3) for s in (store, other) * 6))
    ids = [item.id for batch in batches for item in batch]
    assert len(ids) == len(set(ids))
    rest = await store.due(["web"], later, 99)
    assert len(set(ids) | {item.id for item in rest}) == len(ids) + len(rest) == 20
    assert await store.due(["web"], later, 99) == []
    assert len(await store.due(["web"], later + 61_000, 99)) == 20


async def test_refs_travel_with_the_reply(store: StoreOn) -> None:
    turn = await taken(store, (await Person(store).says("hi")).conversation_id)
    await store.save_ref(1, turn.id, 1, "second")
    await store.save_ref(1, turn.id, 0, "first")
    await store.save_ref(1, turn.id, 0, "first again")
    await store.save_ref(2, turn.id, 0, "another tenant's")
    item = (await store.finish_turn(ending(turn))).item
    assert item is not None
    assert item.refs == ("first again", "second")
    assert (await store.due(["web"], now() + 20_000, 9))[0].refs == item.refs


async def test_again_then_dead(store: StoreOn, database: Database) -> None:
    item = await answer(store, (await Person(store).says("hi")).conversation_id)
    await store.not_delivered(item.id, "timeout", now() + 1000)
    assert await store.due(["web"], now(), 9) == []
    (again,) = await store.due(["web"], now() + 2000, 9)
    assert again.tries == 1
    await store.not_delivered(item.id, "kicked", None)
    assert await store.due(["web"], now() + 10**9, 9) == []
    assert await database.sql("SELECT state, error, tries FROM outbox") == [("dead", "kicked", 2)]


async def test_delivered_is_over(store: StoreOn) -> None:
    item = await answer(store, (await Person(store).says("hi")).conversation_id)
    await store.delivered([item.id])
    await store.not_delivered(item.id, "late trouble", now())
    assert await store.due(["web"], now() + 10**9, 9) == []
    assert (await store.counts())["undelivered"] == 0


async def test_who_takes_long_keeps_the_claim(store: StoreOn) -> None:
    item = await answer(store, (await Person(store).says("hi")).conversation_id)
    await store.keep_claim(item.id, 100)
    assert await store.due(["web"], now() + 99_000, 9) == []
    assert await store.due(["web"], now() + 101_000, 9) == [item]
    await store.delivered([item.id])
    await store.keep_claim(item.id, 0)
    assert await store.due(["web"], now() + 200_000, 9) == []


async def test_starting_alone_makes_due_what_nobody_has_tried_to_deliver(store: StoreOn) -> None:
    fresh, claimed, put_off = [
        await answer(store, (await Person(store, 1, f"u{number}").says("hi")).conversation_id) for number in range(3)
    ]
    await store.keep_claim(claimed.id, 100)
    await store.not_delivered(put_off.id, "slow down", now() + 60_000)
    assert await store.due(["web"], now(), 9) == []
    await store.release_owner("somebody else")
    assert await store.due(["web"], now(), 9) == []
    await store.release_owner(None)
    assert [item.id for item in await store.due(["web"], now(), 9)] == [fresh.id, claimed.id]
