"""One budget for a chat: words wait their turn, frames are shed, a 429 is obeyed, and what rests is forgotten."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from hub.core.budget import MARGIN, Budgets, Later
from hub.domain.address import Address
from hub.domain.capabilities import Budget, Scope

ANN = Address(1, "paper", "bot", "ann")
BOB = Address(1, "paper", "bot", "bob")


def window(seconds: float) -> float:
    return seconds * (1 + MARGIN) + MARGIN


def worst(stamps: list[float], seconds: float) -> int:
    """Most stamps within any window of `seconds`."""
    return max(sum(first <= other < first + seconds for other in stamps) for first in stamps)


async def test_words_wait_for_their_turn_and_keep_their_order():
    budgets, limits = Budgets(), (Budget(Scope.CHAT, 2, 0.2),)
    went: list[tuple[int, float]] = []

    async def word(number: int) -> None:
        await budgets.spend(ANN, limits)
        went.append((number, time.monotonic()))

    began = time.monotonic()
    await asyncio.gather(*(word(number) for number in range(7)))
    assert [number for number, _ in went] == list(range(7))
    assert worst([at for _, at in went], 0.2) == 2
    assert 3 * window(0.2) <= time.monotonic() - began < 3 * window(0.2) + 0.3


async def test_a_bot_has_one_budget_and_every_chat_its_own():
    budgets = Budgets()
    limits = (Budget(Scope.CHAT, 1, 0.3), Budget(Scope.BOT, 3, 0.2))
    went: dict[str, list[float]] = {}

    async def word(chat: str) -> None:
        await budgets.spend(Address(1, "paper", "bot", chat), limits)
        went.setdefault(chat, []).append(time.monotonic())

    await asyncio.gather(*(word(f"chat {number % 5}") for number in range(10)))
    assert all(len(at) == 2 and at[1] - at[0] >= 0.3 for at in went.values())
    assert worst([one for at in went.values() for one in at], 0.2) == 3


async def test_what_may_be_shed_never_waits_and_leaves_room():
    budgets, limits = Budgets(), (Budget(Scope.CHAT, 20, 60.0),)
    taken, waits = 0, []
    for _ in range(100):
        try:
            budgets.spare(ANN, limits)
            taken += 1
        except Later as error:
            waits.append(error.after)
    assert 0 < min(waits) <= max(waits) <= window(60.0)
    assert taken == 5, "a third of three quarters at once, the others evenly"
    assert budgets.wait(ANN, limits) == 0.0, "words have a call at once"
    budgets.spare(BOB, limits)


async def test_frames_use_their_share_evenly():
    budgets, limits, seconds = Budgets(), (Budget(Scope.CHAT, 20, 1.0),), 1.0
    stamps = []
    began = time.monotonic()
    while time.monotonic() - began < 2.5:
        try:
            budgets.spare(ANN, limits)
            stamps.append(time.monotonic())
        except Later as error:
            await asyncio.sleep(min(error.after, 0.02))
    assert worst(stamps, seconds) <= 15
    assert len(stamps) >= 25
    assert max(after - before for before, after in pairwise(stamps)) < 0.3, "it never stands still"


async def test_frames_go_before_nobody():
    budgets, limits = Budgets(), (Budget(Scope.CHAT, 1, 0.2),)
    await budgets.spend(ANN, limits)
    waiting = asyncio.create_task(budgets.spend(ANN, limits))
    await asyncio.sleep(0)
    with pytest.raises(Later):
        budgets.spare(ANN, limits)
    await waiting
    with pytest.raises(Later):
        budgets.spare(ANN, limits)
    await asyncio.sleep(window(0.2))
    budgets.spare(ANN, limits)


async def test_what_a_platform_forbids_is_obeyed_without_any_budget():
    budgets = Budgets()
    assert not budgets.bind(())
    budgets.block(ANN, 0.2)
    assert budgets.bind(())
    with pytest.raises(Later) as refused:
        budgets.spare(ANN, ())
    assert 0.1 < refused.value.after <= 0.2
    assert 0.1 < budgets.wait(ANN, ()) <= 0.2
    budgets.spare(BOB, ())
    began = time.monotonic()
    await budgets.spend(ANN, ())
    assert time.monotonic() - began >= 0.19
    assert not budgets.bind(())


async def test_a_later_and_shorter_refusal_does_not_shorten_the_first():
    budgets = Budgets()
    budgets.block(ANN, 5)
    budgets.block(ANN, 1)
    assert budgets.wait(ANN, ()) > 4


async def test_a_wait_that_is_given_up_takes_nothing():
    budgets, limits = Budgets(), (Budget(Scope.CHAT, 1, 0.2), Budget(Scope.BOT, 9, 0.2))
    await budgets.spend(ANN, limits)
    waiting = asyncio.create_task(budgets.spend(ANN, limits))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert 0 < budgets.wait(ANN, limits) <= window(0.2)


async def test_chats_that_rest_cost_nothing():
    budgets, limits = Budgets(), (Budget(Scope.CHAT, 1, 0.05), Budget(Scope.BOT, 10_000, 0.05))
    for number in range(500):
        await budgets.spend(Address(1, "paper", "bot", str(number)), limits)
    await asyncio.sleep(window(0.05))
    await budgets.spend(ANN, limits)
    assert len(budgets._places) == 2
    for number in range(500):
        budgets.block(Address(1, "paper", "bot", str(number)), 0.01)
    await asyncio.sleep(0.02)
    budgets.block(ANN, 0.01)
    assert len(budgets._blocked) == 1
