"""Money in the life of a turn: settled where it ends, warned of once, given back when its process died."""

from dataclasses import replace
from typing import Any

import pytest

from hub.domain.attempt import AttemptEnd, NewAttempt
from hub.domain.money import Ask, Hold, Unit
from hub.domain.reply import Notice, Reply
from hub.domain.turn import AllowanceWarning, Turn
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, attempt_for, ending, taken
from tests.contract.store.money_kit import DOLLAR, Payer, agrees, allowance, ended

WARNING = AllowanceWarning((80, 90, 100), Notice("usage_warning", {"plan": "free"}, "de"))


@pytest.fixture
def ann(store: StoreOn) -> Person:
    return Person(store, 2)


def call(turn: Turn, amount: int, asked: int = 9, *, limit: int = 100) -> NewAttempt:
    hold = Hold(turn.account.id, (Ask(Unit.MICRO, amount),), allowance(limit))
    return attempt_for(turn, asked)._replace(hold=hold, price=DOLLAR, owner="me")


async def asks(person: Person, amount: int, **more: Any) -> tuple[Turn, int]:
    """A turn of theirs and the call that it made."""
    turn = await taken(person.store, (await person.says("hi")).conversation_id)
    attempt = await person.store.open_attempt(call(turn, amount, **more), turn.lease)
    assert isinstance(attempt, int)
    return turn, attempt


async def finishes(store: StoreOn, turn: Turn, attempt: int, cost: int, reply: Reply | None = None) -> Notice | None:
    """What stands under the answer."""
    done: tuple[int, AttemptEnd] = (attempt, ended(cost))
    finished = replace(ending(turn, reply=reply), attempt=done, warning=WARNING)
    item = (await store.finish_turn(finished)).item
    again = (await store.finish_turn(finished)).item
    assert item is not None
    assert again is not None
    assert again.reply.notice == item.reply.notice, "a repeat answers the same"
    return item.reply.notice


async def test_a_level_of_the_allowance_is_told_once_under_an_answer(ann: Person) -> None:
    told = []
    for cost in (50, 20, 15, 3, 4, 8):
        turn, attempt = await asks(ann, cost)
        told.append(await finishes(ann.store, turn, attempt, cost))
    assert [notice.arguments["percent"] if notice else 0 for notice in told] == [0, 0, 80, 0, 90, 100]
    assert told[2] == Notice("usage_warning", {"plan": "free", "percent": 80}, "de")
    assert await agrees(ann.store)


async def test_a_warning_waits_for_an_answer_that_has_room_for_it(ann: Person) -> None:
    own = Reply("hello", Notice("model_fell_back"))
    turn, attempt = await asks(ann, 95)
    notice = await finishes(ann.store, turn, attempt, 85, own)
    assert notice is not None
    assert notice.key == "model_fell_back"
    turn, attempt = await asks(ann, 5)
    notice = await finishes(ann.store, turn, attempt, 1)
    assert notice is not None
    assert notice.arguments["percent"] == 80


async def test_a_turn_that_is_taken_again_settles_what_died_with_its_process(ann: Person, database: Database) -> None:
    turn, attempt = await asks(ann, 30, asked=9)
    await ann.store.mark_shown(turn.id, turn.lease, "x" * 12)
    me = Payer(ann.store, turn.account.id, 2)
    assert await me.figures() == (100, 0, 30, 0)
    await ann.store.release_owner("other")
    again = await taken(ann.store, turn.conversation.id)
    assert again.shown
    assert await me.figures() == (100, 14, 0, 0), "nine tokens asked, five seen"
    [line] = await ann.store.used(2, turn.account.id, 0, 2**50)
    assert (line.estimated, line.charged, line.input, line.output) == (1, 14, 9, 5)
    await ann.store.close_attempt(attempt, ended(40))
    assert await me.figures() == (100, 40, 0, 0), "the truth came late"
    assert await agrees(ann.store)


async def test_an_estimate_is_never_more_than_was_held(ann: Person) -> None:
    turn, _ = await asks(ann, 30, asked=5_000)
    await ann.store.release_owner(None)
    assert await Payer(ann.store, turn.account.id, 2).figures() == (100, 30, 0, 0)


async def test_a_turn_knows_the_plan_of_its_account(ann: Person) -> None:
    turn, _ = await asks(ann, 1)
    await ann.store.set_plan(2, turn.account.id, "pro", 5, 6)
    again = await taken(ann.store, turn.conversation.id)
    assert (again.account.plan, again.account.plan_anchor, again.account.plan_until) == ("pro", 5, 6)
    line = await ann.store.find_account(2, turn.account.id)
    assert line is not None
    assert (line.plan, line.plan_anchor, line.plan_until) == ("pro", 5, 6)
