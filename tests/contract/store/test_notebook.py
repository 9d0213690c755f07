"""What adapters find again, and who may listen."""

import asyncio
from dataclasses import replace

from hub.core.house import CoreHouse
from hub.domain.inbound import Attachment, Called, Said
from hub.ports.house import Heard
from hub.ports.store import Retention
from storage.store import StoreOn
from storage.verbs.retention import NOTE_DAYS
from tests.contract.store.conftest import Database, Person, answer, taken


async def test_a_note_is_found_again_until_it_is_emptied(store: StoreOn, database: Database) -> None:
    notebook = (await CoreHouse.open(store)).notebook
    assert await notebook.read("discord", "session") == ""
    await notebook.write("discord", "session", "first")
    await notebook.write("discord", "session", "naïve \U0001f600")
    await notebook.write("slack", "session", "another's")
    assert await (await CoreHouse.open(await database.open())).notebook.read("discord", "session") == "naïve \U0001f600"
    await notebook.write("discord", "session", "")
    await notebook.write("discord", "never written", "")
    assert await notebook.read("discord", "session") == ""
    assert await notebook.read("slack", "session") == "another's"
    assert await database.number("SELECT count(*) FROM notes") == 1


async def test_a_note_that_nobody_writes_anew_is_forgotten(store: StoreOn, database: Database) -> None:
    await store.write_note("slack", "unparsed:1", "{}")
    now = await database.number("SELECT max(written) FROM notes")
    assert await store.retain(Retention(), now + NOTE_DAYS * 86_400_000) == 0
    assert await store.retain(Retention(), now + NOTE_DAYS * 86_400_000 + 1) == 1
    assert await store.read_note("slack", "unparsed:1") == ""


async def test_where_people_wrote_lately(store: StoreOn) -> None:
    ann, bob, eve = Person(store), Person(store, user="bob"), Person(store, tenant=2)
    elsewhere = Person(store, user="zoe")
    elsewhere.address = replace(elsewhere.address, bot="another bot")
    await ann.says("one", event="a1")
    await bob.says("two", event="b1")
    await eve.says("three", event="e1")
    await elsewhere.says("four", event="z1")
    assert await store.heard(1, "web", "site", 9) == (Heard(bob.address, "b1"), Heard(ann.address, "a1"))
    await ann.says("five", event="a2")
    await ann.does(Called("help"), event="a3", overtakes=True)
    assert await store.heard(1, "web", "site", 9) == (Heard(ann.address, "a2"), Heard(bob.address, "b1"))
    assert await store.heard(1, "web", "site", 1) == (Heard(ann.address, "a2"),)
    assert await store.heard(1, "slack", "site", 9) == ()


async def test_one_process_listens(store: StoreOn, database: Database) -> None:
    other = await database.open()
    taken_by = await asyncio.gather(
        *(each.take_listener("bot", name, 60) for each, name in ((store, "a"), (other, "b"), (store, "c")))
    )
    assert sorted(taken_by) == [False, False, True]
    owner = "abc"[taken_by.index(True)]
    assert await other.take_listener("bot", owner, 60), "keeping it"
    assert await other.take_listener("another bot", "d", 60)
    assert not await store.take_listener("bot", "d", 60)
    await store.let_listener_go("bot", "d")
    assert not await store.take_listener("bot", "d", 60), "what is another's cannot be let go"
    await store.let_listener_go("bot", owner)
    assert await store.take_listener("bot", "d", 60)


async def test_a_dead_process_no_longer_listens(store: StoreOn) -> None:
    assert await store.take_listener("bot", "dead", 0.05)
    assert not await store.take_listener("bot", "me", 60)
    await asyncio.sleep(0.1)
    assert await store.take_listener("bot", "me", 60)
    assert not await store.take_listener("bot", "dead", 60)
    await store.release_owner(None)
    assert await store.take_listener("bot", "alone", 60), "where a process is alone every lease is a dead one's"


async def test_where_a_file_can_be_fetched_is_kept(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    photo = Attachment("", "image/png", "a.png", 3, "opaque")
    first = await ann.does(Said("look", (photo,)), event="1")
    assert (await ann.does(Said("look", (photo,)), event="1")) == replace(first, duplicate=True)
    turn = await taken(store, first.conversation_id)
    assert turn.inbound.content == Said("look", (photo,))
    await store.hand_back(turn.lease, turn.id, ())
    await answer(store, first.conversation_id)
    assert (await store.last_exchange(first.conversation_id))[0].attachments == (photo,)


async def test_files_of_before_sources_were_kept_are_read(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    photo = Attachment("f1", "image/png", "a.png", 3)
    accepted = await ann.does(Said("look", (photo,)))
    assert await database.number("SELECT content FROM inbox") == '["look",[["f1","image/png","a.png",3]]]'
    assert (await taken(store, accepted.conversation_id)).inbound.content == Said("look", (photo,))
