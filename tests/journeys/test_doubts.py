"""Where a platform cannot tell a repeat, what a dead process may have sent is sent, and kept in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.errors import Rejected, Unreachable
from hub.domain.inbound import Accepted, Inbound
from hub.domain.reply import Part, Ref, Reply
from hub.runtime.doctor.database import look_at_doubts
from storage.store import StoreOn, open_store
from tests.contract.store.conftest import ending, taken
from tests.kit.house import paper_house
from tests.kit.paper import PLAIN, Paper, Person

PLATFORM = replace(PLAIN, edits=False, typing=False)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


async def left_behind(store: StoreOn, monkeypatch: pytest.MonkeyPatch, *refs: str) -> str:
    """A reply of a process that died before it could say whether it was sent; its key."""
    monkeypatch.setattr("storage.verbs.finish.FIRST_DELIVERY_MS", 0)

    async def accept(inbound: Inbound) -> Accepted:
        return await store.accept(inbound, overtakes=False, bound=9)

    ann = Person("ann", Paper(), accept)
    turn = await taken(store, (await ann.says("hi")).conversation_id, "dead")
    for ordinal, ref in enumerate(refs):
        await store.save_ref(1, turn.id, ordinal, ref)
    await store.finish_turn(ending(turn, reply=Reply("an answer")))
    return turn.key


async def test_what_may_stand_twice_is_kept_and_shown(
    store: StoreOn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = await left_behind(store, monkeypatch)
    async with paper_house(store, capabilities=PLATFORM) as house:
        await house.person("ann").sees("an answer")
        await house.rests()
    ((found, platform, _),) = await store.doubts(9)
    assert (found, platform) == (key, "paper")
    assert f"a part of {key} may stand twice on paper" in caplog.text
    (finding,) = [one async for one in look_at_doubts(store)]
    assert f"{key} on paper at 20" in finding.says


class Remembers(Paper):
    """Can be asked what it shows; by each asking it finds one of `finds`, or raises it."""

    finds: list[Ref | Exception | None]

    async def find_sent(self, address: Address, key: str) -> Ref | None:
        found = self.finds.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.mark.parametrize(
    ("finds", "shown", "doubts"),
    [([Unreachable("slow"), Ref("m1")], 1, 0), ([None], 2, 0), ([Rejected("no right to read")], 2, 1)],
    ids=["found", "not-there", "nobody-can-say"],
)
async def test_what_can_be_looked_for_is_looked_for_before_it_is_sent(
    store: StoreOn, monkeypatch: pytest.MonkeyPatch, finds: list[Ref | Exception | None], shown: int, doubts: int
) -> None:
    monkeypatch.setattr("hub.core.delivery.RETRY_SECONDS", (0.05,) * 9)
    paper = Remembers(PLATFORM)
    paper.finds = finds
    await left_behind(store, monkeypatch)
    await paper.send(Address(1, "paper", "bot", "ann"), Part("an answer, or another's"), "before")
    async with paper_house(store, paper=paper) as house:
        await house.person("ann").sees("an answer", times=shown)
        async with asyncio.timeout(10):
            while finds:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
    assert len(paper.screen) == shown
    assert len(await store.doubts(9)) == doubts


async def test_what_is_known_to_be_sent_is_not_in_doubt(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Paper(PLATFORM)
    await left_behind(store, monkeypatch, "m1")
    async with paper_house(store, paper=paper) as house:
        await paper.send(house.person("ann").address, Part("an ans"), "before")
        await house.person("ann").sees("an answer")
    assert await store.doubts(9) == []


async def test_where_a_repeat_is_harmless_nothing_is_in_doubt(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    await left_behind(store, monkeypatch)
    async with paper_house(store, capabilities=replace(PLATFORM, idempotent_send=True)) as house:
        await house.person("ann").sees("an answer")
    assert await store.doubts(9) == []


async def test_what_was_sent_longer_ago_than_a_repeat_is_known_is_in_doubt(
    store: StoreOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await left_behind(store, monkeypatch)
    forgetful = replace(PLATFORM, idempotent_send=True, repeat_seconds=0.0)
    async with paper_house(store, capabilities=forgetful) as house:
        await house.person("ann").sees("an answer")
        await house.rests()
    assert len(await store.doubts(9)) == 1


async def test_what_was_put_off_is_not_in_doubt(store: StoreOn) -> None:
    async with paper_house(store, capabilities=PLATFORM) as house:
        house.paper.faults = [Unreachable("gone")]
        await house.person("ann").says("hi")
        await house.person("ann").sees("You said: hi", seconds=15)
    assert await store.doubts(9) == []


@pytest.mark.parametrize(
    ("capabilities", "refs", "doubted"),
    [
        (replace(PLATFORM, edits=True), (), True),
        (replace(PLATFORM, edits=True), ("m1",), False),
        (replace(PLATFORM, edits=True, idempotent_send=True), (), False),
        (replace(PLATFORM, native_stream=True), (), True),
        (replace(PLATFORM, native_stream=True, drafts=True), (), False),
        (PLATFORM, (), False),
    ],
    ids=["edits", "edits a message that is known", "a repeat is harmless", "a native stream", "drafts", "no frames"],
)
async def test_a_first_frame_that_a_dead_process_may_have_shown_is_in_doubt(
    store: StoreOn, capabilities: Capabilities, refs: tuple[str, ...], doubted: bool
) -> None:
    """Killed while the message that was to grow was on its way: nobody has its ref, and it is never touched again."""

    async def accept(inbound: Inbound) -> Accepted:
        return await store.accept(inbound, overtakes=False, bound=9)

    ann = Person("ann", paper := Paper(capabilities), accept)
    turn = await taken(store, (await ann.says("hi")).conversation_id, "dead")
    await store.mark_shown(turn.id, turn.lease, "an ans")
    for ordinal, ref in enumerate(refs):
        await paper.send(ann.address, Part("an ans"), turn.key)
        await store.save_ref(1, turn.id, ordinal, ref)
    await store.release_owner("dead")
    async with paper_house(store, paper=paper) as house:
        await house.person("ann").sees("broke off")
        await house.rests()
    assert [platform for _, platform, _ in await store.doubts(9)] == ["paper"] * doubted
