"""What an erasure leaves in groups and teams: no payer, no name on a list, no opinion, and an owner of the team."""

from __future__ import annotations

from hub.domain.address import Address
from hub.domain.group import Asking, GroupPolicy
from hub.domain.key import NewKey
from hub.domain.payer import PaidBy
from hub.domain.team import Role
from hub.ports.keys import ReplayLock
from storage.rows import now_ms
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer
from tests.contract.store.test_feedback import answered
from tests.contract.store.test_person import whole
from tests.contract.store.test_teams import known, roles


async def rated(store: StoreOn) -> tuple[Person, Person]:
    """Ann and Bob in a group; each has rated the answer to the other."""
    ann, bob = (Person(store, user=user, chat="room", group=True) for user in ("ann", "bob"))
    for person, other, ref in ((ann, bob, "m1"), (bob, ann, "m2")):
        await answered(store, person, ref)
        assert await store.rate(person.address, ref, other.sender.user, True)
    return ann, bob


async def test_opinions_are_of_who_gave_them(store: StoreOn, database: Database) -> None:
    (ann,) = await known(store, "ann")
    await rated(store)
    assert [one["person"] for one in (await whole(store, ann))["opinions"]] == ["ann"], "Bob's is not hers to have"
    # once retention has taken the turn away, the opinion is still hers
    await database.sql("DELETE FROM refs")
    await database.sql("UPDATE feedback SET turn_id = turn_id + 1000")
    assert [one["person"] for one in (await whole(store, ann))["opinions"]] == ["ann"]
    await store.erase(1, ann)
    assert [tuple(row) for row in await database.sql("SELECT person FROM feedback")] == [("bob",)]


async def test_the_same_name_on_another_platform_is_somebody_else(store: StoreOn, database: Database) -> None:
    (ann,) = await known(store, "ann")
    other = Person(store, user="ann")
    other.address = Address(1, "slack", "bot", "ann")
    await answered(store, other, "m1")
    assert await store.rate(other.address, "m1", "ann", True)
    assert (await whole(store, ann))["opinions"] == []
    await store.erase(1, ann)
    assert await database.number("SELECT count(*) FROM feedback") == 1


async def test_nobody_who_is_forgotten_pays_for_a_group_or_stands_on_its_list(store: StoreOn) -> None:
    ann, _ = await known(store, "ann", "bob")
    room = Person(store, chat="room", group=True).address
    await store.set_group_policy(
        room, GroupPolicy(asking=Asking.MEMBERS, members=frozenset({"ann", "bob"}), paid_by=PaidBy.SPONSOR, payer=ann)
    )
    await store.erase(1, ann)
    policy = await store.group_policy(room)
    assert (policy.paid_by, policy.payer, policy.members) == (None, 0, frozenset({"bob"}))
    assert policy.asking is Asking.MEMBERS, "an empty list would still let nobody in"


async def test_an_export_has_kept_answers_and_sponsored_groups_and_no_others(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    for account, answer_ in ((ann, b"hers"), (bob, b"his")):
        key = await store.create_key(NewKey(1, account, "laptop", "pk-parley-Ab12", f"d{account}"))
        lock = await store.open_replay(ReplayLock(1, key, "once", "digest", now_ms() + 60_000))
        await store.keep_replay(lock, 200, answer_)
        room = Person(store, chat=f"room-{account}", group=True).address
        await store.set_group_policy(
            room, GroupPolicy(members=frozenset({"somebody-else"}), paid_by=PaidBy.SPONSOR, payer=account)
        )
    held = await whole(store, ann)
    assert [one["answer"] for one in held["api_answers"]] == ["aGVycw=="]
    assert [one["chat"] for one in held["sponsored_groups"]] == [f"room-{ann}"]
    assert "somebody-else" not in str(held)


async def test_a_name_of_wildcards_takes_nobody_elses_notes(store: StoreOn) -> None:
    """A website may sign in whoever it likes, under any name."""
    odd, _ = await known(store, "%%_%", "bob")
    await store.write_note("web", "met:bob", "bob")
    await store.write_note("web", "met:%%_%", "odd")
    await store.erase(1, odd)
    assert (await store.read_note("web", "met:bob"), await store.read_note("web", "met:%%_%")) == ("bob", "")


async def test_a_team_whose_owner_is_forgotten_passes_to_who_is_next(store: StoreOn, database: Database) -> None:
    ann, bob, eve = await known(store, "ann", "bob", "eve")
    team, alone = await store.create_team(1, "Smiths", ann), await store.create_team(1, "Nobody", ann)
    await store.put_member(1, team, bob, Role.MEMBER)
    await store.put_member(1, team, eve, Role.ADMIN)
    await store.erase(1, ann)
    assert await roles(store, team) == {"Bob": "member", "Eve": "owner"}
    assert await roles(store, alone) == {}
    assert await database.number(f"SELECT teams FROM accounts WHERE id = {ann}") == 0
    await store.erase(1, eve)
    assert await roles(store, team) == {"Bob": "owner"}


async def test_two_owners_need_no_heir(store: StoreOn) -> None:
    ann, bob, eve = await known(store, "ann", "bob", "eve")
    team = await store.create_team(1, "Smiths", ann)
    await store.put_member(1, team, bob, Role.MEMBER)
    await store.put_member(1, team, eve, Role.OWNER)
    await store.erase(1, ann)
    assert await roles(store, team) == {"Bob": "member", "Eve": "owner"}
    await answer(store, (await Person(store, user="bob").says("still here")).conversation_id)
