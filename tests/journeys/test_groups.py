"""In groups: what was said to us is answered, and what follows in our threads; the rest is left alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from hub.core.rules import GroupRules
from hub.domain.address import Address, ChatKind
from hub.domain.errors import NotAllowed
from hub.domain.inbound import Accepted, Content, Inbound, Pressed, Said, Sender
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules

EVENTS = count(1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


@dataclass
class Room:
    """A group in which people speak to us or to each other."""

    house: PaperHouse

    async def hears(self, user: str, what: str | Content, *, thread: str = "", directed: bool = False) -> Accepted:
        address = Address(1, "paper", "bot", "room", thread, ChatKind.GROUP)
        content = Said(what) if isinstance(what, str) else what
        return await self.house.hub.accept(Inbound(address, Sender(user), f"e{next(EVENTS)}", content, directed))

    async def rests(self) -> list[str]:
        await self.house.rests()
        return self.house.paper.texts("room")


async def rows(store: StoreOn) -> int:
    counts = await store.counts()
    return counts["waiting"] + counts["running"]


async def test_what_is_overheard_leaves_no_trace(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        for thread in ("", "t1"):
            assert await room.hears("ann", "bob, lunch?", thread=thread) == Accepted(0, 0)
        assert await room.rests() == []
        assert await store.heard(1, "paper", "bot", 9) == ()
        taken = await room.hears("ann", "what is lunch?", directed=True)
        assert taken.inbox_id
        assert await room.rests() == ["You said: what is lunch?"]


async def test_in_a_thread_of_ours_nobody_has_to_call_us_again(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        await room.hears("ann", "start", thread="t1", directed=True)
        assert await room.rests() == ["You said: start"]
        assert (await room.hears("bob", "and then?", thread="t1")).inbox_id
        assert await room.hears("bob", "elsewhere", thread="t2") == Accepted(0, 0)
        assert await room.hears("bob", "to all", thread="") == Accepted(0, 0)
        assert await room.rests() == ["You said: start", "You said: and then?"]
        await room.hears("ann", "/new", thread="t1", directed=True)
        assert (await room.hears("bob", "afresh", thread="t1")).inbox_id


async def test_what_follows_while_we_still_think_is_ours_too(store: StoreOn) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        house.models.next(Script(text="slow", wait=0.5))
        await room.hears("ann", "start", thread="t1", directed=True)
        await asyncio.sleep(0.1)
        assert (await room.hears("bob", "and more", thread="t1")).inbox_id
        assert await room.rests() == ["slow", "You said: and more"]


async def test_a_platform_may_be_answered_always(store: StoreOn) -> None:
    async with paper_house(store, rules(groups=GroupRules(always=frozenset({"paper"})))) as house:
        room = Room(house)
        assert (await room.hears("ann", "anybody?")).inbox_id
        assert await room.rests() == ["You said: anybody?"]


async def test_only_members_may_ask(store: StoreOn) -> None:
    some = GroupRules(always=frozenset({"paper"}), members=frozenset({"paper:ann"}))
    async with paper_house(store, rules(groups=some)) as house:
        room = Room(house)
        assert (await room.hears("ann", "hi")).inbox_id
        assert await room.hears("bob", "hi") == Accepted(0, 0)
        with pytest.raises(NotAllowed) as refused:
            await room.hears("bob", "hi", directed=True)
        assert refused.value.key == "group_members_only"
        with pytest.raises(NotAllowed):
            await room.hears("bob", Pressed("stop"), directed=True)
        assert await room.rests() == ["You said: hi"]
        await house.person("bob").says("in private")
        await house.person("bob").sees("You said: in private")


async def test_an_opinion_in_a_group_is_kept_and_makes_nobody_known(store: StoreOn, tmp_path: Path) -> None:
    async with paper_house(store) as house:
        room = Room(house)
        await room.hears("ann", "hi", directed=True)
        await room.rests()
        (ref,) = house.paper.screen
        for said in (f"good {ref}", "good of what somebody else said", "nonsense"):
            assert await room.hears("bob", Pressed("rate", said), directed=True) == Accepted(0, 0)
        with closing(sqlite3.connect(tmp_path / "parley.db")) as database:
            assert database.execute("SELECT person, good FROM feedback").fetchall() == [("bob", 1)]
            assert database.execute("SELECT platform_user FROM identities").fetchall() == [("ann",)]
