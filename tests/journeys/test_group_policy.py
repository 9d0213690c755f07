"""What the admins of one group decide holds there and nowhere else; on every platform only they can decide it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from hub.core.rules import GroupRules
from hub.domain.address import Address, ChatKind
from hub.domain.errors import NotAllowed
from hub.domain.inbound import Accepted, Inbound, Said, Sender
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules
from tests.kit.hub import HubProcess
from tests.kit.running import settings
from tests.kit.towns import NAMES, TOWNS, comes, town

EVENTS = count(1)


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

    async def hears(self, user: str, text: str, *, directed: bool = True, thread: str = "") -> Accepted:
        address = Address(1, "paper", "bot", self.name, thread, ChatKind.GROUP)
        return await self.house.hub.accept(Inbound(address, Sender(user), f"e{next(EVENTS)}", Said(text), directed))

    async def screen(self) -> list[str]:
        await self.house.rests()
        return self.house.paper.texts(self.name)

    async def told(self, user: str, text: str) -> str:
        """What is said to it last after `text`."""
        await self.hears(user, text)
        return (await self.screen())[-1]


async def test_only_admins_decide_and_what_holds_is_shown(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        shown = await room.told("bob", "/group")
        assert "answered one after the other" in shown
        assert "everybody may ask" in shown
        assert "whoever asks pays" in shown
        assert await room.told("bob", "/group overlap merge") == "Only admins of this group can decide that."
        assert "answered together" in await room.told("ann", "/group overlap merge")
        assert "answered together" in await room.told("bob", "/group")
        for wrong in ("overlap sideways", "ask nobody", "pay everything", "allow", "colour blue", "help", "a b c"):
            assert "Send one of these" in await room.told("ann", f"/group {wrong}")
        assert "one after the other" in await room.told("ann", "/group overlap default")
        assert "one after the other" in await Room(house, "elsewhere").told("bob", "/group")
        bob = house.person("bob")
        await bob.says("/group overlap merge")
        await bob.sees("`/group` is for groups")


async def test_overlap_is_each_groups_own(store: StoreOn) -> None:
    async with paper_house(store) as house:
        house.models.default = Script(text="one two three four five six", pace=0.03)
        merging, interrupting, usual = (Room(house, name) for name in ("merging", "interrupting", "usual"))
        await merging.told("ann", "/group overlap merge")
        await interrupting.told("ann", "/group overlap interrupt")
        for room in (merging, interrupting, usual):
            for text in ("first", "second", "third"):
                await room.hears("bob", text)
                await asyncio.sleep(0.05)
        await usual.screen()
        asked = [house.models.question(call.body) for call in house.models.heard]
        assert "second\n\nthird" in asked
        assert asked.count("third") == 2, "where it interrupts, and where all wait for their turn"
        assert sum("Interrupted" in text for text in await interrupting.screen()) == 2
        assert not any("Interrupted" in text for text in [*await usual.screen(), *await merging.screen()])


async def test_who_may_ask_is_each_groups_own(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        await room.told("ann", "/group ask members")
        with pytest.raises(NotAllowed) as refused:
            await room.hears("bob", "may I?")
        assert (refused.value.key, refused.value.arguments) == ("group_listed_only", {"user": "bob"})
        assert await room.hears("bob", "not to you", directed=False) == Accepted(0, 0)
        assert "(1 listed here)" in await room.told("ann", "/group allow bob")
        assert await room.told("bob", "and now?") == "You said: and now?"
        await room.told("ann", "/group deny bob")
        with pytest.raises(NotAllowed):
            await room.hears("bob", "again?")
        assert await room.told("ann", "me?") == "You said: me?", "admins always may"
        await room.told("ann", "/group ask admins")
        with pytest.raises(NotAllowed, match="group_admins_only"):
            await room.hears("bob", "please?")
        assert await Room(house, "elsewhere").told("bob", "here?") == "You said: here?"


async def test_what_is_overheard_is_answered_where_admins_want_it(store: StoreOn) -> None:
    async with paper_house(store, rules(groups=GroupRules(always=frozenset({"paper"})))) as house:
        loud, quiet = Room(house, "loud"), Room(house, "quiet")
        await quiet.told("ann", "/group answer addressed")
        assert (await loud.hears("bob", "lunch?", directed=False)).inbox_id
        assert await quiet.hears("bob", "lunch?", directed=False) == Accepted(0, 0)
    async with paper_house(store) as house:
        room = Room(house, "other")
        assert await room.hears("bob", "lunch?", directed=False) == Accepted(0, 0)
        await room.told("ann", "/group answer always")
        assert (await room.hears("bob", "lunch?", directed=False)).inbox_id
        assert (await room.screen())[-1] == "You said: lunch?"


async def test_a_groups_admin_opens_nothing_that_the_operator_closed(store: StoreOn) -> None:
    listed = GroupRules(members=frozenset({"paper:carl"}))
    async with paper_house(store, rules(groups=listed)) as house:
        room = Room(house)
        with pytest.raises(NotAllowed, match="group_members_only"):
            await room.hears("ann", "/group ask everybody")
        house.paper.admins.add("carl")
        await room.told("carl", "/group ask everybody")
        assert await room.told("bob", "may I?") == "You said: may I?"


async def test_somebody_offers_to_pay_and_stops_from_wherever_they_are(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room, bob = Room(house), house.person("bob")
        assert "Say how much" in await room.told("bob", "/group sponsor yes")
        assert "up to $2.50 a month" in await room.told("bob", "/group sponsor 2.50")
        assert "pays for this group already" in await room.told("carl", "/group sponsor 5")
        assert "pays for this group already" in await room.told("carl", "/group sponsor off")
        await bob.says("/group")
        assert "**Paper room** ($2.50)" in await bob.sees("Groups that you pay for")
        carl = house.person("carl")
        await carl.says("/group off #1")
        await carl.sees("You pay for no group.")
        await bob.says("/group off #1")
        await bob.sees("You pay for no group.")
        assert "whoever asks pays" in await room.told("carl", "/group")
        await room.told("bob", "/group sponsor 5")
        assert "whoever asks pays" in await room.told("ann", "/group sponsor off"), "an admin may end it"


@pytest.mark.parametrize("platform", TOWNS)
async def test_on_every_platform_those_who_run_the_group_decide(platform: str, tmp_path: Path) -> None:
    async with town(platform) as place, OpenAISandbox() as models:
        hub = HubProcess(tmp_path, settings(models.base_url, more=place.settings))
        await hub.start()
        try:
            await place.listened()
            maker, other = NAMES[0], NAMES[1]
            await place.asks(other, "/group ask admins")
            await comes(lambda: any("Only admins" in text for text in place.group()), 20, place.group)
            await place.asks(maker, "/group ask admins")
            await comes(lambda: any("only admins may ask" in text for text in place.group()), 20, place.group)
            await place.asks(maker, "What now?")
            await comes(lambda: "You said: What now?" in place.group(), 20, place.group)
            before = len(models.heard)
            await place.asks(other, "And me?")
            await asyncio.sleep(0.7)
            assert len(models.heard) == before
            assert not any("And me?" in text for text in place.group())
        finally:
            await hub.kill()
