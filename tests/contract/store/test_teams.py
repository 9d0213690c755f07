"""Teams: who is in one, how they come and go, which places are theirs, and who pays for what is asked there."""

import asyncio
from dataclasses import replace

from hub.domain.address import Address, ChatKind
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.group import GroupPolicy
from hub.domain.inbound import Said
from hub.domain.money import Ask, Cap, Ceiling, Charge, Hold, NewGrant, Refusal, Source, Unit
from hub.domain.payer import PaidBy
from hub.domain.reply import Notice
from hub.domain.team import Change, Role, Team, TeamPlace
from hub.ports.accounts import CodeRules
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer
from tests.contract.store.money_kit import DOLLAR, Payer, agrees

RULES = CodeRules()


async def known(store: StoreOn, *names: str, tenant: int = 1) -> list[int]:
    """Accounts of people who have written privately."""
    accounts = []
    for name in names:
        person = Person(store, tenant, name)
        await answer(store, (await person.says(f"I am {name}")).conversation_id)
        accounts.append(await store.account_of(tenant, "web", name))
    return accounts


async def roles(store: StoreOn, team: int) -> dict[str, str]:
    return {one.name: one.role.value for one in await store.members(1, team, "2026-11", 0, 99)}


async def test_a_team_is_an_account_with_an_owner_and_made_once(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    team = await store.create_team(1, "Smiths", ann, "t7")
    assert await store.create_team(1, "Smiths", ann, "t7") == team, "the same turn, run again after a crash"
    other = await store.create_team(1, "Smiths", bob)
    assert other != team
    assert await store.teams(1, 0, 9) == (Team(team, 1, "Smiths", Cap()), Team(other, 1, "Smiths", Cap()))
    assert await store.teams(2, 0, 9) == ()
    assert await store.team(2, team) is None
    assert [line.id for line in await store.accounts(1, 0, 9)] == [ann, bob], "no person"
    (mine,) = await store.teams_of(1, ann)
    assert (mine.id, mine.me and mine.me.role) == (team, Role.OWNER)


async def test_members_come_change_and_go_and_an_owner_stays(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    (eve,) = await known(store, "eve", tenant=2)
    team = await store.create_team(1, "Smiths", ann)
    assert await store.put_member(1, team, bob, Role.MEMBER) is Change.DONE
    for wrong in ((1, team, 999), (1, 999, bob), (1, team, eve), (2, team, eve), (1, team, team)):
        assert await store.put_member(*wrong, Role.MEMBER) is Change.UNKNOWN
    assert await store.put_member(1, team, ann, Role.ADMIN) is Change.LAST_OWNER
    assert await store.remove_member(1, team, ann) is Change.LAST_OWNER
    assert await store.put_member(1, team, bob, Role.OWNER) is Change.DONE
    assert await store.put_member(1, team, ann, Role.MEMBER) is Change.DONE
    assert await roles(store, team) == {"Ann": "member", "Bob": "owner"}
    first = (await store.teams_of(1, ann))[0].me
    assert await store.remove_member(2, team, ann) is Change.UNKNOWN
    assert await store.remove_member(1, team, ann) is Change.DONE
    assert await store.remove_member(1, team, ann) is Change.UNKNOWN
    assert await store.teams_of(1, ann) == ()
    assert await store.set_cap(1, team, ann, Cap(5)) is Change.UNKNOWN
    await store.put_member(1, team, ann, Role.MEMBER)
    again = (await store.teams_of(1, ann))[0].me
    assert first is not None
    assert again is not None
    assert first.id == again.id, "who leaves and comes back has spent what they had spent"


async def test_of_two_owners_who_leave_at_once_one_stays(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    for _ in range(4):
        team = await store.create_team(1, "Smiths", ann)
        await store.put_member(1, team, bob, Role.OWNER)
        outcomes = await asyncio.gather(*(store.remove_member(1, team, one) for one in (ann, bob)))
        assert sorted(outcomes) == [Change.DONE, Change.LAST_OWNER]


async def test_a_code_lets_one_person_join_once(store: StoreOn, database: Database) -> None:
    ann, bob, _ = await known(store, "ann", "bob", "eve")
    team = await store.create_team(1, "Smiths", ann)
    await store.invite(1, team, "d1", RULES)
    people = {name: Person(store, 1, name) for name in ("bob", "eve")}

    async def types(name: str, digest: str, turn: int) -> int | None:
        return await store.join_team(people[name].inbound(Said("/team join")), turn, digest, RULES)

    assert await types("eve", "nothing", 1) == 0
    assert await types("bob", "d1", 2) == team
    assert await types("bob", "d1", 2) == team, "the same turn, run again after a crash"
    assert await types("eve", "d1", 3) == 0, "used up"
    assert await roles(store, team) == {"Ann": "owner", "Bob": "member"}
    await store.invite(1, team, "d2", RULES)
    await database.sql("UPDATE invitations SET expires = 1 WHERE digest = 'd2'")
    for turn in range(4, 7):
        assert await types("eve", "d2", turn) == 0
    await store.invite(1, team, "d3", RULES)
    assert await types("eve", "d3", 9) is None, "five wrong ones"
    await store.remove_member(1, team, bob)
    assert await types("bob", "d3", 10) == team, "an invitation brings back who left"


async def test_caps_are_kept_with_their_unit_and_what_was_spent_is_told_in_it(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    team = await store.create_team(1, "Smiths", ann)
    await store.put_member(1, team, bob, Role.MEMBER)
    await store.grant(1, NewGrant("pool", team, Unit.MICRO, 1_000, Source.TOPUP))
    pool = Payer(store, team)
    members = await store.members(1, team, "w", 0, 9)
    under = [Ceiling(f"member:{team}:{members[1].id}", "w", unit, 1_000) for unit in (Unit.MICRO, Unit.MESSAGES)]
    sizes = (Ask(Unit.MESSAGES, 1),)
    hold = Hold(team, (Ask(Unit.MICRO, 90),), ceilings=tuple(under), sizes=sizes)
    new = NewAttempt(1, 0, 0, bob, "big", "some", 5, 10, price=DOLLAR, hold=hold)
    number = await store.open_attempt(new, None)
    assert isinstance(number, int)
    await pool.ends(number, 70)
    for cap, unit, spent in ((Cap(5, Unit.MESSAGES), Unit.MESSAGES, 1), (Cap(500), Unit.MICRO, 70)):
        await store.set_cap(1, team, 0, cap)
        told = await store.team(1, team)
        assert told is not None
        assert told.cap == cap
        found = (await store.members(1, team, "w", 0, 9))[1]
        assert (found.cap, found.bound(told.cap).unit, found.spent) == (Cap(), unit, spent)
    await store.set_cap(1, team, bob, Cap(7, Unit.TOKENS))
    assert (await store.members(1, team, "w", 0, 9))[1].cap == Cap(7, Unit.TOKENS)
    assert await agrees(store)


async def test_who_pays_where(store: StoreOn) -> None:
    ann, bob, eve = await known(store, "ann", "bob", "eve")
    team = await store.create_team(1, "Smiths", ann)
    await store.put_member(1, team, bob, Role.MEMBER)
    await store.set_cap(1, team, 0, Cap(500))
    group = Person(store, 1, "ann", chat="room", group=True).address

    async def payer(account: int, address: Address = group, place: str = "guild") -> tuple[int, int, int]:
        found = await store.purse(address, place, account)
        return (found.payer.id if found.payer else 0, found.cap.amount, found.joins)

    assert await payer(bob) == (0, 0, 0)
    assert await store.bind(1, TeamPlace("web", "site", "guild", team))
    assert await payer(bob) == (team, 500, 0)
    assert await payer(eve) == (0, 0, 0), "no member"
    assert await payer(bob, place="elsewhere") == (0, 0, 0)
    assert await payer(bob, replace(group, tenant=2)) == (0, 0, 0)
    other = await store.create_team(1, "Millers", eve)
    assert not await store.bind(1, TeamPlace("web", "site", "guild", other)), "it is the Smiths'"
    assert await store.bind(1, TeamPlace("web", "site", "guild", team, everybody=True))
    assert await payer(eve) == (0, 0, team)
    await store.put_member(1, team, eve, Role.MEMBER)
    await store.remove_member(1, team, eve)
    assert await payer(eve) == (0, 0, 0), "who left does not come back by asking"
    await store.set_paid(1, team, bob, False)
    assert await payer(bob) == (0, 0, 0)
    await store.set_paid(1, team, bob, True)
    await store.set_group_policy(group, GroupPolicy(paid_by=PaidBy.SENDER))
    assert await payer(bob) == (0, 0, 0)
    await store.set_group_policy(group, GroupPolicy(paid_by=PaidBy.SPONSOR, payer=eve, cap=Cap(7)))
    assert await payer(bob) == (eve, 0, 0)
    await store.set_group_policy(group, GroupPolicy(paid_by=PaidBy.TEAM, payer=team))
    assert await payer(bob, place="elsewhere") == (team, 500, 0)
    await store.set_group_policy(group, GroupPolicy())
    assert not await store.unbind(1, "web", "site", "guild", other)
    assert await store.places(1, team) == (TeamPlace("web", "site", "guild", team, everybody=True),)
    assert await store.unbind(1, "web", "site", "guild", team)
    assert await payer(bob) == (0, 0, 0)


async def test_in_a_workspace_whose_people_are_all_members_those_who_are_there_and_who_come_are(
    store: StoreOn,
) -> None:
    ann, bob = await known(store, "ann", "bob")
    team = await store.create_team(1, "Smiths", ann)
    place = TeamPlace("web", "site", "T1", team, everybody=True, private=True)
    assert await store.bind(1, place)
    assert await roles(store, team) == {"Ann": "owner", "Bob": "member"}
    await store.remove_member(1, team, bob)
    (cy,) = await known(store, "cy")
    assert await roles(store, team) == {"Ann": "owner", "Cy": "member"}
    private = Address(1, "web", "site", "cy", kind=ChatKind.PRIVATE)
    found = await store.purse(private, "T1", cy)
    assert found.payer is not None
    assert found.payer.id == team
    talk = await Person(store, 1, "cy").says("hi")
    taken = await store.start_overtaking(talk.inbox_id)
    assert taken is None, "it goes through its lane"


async def test_the_turn_knows_whether_somebody_is_in_a_team(store: StoreOn) -> None:
    ann, bob = await known(store, "ann", "bob")
    team = await store.create_team(1, "Smiths", ann)
    await store.put_member(1, team, bob, Role.MEMBER)
    person = Person(store, 1, "bob")

    async def counted() -> int:
        row = await person.says("/team", overtakes=True)
        turn = await store.start_overtaking(row.inbox_id)
        assert turn is not None
        return turn.account.teams

    assert await counted() == 1
    await store.remove_member(1, team, bob)
    assert await counted() == 0


async def test_joined_accounts_share_teams_and_sponsored_groups(store: StoreOn) -> None:
    ann, phone, bob = await known(store, "ann", "phone", "bob")
    team, other = await store.create_team(1, "Smiths", phone), await store.create_team(1, "Millers", bob)
    await store.put_member(1, team, ann, Role.MEMBER)
    await store.put_member(1, other, phone, Role.ADMIN)
    room = Person(store, 1, "ann", chat="room", group=True).address
    await store.set_group_policy(room, GroupPolicy(paid_by=PaidBy.SPONSOR, payer=phone, cap=Cap(5)))
    assert not await store.merge(1, ann, team), "a team is nobody's other self"
    assert not await store.merge(1, team, ann)
    assert await store.merge(1, ann, phone)
    assert {one.name: one.me.role.value for one in await store.teams_of(1, ann) if one.me} == {
        "Smiths": "owner",
        "Millers": "admin",
    }
    assert await roles(store, team) == {"Ann": "owner"}
    assert (await store.group_policy(room)).payer == ann


async def test_who_runs_a_team_is_told_once_in_a_window_in_their_language(store: StoreOn, database: Database) -> None:
    ann, bob, cy = await known(store, "ann", "bob", "cy")
    team = await store.create_team(1, "Smiths", ann)
    await store.put_member(1, team, bob, Role.ADMIN)
    await store.put_member(1, team, cy, Role.MEMBER)
    told = Notice("team_empty_told", {"team": "Smiths"}, "en")
    assert await asyncio.gather(*(store.tell_admins(1, team, "2026-11", told) for _ in range(5))) != [0] * 5
    assert await store.tell_admins(1, team, "2026-11", told) == 0
    assert await store.tell_admins(2, team, "2026-12", told) == 0
    rows = await database.sql("SELECT language, notice FROM outbox WHERE key LIKE 'team-%'")
    assert len(rows) == 2
    assert {row[0] for row in rows} == {"de"}
    assert await store.tell_admins(1, team, "2026-12", told) == 2


async def test_members_at_once_take_no_more_than_the_pool_nor_than_their_own_cap(store: StoreOn) -> None:
    people = await known(store, "ann", "bob", "cy", "di")
    team = await store.create_team(1, "Smiths", people[0])
    for one in people[1:]:
        await store.put_member(1, team, one, Role.MEMBER)
    await store.grant(1, NewGrant("bought", team, Unit.MICRO, 700, Source.TOPUP))
    rows = {one.account_id: one.id for one in await store.members(1, team, "2026-11", 0, 9)}

    async def asks(account: int) -> int | Refusal:
        ceiling = Ceiling(f"member:{team}:{rows[account]}", "2026-11", Unit.MICRO, 200)
        hold = Hold(team, (Ask(Unit.MICRO, 100),), None, (ceiling,))
        return await store.open_attempt(NewAttempt(1, 0, 0, account, "m", "p", 9, 9, hold=hold, owner="me"), None)

    outcomes = await asyncio.gather(*(asks(one) for one in people * 5))
    admitted = [one for one in outcomes if not isinstance(one, Refusal)]
    assert len(admitted) == 7, "the pool is for seven, and four members may take two each"
    assert {one.scope for one in outcomes if isinstance(one, Refusal)} <= {
        "",
        *(f"member:{team}:{row}" for row in rows.values()),
    }
    done = AttemptEnd(AttemptState.DONE, Usage(9, output=9), "m", charge=Charge(micro=100))
    for attempt in admitted:
        await store.close_attempt(attempt, done)
    spent = [one.spent for one in await store.members(1, team, "2026-11", 0, 9)]
    assert sum(spent) == 700
    assert max(spent) == 200
    assert [one.spent for one in await store.members(1, team, "2026-12", 0, 9)] == [0] * 4
    assert (await store.verify(0, 100))[0] == ()
