"""Accepted and taken in one step: as if it had waited and been taken, and only where nothing else could come first."""

import asyncio

import pytest

from hub.domain.errors import Busy, LostLease
from hub.domain.inbound import Accepted, Said
from hub.domain.turn import Taking, Turn, Window
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, attempt_for, ending, take, taken

ME = Taking("me", 60, Window())


async def at_once(
    person: Person, text: str, event: str = "", *, bound: int = 50, owner: str = "me"
) -> tuple[Accepted, Turn | None]:
    taking = Taking(owner, 60, Window())
    return await person.store.accept_and_start(person.inbound(Said(text), event), bound=bound, taking=taking)


async def begun(person: Person, text: str) -> Turn:
    _, turn = await at_once(person, text)
    assert turn is not None
    return turn


async def known(store: StoreOn, tenant: int = 1) -> Person:
    """Somebody who has talked to us before."""
    ann = Person(store, tenant)
    await answer(store, (await ann.says("first")).conversation_id)
    return ann


@pytest.mark.parametrize("tenant", [1, 2])
async def test_the_turn_is_the_one_that_would_have_been_taken(store: StoreOn, database: Database, tenant: int) -> None:
    ann = await known(store, tenant)
    accepted, turn = await at_once(ann, "hi", "e1")
    assert turn is not None
    assert (turn.id, turn.conversation.id) == (accepted.inbox_id, accepted.conversation_id)
    await store.hand_back(turn.lease, turn.id, ())
    waited = await taken(store, accepted.conversation_id)
    for field in ("id", "inbound", "merged", "conversation", "account", "history", "tries", "shown", "progress"):
        assert getattr(turn, field) == getattr(waited, field), field
    assert waited.lease.fence == turn.lease.fence + 1


async def test_it_runs_to_its_end(store: StoreOn, database: Database) -> None:
    turn = await begun(await known(store), "hi")
    attempt = await store.open_attempt(attempt_for(turn), turn.lease)
    await store.mark_shown(turn.id, turn.lease, "he")
    ended = await store.finish_turn(ending(turn, attempt=attempt))
    assert ended.item is not None
    assert not ended.more
    assert await database.sql("SELECT state FROM inbox WHERE state <> 'replied'") == []


async def test_nobody_else_takes_what_was_started(store: StoreOn) -> None:
    turn = await begun(await known(store), "hi")
    assert await take(store, turn.conversation.id, "other") is None
    assert await store.stalled(["web"], 9) == []


async def test_behind_a_running_turn_it_waits(store: StoreOn) -> None:
    ann = await known(store)
    running = await begun(ann, "one")
    accepted, turn = await at_once(ann, "two")
    assert turn is None
    assert (await store.finish_turn(ending(running))).more
    assert (await taken(store, accepted.conversation_id)).id == accepted.inbox_id


async def test_behind_a_waiting_row_it_waits(store: StoreOn) -> None:
    ann = await known(store)
    first = await ann.says("one")
    accepted, turn = await at_once(ann, "two")
    assert turn is None
    assert (await taken(store, accepted.conversation_id)).id == first.inbox_id


async def test_behind_what_a_dead_process_left_it_waits(store: StoreOn) -> None:
    ann = await known(store)
    left = await begun(ann, "one")
    await store.release_owner("me")
    accepted, turn = await at_once(ann, "two", owner="other")
    assert turn is None
    again = await taken(store, accepted.conversation_id, "other")
    assert (again.id, again.tries) == (left.id, 2)


async def test_a_newcomer_waits_for_the_lane(store: StoreOn) -> None:
    accepted, turn = await at_once(Person(store), "hi")
    assert turn is None
    assert (await taken(store, accepted.conversation_id)).id == accepted.inbox_id


async def test_a_redelivery_starts_nothing(store: StoreOn, database: Database) -> None:
    ann = await known(store)
    first, turn = await at_once(ann, "hi", "e1")
    assert turn is not None
    again, nothing = await at_once(ann, "hi", "e1")
    assert (again.inbox_id, again.duplicate, again.changed, nothing) == (first.inbox_id, True, False, None)
    await store.finish_turn(ending(turn))
    late, nothing = await at_once(ann, "other words", "e1")
    assert (late.inbox_id, late.duplicate, late.changed, nothing) == (first.inbox_id, True, True, None)
    assert await database.number("SELECT count(*) FROM conversations WHERE lease_owner <> ''") == 0


async def test_of_many_at_once_one_is_started(store: StoreOn, database: Database) -> None:
    ann = await known(store)
    both = await asyncio.gather(*(at_once(ann, f"{n}") for n in range(30)))
    assert sum(turn is not None for _, turn in both) == 1
    assert await database.number("SELECT count(*) FROM inbox WHERE state IN ('waiting', 'running')") == 30


async def test_of_copies_at_once_one_is_started(store: StoreOn, database: Database) -> None:
    ann = await known(store)
    both = await asyncio.gather(*(at_once(ann, "hi", "e") for _ in range(30)))
    assert sum(turn is not None for _, turn in both) == 1
    assert sum(not accepted.duplicate for accepted, _ in both) == 1
    assert await database.number("SELECT count(*) FROM inbox WHERE event_id = 'e'") == 1


async def test_the_bound_holds(store: StoreOn) -> None:
    ann = await known(store)
    await begun(ann, "one")
    assert (await at_once(ann, "two", bound=1))[1] is None
    with pytest.raises(Busy):
        await at_once(ann, "three", bound=1)


async def test_taken_again_it_is_lost_to_the_first(store: StoreOn) -> None:
    turn = await begun(await known(store), "hi")
    again = await store.start_turn(turn.conversation.id, ME, take_all=False)
    assert again is not None
    with pytest.raises(LostLease):
        await store.open_attempt(attempt_for(turn), turn.lease)
    await store.finish_turn(ending(again))
