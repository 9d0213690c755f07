"""Arithmetic of holds and charges: nothing is set aside in vain, and nothing costs less than nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.money.amounts import amount, bar, day, until
from hub.core.money.bid import MOST, Because, Bid, Choice, is_cheaper
from hub.core.money.guard import ceilings_of, is_guard
from hub.core.money.usual import LEAST, Usual
from hub.core.rules import Spending
from hub.domain.attempt import Purpose
from hub.domain.completion import Usage
from hub.domain.model import Model, Price, Tier
from hub.domain.money import Ask, Ceiling, Unit
from hub.domain.plan import Plan
from hub.domain.windows import DAY_MS, HOUR_MS

PRICES = st.builds(Price, st.integers(0, 10**9), st.integers(0, 10**9))
TOKENS = st.integers(0, 10**6)


def bid(plan: Plan, price: Price | None, asked: int = 100, wished: int = 4_096, **more: object) -> Bid:
    model = Model("m", "p", "m", free=price is None, price=price)
    choice = Choice(model, more.pop("because", Because.ROUTE))  # type: ignore[arg-type]
    return Bid(plan, choice, price, more.pop("purpose", Purpose.ANSWER), asked, wished)  # type: ignore[arg-type]


@given(PRICES, TOKENS, TOKENS, st.integers(0, 4_096))
def test_a_hold_covers_every_answer_within_its_cap(price: Price, asked: int, cap: int, written: int) -> None:
    (ask,) = bid(Plan("p", 1), price, asked).asks(cap)
    cost = price.cost(Usage(asked, output=min(written, cap)))
    assert 0 <= cost <= ask.amount <= MOST


@given(PRICES, TOKENS, st.integers(0, 10**12))
def test_what_an_amount_covers_is_the_most_that_fits(price: Price, asked: int, left: int) -> None:
    one = bid(Plan("p", 1), price, asked)
    cap = one.covered({Unit.MICRO: left})
    assert 0 <= cap <= one.wished
    assert cap == 0 or one.asks(cap)[0].amount <= left
    assert cap == one.wished or one.asks(cap + 1)[0].amount > left


def test_each_unit_asks_for_itself_and_then_for_money() -> None:
    price = Price(1_000_000, 1_000_000)
    assert bid(Plan("p", 1), price).asks(10) == (Ask(Unit.MICRO, 110),)
    assert bid(Plan("p", 1, Unit.TOKENS), price).asks(10) == (Ask(Unit.TOKENS, 110), Ask(Unit.MICRO, 110))
    assert bid(Plan("p", 1, Unit.MESSAGES), price).asks(10) == (Ask(Unit.MESSAGES, 1), Ask(Unit.MICRO, 110))
    assert bid(Plan("p", 1), None).asks(10) == ()
    assert bid(Plan("p", 1, Unit.TOKENS), None).asks(10) == (Ask(Unit.TOKENS, 110),)


def test_what_the_house_pays_asks_for_money_alone() -> None:
    price = Price(1_000_000, 1_000_000)
    summary = bid(Plan("p", 1, Unit.MESSAGES), price, purpose=Purpose.SUMMARY)
    afterwards = bid(Plan("p", 1, Unit.TOKENS), price, because=Because.AFTERWARDS)
    assert summary.at_house_cost
    assert afterwards.at_house_cost
    assert summary.asks(10) == afterwards.asks(10) == (Ask(Unit.MICRO, 110),)
    assert not bid(Plan("p", 1, Unit.TOKENS), price, purpose=Purpose.SUMMARY).at_house_cost


@pytest.mark.parametrize(
    ("one", "other", "cheaper"),
    [
        (Price(1, 5), Price(2, 10), True),
        (Price(2, 10), Price(2, 10), False),
        (Price(1, 11), Price(2, 10), False),
        (None, Price(2, 10), True),
        (Price(1, 1), None, False),
        (Price(1, 5, request=7), Price(2, 10), False),
        (Price(2, 10, request=3), Price(2, 10, request=7), True),
        (Price(1, 5, reasoning=20), Price(2, 10), False),
        (Price(1, 5), Price(2, 10, cached=0), False),
        (Price(1, 5, tiers=(Tier(99, Price(4, 20)),)), Price(2, 10), False),
        (Price(1, 5, tiers=(Tier(99, Price(2, 10)),)), Price(2, 10), True),
    ],
)
def test_cheaper_means_no_token_costs_more(one: Price | None, other: Price | None, cheaper: bool) -> None:
    ours, theirs = (
        Model(name, "p", "m", free=price is None, price=price) for name, price in (("a", one), ("b", other))
    )
    assert is_cheaper(ours, theirs, 0) is cheaper
    assert not is_cheaper(Model("unknown", "p", "m"), theirs, 0), "an unknown price is not a low one"


def test_ceilings_of_a_day() -> None:
    spending = Spending(person=100, platform=200, platforms={"slack": 300}, house=1_000, cheaper="c", step_down=80)
    found = ceilings_of(spending, 7, "slack", 0, cheaper=False)
    assert found == tuple(
        Ceiling(scope, "1970-01-01", Unit.MICRO, most)
        for scope, most in (("person:7", 80), ("platform:slack", 240), ("house", 800))
    )
    assert [one.amount for one in ceilings_of(spending, 7, "web", 0, cheaper=True)] == [100, 200, 1_000]
    assert ceilings_of(Spending(house=5), 7, "web", 0, cheaper=False)[0].amount == 5, "nothing to step down to"
    assert all(is_guard(one.scope) for one in found)
    assert not any(map(is_guard, ("key:3", "member:1:2", "")))


def test_usual_follows_what_answers_take() -> None:
    usual = Usual()
    first = usual.most("m")
    for _ in range(50):
        usual.learn("m", 3_000)
    assert usual.most("m") >= 6_000 > first
    for _ in range(200):
        usual.learn("m", 5)
    assert usual.most("m") == LEAST
    assert usual.most("other") == first


@pytest.mark.parametrize(
    ("value", "unit", "language", "text"),
    [
        (240_000, Unit.MICRO, "en", "$0.24"),
        (1_234_567_890, Unit.MICRO, "en", "$1,234.57"),
        (1_234_567_890, Unit.MICRO, "de", "1.234,57 $"),
        (4_000, Unit.MICRO, "en", "$0.004"),
        (7, Unit.MICRO, "en", "$0.000007"),
        (0, Unit.MICRO, "en", "$0.00"),
        (-1_500_000, Unit.MICRO, "en", "-$1.50"),
        (12_000, Unit.TOKENS, "es", "12.000 tokens"),
        (30, Unit.MESSAGES, "de", "30 Nachrichten"),
    ],
)
def test_amounts_in_words(value: int, unit: Unit, language: str, text: str) -> None:
    assert amount(value, unit, language) == text


def test_times_in_words() -> None:
    assert day(DAY_MS * 30, "de") == "31. Januar"
    assert until(DAY_MS * 20, 0, "en") == "on 21 January"
    assert until(HOUR_MS * 5 - 1, 0, "en") == "in about 5 h"
    assert until(60_000, 0, "es") == "dentro de unos 1 min"


@pytest.mark.parametrize(
    ("used", "whole", "text"),
    [
        (0, 100, "░" * 12 + " 0 %"),
        (1, 1_000, "▓" + "░" * 11 + " 0 %"),
        (68, 100, "▓" * 8 + "░" * 4 + " 68 %"),
        (999, 1_000, "▓" * 11 + "░ 99 %"),
        (150, 100, "▓" * 12 + " 100 %"),
        (0, 0, "▓" * 12 + " 100 %"),
    ],
)
def test_a_bar_is_full_only_when_all_is_used(used: int, whole: int, text: str) -> None:
    assert bar(used, whole) == text
