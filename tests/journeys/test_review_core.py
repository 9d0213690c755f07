"""Bad days of the core: the database goes for a moment, platforms are slow, processes overtake each other."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.core import breaker, sweep
from hub.core.rules import Limits
from hub.domain.address import Address, ChatKind
from hub.domain.errors import Busy, StoreDown, Unreachable
from hub.domain.inbound import Called, Inbound, Said, Sender
from hub.domain.reply import Part, Ref
from hub.domain.turn import Overlap, Taking, Window
from hub.ports.store import Retention
from providers.kit.stand_in import Fault, Script
from storage.store import StoreOn, open_store
from storage.verbs import finish
from tests.kit.house import paper_house, rules
from tests.kit.paper import PLAIN, Paper

UNPACED = Limits(person_per_minute=0)


class Unsteady:
    """A store whose database is gone when verbs named in `gone` are called, as often as it says."""

    def __init__(self, store: StoreOn) -> None:
        self.store = store
        self.gone: dict[str, int] = {}
        self.slow: dict[str, float] = {}
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self.store, name)
        if not callable(verb):
            return verb

        async def tried(*args: Any, **options: Any) -> Any:
            self.called.append(name)
            if self.gone.get(name, 0) > 0:
                self.gone[name] -= 1
                raise StoreDown("the database cannot be reached")
            if name in self.slow:
                await asyncio.sleep(self.slow[name])
            return await verb(*args, **options)

        return tried


@pytest.fixture
async def unsteady(tmp_path):
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield Unsteady(store)
    await store.close()


@pytest.fixture
async def store(unsteady):
    return unsteady.store


@pytest.fixture
def sql(tmp_path: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def run(statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(tmp_path / "parley.db", timeout=5)) as connection, connection:
            return connection.execute(statement).fetchall()

    return run


def asked(models) -> list[list[str]]:
    return [[m["content"] for m in call.body["messages"] if m["role"] != "system"] for call in models.heard]


async def test_an_answer_outlives_a_database_that_is_gone_when_it_ends(unsteady):
    unsteady.gone["finish_turn"] = 3
    async with paper_house(unsteady) as house:
        house.models.next(Script(text="every word of this answer", pace=0.02))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("every word of this answer")
        await house.rests()
        assert unsteady.gone["finish_turn"] == 0
        assert house.paper.texts("ann") == ["every word of this answer"]
        assert len(house.models.heard) == 1
        await ann.says("/why")
        assert "did not answer" not in await ann.sees("How the last answer came about")


@pytest.mark.parametrize("verb", ["start_turn", "open_attempt", "close_attempt", "start_overtaking"])
async def test_a_moment_without_database_costs_seconds_not_a_lease(unsteady, verb):
    unsteady.gone[verb] = 1
    async with paper_house(unsteady, rules(limits=replace(UNPACED, tries_per_model=1))) as house:
        ann = house.person("ann")
        if verb == "close_attempt":
            house.models.next(Script(fault=Fault.STATUS, status=500))
        await ann.says("/help" if verb == "start_overtaking" else "hi")
        await ann.sees("commands help" if verb == "start_overtaking" else "You said: hi", seconds=8)


async def test_a_fault_of_ours_in_one_message_does_not_hold_up_the_next(unsteady):
    async with paper_house(unsteady) as house:
        ann = house.person("ann")
        house.hub._lanes._turns._adapters = {}
        await ann.says("poison")
        await asyncio.sleep(0.2)
        house.hub._lanes._turns._adapters = {"paper": house.paper}
        await ann.sees("You said: poison", seconds=5)


async def test_a_part_whose_ref_could_not_be_kept_is_not_shown_twice(unsteady):
    unsteady.gone["save_ref"] = 1
    async with paper_house(unsteady, capabilities=replace(PLAIN, edits=False)) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await asyncio.sleep(0.5)
        assert unsteady.gone["save_ref"] == 0
        assert len(house.paper.texts("ann")) == 1
        async with asyncio.timeout(5):
            while (await house.store.counts())["undelivered"]:
                await asyncio.sleep(0.01)


async def test_a_frame_whose_ref_could_not_be_kept_becomes_the_answer(unsteady):
    unsteady.gone["save_ref"] = 1
    async with paper_house(unsteady) as house:
        house.models.next(Script(text="one two three four five", pace=0.05))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("one two three four five")
        await house.rests()
        assert house.paper.texts("ann") == ["one two three four five"]


class SlowPaper(Paper):
    """Shows a message at once and answers the call later, as a congested platform does."""

    slowness = 0.4

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        ref = await super().send(address, part, key)
        await asyncio.sleep(self.slowness)
        return ref


async def test_a_slow_delivery_is_not_repeated_by_the_sweep(unsteady, monkeypatch):
    monkeypatch.setattr(finish, "FIRST_DELIVERY_MS", 200)
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 0.1)
    paper = SlowPaper(replace(PLAIN, edits=False, text_limit=60))
    async with paper_house(unsteady, paper=paper) as house:
        house.models.next(Script(text="\n\n".join(f"paragraph number {n} of five, and more words" for n in range(5))))
        await house.person("ann").says("hi")
        await house.person("ann").sees("number 4")
        await house.rests()
        await asyncio.sleep(0.6)
        assert len(house.paper.texts("ann")) == 5


async def test_stopping_the_hub_lets_a_delivery_that_began_come_to_its_end(store, monkeypatch):
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 0.1)
    paper = SlowPaper(replace(PLAIN, edits=False))
    paper.faults = [Unreachable("gone")]
    async with paper_house(store, paper=paper) as house:
        await house.person("ann").says("hi")
        await house.person("ann").sees("You said: hi")
    assert (await store.counts())["undelivered"] == 0, "or it would be shown again after the start"


async def test_answers_put_off_are_delivered_in_order(store, monkeypatch):
    class Hesitant(Paper):
        async def send(self, address: Address, part: Part, key: str) -> Ref:
            if "first" in part.text and not self.faults:
                await asyncio.sleep(0.3)
            return await super().send(address, part, key)

    paper = Hesitant(replace(PLAIN, edits=False))
    async with paper_house(store, paper=paper) as house:
        paper.faults = [Unreachable("gone"), Unreachable("gone")]
        ann = house.person("ann")
        await ann.says("first")
        await ann.says("second")
        await ann.sees("You said: second")
        await asyncio.sleep(0.5)
        assert house.paper.texts("ann") == ["You said: first", "You said: second"]


async def test_a_resting_model_is_tried_again_after_a_try_that_never_began(unsteady, monkeypatch):
    monkeypatch.setattr(breaker, "REST_SECONDS", 0.2)
    async with paper_house(unsteady, rules(fallback=(), limits=replace(UNPACED, tries_per_model=1))) as house:
        ann = house.person("ann")
        for number in range(1, 6):
            house.models.next(Script(fault=Fault.STATUS, status=500))
            await ann.says(f"question {number}")
            await ann.sees("The model cannot be reached", times=number)
        await asyncio.sleep(0.3)
        unsteady.gone["open_attempt"] = 1
        await ann.says("try")
        await asyncio.sleep(0.5)
        await house.rests()
        await ann.says("again")
        await ann.sees("You said: again", seconds=5)


async def test_two_processes_take_up_one_forgotten_command_and_one_answers(store, monkeypatch):
    monkeypatch.setattr(sweep, "OVERTAKING_MS", 0)
    paper = Paper(replace(PLAIN, edits=False))
    address = Address(1, "paper", "bot", "ann")
    unsteady = Unsteady(store)
    unsteady.slow["finish_turn"] = 0.3
    for number in range(5):
        inbound = Inbound(address, Sender("ann"), f"event-{number}", Called("help"))
        await store.accept(inbound, overtakes=True, bound=5)
    async with paper_house(unsteady, paper=paper), paper_house(unsteady, paper=paper) as house:
        await house.person("ann").sees("commands help", times=5)
        await asyncio.sleep(1)
        assert len(paper.texts("ann")) == 5


async def test_a_summary_that_the_shutdown_cuts_leaves_no_open_attempt(store, sql):
    async with paper_house(store, rules(window=Window(messages=4, tokens=4000))) as house:
        ann = house.person("ann")
        for number in range(2):
            await ann.says(f"fact {number}")
            await ann.sees(f"You said: fact {number}")
            await house.rests()
        house.models.default = Script(wait=30)
        house.models.next(Script())
        await ann.says("fact 2")
        await ann.sees("You said: fact 2")
        await asyncio.sleep(0.3)
        assert sql("SELECT count(*) FROM attempts WHERE state = 'open'") == [(1,)]
    assert sql("SELECT count(*) FROM attempts WHERE state = 'open'") == [(0,)]
    assert sql("SELECT state, estimated FROM attempts WHERE purpose = 'summary'") == [("cancelled", 1)]


async def test_an_attempt_whose_process_died_is_closed_in_the_end(store, sql):
    free = {name: replace(model, free=True) for name, model in rules().models.items()}
    async with paper_house(store, rules(models=free)) as house:
        await house.person("ann").says("hi")
        await house.person("ann").sees("You said: hi")
        await house.rests()
    await store.keep_process("other", 60)
    open_again = "UPDATE attempts SET state = 'open', ended = 0, ends = 0, input = 0, output = 0, asked_tokens = 7"
    sql(f"{open_again}, owner = 'other'")
    assert await store.close_abandoned(9) == 0
    assert sql("SELECT state FROM attempts") == [("open",)], "it may be running"
    await store.release_owner("other")
    assert sql("SELECT state, input, estimated FROM attempts") == [("unknown", 7, 1)]
    for owner, age in (("nobody", 0), ("", 2 * 3_600_000)):
        sql(f"{open_again}, owner = '{owner}', opened = opened - {age}")
        assert await store.close_abandoned(9) == 1
    assert sql("SELECT state, input, estimated FROM attempts") == [("unknown", 7, 1)]


class BadCloser(Paper):
    """A platform with a stream of its own that fails at its end."""

    class Stream:
        ref = None

        async def show(self, text: str) -> None:
            return

        async def close(self) -> None:
            raise Unreachable("cannot close")

    async def open_stream(self, address: Address, key: str) -> Any:
        return self.Stream()


class Clumsy(Paper):
    """An adapter with a mistake in its frames."""

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        if "five" not in part.text:
            raise KeyError("a mistake of the adapter")
        await super().edit(address, ref, part)


@pytest.mark.parametrize(
    "paper", [BadCloser(replace(PLAIN, native_stream=True)), Clumsy()], ids=lambda p: type(p).__name__
)
async def test_trouble_with_frames_never_costs_the_answer(store, paper):
    async with paper_house(store, paper=paper) as house:
        house.models.next(Script(text="one two three four five", pace=0.05))
        ann = house.person("ann")
        await ann.says("hi")
        assert await ann.sees("one two three four five") == "one two three four five"


async def test_a_renewal_that_comes_late_does_not_end_the_next_turn(unsteady):
    async with paper_house(unsteady) as house:
        house.models.next(Script(wait=0.1), Script(text="second answer", wait=0.6))
        ann = house.person("ann")
        await ann.says("one")
        await ann.says("two")
        await asyncio.sleep(0.03)
        unsteady.slow["renew_lease"] = 0.4
        await house.hub._lanes.keep()
        await ann.sees("second answer")
        assert len(house.models.heard) == 2


async def test_a_choice_made_in_private_does_not_follow_into_a_group(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        there = house.person("ann in the group", chat="group", kind=ChatKind.GROUP)
        there.name = "ann"
        await there.says("before", event="g0")
        await there.sees("You said: before")
        await ann.says("/model second")
        await ann.sees("From now on")
        await there.says("after", event="g1")
        await there.sees("You said: after")
        await there.says("/model", event="g2")
        assert "**`first`**" in await there.sees("Models you can choose")
        assert [call.body["model"] for call in house.models.heard] == ["vendor-first", "vendor-first"]


async def test_private_conversations_cannot_be_seen_or_taken_into_a_group(store, sql):
    async with paper_house(store) as house:
        ann = house.person("ann")
        there = house.person("ann in the group", chat="group", kind=ChatKind.GROUP)
        there.name = "ann"
        await ann.says("my secret illness")
        await ann.sees("You said: my secret")
        await there.says("/chats", event="g0")
        assert "secret" not in await there.sees("`/chats` shows what is private")
        (private,) = sql("SELECT id FROM conversations WHERE title <> ''")
        await there.says(Called("chats", f"#{private[0]}"), event="g1")
        await there.sees("`/chats` shows what is private", times=2)
        await there.says(Called("retry"), event="g2")
        await there.sees("no question to ask again")
        await there.says(Called("why"), event="g3")
        await there.sees("no answer to explain")


async def test_what_is_said_right_after_a_command_is_said_after_it(unsteady, monkeypatch):
    async with paper_house(unsteady) as house:
        ann = house.person("ann")
        await ann.says("old secret")
        await ann.sees("You said: old secret")
        await house.rests()
        unsteady.slow["new_conversation"] = 0.2
        await ann.says("/new")
        await ann.says("fresh question")
        await ann.sees("You said: fresh question")
        assert asked(house.models)[-1] == ["fresh question"]


async def test_messages_of_two_places_are_not_merged_into_an_answer_at_one(store, sql):
    async with paper_house(store, rules(overlap={"paper": Overlap.MERGE})) as house:
        ann = house.person("ann")
        away = house.person("ann away", chat="away")
        away.name = "ann"
        await ann.says("start")
        await ann.sees("You said: start")
        await away.says("here too", event="a0")
        await away.sees("You said: here too")
        await house.rests()
        sql("UPDATE addresses SET conversation_id = (SELECT min(conversation_id) FROM addresses)")
        house.models.next(Script(text="long", wait=0.3))
        await ann.says("one")
        await asyncio.sleep(0.1)
        await ann.says("from here")
        await away.says("from there", event="a1")
        await away.sees("from there")
        await ann.sees("from here")


async def test_numbers_of_forgotten_messages_are_not_given_again(store, sql):
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says("long ago")
        await ann.sees("You said: long ago")
        await house.rests()
        now = int(time.time() * 1000)
        await store.retain(Retention(inbox_days=1, outbox_days=30, message_days=1), now + 3 * 86_400_000)
        await ann.says("today")
        await ann.sees("You said: today", seconds=5)
        await house.rests()
        assert len(sql("SELECT DISTINCT turn_id FROM attempts")) == 2


async def test_what_a_lost_turn_used_is_kept_as_the_vendor_reported_it(unsteady, sql):
    async with paper_house(unsteady) as house:
        house.models.next(Script(text="a late answer", wait=0.3, input=123))
        ann = house.person("ann")
        accepted = await ann.says("hi")
        await asyncio.sleep(0.1)
        await unsteady.store.release_owner(None)
        other = await unsteady.store.start_turn(accepted.conversation_id, Taking("other", 60, Window()), take_all=False)
        assert other is not None
        assert sql("SELECT state, estimated FROM attempts") == [("unknown", 1)]
        await asyncio.sleep(0.5)
        assert house.paper.texts("ann") == []
        state, spent, estimated = sql("SELECT state, input, estimated FROM attempts")[0]
        assert state in ("done", "cancelled")
        assert estimated or spent == 123


async def test_a_turn_handed_back_was_never_shown(store, sql):
    address = Address(1, "paper", "bot", "ann")
    accepted = await store.accept(Inbound(address, Sender("ann"), "e", Said("hi")), overtakes=False, bound=5)
    turn = await store.start_turn(accepted.conversation_id, Taking("me", 60, Window()), take_all=False)
    assert turn is not None
    await store.mark_shown(turn.id, turn.lease, "never seen")
    await store.hand_back(turn.lease, turn.id, ())
    assert sql("SELECT state, shown, progress FROM inbox") == [("waiting", 0, "")]


@pytest.mark.parametrize(("redelivers", "told"), [(True, StoreDown), (False, Busy)])
async def test_who_comes_while_the_house_stops_is_sent_away_only_where_nobody_brings_it_again(
    store: StoreOn, redelivers: bool, told: type[Exception]
) -> None:
    async with paper_house(store, capabilities=replace(PLAIN, redelivers=redelivers)) as house:
        await house.hub.stop()
        with pytest.raises(told):
            await house.person("ann").says("hi")
        assert await store.counts() == {"waiting": 0, "running": 0, "undelivered": 0, "dead": 0}
