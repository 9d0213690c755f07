"""What a turn costs whom: one test for each rule of docs/money.md, over the whole hub and a stand-in that bills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core.money.bid import Choice, Spender
from hub.core.money.meter import Opened
from hub.core.rules import Limits
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.conversation import Account
from hub.domain.money import MICRO, Charge, NewGrant, Refusal, Source, Unit
from hub.domain.plan import Period, Plan
from hub.domain.turn import Overlap, Window
from hub.domain.windows import DAY_MS, window
from providers.kit.stand_in import Fault, Script
from storage.store import StoreOn, open_store
from tests.kit.house import DEAR, paper_house, rules
from tests.kit.money import account, attempts, balance, settled, with_plan

ANSWER = Script(text="four words and one", input=1_000, output=200)
COST = 1_000 * 2 + 200 * 10
"""What it costs in micro-dollars from the first model."""

DOLLAR = Plan("free", MICRO)

FIVE_HUNDRED = Script(fault=Fault.STATUS, status=500)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


async def test_a_finished_answer_costs_what_the_vendor_reports(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(ANSWER)
        ann = house.person("ann")
        accepted = await ann.says("hi")
        await ann.sees("four words")
        assert await settled(house) == COST
        (attempt,) = await attempts(house, accepted.conversation_id)
        assert (attempt.charged, attempt.unit, attempt.price_version) == (COST, Unit.MICRO, "test")
        assert not attempt.end.usage.estimated


async def test_an_answer_without_usage_costs_our_estimate_and_is_flagged(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(Script(text="four words and one", fault=Fault.NO_USAGE))
        ann = house.person("ann")
        accepted = await ann.says("hi")
        await ann.sees("four words")
        used = await settled(house)
        (attempt,) = await attempts(house, accepted.conversation_id)
        assert attempt.end.usage.estimated
        assert 0 < used == DEAR.cost(attempt.end.usage)


async def test_a_cancelled_answer_costs_the_estimate_of_what_was_asked_and_came(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(Script(text="word " * 200, pace=0.02))
        ann = house.person("ann")
        accepted = await ann.says("tell me")
        await ann.sees("word word word")
        await ann.says("/stop")
        await ann.sees("Stopped.")
        used = await settled(house)
        (attempt,) = await attempts(house, accepted.conversation_id)
        assert attempt.end.state is AttemptState.CANCELLED
        assert attempt.end.usage.estimated
        assert 0 < used == DEAR.cost(attempt.end.usage) < 200 * 2 * 10


@pytest.mark.parametrize("after", [2, 20, 60])
async def test_a_cut_answer_costs_the_estimate_never_more_than_was_held(store: StoreOn, after: int) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(Script(text="word " * 100, fault=Fault.CUT, after=after))
        ann = house.person("ann")
        accepted = await ann.says("tell me")
        await ann.sees("broke off")
        used = await settled(house)
        (attempt,) = await attempts(house, accepted.conversation_id)
        assert attempt.end.state is AttemptState.CUT
        assert attempt.end.usage.estimated
        assert after * 5 < used <= DEAR.most(attempt.end.usage.input, 4096)


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
async def test_a_failed_answer_costs_nothing(store: StoreOn, status: int) -> None:
    async with paper_house(store, with_plan(DOLLAR, fallback=(), limits=Limits(0, 0, tries_per_model=1))) as house:
        house.models.next(Script(fault=Fault.STATUS, status=status))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("model")
        assert await settled(house) == 0


async def test_a_fallback_is_charged_for_itself_at_its_own_price(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR, limits=Limits(0, 0, tries_per_model=1))) as house:
        house.models.next(FIVE_HUNDRED, ANSWER)
        ann = house.person("ann")
        accepted = await ann.says("hi")
        await ann.sees("four words")
        assert await settled(house) == COST // 2
        failed, answered = await attempts(house, accepted.conversation_id)
        assert (failed.charged, answered.charged, answered.model) == (0, COST // 2, "second")


async def test_a_second_try_is_the_only_one_that_is_charged(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(FIVE_HUNDRED, ANSWER)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("four words")
        assert await settled(house) == COST


async def test_asking_again_is_charged_again(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(ANSWER, ANSWER)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("four words")
        await ann.says("/retry")
        await ann.sees("four words", times=2)
        assert await settled(house) == 2 * COST


async def test_merged_messages_are_one_turn_and_charged_once(store: StoreOn) -> None:
    merging = with_plan(Plan("free", 10, Unit.MESSAGES), overlap={"default": Overlap.MERGE})
    async with paper_house(store, merging) as house:
        house.models.next(Script(text="first answer", wait=0.3), Script(text="both answers"))
        ann = house.person("ann")
        for question in ("one", "two", "three"):
            await ann.says(question)
        await ann.sees("both answers")
        assert await settled(house, unit=Unit.MESSAGES) == 2


async def test_summaries_are_charged_to_who_pays_for_the_conversation(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR, window=Window(4, 400))) as house:
        ann = house.person("ann")
        house.models.default = Script(text="word " * 80, input=100, output=80)
        for number in range(1, 5):
            await ann.says(f"tell me {number}")
            await ann.sees("word", times=number)
        await house.rests()
        async with asyncio.timeout(5):
            while not (summaries := [call for call in house.models.heard if "Summarise" in str(call.body)]):
                await asyncio.sleep(0.02)
            while (await balance(house)).held:
                await asyncio.sleep(0.02)
        assert await settled(house) == (4 + len(summaries)) * (100 * 2 + 80 * 10)


async def test_of_two_at_once_on_a_balance_for_one_one_is_answered(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 1, Unit.MESSAGES))) as house:
        house.models.default = Script(text="an answer", wait=0.2)
        here, there = house.person("ann", chat="here"), house.person("ann there", chat="there")
        there.name = "ann"
        await here.says("/help")
        await here.sees("help")
        await asyncio.gather(here.says("one"), there.says("two", event="there"))
        await house.rests()
        said = house.paper.texts("here") + house.paper.texts("there")
        assert sum("an answer" in text for text in said) == 1
        assert sum("does not cover another answer" in text for text in said) == 1
        assert len(house.models.heard) == 1
        assert await settled(house, unit=Unit.MESSAGES) == 1


async def test_near_the_end_the_answer_is_shorter_rather_than_refused(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 10_000))) as house:
        house.models.next(replace(ANSWER, finish="length"))
        ann = house.person("ann")
        await ann.says("hi")
        assert "because your balance does not cover a longer one" in await ann.sees("four words")
        caps = [int(str(call.body["max_tokens"])) for call in house.models.heard]
        assert 256 <= caps[0] <= 1_000, "4,096 tokens would have cost four times the balance"
        assert await settled(house) == COST


async def test_a_call_sets_aside_no_more_than_a_quarter(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 100_000))) as house:
        house.models.next(Script(text="word " * 60, pace=0.02))
        ann = house.person("ann")
        await ann.says("tell me")
        await ann.sees("word word")
        assert 10_000 < (await balance(house)).held <= 25_000, "the longest answer would have cost 41,000"
        await settled(house)


async def test_nobody_is_refused_for_an_estimate(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 8_000))) as house:
        payer = Account(await store.create_account(1, "ann"), 1)
        attempt = NewAttempt(1, 0, 0, payer.id, "first", "stand-in", 4_000, 4_096)
        choice, spender = Choice(rules().models["first"]), Spender(payer, "api")

        async def count() -> int:
            return 2_500

        assert await house.hub.meter.open(attempt, spender, choice, None) == Refusal()
        opened = await house.hub.meter.open(attempt, spender, choice, None, count)
        assert isinstance(opened, Opened)
        assert opened.max_output == 300, "8,000 less 5,000 for the prompt, at 10 each"


async def test_a_vendor_that_reports_more_than_was_held_is_believed_and_the_next_question_refused(
    store: StoreOn,
) -> None:
    async with paper_house(store, with_plan(Plan("free", 20_000), fallback=())) as house:
        house.models.next(Script(text="words", input=1_000, output=3_000))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("words")
        assert await settled(house) == 32_000
        assert (await balance(house)).beyond == 12_000
        await ann.says("and now?")
        await ann.sees("does not cover another answer")
        assert len(house.models.heard) == 1


async def test_a_question_longer_than_the_model_reads_holds_nothing(store: StoreOn) -> None:
    models = {name: replace(model, context=500, max_output=200) for name, model in rules().models.items()}
    async with paper_house(store, with_plan(DOLLAR, models=models)) as house:
        ann = house.person("ann")
        await ann.says("word " * 1_000)
        await ann.sees("more text than the model can read")
        assert await settled(house) == 0
        assert house.models.heard == []


async def test_a_free_model_costs_no_money_and_counts_as_a_message(store: StoreOn) -> None:
    models = {name: replace(model, free=True) for name, model in rules().models.items()}
    async with paper_house(store, with_plan(DOLLAR, models=models)) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await house.rests()
        assert await house.store.balances(1, 1) == ()
    async with paper_house(store, with_plan(Plan("free", 5, Unit.MESSAGES), models=models)) as house:
        bob = house.person("bob")
        await bob.says("hi")
        await bob.sees("You said: hi")
        assert await settled(house, "bob", Unit.MESSAGES) == 1


async def test_tokens_are_counted_read_and_written(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 50_000, Unit.TOKENS))) as house:
        house.models.next(ANSWER)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("four words")
        assert await settled(house, unit=Unit.TOKENS) == 1_200


async def test_the_last_of_bought_credit_is_spent_though_the_allowance_is(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("free", 10_000))) as house:
        payer = Account(await store.create_account(1, "ann"), 1)
        choice, spender = Choice(rules().models["first"]), Spender(payer, "api")

        async def asks(wished: int) -> Opened | Refusal:
            attempt = NewAttempt(1, 0, 0, payer.id, "first", "stand-in", 1_000, wished)
            return await house.hub.meter.open(attempt, spender, choice, None)

        first = await asks(800)
        assert isinstance(first, Opened)
        await store.close_attempt(first.id, AttemptEnd(AttemptState.DONE, Usage(1_000), charge=Charge(10_000)))
        await store.grant(1, NewGrant("bought", payer.id, Unit.MICRO, 7_000, Source.TOPUP))
        last = await asks(4_096)
        assert isinstance(last, Opened)
        assert last.max_output == 500, "7,000 less 2,000 for the prompt, at 10 each"


async def test_who_comes_has_months_of_their_own_from_then_on(store: StoreOn) -> None:
    async with paper_house(store, with_plan(DOLLAR)) as house:
        house.models.next(ANSWER)
        await house.person("ann").says("hi")
        await settled(house)
        ann = await store.find_account(1, await account(house))
        share = await store.window_share(1, await account(house))
        assert ann is not None
        assert share is not None
        assert share.ends == window(Period.MONTH, ann.since, ann.since).ends > ann.since + 27 * DAY_MS
