"""What was decided for a group is the chat's, in its tenant alone."""

from dataclasses import replace

from hub.domain.group import AS_THE_HOUSE, Asking, GroupPolicy
from hub.domain.money import Cap
from hub.domain.payer import PaidBy
from hub.domain.team import TeamPlace
from hub.domain.turn import Overlap
from storage.store import StoreOn
from tests.contract.store.conftest import Person


async def test_a_policy_is_the_chats_with_all_its_threads_and_no_other_tenants(store: StoreOn) -> None:
    here = Person(store, 1, "ann", chat="room", group=True).address
    assert await store.group_policy(here) == AS_THE_HOUSE
    policy = GroupPolicy(Overlap.MERGE, True, Asking.MEMBERS, frozenset({"ann", "bö\0b"}))
    await store.set_group_policy(here, policy)
    found = await store.group_policy(replace(here, thread="t1"))
    assert replace(found, id=0) == replace(policy, members=frozenset({"ann", "bö\ufffdb"}))
    assert await store.group_policy(replace(here, tenant=2)) == AS_THE_HOUSE
    assert await store.group_policy(replace(here, chat="other")) == AS_THE_HOUSE
    await store.set_group_policy(here, GroupPolicy(always=False))
    assert await store.group_policy(here) == GroupPolicy(always=False, id=found.id)


async def test_who_pays_finds_the_groups_and_stops(store: StoreOn) -> None:
    rooms = [Person(store, 1, "ann", chat=f"room{n}", group=True).address for n in range(3)]
    ann, bob = [await store.create_account(1, name) for name in ("Ann", "Bob")]
    for room, payer in zip(rooms, (ann, bob, ann), strict=True):
        await store.set_group_policy(room, GroupPolicy(paid_by=PaidBy.SPONSOR, payer=payer, cap=Cap(5)))
    lines = await store.groups(1, ann, 0, 9)
    assert [(line.chat, line.policy.cap) for line in lines] == [("room0", Cap(5)), ("room2", Cap(5))]
    assert [line.chat for line in await store.groups(1, 0, lines[0].policy.id, 1)] == ["room1"]
    assert await store.groups(2, 0, 0, 9) == ()
    assert not await store.stop_paying(1, lines[0].policy.id, bob), "not his"
    assert not await store.stop_paying(2, lines[0].policy.id, ann)
    assert await store.stop_paying(1, lines[0].policy.id, ann)
    assert not await store.stop_paying(1, lines[0].policy.id, ann)
    assert (await store.group_policy(rooms[0])).paid_by is None
    assert [line.chat for line in await store.groups(1, ann, 0, 9)] == ["room2"]


async def test_a_chat_that_is_called_otherwise_goes_on(store: StoreOn) -> None:
    """With its threads, what was decided for it and its team; also where somebody wrote there before we knew."""

    def at(tenant: int, chat: str, thread: str = "") -> Person:
        person = Person(store, tenant, "ann", chat=chat, group=True)
        person.address = replace(person.address, thread=thread)
        return person

    async def lane(tenant: int, chat: str, thread: str = "") -> int:
        return (await at(tenant, chat, thread).says("hi")).conversation_id

    here, others = await lane(1, "old"), await lane(2, "old")
    early, late = await lane(1, "new", "t1"), await lane(1, "old", "t1")
    old, new = at(1, "old").address, at(1, "new").address
    for tenant in (1, 2):
        await store.set_group_policy(replace(old, tenant=tenant), GroupPolicy(always=True))
    team = await store.create_team(1, "Team", await store.create_account(1, "Ann"))
    await store.bind(1, TeamPlace(old.platform, old.bot, "old", team))
    for _ in range(2):
        await store.move_chat(old, "new")
        assert await lane(1, "new") == here
        assert await lane(1, "new", "t1") == late != early
        assert (await store.group_policy(new)).always
        assert await store.group_policy(old) == AS_THE_HOUSE
        assert [place.place for place in await store.places(1, team)] == ["new"]
    assert await lane(2, "old") == others
    assert (await store.group_policy(replace(old, tenant=2))).always, "another tenant's"
