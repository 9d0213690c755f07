"""What people think of answers: one opinion each, of what was shown in their chat."""

from dataclasses import replace

from hub.ports.store import Retention
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, ending, taken


async def answered(store: StoreOn, person: Person, ref: str) -> int:
    turn = await taken(store, (await person.says("hi")).conversation_id)
    await store.save_ref(person.address.tenant, turn.id, 0, ref)
    await store.finish_turn(ending(turn))
    return turn.id


async def test_an_opinion_is_kept_changed_and_taken_back(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    turn = await answered(store, ann, "m1")
    assert await store.rate(ann.address, "m1", "ann", True)
    assert await store.rate(ann.address, "m1", "bob", True)
    assert await store.rate(ann.address, "m1", "ann", False)
    rows = await database.sql("SELECT tenant_id, turn_id, person, good FROM feedback ORDER BY person")
    assert [tuple(row) for row in rows] == [(1, turn, "ann", 0), (1, turn, "bob", 1)]
    assert await store.rate(ann.address, "m1", "ann", None)
    assert await database.number("SELECT count(*) FROM feedback") == 1


async def test_a_reaction_in_a_thread_finds_its_answer(store: StoreOn, database: Database) -> None:
    ann = Person(store, chat="room", group=True)
    ann.address = replace(ann.address, thread="t9")
    turn = await answered(store, ann, "m1")
    assert await store.rate(replace(ann.address, thread=""), "m1", "ann", True)
    assert await database.number("SELECT turn_id FROM feedback") == turn


async def test_an_answer_that_is_found_by_its_key_needs_no_ref(store: StoreOn, database: Database) -> None:
    ann, eve = Person(store), Person(store, tenant=2)
    turn = await taken(store, (await ann.says("hi")).conversation_id)
    await store.finish_turn(ending(turn))
    assert await store.rate(ann.address, f"t{turn.id}", "ann", True)
    assert await store.rate(ann.address, f"t{turn.id}.2", "ann", False)
    assert await database.number("SELECT good FROM feedback") == 0
    for place in (eve.address, replace(ann.address, chat="bob"), replace(ann.address, platform="slack")):
        assert not await store.rate(place, f"t{turn.id}", "eve", True)
    for ref in (f"t{turn.id + 1}", f"t{turn.id}.", f"x{turn.id}", "t" + "9" * 30):
        assert not await store.rate(ann.address, ref, "ann", True)
    assert await database.number("SELECT count(*) FROM feedback") == 1


async def test_nobody_rates_what_was_shown_elsewhere(store: StoreOn, database: Database) -> None:
    ann, eve = Person(store), Person(store, tenant=2)
    await answered(store, ann, "m1")
    for place in (
        eve.address,
        replace(ann.address, chat="bob"),
        replace(ann.address, bot="other"),
        replace(ann.address, platform="slack"),
    ):
        assert not await store.rate(place, "m1", "eve", True)
    assert not await store.rate(ann.address, "m2", "ann", True)
    assert await database.number("SELECT count(*) FROM feedback") == 0


async def test_opinions_are_forgotten_with_the_attempts(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    for ref in ("m1", "m2"):
        await answered(store, ann, ref)
        await store.rate(ann.address, ref, "ann", True)
    now = await database.number("SELECT max(created) FROM feedback") + 10 * 86_400_000
    await store.retain(Retention(0, 0, 0, 20, 0), now)
    assert await database.number("SELECT count(*) FROM feedback") == 2
    await store.retain(Retention(0, 0, 0, 5, 0), now)
    assert await database.number("SELECT count(*) FROM feedback") == 1
