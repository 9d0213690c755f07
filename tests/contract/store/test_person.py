"""Everything that is held of one person, and its end: nothing left that names them, no number of the ledger moved."""

from __future__ import annotations

import json
import sqlite3

from hub.core.jobs.chores import Erasing
from hub.core.operations.person import LIFE_MS, Exports, told
from hub.domain.address import Address
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.group import Asking, GroupPolicy
from hub.domain.inbound import Called, Said
from hub.domain.mail import NewMail, Template
from hub.domain.money import Ask, Cap, Charge, Hold, NewGrant, Refusal, Source, Unit
from hub.domain.payer import PaidBy
from hub.domain.payment import Goods, NewOrder, Offer, PaymentSeen, Seen
from hub.domain.turn import OutboxItem, Turn
from hub.domain.windows import DAY_MS
from hub.ports.store import Retention
from storage.rows import now_ms
from storage.store import StoreOn
from storage.tables import tables
from tests.contract.store.conftest import Database, Person, answer, ending, taken
from tests.contract.store.money_kit import Payer, agrees, allowance

MARKS = ("annika", "secret-word", "wonderland")
"""Her names, what she said, what she sent: each stands in many tables."""


class OnPlatform(Person):
    """The same person on another platform."""

    def __init__(self, store: StoreOn, platform: str, user: str, **more: object) -> None:
        super().__init__(store, user=user, **more)  # type: ignore[arg-type]
        self.address = Address(1, platform, "bot", self.address.chat, kind=self.address.kind)


async def whole(store: StoreOn, account: int) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads("".join([piece async for piece in told(store, 1, account)]))
    return found


async def lived(store: StoreOn) -> tuple[int, list[Person]]:
    """Somebody on four platforms and in a group who talked, sent files, paid, was written to; her account."""
    people: list[Person] = [
        OnPlatform(store, name, f"annika-{name}") for name in ("web", "telegram", "slack", "discord")
    ]
    accounts = []
    for person in people:
        conversation = (await person.says("secret-word is what I said")).conversation_id
        await answer(store, conversation, "you said secret-word")
        accounts.append(await store.account_of(1, person.address.platform, person.sender.user))
    kept = accounts[0]
    for joined in accounts[1:]:
        assert await store.merge(1, kept, joined)
    group = OnPlatform(store, "telegram", "annika-telegram", chat="room", group=True)
    await answer(store, (await group.says("secret-word, friends")).conversation_id, "secret-word indeed")
    await store.put_file(people[1].address, "text/plain", "wonderland.txt", b"wonderland")
    await store.write_note("telegram", "met:annika-telegram", "annika")
    order = NewOrder(kept, people[1].address, people[1].sender, Goods.TOPUP, "5", "digest", "stripe", now_ms() + 9_000)
    (number,) = await store.make_orders([order], now_ms())
    offer = Offer(Goods.TOPUP, "5", 500, "usd", 5_000)
    await store.start_order(1, number, offer, "cs_1", "https://pay.example/annika", "", now_ms())
    seen = PaymentSeen("cs_1", True, 500, 500, "usd", number, kept, receipt="https://pay.example/annika")
    await store.apply_seen(1, "stripe", Seen((seen,)), 1, now_ms())
    members = frozenset({"annika-telegram", "bob-telegram"})
    policy = GroupPolicy(None, None, Asking.MEMBERS, members, PaidBy.SPONSOR, kept, Cap(5))
    await store.set_group_policy(group.address, policy)
    await store.set_login(1, kept, "annika@example.org", "hash")
    await store.post_mail(NewMail("w:annika", Template.WARNING, {"plan": "secret-word"}, kept))
    await store.refuse_mail(1, "annika@example.org", Template.SUMMARY)
    await store.grant(1, NewGrant("g1", kept, Unit.MICRO, 1000, Source.GIFT))
    call = await store.open_attempt(
        NewAttempt(1, 0, 0, kept, "fast", "openai", 1, 1, hold=Hold(kept, (Ask(Unit.MICRO, 300),))), None
    )
    assert not isinstance(call, Refusal)
    await store.close_attempt(call, AttemptEnd(AttemptState.DONE, Usage(5, output=6), charge=Charge(250)))
    return kept, people


async def everywhere(database: Database) -> dict[str, int]:
    """In how many rows of each table one of the marks stands."""
    found = {}
    for table in tables.tables.values():
        texts = [f"CAST({column.name} AS TEXT)" if database.kind == "sqlite" else f'"{column.name}"::text'
                 for column in table.c]  # fmt: skip
        line = " || ' ' || ".join(f"coalesce({text}, '')" for text in texts)
        condition = " OR ".join(f"lower({line}) LIKE '%{mark}%'" for mark in MARKS)
        if count := int(await database.number(f'SELECT count(*) FROM "{table.name}" WHERE {condition}')):
            found[table.name] = count
    return found


async def test_an_export_is_complete_and_an_erasure_leaves_numbers_alone(store: StoreOn, database: Database) -> None:
    account, people = await lived(store)
    bob = Person(store, user="bob")
    await answer(store, (await bob.says("mine")).conversation_id, "yours")
    held = await whole(store, account)
    for platform in ("web", "telegram", "slack", "discord"):
        assert any(one["platform"] == platform for one in held["identities"])
    assert len(held["messages"]) == 8
    assert len(held["said"]) == 5, "in the group too"
    assert held["files"][0]["content"] == "d29uZGVybGFuZA=="
    assert [one["amount"] for one in held["grants"]] == [5000, 1000]
    assert "hash" not in json.dumps(held["logins"])
    assert "mine" not in json.dumps(held)
    assert (await whole(store, account + 100))["messages"] == []

    before = await everywhere(database)
    assert {"accounts", "identities", "inbox", "messages", "outbox", "addresses", "files", "mails", "logins"} <= set(
        before
    )
    numbers = await database.sql("SELECT sum(granted), sum(used) FROM entries")
    events = [row[0] for row in await database.sql("SELECT event_id FROM inbox ORDER BY id")]
    gone = await store.erase(1, account)
    assert (gone.messages, gone.files) == (10, 1)
    assert await everywhere(database) == {}
    (line,) = await store.groups(1, 0, 0, 9)
    assert (line.policy.members, line.policy.paid_by, line.policy.payer) == ({"bob-telegram"}, None, 0)
    assert await database.sql("SELECT sum(granted), sum(used) FROM entries") == numbers
    assert await store.verify(0, 100) == ((), 0)
    assert [row[0] for row in await database.sql("SELECT event_id FROM inbox ORDER BY id")] == events
    assert (await whole(store, account))["identities"] == []
    assert await store.erase(1, account) is not None, "once more does no harm"
    assert (await store.last_exchange((await bob.says("still")).conversation_id))[0].text == "mine"
    if database.kind == "sqlite":
        assert database.path is not None
        link = sqlite3.connect(database.path)
        assert link.execute("PRAGMA foreign_key_check").fetchall() == []
        link.close()
    assert people


async def test_who_is_erased_and_comes_back_finds_the_rest_of_the_allowance_once(
    store: StoreOn, database: Database
) -> None:
    plan = allowance(100, ends=now_ms() + DAY_MS)
    phone, desk = OnPlatform(store, "telegram", "annika-telegram"), OnPlatform(store, "slack", "annika-slack")
    await phone.says("hello")
    await desk.says("hello")
    first = await store.account_of(1, "telegram", "annika-telegram")
    assert await store.merge(1, first, await store.account_of(1, "slack", "annika-slack"))
    ann = Payer(store, first)
    await ann.ends(await ann.opened(60, plan), 60)
    await store.erase(1, first)
    assert await everywhere(database) == {}, "nothing tells whose rest it is"
    await OnPlatform(store, "telegram", "bob-telegram").says("I am new")
    bob = Payer(store, await store.account_of(1, "telegram", "bob-telegram"))
    assert isinstance(await bob.opens(100, plan), int)
    for again in (phone, desk):
        await again.says("here I am again")
    back = Payer(store, await store.account_of(1, "telegram", "annika-telegram"))
    other = Payer(store, await store.account_of(1, "slack", "annika-slack"))
    assert back.id != first
    share = await store.window_share(1, back.id)
    assert share is not None
    assert (share.plan, share.amount) == ("free", 40), "nobody is shown a whole one"
    assert await back.opens(41, plan) == Refusal()
    await back.ends(await back.opened(40, plan), 30)
    assert await other.opens(1, plan) == Refusal(), "of who was one person the first has it"
    await store.erase(1, back.id)
    await phone.says("and again")
    third = Payer(store, await store.account_of(1, "telegram", "annika-telegram"))
    assert await third.opens(11, plan) == Refusal()
    assert isinstance(await third.opens(10, plan), int)
    assert await agrees(store)
    await store.erase(1, third.id)
    await store.retain(Retention(), now_ms() + DAY_MS + 1_000)
    assert await database.number("SELECT count(*) FROM forgotten") == 0


async def test_an_erasure_takes_notes_by_whole_ids(store: StoreOn) -> None:
    person = OnPlatform(store, "telegram", "12345")
    await person.says("hello")
    for name, value in (("seen:12345", ""), ("seen:912345", ""), ("a", '["12345", 7]'), ("b", "123456")):
        await store.write_note("telegram", name, value or "x")
    await store.erase(1, await store.account_of(1, "telegram", "12345"))
    kept = [await store.read_note("telegram", name) for name in ("seen:12345", "seen:912345", "a", "b")]
    assert kept == ["", "x", "", "123456"]


async def test_a_redelivery_brings_nobody_back(store: StoreOn, database: Database) -> None:
    person = OnPlatform(store, "telegram", "annika-telegram")
    first = await person.says("secret-word", event="u1")
    account = await store.account_of(1, "telegram", "annika-telegram")
    assert await store.erase(2, account) == await store.erase(1, account + 50), "nobody of that tenant, nobody at all"
    await store.erase(1, account)
    again = await person.says("secret-word", event="u1")
    assert (again.inbox_id, again.duplicate) == (first.inbox_id, True)
    assert await everywhere(database) == {}
    fresh = await person.says("hello again", event="u2")
    assert not fresh.duplicate
    assert await store.account_of(1, "telegram", "annika-telegram") > account
    assert (await taken(store, fresh.conversation_id)).history == ()


async def test_who_asks_in_a_chat_is_answered_and_forgotten_a_little_later(store: StoreOn, database: Database) -> None:
    person = OnPlatform(store, "telegram", "annika-telegram")
    await answer(store, (await person.says("secret-word")).conversation_id)
    account = await store.account_of(1, "telegram", "annika-telegram")
    asking = await taken(store, (await person.does(Called("forget", "yes"))).conversation_id)
    await store.erase(1, account, keep_turn=asking.id)
    assert set(await everywhere(database)) == {"inbox", "addresses"}
    item = await answer_kept(store, asking)
    assert item.address.chat == "annika-telegram"
    await store.delivered([item.id])
    job = Erasing(store)
    assert await job(0, now_ms()) == "0 erasures brought to the end"
    assert await job(0, now_ms() + 700_000) == "1 erasure brought to the end"
    assert await everywhere(database) == {}
    assert await job(0, now_ms() + 700_000) == "0 erasures brought to the end"


async def test_who_comes_back_at_once_keeps_the_new_place(store: StoreOn, database: Database) -> None:
    person = OnPlatform(store, "telegram", "annika-telegram")
    asking = await taken(store, (await person.does(Called("forget", "yes"))).conversation_id)
    account = asking.account.id
    await store.erase(1, account, keep_turn=asking.id)
    await answer_kept(store, asking)
    fresh = await person.says("hello again")
    await Erasing(store)(0, now_ms() + 700_000)
    turn = await taken(store, fresh.conversation_id)
    assert turn.account.id != account
    assert (turn.inbound.address.chat, turn.inbound.content) == ("annika-telegram", Said("hello again"))


async def answer_kept(store: StoreOn, turn: Turn) -> OutboxItem:
    item = (await store.finish_turn(ending(turn, "done"))).item
    assert item is not None
    return item


async def test_links_to_exports_are_signed_and_grow_old(store: StoreOn) -> None:
    exports = Exports(store, b"k" * 32)
    word = exports.word(1, 7, 1000)
    assert exports.read(word, 1000) == (1, 7)
    assert exports.read(word, 1000 + LIFE_MS) is None
    for forged in ("", "1.7.99999999", word[:-1] + "x", word.replace("1.7.", "1.8."), "a.b.c." + word[-32:]):
        assert exports.read(forged, 1000) is None
    assert Exports(store, b"x" * 32).read(word, 1000) is None
