"""Who pays in a group: the one who asks, a sponsor, a team up to each member's cap; and who is told what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from hub.core.money.amounts import dollars
from hub.domain.address import Address, ChatKind
from hub.domain.inbound import Accepted, Inbound, Pressed, Said, Sender
from hub.domain.money import MICRO, NewGrant, Source, Unit
from hub.domain.plan import Plan
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules
from tests.kit.money import BUSINESS, with_plan
from tests.kit.paper import Person

EVENTS = count(1)
ANSWER = Script(text="a priced answer", input=1_000, output=200)
COST = 1_000 * 2 + 200 * 10
NOTHING = Plan("nothing", 0)
"""Nobody has an allowance: whatever is answered was paid for by somebody who bought credit."""

NO_ALLOWANCE = with_plan(NOTHING, fallback=())

FIVE = ("ann", "bob", "cy", "di", "ed")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


class Room:
    """A group whose admin is Ann."""

    def __init__(self, house: PaperHouse, name: str = "room") -> None:
        self.house, self.name = house, name
        house.paper.admins.add("ann")
        house.models.default = ANSWER

    async def hears(self, user: str, text: str) -> Accepted:
        address = Address(1, "paper", "bot", self.name, "", ChatKind.GROUP)
        return await self.house.hub.accept(Inbound(address, Sender(user, user.title()), f"e{next(EVENTS)}", Said(text)))

    async def told(self, user: str, text: str) -> str:
        """What is said last after `text`."""
        await self.hears(user, text)
        await self.house.rests()
        return self.house.paper.texts(self.name)[-1]


async def gives(store: StoreOn, account: int, micro: int) -> None:
    await store.grant(1, NewGrant(f"gift-{next(EVENTS)}", account, Unit.MICRO, micro, Source.GIFT))


async def used(store: StoreOn, account: int) -> int:
    """What an account was charged; nothing is held, and the books agree."""
    assert (await store.verify(0, 1000))[0] == ()
    lines = [line for line in await store.balances(1, account) if line.unit is Unit.MICRO]
    assert not any(line.held for line in lines)
    return sum(line.used for line in lines)


async def known(house: PaperHouse, *names: str) -> list[Person]:
    """People who have written privately, and so have accounts."""
    people = [house.person(name) for name in names]
    for person in people:
        await person.says("/help")
        await person.sees("`/model`")
    return people


async def account(store: StoreOn, name: str) -> int:
    return await store.account_of(1, "paper", name)


async def team_of(house: PaperHouse, owner: str, *members: str, credit: int = MICRO) -> int:
    """A team that was made and joined by commands."""
    store: StoreOn = house.store  # type: ignore[assignment]
    people = await known(house, owner, *members)
    await people[0].says("/team create The Smiths")
    await people[0].sees("The team **The Smiths** is there")
    team = (await store.teams(1, 0, 9))[-1].id
    for number, person in enumerate(people[1:], 1):
        await people[0].says("/team invite")
        found = re.search(r"/team join (\S+)`", await people[0].sees("joins **The Smiths**", number))
        assert found is not None
        await person.says(f"/team join {found[1]}")
        await person.sees("You are in the team **The Smiths** now")
    await gives(store, team, credit)
    return team


async def test_in_a_group_of_five_the_sponsor_pays_for_all_up_to_what_they_said(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        room = Room(house)
        assert "does not cover" in await room.told("bob", "who pays?")
        cy = (await known(house, "cy"))[0]
        await gives(store, await account(store, "cy"), MICRO)
        await room.told("cy", "/group sponsor 0.02")
        for name in FIVE:
            assert await room.told(name, f"hello from {name}") == "a priced answer"
        assert await used(store, await account(store, "cy")) == 5 * COST
        for name in set(FIVE) - {"cy"}:
            assert await used(store, await account(store, name)) == 0
        assert "What somebody pays for this group in a month is spent" in await room.told("ed", "one more")
        assert await room.told("cy", "and I?") == "a priced answer", "for themselves they pay as ever"
        await cy.says("/group")
        await cy.sees("Groups that you pay for")
        await cy.says(Pressed("group", "off #1"))
        await cy.sees("You pay for no group.")
        assert "does not cover" in await room.told("ed", "now?")
        assert not any("cy" in text.lower() for text in house.paper.texts("room")), "who pays is nobody's business"


async def test_a_team_pays_for_its_members_each_up_to_a_cap(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        room = Room(house)
        team = await team_of(house, "ann", "bob", "cy")
        ann, bob, cy = (house.person(name) for name in ("ann", "bob", "cy"))
        assert "home of **The Smiths** now" in await room.told("ann", "/team bind")
        assert "a team pays for its members" in await room.told("bob", "/group")
        await ann.says("/team cap 0.01")
        await ann.sees("$0.01")
        answers = [await room.told("bob", f"question {number}") for number in range(4)]
        assert answers[:2] == ["a priced answer"] * 2
        assert "What **The Smiths** pays for you this month is spent" in answers[3]
        assert await room.told("cy", "I go on") == "a priced answer"
        assert "does not cover" in await room.told("ed", "I am no member")
        spent = answers.count("a priced answer")
        assert await used(store, team) == (spent + 1) * COST
        await ann.says("/team members")
        listed = await ann.sees("what each has spent", 2)
        assert f"**bob** · member · {dollars(spent * COST, 'en')} / $0.01" in listed
        assert "question" not in listed
        await bob.says("/team members")
        seen = await bob.sees("**The Smiths**:")
        assert seen.count("$") == 2, "their own two sums alone"
        await ann.says("/team usage")
        assert "- $0.99" in await ann.sees("Plan **nothing**"), "what is left of the team's dollar"
        await ann.says("/team cap 2 none")
        await ann.sees("no cap")
        assert await room.told("bob", "again") == "a priced answer"
        await cy.says("/team leave")
        await cy.sees("Leave **The Smiths**?")
        await cy.says(Pressed("team", f"#{team} leave yes"))
        await cy.sees("You have left **The Smiths**.")
        assert "does not cover" in await room.told("cy", "and now?")


@pytest.mark.parametrize(
    ("unit", "cap", "answered"),
    [
        (Unit.TOKENS, "2 messages", {2}),
        (Unit.MICRO, "4000 tokens", {2, 3, 4}),
        (Unit.MESSAGES, "0.01", {1, 2, 3}),
    ],
)
async def test_a_cap_in_any_unit_holds_under_a_plan_in_any_unit(
    store: StoreOn, unit: Unit, cap: str, answered: set[int]
) -> None:
    plans = {"nothing": NOTHING, "pool": Plan("pool", BUSINESS, unit)}
    async with paper_house(store, rules(plans=plans, default_plan="nothing", fallback=())) as house:
        room = Room(house)
        team = await team_of(house, "ann", "bob", credit=1)
        await store.set_plan(1, team, "pool", 1, 0)
        await room.told("ann", "/team bind")
        await house.person("ann").says(f"/team cap {cap}")
        await house.person("ann").sees(cap.replace("4000", "4,000"))
        answers = [await room.told("bob", f"question {number}") for number in range(5)]
        assert answers.count("a priced answer") in answered
        assert "What **The Smiths** pays for you this month is spent" in answers[-1]
        assert (await store.verify(0, 1000))[0] == ()


async def test_teams_that_anybody_makes_have_no_allowance_until_they_are_put_on_a_plan(store: StoreOn) -> None:
    plans = {"free": Plan("free", MICRO), "pro": Plan("pro", MICRO)}
    async with paper_house(store, rules(plans=plans, default_plan="free", fallback=())) as house:
        room = Room(house)
        team = await team_of(house, "ann", "bob", credit=COST // 2)
        await room.told("ann", "/team bind")
        assert "The balance of **The Smiths** is spent" in await room.told("bob", "hello")
        await store.set_plan(1, team, "pro", 1, 0)
        assert await room.told("bob", "hello") == "a priced answer"
        assert await used(store, team) == COST


async def test_who_runs_a_team_is_told_when_its_allowance_nears_its_end(store: StoreOn) -> None:
    plans = {"free": Plan("free", 0), "pro": Plan("pro", 2 * COST + COST // 2)}
    async with paper_house(store, rules(plans=plans, default_plan="free", fallback=())) as house:
        room = Room(house)
        team = await team_of(house, "ann", "bob")
        await store.set_plan(1, team, "pro", 1, 0)
        await room.told("ann", "/team bind")
        for _ in range(3):
            assert await room.told("bob", "hello") == "a priced answer", "nothing of it stands under the answer"
        await house.person("ann").sees("80 % of the allowance of **The Smiths**, which you run, is used")
        await house.person("ann").sees("100 % of the allowance of **The Smiths**")
        assert not any("of the allowance" in text for text in house.paper.texts("bob"))


async def test_members_at_once_spend_no_more_than_the_pool_and_admins_are_told_once(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        honest = 20 * 2 + 200 * 10
        rooms = [Room(house, f"room{number}") for number in range(8)]
        team = await team_of(house, "ann", "bob", "cy", credit=3 * honest)
        ann = house.person("ann")
        house.models.default = Script(text="a priced answer", input=20, output=200, pace=0.02)
        for room in rooms:
            await room.told("ann", "/team bind")
        await asyncio.gather(*(room.hears(name, "go") for room, name in zip(rooms, ("bob", "cy") * 4, strict=True)))
        await house.rests(30)
        texts = [house.paper.texts(room.name)[-1] for room in rooms]
        answered = texts.count("a priced answer")
        assert answered + sum("The balance of **The Smiths** is spent" in text for text in texts) == len(rooms)
        assert 1 <= answered <= 3
        assert await used(store, team) == answered * honest
        await ann.sees("The balance of **The Smiths**, which you run, is spent")
        await rooms[0].told("bob", "still?")
        await asyncio.sleep(1.5)
        assert sum("which you run" in text for text in house.paper.texts("ann")) == 1
        assert not any("which you run" in text for text in house.paper.texts("bob"))


async def test_a_member_may_pay_for_themselves(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        room = Room(house)
        team = await team_of(house, "ann", "bob")
        await room.told("ann", "/team bind")
        bob = house.person("bob")
        await bob.says("/team pays off")
        await bob.sees("You pay for what you ask yourself")
        assert "does not cover" in await room.told("bob", "hello")
        await gives(store, await account(store, "bob"), MICRO)
        assert await room.told("bob", "hello") == "a priced answer"
        assert (await used(store, team), await used(store, await account(store, "bob"))) == (0, COST)
        await bob.says("/team")
        await bob.sees("you pay yourself")


async def test_commands_of_a_team_keep_to_who_may_and_to_private_chats(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        room = Room(house)
        await team_of(house, "ann", "bob", "cy")
        ann, bob = house.person("ann"), house.person("bob")
        for number, call in enumerate(("invite", "cap 5", "remove 1", "bind", "usage"), 1):
            await bob.says(f"/team {call}")
            await bob.sees("Only admins of the team can do that.", number)
        await bob.says("/team role 2 owner")
        await bob.sees("Only owners of the team can do that.")
        assert "Send it to me in a private chat" in await room.told("ann", "/team members")
        assert "Send it to me in a private chat" in await room.told("ann", "/team")
        assert "Only admins of the team" in await room.told("bob", "/team bind")
        await ann.says("/team leave yes")
        await ann.sees("A team needs an owner.")
        await ann.says("/team bind")
        await ann.sees("Send that where the team is to pay")
        await ann.says("/team role 2 admin")
        await ann.sees("**bob** · admin")
        assert "Only admins of this place" in await room.told("bob", "/team bind")
        await bob.says("/team remove 1")
        await bob.sees("Only owners of the team can do that.", 2)
        await bob.says("/team remove 3")
        assert "cy" not in await bob.sees("what each has spent")
        for wrong in ("dance", "cap much", "cap 9 5", "role 2 king", "pays maybe"):
            await ann.says(f"/team {wrong}")
        await house.rests()
        texts = house.paper.texts("ann")
        assert sum("Send one of these" in text for text in texts) == 4
        assert sum("nobody with that number" in text for text in texts) == 1
        stranger = (await known(house, "eve"))[0]
        for number in range(5):
            await stranger.says(f"/team join ABCD-EFG{number}")
        await stranger.sees("This code is not valid.", 5)
        await stranger.says("/team join ABCD-EFGH")
        await stranger.sees("Too many wrong codes.")
        await stranger.says("/team")
        await stranger.sees("You are in no team.")


async def test_a_place_is_one_teams_home(store: StoreOn) -> None:
    async with paper_house(store, NO_ALLOWANCE) as house:
        room = Room(house)
        team = await team_of(house, "ann")
        assert "Which team?" not in await room.told("ann", "/group pay team"), "the only one that Ann runs"
        assert await room.told("ann", "mine") == "a priced answer"
        await room.told("ann", "/group pay default")
        await room.told("ann", "/team bind everybody")
        assert await room.told("ed", "I come in by asking") == "a priced answer"
        assert await used(store, team) == 2 * COST
        house.paper.admins.add("bob")
        bob = (await known(house, "bob"))[0]
        await bob.says("/team create Millers")
        await bob.sees("**Millers** is there")
        assert "home of another team already" in await room.told("bob", "/team bind")
        assert "no home of **The Smiths** any more" in await room.told("ann", "/team unbind")
        assert "home of **Millers** now" in await room.told("bob", "/team bind")
