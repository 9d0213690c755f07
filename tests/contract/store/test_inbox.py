"""The way in and the lanes: nothing twice, in order, one process at a time."""

import asyncio

import pytest

from hub.domain.address import Address
from hub.domain.errors import Busy, LostLease
from hub.domain.inbound import Attachment, Called, Inbound, Pressed, Said, Sender
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, attempt_for, ending, take, taken


async def test_a_hundred_copies_are_one_row(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    copies = await asyncio.gather(*(ann.says("hi", event="e") for _ in range(100)))
    assert await database.number("SELECT count(*) FROM inbox") == 1
    assert await database.number("SELECT count(*) FROM accounts") == 1
    assert await database.number("SELECT count(*) FROM conversations") == 1
    assert sum(not one.duplicate for one in copies) == 1
    assert len({one.inbox_id for one in copies}) == 1
    assert not any(one.changed for one in copies)


async def test_an_album_becomes_one_turn_whatever_the_policy(store: StoreOn) -> None:
    ann = Person(store)
    photos = [(Attachment("", "image/png", f"{n}.png", 1, "s"),) for n in range(3)]
    files = [Said("" if n else "what are these?", photo, "a1") for n, photo in enumerate(photos)]
    said = (Said("before"), *files, Said("", files[0].attachments, "a2"), Said("after"))
    accepted = [await ann.does(one) for one in said]
    ids, conversation = [one.inbox_id for one in accepted], accepted[0].conversation_id
    first = await taken(store, conversation)
    assert (first.id, first.merged_ids) == (ids[0], ())
    await store.finish_turn(ending(first))
    album = await taken(store, conversation)
    assert (album.id, album.merged_ids) == (ids[3], (ids[1], ids[2]))
    assert [one.content for one in (*album.merged, album.inbound)] == files
    await store.finish_turn(ending(album))
    other = await taken(store, conversation)
    assert (other.id, other.merged_ids) == (ids[4], ())


async def test_first_words_of_many_at_once_make_one_account(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    await asyncio.gather(*(ann.says(f"{n}") for n in range(30)))
    assert await database.number("SELECT count(*) FROM inbox") == 30
    assert await database.number("SELECT count(*) FROM accounts") == 1
    assert await database.number("SELECT count(*) FROM conversations") == 1


async def test_other_words_under_the_same_id_are_told(store: StoreOn) -> None:
    ann = Person(store)
    first = await ann.says("hi", event="e")
    again = await ann.says("ho", event="e")
    assert again.duplicate
    assert again.changed
    assert again.inbox_id == first.inbox_id
    turn = await taken(store, first.conversation_id)
    assert turn.inbound.content == Said("hi")


async def test_the_same_id_elsewhere_is_another_message(store: StoreOn) -> None:
    one = await Person(store).says("hi", event="e")
    two = await Person(store, tenant=2).says("hi", event="e")
    assert not two.duplicate
    assert one.conversation_id != two.conversation_id
    first, second = await taken(store, one.conversation_id), await taken(store, two.conversation_id)
    assert first.account.id != second.account.id
    assert (first.conversation.tenant, second.conversation.tenant) == (1, 2)


async def test_everything_comes_back_as_it_was_said(store: StoreOn) -> None:
    ann = Person(store)
    contents = [
        Said("naïve 漢 \U0001f600 \x00 \ud800 'quote\" \\", (Attachment("f", "image/png", "a.png", 3),)),
        Called("model", "demo"),
        Pressed("retry"),
    ]
    for content in contents:
        conversation = (await ann.does(content)).conversation_id
    for content in contents:
        turn = await taken(store, conversation)
        assert turn.inbound.content == content
        assert turn.inbound.address == ann.address
        assert turn.inbound.sender == ann.sender
        assert turn.account.language == "de"
        await store.finish_turn(ending(turn, "naïve \x00 \ud800 漢"))
    assert (await store.last_exchange(conversation))[1].text == "naïve \ufffd \ufffd 漢"


async def test_odd_names_are_kept(store: StoreOn) -> None:
    inbound = Inbound(Address(1, "web", "b\x00t", "\ud800", "\x00"), Sender("u\x00", "\udfff"), "e\x00", Said("hi"))
    first = await store.accept(inbound, overtakes=False, bound=5)
    assert (await store.accept(inbound, overtakes=False, bound=5)).inbox_id == first.inbox_id


async def test_oldest_first(store: StoreOn) -> None:
    ann = Person(store)
    for word in ("one", "two", "three"):
        conversation = (await ann.says(word)).conversation_id
    heard = []
    while (turn := await take(store, conversation)) is not None:
        heard.append(turn.inbound.content)
        await store.finish_turn(ending(turn))
    assert heard == [Said("one"), Said("two"), Said("three")]


async def test_a_full_lane_is_busy_but_knows_what_it_has(store: StoreOn) -> None:
    ann = Person(store)
    await ann.says("one", event="e1", bound=2)
    await ann.says("two", event="e2", bound=2)
    with pytest.raises(Busy):
        await ann.says("three", event="e3", bound=2)
    assert (await ann.says("two", event="e2", bound=2)).duplicate
    assert not (await ann.does(Called("stop"), overtakes=True, bound=2)).duplicate
    await Person(store, tenant=2).says("one", bound=2)


async def test_a_full_lane_leaves_nothing_of_a_stranger(store: StoreOn, database: Database) -> None:
    with pytest.raises(Busy):
        await Person(store).says("hi", bound=0)
    assert await database.number("SELECT count(*) FROM accounts") == 0


async def test_a_lane_belongs_to_one_process(store: StoreOn, database: Database) -> None:
    other = await database.open()
    ann = Person(store)
    conversation = (await ann.says("one")).conversation_id
    await ann.says("two")
    takes = await asyncio.gather(*(take(s, conversation, o) for s, o in [(store, "a"), (other, "b")] * 5))
    owners = {turn.lease.owner for turn in takes if turn}
    assert len(owners) == 1
    (owner,) = owners
    assert await take(store, conversation, "b" if owner == "a" else "a") is None


async def test_nothing_waits_then_nothing_is_held(store: StoreOn, database: Database) -> None:
    conversation = (await Person(store).says("hi")).conversation_id
    await answer(store, conversation)
    assert await take(store, conversation) is None
    assert await database.sql("SELECT lease_owner, lease_until FROM conversations") == [("", 0)]


async def test_a_lapsed_lease_is_taken_and_its_owner_fenced_out(store: StoreOn, database: Database) -> None:
    other = await database.open()
    conversation = (await Person(store).says("hi")).conversation_id
    old = await taken(store, conversation, "old", seconds=-1)
    attempt = await store.open_attempt(attempt_for(old), old.lease)
    new = await taken(other, conversation, "new")
    assert new.id == old.id
    assert new.lease.fence > old.lease.fence
    assert new.tries == 2
    for late in (
        store.open_attempt(attempt_for(old), old.lease),
        store.mark_shown(old.id, old.lease, "late"),
        store.renew_lease(old.lease, 60),
        store.hand_back(old.lease, old.id, ()),
        store.finish_turn(ending(old, "late", attempt=attempt)),
    ):
        with pytest.raises(LostLease):
            await late
    assert await database.number("SELECT count(*) FROM messages") == 0
    item = (await other.finish_turn(ending(new, "in time"))).item
    assert item is not None
    with pytest.raises(LostLease):
        await store.finish_turn(ending(old, "later still"))
    assert await database.sql("SELECT text FROM outbox") == [("in time",)]


async def test_a_renewed_lease_holds(store: StoreOn, database: Database) -> None:
    conversation = (await Person(store).says("hi")).conversation_id
    turn = await taken(store, conversation, "a", seconds=-1)
    await store.renew_lease(turn.lease, 60)
    assert await take(store, conversation, "b") is None


async def test_finishing_twice_answers_the_same(store: StoreOn, database: Database) -> None:
    conversation = (await Person(store).says("hi")).conversation_id
    turn = await taken(store, conversation)
    attempt = await store.open_attempt(attempt_for(turn), turn.lease)
    finished = ending(turn, attempt=attempt, title="Greeting")
    first = await store.finish_turn(finished)
    assert (await store.finish_turn(finished)).item == first.item
    assert await database.sql("SELECT count(*) FROM messages UNION ALL SELECT count(*) FROM outbox") == [(2,), (1,)]
    assert await database.sql("SELECT title, messages FROM conversations") == [("Greeting", 2)]


async def test_handed_back_is_as_if_never_taken(store: StoreOn) -> None:
    ann = Person(store)
    for word in ("one", "two"):
        conversation = (await ann.says(word)).conversation_id
    turn = await taken(store, conversation, "a", take_all=True)
    await store.hand_back(turn.lease, turn.id, turn.merged_ids)
    again = await taken(store, conversation, "b")
    assert again.inbound.content == Said("one")
    assert again.tries == 1
    assert [number for number, _ in await store.stalled(["web"], 9)] == []


async def test_messages_merge_and_commands_do_not(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    photo = Attachment("f1", "image/png", "a.png", 3)
    for content in (Said("one", (photo,)), Said("two"), Called("model", "x"), Said("three")):
        conversation = (await ann.does(content)).conversation_id
    turn = await taken(store, conversation, take_all=True)
    assert [inbound.content for inbound in turn.merged] == [Said("one", (photo,))]
    assert turn.inbound.content == Said("two")
    await store.finish_turn(ending(turn))
    assert await database.sql("SELECT state FROM inbox ORDER BY id LIMIT 2") == [("merged",), ("replied",)]
    assert (await store.last_exchange(conversation))[0].attachments == (photo,)
    command = await taken(store, conversation, take_all=True)
    assert command.inbound.content == Called("model", "x")
    assert command.merged == ()
    await store.finish_turn(ending(command))
    assert (await taken(store, conversation, take_all=True)).inbound.content == Said("three")


async def test_overtaking_goes_beside_the_lane(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    conversation = (await ann.says("long question")).conversation_id
    running = await taken(store, conversation)
    stop = await ann.does(Called("stop"), overtakes=True)
    assert await store.stalled_overtaking(["web"], -1000, 9) == [stop.inbox_id]
    assert await store.stalled_overtaking(["web"], 60_000, 9) == []
    assert await store.stalled_overtaking(["telegram"], -1000, 9) == []
    turn = await store.start_overtaking(stop.inbox_id)
    assert turn is not None
    assert turn.inbound.content == Called("stop")
    assert turn.lease.owner == ""
    assert turn.history == ()
    finished = ending(turn, "stopped")
    item = (await store.finish_turn(finished)).item
    assert item is not None
    assert (await store.finish_turn(finished)).item == item
    assert await store.start_overtaking(stop.inbox_id) is None
    await store.renew_lease(running.lease, 60)
    assert await store.start_overtaking(running.id) is None
    await store.finish_turn(ending(running))
    assert await take(store, conversation) is None


async def test_a_dead_process_leaves_its_turn_first_in_line(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    for word in ("one", "two"):
        conversation = (await ann.says(word)).conversation_id
    dead = await taken(store, conversation, "dead", take_all=True)
    attempt = await store.open_attempt(attempt_for(dead, asked=77), dead.lease)
    await store.mark_shown(dead.id, dead.lease, "half")
    await store.save_progress(dead.id, "half an answer")
    await ann.says("three")
    await store.release_owner("somebody else")
    assert await take(store, conversation, "new") is None
    await store.release_owner("dead")
    assert [(number, at) for number, at in await store.stalled(["web"], 9)] == [(conversation, ann.address)]
    assert await store.stalled(["telegram"], 9) == []
    assert await store.stalled(["web"], 9, quiet_ms=60_000) == []
    turn = await taken(store, conversation, "new")
    assert (turn.id, turn.merged_ids) == (dead.id, dead.merged_ids)
    assert (turn.shown, turn.progress, turn.tries) == (True, "half an answer", 2)
    assert await database.sql(f"SELECT state, input, estimated FROM attempts WHERE id = {attempt}") == [
        ("unknown", 77, 1)
    ]
    assert 0 < await database.number("SELECT output FROM attempts") <= 10
    assert await store.stalled(["web"], 9) == []


async def test_starting_alone_frees_every_lane(store: StoreOn) -> None:
    for tenant in (1, 2):
        conversation = (await Person(store, tenant).says("hi")).conversation_id
        await taken(store, conversation, f"owner {tenant}")
    assert await store.stalled(["web"], 9) == []
    await store.release_owner(None)
    assert {address.tenant for _, address in await store.stalled(["web"], 9)} == {1, 2}
    assert len(await store.stalled(["web"], 1)) == 1
