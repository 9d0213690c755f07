"""Keys of the API and the answers kept for repeated calls, on both databases, with two tenants."""

import asyncio

import pytest

from hub.domain.key import BudgetWindow, NewKey, Scope
from hub.domain.money import Ceiling, Unit
from hub.ports.keys import ReplayLock, ReplayState
from hub.ports.store import Retention
from storage.rows import now_ms
from storage.store import StoreOn
from storage.verbs.retention import DAY_MS
from tests.contract.store.conftest import Database

SCOPE = Scope(frozenset({"large", "small"}), False, 5_000_000, BudgetWindow.MONTH, 30, 0)
LATER = 4_000_000_000_000


async def a_key(store: StoreOn, digest: str = "d1", tenant: int = 1, scope: Scope = SCOPE) -> int:
    account = await store.create_account(tenant, "Ann")
    return await store.create_key(NewKey(tenant, account, "laptop", "pk-parley-Ab12", digest, scope))


async def test_a_key_is_kept_as_it_was_made_and_found_by_its_digest_alone(store: StoreOn) -> None:
    number = await a_key(store, tenant=2)
    key = await store.find_key("d1")
    assert key is not None
    assert (key.id, key.account.tenant, key.account.name, key.name, key.shown) == (
        number, 2, "Ann", "laptop", "pk-parley-Ab12",
    )  # fmt: skip
    assert key.scope == SCOPE
    assert key.used == key.revoked == 0
    assert await store.find_key("d2") is None


async def test_keys_are_listed_in_their_tenant_only(store: StoreOn) -> None:
    one, other = await a_key(store, "d1"), await a_key(store, "d2", tenant=2)
    two = await a_key(store, "d3")
    assert [key.id for key in await store.keys(1, 0, 0, 10)] == [one, two]
    assert [key.id for key in await store.keys(2, 0, 0, 10)] == [other]
    account = (await store.keys(1, 0, one, 10))[0].account.id
    assert [key.id for key in await store.keys(1, account, 0, 10)] == [two]
    assert await store.keys(2, account, 0, 10) == ()


async def test_no_key_for_an_account_that_is_none_of_the_tenants_or_was_joined(store: StoreOn) -> None:
    ann, bob = await store.create_account(1, "Ann"), await store.create_account(1, "Bob")
    with pytest.raises(LookupError):
        await store.create_key(NewKey(2, ann, "", "s", "d1"))
    number = await store.create_key(NewKey(1, bob, "", "s", "d2"))
    await store.merge(1, ann, bob)
    with pytest.raises(LookupError):
        await store.create_key(NewKey(1, bob, "", "s", "d3"))
    moved = await store.find_key("d2")
    assert moved is not None
    assert (moved.id, moved.account.id) == (number, ann)


async def test_a_key_is_revoked_once_and_in_its_tenant(store: StoreOn) -> None:
    number = await a_key(store)
    assert not await store.revoke_key(2, number)
    assert await store.revoke_key(1, number)
    assert not await store.revoke_key(1, number)
    key = await store.find_key("d1")
    assert key is not None
    assert key.revoked
    assert not key.lives(now_ms())
    assert (await store.open_replay(ReplayLock(1, number, "n", "b", LATER))).state is ReplayState.SHUT


async def test_a_call_is_locked_answered_and_told_apart(store: StoreOn) -> None:
    key, other = await a_key(store), await a_key(store, "d2", tenant=2)
    lock = ReplayLock(1, key, "order-1", "body-1", LATER)
    first = await store.open_replay(lock)
    assert first.state is ReplayState.FRESH
    assert (await store.open_replay(lock)).state is ReplayState.OPEN
    assert (await store.open_replay(ReplayLock(1, key, "order-1", "body-2", LATER))).state is ReplayState.OTHER
    assert (await store.open_replay(ReplayLock(2, other, "order-1", "body-1", LATER))).state is ReplayState.FRESH
    await store.keep_replay(first, 200, b'{"a": 1}')
    again = await store.open_replay(lock)
    assert (again.state, again.status, again.answer) == (ReplayState.DONE, 200, b'{"a": 1}')
    await store.drop_replay(first)
    assert (await store.open_replay(lock)).state is ReplayState.DONE


async def test_a_call_that_was_not_answered_runs_again_and_one_too_large_is_lost(store: StoreOn) -> None:
    key = await a_key(store)
    lock = ReplayLock(1, key, "order-1", "body-1", LATER)
    await store.drop_replay(await store.open_replay(lock))
    fresh = await store.open_replay(lock)
    assert fresh.state is ReplayState.FRESH
    await store.keep_replay(fresh, 200, b"")
    assert (await store.open_replay(lock)).state is ReplayState.LOST


async def test_a_lock_whose_time_is_over_is_taken_by_one_only(store: StoreOn) -> None:
    key = await a_key(store)
    assert (await store.open_replay(ReplayLock(1, key, "n", "b", now_ms() - 1))).state is ReplayState.FRESH
    found = await asyncio.gather(*(store.open_replay(ReplayLock(1, key, "n", "b", LATER)) for _ in range(8)))
    assert sorted(one.state for one in found) == [ReplayState.FRESH, *[ReplayState.OPEN] * 7]


async def test_who_lost_a_lock_neither_overwrites_nor_frees_what_the_next_one_keeps(store: StoreOn) -> None:
    key = await a_key(store)
    late = await store.open_replay(ReplayLock(1, key, "n", "b", now_ms() - 1))
    lock = ReplayLock(1, key, "n", "b", LATER)
    newer = await store.open_replay(lock)
    assert not await store.keep_replay(late, 200, b"late")
    await store.drop_replay(late)
    assert (await store.open_replay(lock)).state is ReplayState.OPEN
    assert await store.keep_replay(newer, 200, b"newer")
    assert not await store.keep_replay(late, 200, b"late")
    assert (await store.open_replay(lock)).answer == b"newer"


async def test_so_many_in_a_minute_however_many_ask_at_once(store: StoreOn, database: Database) -> None:
    waits = await asyncio.gather(*(store.pace(1, "plan:7", 3) for _ in range(12)))
    assert sorted(waits)[:3] == [0, 0, 0]
    assert all(15 <= wait <= 22 for wait in sorted(waits)[3:])
    assert await store.pace(2, "plan:7", 3) == await store.pace(1, "plan:8", 3) == await store.pace(1, "plan:7", 5) == 0
    await database.sql("UPDATE ceilings SET used = used - 40000000 WHERE scope = 'pace:plan:7' AND \"window\" = '3'")
    assert [await store.pace(1, "plan:7", 3) for _ in range(3)][:2] == [0, 0]
    assert await store.pace(1, "plan:7", 3) > 0
    assert (await store.verify(0, 100))[0] == ()


async def test_one_of_many_at_once_is_fresh(store: StoreOn) -> None:
    key = await a_key(store)
    found = await asyncio.gather(*(store.open_replay(ReplayLock(1, key, "n", "b", LATER + at)) for at in range(8)))
    assert [one.state for one in found].count(ReplayState.FRESH) == 1


async def test_answers_are_kept_a_day(store: StoreOn, database: Database) -> None:
    key = await a_key(store)
    for name in ("one", "two"):
        await store.open_replay(ReplayLock(1, key, name, "b", LATER))
    await store.retain(Retention(), now_ms() + DAY_MS - 60_000)
    assert await database.number("SELECT count(*) FROM replays") == 2
    await store.retain(Retention(), now_ms() + DAY_MS + 60_000)
    assert await database.number("SELECT count(*) FROM replays") == 1, "the newest row stays, so that no id comes twice"
    kept = ReplayLock(1, key, "two", "b", LATER)
    assert (await store.open_replay(kept)).state is ReplayState.OPEN
    await database.sql(f"UPDATE replays SET state = 'done', created = created - {DAY_MS}")
    assert (await store.open_replay(ReplayLock(1, key, "two", "other", LATER + 1))).state is ReplayState.FRESH
    assert (await store.open_replay(kept)).state is ReplayState.OTHER


async def test_what_a_budget_has_spent_is_kept_as_long_as_it_counts(store: StoreOn, database: Database) -> None:
    """Also where an operator keeps attempts for a day only."""
    for window in ("total", "2026-11", "2026-10", "newest"):
        await database.sql(
            'INSERT INTO ceilings (tenant_id, scope, "window", unit, held, used, touched)'
            f" VALUES (1, 'key:1', '{window}', 'micro', 0, 7, {now_ms() - (40 if window == '2026-10' else 2) * DAY_MS})"
        )
    await store.retain(Retention(attempt_days=1), now_ms())
    left = await database.sql('SELECT "window" FROM ceilings ORDER BY id')
    assert [row[0] for row in left] == ["total", "2026-11", "newest"]
    total = Ceiling("key:1", "total", Unit.MICRO, 10)
    assert await store.spent_under(1, total) == 7
    assert await store.spent_under(2, total) == 0
    await store.retain(Retention(attempt_days=1), now_ms() + 1000 * DAY_MS)
    left = await database.sql('SELECT "window" FROM ceilings ORDER BY id')
    assert [row[0] for row in left] == ["total", "newest"]
