"""Conversations, windows, the screen and what belongs to whom."""

import asyncio
from dataclasses import replace

import pytest

from hub.domain.completion import Role
from hub.domain.inbound import Attachment, Called, Said
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Window
from hub.ports.store import Retention
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, attempt_for, ending, take, taken

DAY = 86_400_000


async def talk(person: Person, count: int, tokens: int = 5) -> int:
    conversation = 0
    for number in range(count):
        conversation = (await person.says(f"q{number}")).conversation_id
        await answer(person.store, conversation, f"a{number}", tokens=tokens)
    return conversation


async def test_a_turn_reads_its_window(store: StoreOn) -> None:
    ann = Person(store)
    conversation = await talk(ann, 5)
    await ann.says("now")
    turn = await taken(store, conversation, window=Window(messages=4, tokens=100))
    assert [(m.role, m.text) for m in turn.history] == [
        (Role.USER, "q3"),
        (Role.ASSISTANT, "a3"),
        (Role.USER, "q4"),
        (Role.ASSISTANT, "a4"),
    ]
    await store.hand_back(turn.lease, turn.id, ())
    turn = await taken(store, conversation, window=Window(messages=40, tokens=14))
    assert [m.text for m in turn.history] == ["q4", "a4"]


async def test_a_retry_replaces(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    photo = Attachment("f1", "image/png", "a.png", 3)
    conversation = (await ann.does(Said("what is this", (photo,)))).conversation_id
    await answer(store, conversation, "a cat")
    old = await store.last_exchange(conversation)
    assert old[0].attachments == (photo,)
    await ann.does(Called("retry"))
    await answer(store, conversation, "a dog", replaces=tuple(m.id for m in old))
    assert (await store.last_exchange(conversation))[1].text == "a dog"
    assert await database.number("SELECT messages FROM conversations") == 2
    await ann.says("next")
    assert [m.text for m in (await taken(store, conversation)).history] == ["", "a dog"]


async def test_a_question_without_an_answer_is_kept_alone(store: StoreOn, database: Database) -> None:
    conversation = (await Person(store).says("hello?")).conversation_id
    await answer(store, conversation, "")
    assert [m.text for m in await store.last_exchange(conversation)] == ["hello?"]
    assert await database.number("SELECT messages FROM conversations") == 1


async def test_nobody_can_replace_anothers_words(store: StoreOn) -> None:
    theirs = await talk(Person(store, tenant=2), 1)
    ids = tuple(m.id for m in await store.last_exchange(theirs))
    ours = (await Person(store).says("hi")).conversation_id
    await answer(store, ours, replaces=ids)
    assert len(await store.last_exchange(theirs)) == 2


async def test_conversations_stay_with_their_account(store: StoreOn) -> None:
    ann, bob, eve = Person(store), Person(store, user="bob"), Person(store, tenant=2)
    first, theirs, foreign = await talk(ann, 1), await talk(bob, 1), await talk(eve, 1)
    await ann.says("x")
    account = (await taken(store, first)).account.id
    second = await store.new_conversation(1, first, ann.address)
    assert await store.new_conversation(1, first, ann.address) == second
    assert (await ann.says("fresh")).conversation_id == second
    lines = await store.conversations(1, account, second, 10)
    assert [(line.id, line.current, line.messages) for line in lines] == [(second, True, 0), (first, False, 2)]
    assert len(await store.conversations(1, account, second, 1)) == 1
    assert await store.conversations(2, account, second, 10) == []
    for wrong in (theirs, foreign, 10_000):
        assert not await store.switch_conversation(1, account, ann.address, wrong)
    assert not await store.switch_conversation(2, account, eve.address, first)
    assert not await store.switch_conversation(2, account, ann.address, first)
    assert not await store.switch_conversation(1, account, bob.address, first)
    assert await store.switch_conversation(1, account, ann.address, first)
    assert (await ann.says("back")).conversation_id == first
    with pytest.raises(LookupError):
        await store.new_conversation(2, first, ann.address)


async def test_a_group_has_its_own(store: StoreOn) -> None:
    ann = Person(store)
    private = await talk(ann, 1)
    group = Person(store, chat="room", group=True)
    bob = Person(store, user="bob", chat="room", group=True)
    room = (await group.says("hi all")).conversation_id
    assert (await bob.says("hi")).conversation_id == room
    turn = await taken(store, room)
    assert turn.conversation.account_id != turn.account.id
    assert not await store.switch_conversation(1, turn.account.id, group.address, private)
    assert room not in [line.id for line in await store.conversations(1, turn.account.id, private, 10)]


async def test_a_choice_is_remembered_for_new_ones(store: StoreOn) -> None:
    ann = Person(store)
    conversation = (await ann.says("hi")).conversation_id
    turn = await taken(store, conversation)
    await store.choose_model(2, turn.account.id, conversation, "stolen")
    await store.choose_model(1, turn.account.id, conversation, "big")
    await store.finish_turn(ending(turn))
    fresh = await store.new_conversation(1, conversation, ann.address)
    await ann.says("again")
    turn = await taken(store, fresh)
    assert (turn.account.model, turn.conversation.model) == ("big", "big")


async def test_overflow_leaves_half_of_the_window_free(store: StoreOn) -> None:
    ann = Person(store)
    conversation = await talk(ann, 4)
    await ann.says("now")
    before = await taken(store, conversation)
    await store.hand_back(before.lease, before.id, ())
    here = before.conversation
    assert await store.overflow(here, Window(8, 100)) == ()
    leaving = await store.overflow(here, Window(7, 100))
    assert [m.text for m in leaving] == ["q0", "a0", "q1", "a1", "q2", "a2"]
    by_tokens = await store.overflow(here, Window(40, 39))
    assert [m.text for m in by_tokens] == ["q0", "a0", "q1", "a1", "q2", "a2"]
    upto = leaving[-1].id
    assert await store.save_summary(conversation, 0, upto, "they greeted")
    assert not await store.save_summary(conversation, 0, upto, "too late")
    turn = await taken(store, conversation)
    assert [m.text for m in turn.history] == ["q3", "a3"]
    assert (turn.conversation.summary, turn.conversation.window_after) == ("they greeted", upto)
    assert await store.overflow(here, Window(1, 1)) == (), "the window has moved since that turn"
    assert await store.overflow(turn.conversation, Window(1, 1)) != ()


async def test_why_reads_any_of_the_last_turns(store: StoreOn) -> None:
    ann = Person(store)
    conversation = (await ann.says("hi")).conversation_id
    turn = await taken(store, conversation)
    failed = await store.open_attempt(attempt_for(turn), turn.lease)
    done = await store.open_attempt(attempt_for(turn), turn.lease)
    end = ending(turn, attempt=done)
    assert end.attempt is not None
    await store.close_attempt(failed, end.attempt[1])
    await store.finish_turn(end)
    why = await ann.does(Called("why"))
    lines = await store.attempts_of_turn(conversation, why.inbox_id)
    assert [line.id for line in lines] == [failed, done]
    assert lines[1].end == end.attempt[1]
    assert await store.attempts_of_turn(conversation, turn.id) == []
    await store.finish_turn(replace(ending(await taken(store, conversation)), exchange=None))
    await ann.says("again")
    later = await taken(store, conversation)
    again = await store.open_attempt(attempt_for(later), later.lease)
    await store.finish_turn(ending(later, attempt=again))
    for back, which in ((1, [again]), (2, [failed, done]), (3, [])):
        assert [line.id for line in await store.attempts_of_turn(conversation, 2**40, back)] == which


async def test_the_screen_shows_what_was_said_and_is_being_said(store: StoreOn) -> None:
    ann = Person(store)
    said = await ann.says("hi")
    turn = await taken(store, said.conversation_id)
    notice = Reply(
        "",
        Notice("stopped", {"n": 1}, "de"),
        (Button("retry", "retry"), Button("Pay", translate=False, url="https://x.y/z")),
        failed=True,
    )
    await store.finish_turn(ending(turn, reply=notice))
    await asyncio.sleep(0.002)
    await ann.says("more")
    turn = await taken(store, said.conversation_id)
    assert [row.shown.state for row in await store.screen(ann.address, 9)] == ["done", "failed", "done"]
    await store.mark_shown(turn.id, turn.lease, "so")
    assert (await store.screen(ann.address, 9))[-1].shown.text == "so"
    await store.save_progress(turn.id, "so f")
    rows = await store.screen(ann.address, 9)
    assert [(row.shown.id, row.shown.role, row.shown.text, row.shown.state) for row in rows] == [
        (f"p{said.inbox_id}", "person", "hi", "done"),
        (f"t{said.inbox_id}", "notice", "", "failed"),
        (f"p{turn.id}", "person", "more", "done"),
        (turn.key, "assistant", "so f", "streaming"),
    ]
    assert rows[1].reply == notice
    assert len(await store.screen(ann.address, 2)) == 2
    assert await store.screen(Person(store, tenant=2).address, 9) == []
    await Person(store, tenant=2).says("mine")
    assert [row.shown.text for row in await store.screen(Person(store, tenant=2).address, 9)] == ["mine"]


async def test_files_are_their_tenants(store: StoreOn) -> None:
    ann = Person(store)
    kept = await store.put_file(ann.address, "image/png", "a.png", b"\x00\xff")
    assert len(kept.file) >= 24
    assert await store.get_file(1, kept.file) == (kept, b"\x00\xff")
    assert await store.find_file(1, kept.file) == kept
    assert await store.find_file(2, kept.file) is None
    assert await store.get_file(2, kept.file) is None
    assert await store.get_file(1, "nothing") is None


async def test_a_secret_is_made_once(store: StoreOn, database: Database) -> None:
    other = await database.open()
    made = await asyncio.gather(*(s.house_secret("web") for s in (store, other) * 10))
    assert len(set(made)) == 1
    assert len(made[0]) == 32
    assert await store.house_secret("mail") != made[0]


async def test_retention_forgets_what_is_past_its_time(store: StoreOn, database: Database) -> None:
    ann = Person(store)
    conversation = (await ann.says("hi")).conversation_id
    turn = await taken(store, conversation)
    await store.save_ref(1, turn.id, 0, "m1")
    attempt = await store.open_attempt(attempt_for(turn), turn.lease)
    item = (await store.finish_turn(ending(turn, attempt=attempt))).item
    assert item is not None
    await ann.says("still waiting")
    await store.put_file(ann.address, "text/plain", "a", b"a")
    bob = Person(store, user="bob")
    newest = await taken(store, (await bob.says("the newest rows stay: ids go on from them")).conversation_id)
    await store.finish_turn(ending(newest, attempt=await store.open_attempt(attempt_for(newest), newest.lease)))
    await store.put_file(bob.address, "text/plain", "b", b"b")
    now = 10 * DAY + await database.number("SELECT max(received) FROM inbox")
    assert await store.retain(Retention(0, 0, 0, 0, 0), now) == 0
    assert await store.retain(Retention(30, 30, 30, 30, 30), now) == 0
    short = Retention(5, 5, 5, 5, 5)
    assert await store.retain(short, now) == 7
    assert await database.number("SELECT count(*) FROM outbox") == 2, "what is not delivered stays"
    await store.delivered([item.id])
    assert await store.retain(short, now) == 1
    assert await store.retain(short, now) == 0
    assert await take(store, conversation) is not None


async def test_counts(store: StoreOn) -> None:
    assert await store.counts() == {"waiting": 0, "running": 0, "undelivered": 0, "dead": 0}
    for tenant in (1, 2):
        ann = Person(store, tenant)
        conversation = (await ann.says("one")).conversation_id
        item = await answer(store, conversation)
        await ann.says("two")
    await taken(store, conversation)
    await store.not_delivered(item.id, "kicked", None)
    assert await store.counts() == {"waiting": 1, "running": 1, "undelivered": 1, "dead": 1}
    await store.check()
