"""Balances, grants, holds and what settles them, on both databases with two tenants."""

import asyncio
import time

import pytest

from hub.domain.attempt import AttemptState
from hub.domain.money import Allowance, Ask, Ceiling, EntryKind, Refusal, Source, Unit
from storage.store import StoreOn
from tests.contract.store.conftest import Database
from tests.contract.store.money_kit import NEVER, Payer, agrees, allowance, payer


@pytest.fixture
async def ann(store: StoreOn) -> Payer:
    return await payer(store, 2)


def now() -> int:
    return time.time_ns() // 1_000_000


async def test_a_hold_is_taken_once_and_settled_with_what_was_used(ann: Payer) -> None:
    assert await ann.gets(100)
    attempt = await ann.opened(80)
    assert await ann.figures() == (100, 0, 80, 0)
    assert await ann.opens(21) == Refusal()
    await ann.ends(attempt, 33)
    assert await ann.figures() == (100, 33, 0, 0)
    assert (await ann.balance()).grants[0].left == 67
    assert await ann.lines() == [("grant", 100, 0), ("settle", 0, 33)]
    assert await agrees(ann.store)


async def test_a_repeated_end_books_nothing_and_a_late_truth_the_difference(ann: Payer) -> None:
    await ann.gets(100)
    attempt = await ann.opened(50)
    await ann.ends(attempt, 90, capped=True, state=AttemptState.UNKNOWN)
    assert await ann.figures() == (100, 50, 0, 0)
    await ann.ends(attempt, 90, capped=True, state=AttemptState.UNKNOWN)
    assert await ann.figures() == (100, 50, 0, 0)
    await ann.ends(attempt, 20)
    assert await ann.figures() == (100, 20, 0, 0)
    await ann.ends(attempt, 70)
    assert await ann.figures() == (100, 70, 0, 0)
    assert [line[2] for line in await ann.lines()] == [0, 50, -30, 50]
    assert await agrees(ann.store)


async def test_what_a_vendor_reports_above_the_hold_is_recorded_and_paid_back_by_what_comes(ann: Payer) -> None:
    await ann.gets(50)
    attempt = await ann.opened(40)
    await ann.ends(attempt, 80)
    assert await ann.figures() == (50, 80, 0, 30)
    assert (await ann.balance()).free == -30
    assert await ann.opens(1) == Refusal()
    await ann.gets(100)
    assert await ann.figures() == (150, 80, 0, 0)
    assert (await ann.balance()).grants[0].left == 70
    assert await ann.opens(71) == Refusal()
    await ann.opened(70)
    assert await agrees(ann.store)


async def test_others_holds_stay_covered_when_one_costs_more(ann: Payer) -> None:
    await ann.gets(100)
    one, two = await ann.opened(40), await ann.opened(60)
    await ann.ends(one, 90)
    assert await ann.figures() == (100, 90, 60, 50)
    await ann.ends(two, 60)
    assert await ann.figures() == (100, 150, 0, 50)
    assert await agrees(ann.store)


async def test_an_allowance_opens_with_the_first_hold_and_is_spent_before_what_was_bought(ann: Payer) -> None:
    await ann.gets(100)
    plan = allowance(50)
    attempt = await ann.opened(10, plan)
    assert await ann.figures() == (150, 0, 10, 0)
    await ann.ends(attempt, 10)
    await ann.ends(await ann.opened(90, plan), 60)
    left = {grant.source: grant.left for grant in (await ann.balance()).grants}
    assert left == {Source.TOPUP: 80}
    share = await ann.store.window_share(2, ann.id)
    assert share is not None
    assert (share.plan, share.amount, share.used, share.ends) == ("free", 50, 50, NEVER)
    assert await agrees(ann.store)


async def test_a_window_rolls_over_at_its_instant(ann: Payer) -> None:
    ends = now() + 400
    first = allowance(50, "w1", ends=ends)
    await ann.ends(await ann.opened(20, first), 20)
    running = await ann.opened(25, first)
    assert await ann.opens(6, first) == Refusal()
    await asyncio.sleep(max(0, ends - now()) / 1000 + 0.01)
    assert await ann.figures() == (45, 20, 25, 0), "the rest lapses, what covers the hold stays"
    second = allowance(50, "w2")
    other = await ann.opened(50, second)
    assert await ann.figures() == (95, 20, 75, 0)
    await ann.ends(running, 15)
    assert await ann.figures() == (95, 35, 50, 0), "what it left over covers what still runs"
    await ann.ends(other, 40)
    assert await ann.figures() == (95, 75, 0, 0), "and is spent first"
    assert [(grant.amount, grant.left) for grant in (await ann.balance()).grants] == [(50, 20)]


@pytest.mark.parametrize(("cost", "figures"), [(5, (5, 5, 0, 0)), (20, (20, 20, 0, 0)), (35, (20, 35, 0, 15))])
async def test_what_is_over_bears_what_was_held_and_no_more(
    ann: Payer, cost: int, figures: tuple[int, int, int, int]
) -> None:
    ends = now() + 150
    await ann.gets(50, expires=ends)
    running = await ann.opened(20)
    await asyncio.sleep(max(0, ends - now()) / 1000 + 0.01)
    await ann.ends(running, cost)
    assert await ann.figures() == figures
    assert await agrees(ann.store)
    assert await agrees(ann.store)


async def test_a_plan_without_limit_is_counted_and_gives_what_is_used(ann: Payer) -> None:
    await ann.gets(10)
    attempt = await ann.opened(1_000, allowance(None))
    assert await ann.figures() == (1_010, 0, 1_000, 0)
    second = await ann.opened(5_000, allowance(None))
    await ann.ends(attempt, 700)
    assert await ann.figures() == (5_710, 700, 5_000, 0)
    assert await agrees(ann.store)
    await ann.ends(second, 6_000)
    assert await ann.figures() == (6_710, 6_700, 0, 0)
    await ann.ends(second, 5_500)
    assert await ann.figures() == (6_210, 6_200, 0, 0)
    assert (await ann.balance()).grants[0].left == 10
    assert await agrees(ann.store)


@pytest.mark.parametrize(("unit", "taken"), [(Unit.TOKENS, 7), (Unit.MESSAGES, 1)])
async def test_a_plan_in_tokens_or_messages(ann: Payer, unit: Unit, taken: int) -> None:
    plan = allowance(10, unit=unit)
    attempt = await ann.opened(8, plan)
    await ann.ends(attempt, 500)
    assert await ann.figures(unit) == (10, taken, 0, 0)
    [line] = await ann.store.used(2, ann.id, 0, NEVER)
    assert (line.cost, line.charged, line.unit, line.input, line.output) == (500, taken, unit, 5, 2)


async def test_the_first_ask_that_is_covered_is_taken(ann: Payer) -> None:
    await ann.gets(100)
    plan = allowance(10, unit=Unit.TOKENS)
    asks = (Ask(Unit.TOKENS, 8), Ask(Unit.MICRO, 60))
    one = await ann.opened(0, plan, asks=asks)
    two = await ann.opened(0, plan, asks=asks)
    assert await ann.opens(0, plan, asks=asks) == Refusal()
    await ann.ends(one, 55)
    await ann.ends(two, 55)
    assert await ann.figures(Unit.TOKENS) == (10, 7, 0, 0)
    assert await ann.figures() == (100, 55, 0, 0)
    assert await agrees(ann.store)


async def test_ceilings_are_met_in_words_and_give_the_hold_back(ann: Payer, database: Database) -> None:
    await ann.gets(1_000)
    key = Ceiling("key:3", "2026-11", Unit.MICRO, 100)
    house = Ceiling("house", "2026-11-21", Unit.MICRO, 150)
    words = Ceiling("person:1", "2026-11", Unit.MESSAGES, 0)
    one = await ann.opened(60, ceilings=(key, house, words))
    assert await ann.opens(60, ceilings=(house, key)) == Refusal("key:3")
    two = await ann.opened(80, ceilings=(house,))
    assert await ann.opens(20, ceilings=(key, house)) == Refusal("house")
    assert await ann.figures() == (1_000, 0, 140, 0)
    await ann.ends(one, 90)
    await ann.ends(two, 200, capped=True)
    rows = await database.sql("SELECT tenant_id, scope, held, used FROM ceilings WHERE used > 0 ORDER BY scope")
    assert [tuple(row) for row in rows] == [(2, "house", 0, 170), (2, "key:3", 0, 90)]
    await ann.ends(two, 10)
    assert await database.number("SELECT used FROM ceilings WHERE scope = 'house'") == 100
    assert await ann.opens(60, ceilings=(house,)) == Refusal("house")
    await ann.opened(50, ceilings=(house,))
    assert await agrees(ann.store)


async def test_a_grant_is_given_once_and_only_in_whole_positive_amounts(ann: Payer) -> None:
    assert await ann.gets(5, key="a")
    assert not await ann.gets(5, key="a")
    other = await payer(ann.store, 1)
    assert await other.gets(5, key="a"), "keys are a tenant's own"
    for amount in (0, -1, 2**53 + 1):
        with pytest.raises(ValueError, match=r"1 to 2\*\*53"):
            await ann.gets(amount)
        if amount != -1:
            with pytest.raises(ValueError, match="either way"):
                await ann.store.adjust(2, ann.id, Unit.MICRO, amount, "k", "")
    with pytest.raises(LookupError):
        await Payer(ann.store, ann.id, 1).gets(5)
    with pytest.raises(LookupError):
        await Payer(ann.store, ann.id, 1).opens(5)
    with pytest.raises(ValueError, match="less than nothing"):
        await ann.opens(-5)
    assert await ann.opens(2**60) == Refusal()
    assert await ann.figures() == (5, 0, 0, 0)


async def test_corrections_take_what_is_left_and_the_rest_is_owed(ann: Payer) -> None:
    await ann.gets(100, key="paid")
    await ann.gets(30, key="gift", source=Source.GIFT)
    await ann.ends(await ann.opened(50), 50)
    held = await ann.opened(20)
    take = (2, ann.id, Unit.MICRO, -100, "refund-1", "paid back", EntryKind.REFUND, "paid")
    assert await ann.store.adjust(*take)
    assert not await ann.store.adjust(*take)
    assert await ann.figures() == (70, 90, 20, 40), "60 were spare, 40 are owed, the hold stays"
    assert await ann.store.adjust(2, ann.id, Unit.MICRO, 50, "sorry", "")
    assert await ann.figures() == (120, 90, 20, 0)
    await ann.ends(held, 20)
    assert [line[0] for line in await ann.lines()].count("refund") == 3
    assert await agrees(ann.store)


async def test_a_plan_that_ends_takes_its_allowance_with_it_and_brings_it_back(ann: Payer) -> None:
    plan = allowance(50)
    await ann.ends(await ann.opened(20, plan), 20)
    held = await ann.opened(10, plan)
    await ann.store.set_plan(2, ann.id, "pro", 5, 9)
    assert await ann.figures() == (30, 20, 10, 0)
    await ann.store.set_plan(2, ann.id, "pro", 6, 10)
    await ann.ends(held, 4)
    await ann.store.set_plan(2, ann.id, "", 0, 0)
    attempt = await ann.opened(26, plan)
    assert await ann.opens(1, plan) == Refusal(), "one window gives its allowance once"
    await ann.ends(attempt, 26)
    assert await ann.figures() == (50, 50, 0, 0)
    assert await agrees(ann.store)


async def test_what_was_taken_of_an_allowance_stays_taken_when_its_plan_comes_back(ann: Payer) -> None:
    plan = allowance(50)
    await ann.ends(await ann.opened(10, plan), 10)
    assert await ann.store.adjust(2, ann.id, Unit.MICRO, -25, "wrong", "a mistake")
    for _ in range(2):
        await ann.store.set_plan(2, ann.id, "pro", 5, 9)
        assert await ann.figures() == (10, 10, 0, 0)
        await ann.store.set_plan(2, ann.id, "", 0, 0)
        await ann.ends(await ann.opened(1, plan), 0, state=AttemptState.FAILED)
        assert await ann.figures() == (25, 10, 0, 0)
    assert await agrees(ann.store)


async def test_an_allowance_that_is_raised_is_raised_at_the_wall(ann: Payer) -> None:
    await ann.ends(await ann.opened(50, allowance(50)), 50)
    assert await ann.opens(10, allowance(50)) == Refusal()
    await ann.opened(10, allowance(80))
    assert await ann.figures() == (80, 50, 10, 0)
    assert await agrees(ann.store)


async def test_a_window_of_hours_opens_again_after_its_end(ann: Payer) -> None:
    def rolling() -> Allowance:
        return allowance(50, "", ends=now() + 1_500)

    began = time.monotonic()
    await ann.ends(await ann.opened(20, rolling()), 20)
    await ann.store.set_plan(2, ann.id, "pro", 5, 9)
    await ann.ends(await ann.opened(7, allowance(7, plan="pro")), 7)
    await ann.store.set_plan(2, ann.id, "", 0, 0)
    refused = await ann.opens(31, rolling())
    if time.monotonic() < began + 1.4:
        assert refused == Refusal(), "another plan meanwhile makes no new window"
    await asyncio.sleep(1.5)
    await ann.opened(50, rolling())
    assert await agrees(ann.store)


async def test_a_call_without_a_hold_writes_its_cost_and_touches_nothing(ann: Payer, database: Database) -> None:
    attempt = await ann.opened(0, asks=(Ask(Unit.MICRO, 0),))
    await ann.ends(attempt, 12)
    assert (await ann.store.used(2, ann.id, 0, NEVER))[0].cost == 12


async def test_a_hand_edited_balance_is_named(ann: Payer, database: Database) -> None:
    await ann.gets(100)
    await ann.opened(30)
    await database.sql(f"UPDATE balances SET granted = 150, held = 29 WHERE account_id = {ann.id}")
    found, _ = await ann.store.verify(0, 100)
    assert [(one.tenant, one.account_id, one.column, one.kept, one.computed) for one in found] == [
        (2, ann.id, "granted", 150, 100),
        (2, ann.id, "held", 29, 30),
    ]


async def test_a_hand_edited_ceiling_is_named(ann: Payer, database: Database) -> None:
    await ann.gets(100)
    house = Ceiling("house", "2026-11-21", Unit.MICRO, 150)
    attempt = await ann.opened(30, ceilings=(house, Ceiling("key:3", "total", Unit.MICRO, 40)))
    assert await agrees(ann.store)
    await database.sql("UPDATE ceilings SET held = 31 WHERE scope = 'house'")
    found, _ = await ann.store.verify(0, 100)
    assert [(one.tenant, one.account_id, one.column, one.kept, one.computed) for one in found] == [
        (2, 0, "held under house in 2026-11-21", 31, 30)
    ]
    await ann.ends(attempt, 20)
    found, _ = await ann.store.verify(0, 100)
    assert [(one.kept, one.computed) for one in found] == [(1, 0)]


async def test_the_lines_of_the_ledger_cannot_be_changed(ann: Payer, database: Database) -> None:
    await ann.gets(100)
    for change in ("UPDATE entries SET granted = 1", "DELETE FROM entries"):
        with pytest.raises(Exception, match="entries are never changed"):
            await database.sql(change)


async def test_of_two_plans_in_two_units_the_one_that_runs_is_told(ann: Payer) -> None:
    answers = allowance(1, unit=Unit.MESSAGES, plan="chat")
    await ann.ends(await ann.opened(1, answers), 0)
    await ann.ends(await ann.opened(20, allowance(50)), 20)
    share = await ann.store.window_share(2, ann.id)
    assert share is not None
    assert (share.plan, share.unit, share.used) == ("free", Unit.MICRO, 20), "another plan's was spent before it began"
