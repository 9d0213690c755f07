"""A person and the house on a platform with edits: streams, splits, falls back, stops, retries, remembers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from hub.core.rules import Limits
from hub.domain.capabilities import Capabilities
from hub.domain.errors import BadInput, Busy, Forbidden, RateLimited, TooLarge, Unreachable
from hub.domain.inbound import Called, Pressed
from hub.domain.turn import Overlap, Window
from providers.kit.stand_in import Fault, Script
from storage.store import open_store
from tests.kit.house import paper_house, rules
from tests.kit.paper import PLAIN, Paper, limited


@pytest.fixture
async def store(tmp_path):
    opened = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield opened
    await opened.close()


def asked(models) -> list[list[str]]:
    """What each call to the stand-in carried: the contents of its messages, without the system prompt."""
    return [[m["content"] for m in call.body["messages"] if m["role"] != "system"] for call in models.heard]


async def test_a_question_is_answered_and_remembered(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says("My name is Ann.")
        await ann.sees("You said: My name is Ann.")
        await ann.says("Who am I?")
        await ann.sees("You said: Who am I?")
        await house.rests()
        assert asked(house.models)[-1] == ["My name is Ann.", "You said: My name is Ann.", "Who am I?"]
        assert len(house.paper.texts("ann")) == 2


async def test_words_are_shown_as_they_come_and_end_whole(store):
    async with paper_house(store) as house:
        house.models.next(Script(text="one two three four five six seven eight", pace=0.03))
        ann = house.person("ann")
        await ann.says("count")
        await ann.sees("eight")
        await house.rests()
        (shown,) = house.paper.screen.values()
        assert len(shown.texts) >= 3, "several frames were seen"
        assert shown.texts[0] != shown.part.text
        assert shown.part.text == "one two three four five six seven eight"


async def test_a_long_answer_arrives_whole_in_parts(store):
    text = "\n\n".join(f"Paragraph {number} with some words in it." for number in range(60))
    async with paper_house(store, capabilities=limited(300)) as house:
        house.models.next(Script(text=text, pace=0.001))
        ann = house.person("ann")
        await ann.says("write")
        await ann.sees("Paragraph 59")
        await house.rests()
        shown = house.paper.texts("ann")
        assert all(len(part) <= 300 for part in shown)
        assert "\n\n".join(shown).split() == text.split()


async def test_platforms_without_edits_get_typing_and_one_message(store):
    plain = Capabilities(text_limit=4000, typing=True)
    async with paper_house(store, capabilities=plain) as house:
        house.models.next(Script(text="slow words come", pace=0.05))
        ann = house.person("ann")
        await ann.says("go")
        await ann.sees("slow words come")
        assert house.paper.typed >= 1
        assert [shown.texts for shown in house.paper.screen.values()] == [["slow words come"]]


async def test_the_same_event_a_hundred_times_is_one_answer(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        accepted = await asyncio.gather(*(ann.says("hi", event="same") for _ in range(100)))
        await ann.sees("You said: hi")
        await house.rests()
        assert len({one.inbox_id for one in accepted}) == 1
        assert sum(not one.duplicate for one in accepted) == 1
        assert len(house.models.heard) == 1
        assert len(house.paper.texts("ann")) == 1


async def test_two_conversations_run_at_once_and_each_in_order(store):
    async with paper_house(store) as house:
        house.models.default = Script(pace=0.01)
        for number in range(5):
            for name in ("ann", "bob"):
                await house.person(name).says(f"{name} {number}")
        for name in ("ann", "bob"):
            await house.person(name).sees(f"You said: {name} 4")
            assert house.paper.texts(name) == [f"You said: {name} {number}" for number in range(5)]


async def test_tenants_do_not_meet(store, tmp_path):
    with closing(sqlite3.connect(tmp_path / "parley.db")) as database, database:
        database.execute("INSERT INTO tenants (id, name, created) VALUES (2, 'other', 0)")
    async with paper_house(store) as house:
        one, two = house.person("ann"), house.person("other ann", chat="ann", tenant=2)
        two.name = "ann"
        await one.says("secret of tenant one")
        await one.sees("You said: secret")
        await two.says("what do you know?", event="ann-1")
        await two.sees("You said: what do you know?")
        assert asked(house.models)[-1] == ["what do you know?"]


async def test_stop_ends_the_answer_and_says_so(store):
    async with paper_house(store) as house:
        house.models.next(Script(text="word " * 200, pace=0.02))
        ann = house.person("ann")
        await ann.says("talk")
        await ann.sees("word")
        await ann.says("/stop")
        shown = await ann.sees("Stopped.")
        await house.rests()
        assert shown.startswith("word")
        assert len(shown.split()) < 200
        async with asyncio.timeout(2):
            await house.models.heard[0].left.wait()
        assert len(house.paper.texts("ann")) == 1, "the stopped answer says so itself"


async def test_stop_with_nothing_running_says_that(store):
    async with paper_house(store) as house:
        ann = house.person("ann", language="de")
        await ann.says("/stop")
        await ann.sees("Es läuft nichts")


async def test_retry_asks_anew_and_forgets_the_old_answer(store):
    async with paper_house(store) as house:
        house.models.next(Script(text="first try"), Script(text="second try"))
        ann = house.person("ann")
        await ann.says("question")
        await ann.sees("first try")
        await ann.says(Pressed("retry"))
        await ann.sees("second try")
        await ann.says("and?")
        await ann.sees("You said: and?")
        assert asked(house.models) == [["question"], ["question"], ["question", "second try", "and?"]]


async def test_fallback_before_the_first_word_leaves_an_attempt_each(store):
    async with paper_house(store, rules(limits=Limits(person_per_minute=0, tries_per_model=2))) as house:
        house.models.next(*[Script(fault=Fault.STATUS, status=500)] * 2)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await house.rests()
        assert [call.body["model"] for call in house.models.heard] == ["vendor-first", "vendor-first", "vendor-second"]
        await ann.says("/why")
        why = await ann.sees("How the last answer came about")
        assert why.count("did not answer") == 2
        assert "**second**" in why


async def test_retry_after_is_obeyed(store):
    async with paper_house(store, rules(fallback=())) as house:
        house.models.next(Script(fault=Fault.STATUS, status=429, headers={"Retry-After": "1"}))
        ann = house.person("ann")
        before = asyncio.get_running_loop().time()
        await ann.says("hi")
        await ann.sees("You said: hi")
        assert asyncio.get_running_loop().time() - before >= 1.0


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(fault=Fault.STATUS, status=500), "The model cannot be reached right now."),
        (Script(fault=Fault.STATUS, status=429), "The model is overloaded right now."),
        (Script(fault=Fault.STATUS, status=401), "The model refused this request."),
        (Script(fault=Fault.STATUS, status=400, code="context_length_exceeded"), "more text than the model can read"),
        (Script(text=""), "The model gave an empty answer."),
    ],
)
async def test_a_model_that_does_not_answer_is_said_in_words_and_retry_works(store, script, words):
    async with paper_house(store, rules(fallback=(), limits=Limits(person_per_minute=0, tries_per_model=1))) as house:
        house.models.next(script)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees(words)
        (shown,) = house.paper.screen.values()
        assert [button.command for button in shown.part.buttons] == ["retry"]
        assert shown.part.role == "notice"
        await ann.says(Pressed("retry"))
        await ann.sees("You said: hi")


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET, Fault.TRUNCATED, Fault.MALFORMED, Fault.ERROR_EVENT])
async def test_an_answer_cut_in_mid_stream_keeps_its_words_and_says_so(store, fault):
    async with paper_house(store) as house:
        house.models.next(Script(text="these words came " * 5, fault=fault, after=8, pace=0.005))
        ann = house.person("ann")
        await ann.says("hi")
        shown = await ann.sees("broke off")
        await house.rests()
        assert shown.startswith("these words came")
        assert len(house.models.heard) == 1, "no other model is asked after the first word"
        await ann.says("/why")
        await ann.sees("estimated")
        await ann.says("hello")
        await house.rests()
        await ann.says("/why 2")
        assert "estimated" in await ann.sees("How answer 2, counted back from the last")
        for times, nowhere in enumerate(("/why 3", "/why 0", "/why 21", "/why so"), 1):
            await ann.says(nowhere)
            await ann.sees("there is none there to explain", times)


async def test_a_resting_model_is_passed_over(store):
    async with paper_house(store, rules(limits=Limits(person_per_minute=0, tries_per_model=1))) as house:
        ann = house.person("ann")
        for number in range(1, 6):
            house.models.next(Script(fault=Fault.STATUS, status=500))
            await ann.says(f"question {number}")
            await ann.sees(f"You said: question {number}")
        await ann.says("question 6")
        await ann.sees("You said: question 6")
        called = [call.body["model"] for call in house.models.heard]
        assert called[-1] == "vendor-second"
        assert called.count("vendor-first") == 5


async def test_merge_makes_one_turn_of_what_waits(store):
    async with paper_house(store, rules(overlap={"paper": Overlap.MERGE})) as house:
        house.models.next(Script(text="long answer", wait=0.3))
        ann = house.person("ann")
        for words in ("one", "two", "three"):
            await ann.says(words)
            await asyncio.sleep(0.02)
        await ann.sees("You said: two\n\nthree")
        await house.rests()
        assert asked(house.models)[-1] == ["one", "long answer", "two\n\nthree"]


async def test_interrupt_before_the_first_word_restarts_with_both(store):
    async with paper_house(store, rules(overlap={"paper.private": Overlap.INTERRUPT})) as house:
        house.models.next(Script(wait=5))
        ann = house.person("ann")
        await ann.says("first half")
        await asyncio.sleep(0.2)
        await ann.says("second half")
        await ann.sees("You said: first half\n\nsecond half", seconds=4)
        await house.rests()
        assert len(house.paper.texts("ann")) == 1


async def test_interrupt_after_words_closes_them_and_goes_on_with_both(store):
    async with paper_house(store, rules(overlap={"paper": Overlap.INTERRUPT})) as house:
        house.models.next(Script(text="word " * 100, pace=0.02))
        ann = house.person("ann")
        await ann.says("first")
        await ann.sees("word")
        await ann.says("second")
        await ann.sees("You said: second")
        assert "Interrupted by your next message." in house.paper.texts("ann")[0]
        assert asked(house.models)[-1][0] == "first"
        assert asked(house.models)[-1][-1] == "second"


async def test_model_choice_is_remembered_also_for_new_conversations(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says("/model secnd")
        await ann.sees("Did you mean `second`?")
        await ann.says("/model second")
        await ann.sees("From now on **second** answers.")
        await ann.says("/new")
        await ann.sees("New conversation.")
        await ann.says("hi")
        await ann.sees("You said: hi")
        assert house.models.heard[-1].body["model"] == "vendor-second"


async def test_conversations_can_be_left_listed_and_taken_up_again(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says("About horses")
        await ann.sees("You said: About horses")
        await house.rests()
        await ann.says("/new")
        await ann.sees("New conversation.")
        await ann.says("About ships")
        await ann.sees("You said: About ships")
        await house.rests()
        assert asked(house.models)[-1] == ["About ships"]
        await ann.says("/chats")
        listed = await ann.sees("Your conversations")
        assert "About horses (2)" in listed
        assert "**About ships** (2)" in listed
        await ann.says("/chats 2")
        await ann.sees("Back in **About horses**")
        await ann.says("again")
        await ann.sees("You said: again")
        assert asked(house.models)[-1] == ["About horses", "You said: About horses", "again"]


async def test_help_lists_every_command_in_the_persons_language(store):
    async with paper_house(store) as house:
        await house.person("ann", language="es-MX").says("/help")
        shown = await house.person("ann").sees("comandos")
        for command in ("/help", "/new", "/model", "/stop", "/retry", "/why"):
            assert f"`{command}`" in shown


async def test_what_falls_out_of_the_window_is_summed_up_and_sent_on(store):
    async with paper_house(store, rules(window=Window(messages=8, tokens=4000))) as house:
        ann = house.person("ann")
        for number in range(8):
            await ann.says(f"fact {number}")
            await ann.sees(f"You said: fact {number}")
            await house.rests()
            await asyncio.sleep(0.05)
        summaries = [call for call in house.models.heard if "Summarise" in call.body["messages"][0]["content"]]
        assert summaries
        await ann.says("last")
        await ann.sees("You said: last")
        body = house.models.heard[-1].body["messages"]
        assert "Earlier in this conversation" in body[0]["content"]
        assert len(body) <= 8 + 2
        assert "fact 0" not in [message["content"] for message in body[1:]]


async def test_rate_limits_of_the_platform_are_obeyed_and_nothing_doubles(store):
    async with paper_house(store) as house:
        house.paper.faults = [RateLimited(0.2), None, RateLimited(0.1)]
        house.models.next(Script(text="a b c d e f", pace=0.03))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("a b c d e f")
        assert len(house.paper.texts("ann")) == 1


async def test_an_unreachable_platform_gets_its_answer_later(store):
    async with paper_house(store, capabilities=replace(PLAIN, edits=False)) as house:
        house.paper.faults = [Unreachable("gone")]
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi", seconds=15)
        assert len(house.paper.texts("ann")) == 1


async def test_a_forbidden_chat_is_left_and_seen_by_the_operator(store):
    async with paper_house(store, capabilities=replace(PLAIN, edits=False)) as house:
        house.paper.faults = [Forbidden("kicked")]
        await house.person("ann").says("hi")
        await asyncio.sleep(0.3)
        await house.rests()
        assert house.paper.texts("ann") == []
        assert (await store.counts())["dead"] == 1


async def test_bad_input_is_refused_before_anything_is_written(store):
    async with paper_house(store, rules(limits=Limits(text=100, person_per_minute=2))) as house:
        ann = house.person("ann")
        with pytest.raises(BadInput):
            await ann.says("   ")
        with pytest.raises(TooLarge) as caught:
            await ann.says("x" * 101)
        assert caught.value.arguments == {"limit": 100, "length": 101}
        await ann.says("one")
        await ann.says("two")
        with pytest.raises(Busy) as waiting:
            await ann.says("three")
        assert waiting.value.key == "too_fast"
        assert 1 <= waiting.value.after <= 60


async def test_too_many_waiting_messages_are_refused_in_words(store):
    limits = Limits(person_per_minute=0, waiting_per_conversation=3)
    async with paper_house(store, rules(limits=limits)) as house:
        house.models.default = Script(wait=1)
        ann = house.person("ann")
        for number in range(3):
            await ann.says(f"message {number}")
        with pytest.raises(Busy) as full:
            await asyncio.gather(*(ann.says(f"more {number}") for number in range(10)))
        assert full.value.after > 0


async def test_an_unknown_command_is_answered_and_not_sent_to_a_model(store):
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says(Called("modle"))
        await ann.sees("Did you mean `/model`?")
        assert house.models.heard == []


async def test_stopping_the_hub_hands_back_what_nobody_saw(store):
    paper = Paper()
    async with paper_house(store, paper=paper) as house:
        house.models.default = Script(wait=30)
        await house.person("ann").says("hi")
        await asyncio.sleep(0.2)
    assert paper.texts("ann") == []
    async with paper_house(store, paper=paper) as house:
        await house.person("ann").sees("You said: hi")
        assert len(paper.texts("ann")) == 1
        await house.hub.stop(0)
        with pytest.raises(Busy):
            await house.person("ann").says("too late")


async def test_stopping_the_hub_in_mid_answer_closes_it_with_a_notice(store):
    paper = Paper()
    async with paper_house(store, paper=paper) as house:
        house.models.default = Script(text="word " * 500, pace=0.02)
        await house.person("ann").says("hi")
        await house.person("ann").sees("word")
    assert "restarting" in paper.texts("ann")[0]
    assert len(paper.texts("ann")) == 1
