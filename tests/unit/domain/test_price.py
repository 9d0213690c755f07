"""What a call costs: rates, tiers, dates and hours, rounding."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.completion import Usage
from hub.domain.model import DAY, Model, Price, PriceChange, Tier

COUNT = st.integers(0, 2**31)
RATE = st.integers(0, 10**9)
MAYBE = st.none() | RATE


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    whole, output = draw(COUNT), draw(COUNT)
    cached = draw(st.integers(0, whole))
    write = draw(st.integers(0, whole - cached))
    return Usage(whole, cached, write, output, draw(st.integers(0, output)), cache_write_1h=draw(st.integers(0, write)))


@st.composite
def prices(draw: st.DrawFn) -> Price:
    def flat() -> Price:
        return Price(draw(RATE), draw(RATE), draw(MAYBE), draw(MAYBE), "v", draw(MAYBE), draw(MAYBE))

    borders = sorted(draw(st.sets(st.integers(0, 2**31), max_size=3)))
    first = flat()
    tiers = tuple(Tier(border, flat()) for border in borders)
    return Price(
        first.input, first.output, first.cached, first.cache_write, "v", first.cache_write_1h, first.reasoning, 0, tiers
    )


def exact(price: Price, usage: Usage) -> int:
    """The same in fractions, each share by itself."""
    rates = price
    for tier in price.tiers:
        rates = tier.price if usage.input > tier.above else rates

    def rate(*found: int | None) -> int:
        return next(each for each in found if each is not None)

    five = usage.cache_write - usage.cache_write_1h
    shares = (
        (usage.input - usage.cached - usage.cache_write, rates.input),
        (usage.cached, rate(rates.cached, rates.input)),
        (five, rate(rates.cache_write, rates.input)),
        (usage.cache_write_1h, rate(rates.cache_write_1h, rates.cache_write, rates.input)),
        (usage.output - usage.reasoning, rates.output),
        (usage.reasoning, rate(rates.reasoning, rates.output)),
    )
    return ceil(sum(Fraction(tokens * each, 1_000_000) for tokens, each in shares))


@given(prices(), usages())
def test_every_share_has_its_rate_and_is_rounded_up_once(price: Price, usage: Usage) -> None:
    assert price.cost(usage) == exact(price, usage)


@given(prices(), usages())
def test_no_call_costs_more_than_the_most(price: Price, usage: Usage) -> None:
    if price.cache_write_1h is None and not any(tier.price.cache_write_1h for tier in price.tiers):
        assert price.cost(usage) <= price.most(usage.input, usage.output)


@given(prices(), *[st.integers(-(2**63), 2**63)] * 6)
def test_nonsense_is_never_a_gift(
    price: Price, whole: int, cached: int, write: int, output: int, reasoning: int, hour: int
) -> None:
    assert price.cost(Usage(whole, cached, write, output, reasoning, cache_write_1h=hour)) >= 0


def test_what_used_nothing_costs_nothing_and_a_call_has_its_fee() -> None:
    price = Price(1, 1, request=12_000)
    assert price.cost(Usage()) == 0
    assert price.cost(Usage(1)) == 12_001
    assert price.most(1, 1) == 12_001


def test_a_border_is_passed_by_one_token_more() -> None:
    price = Price(100, 500, tiers=(Tier(272_000, Price(200, 750)), Tier(500_000, Price(400, 900))))
    assert [price.at(tokens).input for tokens in (0, 272_000, 272_001, 500_000, 500_001)] == [100, 100, 200, 200, 400]


def test_the_last_price_in_force_holds() -> None:
    old, new, night = Price(1, 1, version="old"), Price(2, 2, version="new"), Price(3, 3, version="night")
    day = 20_000 * DAY
    hour = DAY // 24
    model = Model(
        "m", "p", "m", price=old, changes=(PriceChange(new, day), PriceChange(night, 0, (22 * hour, 2 * hour)))
    )
    moments = (day - DAY // 2, day - 1, day, day + 2 * hour, day + 22 * hour)
    found = [model.price_at(moment) for moment in moments]
    assert [price.version if price else "" for price in found] == ["old", "night", "night", "new", "night"]
    assert Model("m", "p", "m", changes=(PriceChange(new, day),)).price_at(day - 1) is None
