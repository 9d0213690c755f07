"""What was decided for a group is the chat's, in its tenant alone."""

from dataclasses import replace

from hub.domain.group import AS_THE_HOUSE, Asking, GroupPolicy
from hub.domain.payer import PaidBy
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
        await store.set_group_policy(room, GroupPolicy(paid_by=PaidBy.SPONSOR, payer=payer, cap=5))
    lines = await store.groups(1, ann, 0, 9)
    assert [(line.chat, line.policy.cap) for line in lines] == [("room0", 5), ("room2", 5)]
    assert [line.chat for line in await store.groups(1, 0, lines[0].policy.id, 1)] == ["room1"]
    assert await store.groups(2, 0, 0, 9) == ()
    assert not await store.stop_paying(1, lines[0].policy.id, bob), "not his"
    assert not await store.stop_paying(2, lines[0].policy.id, ann)
    assert await store.stop_paying(1, lines[0].policy.id, ann)
    assert not await store.stop_paying(1, lines[0].policy.id, ann)
    assert (await store.group_policy(rooms[0])).paid_by is None
    assert [line.chat for line in await store.groups(1, ann, 0, 9)] == ["room2"]
