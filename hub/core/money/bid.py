"""What one call would set aside, as arithmetic. Knows asks, and what an amount covers; must not know any store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.domain.attempt import Purpose
from hub.domain.conversation import Account
from hub.domain.model import Model, Price
from hub.domain.money import Ask, Ceiling, Unit
from hub.domain.plan import Plan
from hub.domain.turn import Turn

MOST = 2**53 - 1
"""No amount is larger, whatever a vendor reports: beyond it a number in JSON is no longer exact."""


@dataclass(frozen=True, slots=True)
class Spender:
    """On whose account something is asked. `person`: the account whose daily guard counts, 0: the payer's.

    `platform` as the guard counts it, `api` for /v1. `ceilings`: what else bounds it, such as a key's budget or a
    member's cap."""

    payer: Account
    platform: str
    person: int = 0
    ceilings: tuple[Ceiling, ...] = ()


def spender_of(turn: Turn) -> Spender:
    """Who asks pays, unless a sponsor or a team was found to; the guard over a person counts who asks all the same."""
    platform, asker, payer = turn.inbound.address.platform, turn.account, turn.payer
    if payer is None:
        return Spender(asker, platform)
    return Spender(payer.account, platform, asker.id, payer.ceilings)


class Because(StrEnum):
    """Why a model is asked. AFTERWARDS: the plan's, once the allowance is spent; GUARD: the house's cheaper one;
    CHEAPER: the next of the route, because the balance does not cover the one before."""

    ROUTE = "route"
    CHEAPER = "cheaper"
    AFTERWARDS = "afterwards"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Choice:
    """A model to be asked, and why. AFTERWARDS is at the house's cost."""

    model: Model
    because: Because = Because.ROUTE


@dataclass(frozen=True, slots=True)
class Bid:
    """One call before it is made. `price` None: free. `asked` tokens are read, at most `wished` may be written."""

    plan: Plan
    choice: Choice
    price: Price | None
    purpose: Purpose
    asked: int
    wished: int

    @property
    def at_house_cost(self) -> bool:
        """Whether nobody's balance pays: the plan's model for afterwards, and what is no message where those count."""
        no_message = self.plan.unit is Unit.MESSAGES and self.purpose is not Purpose.ANSWER
        return no_message or self.choice.because is Because.AFTERWARDS

    def asks(self, cap: int) -> tuple[Ask, ...]:
        """For an answer of at most `cap` tokens: the plan's own unit first, then money, which bought credit is kept in.

        A free model costs no money; tokens and messages it counts."""
        money = (Ask(Unit.MICRO, min(MOST, self.price.most(self.asked, cap))),) if self.price else ()
        if self.plan.unit is Unit.MICRO or self.at_house_cost:
            return money
        amount = 1 if self.plan.unit is Unit.MESSAGES else self.asked + cap
        return (Ask(self.plan.unit, amount), *money)

    def sizes(self, cap: int) -> tuple[Ask, ...]:
        """The same answer in every unit, whatever the plan counts: what ceilings are met with."""
        messages = int(self.purpose is Purpose.ANSWER)
        money = self.price.most(self.asked, cap) if self.price else 0
        return (
            Ask(Unit.MICRO, min(MOST, money)), Ask(Unit.TOKENS, self.asked + cap), Ask(Unit.MESSAGES, messages),
        )  # fmt: skip

    def covered(self, left: Mapping[Unit, int]) -> int:
        """The most tokens, at most those wished for, that `left` covers in one unit; 0 for none at all."""
        return self._longest(lambda cap: any(ask.amount <= left.get(ask.unit, 0) for ask in self.asks(cap)))

    def within(self, most: Ask) -> int:
        """The most tokens, at most those wished for, with which the call takes no more than `most`."""
        return self._longest(
            lambda cap: all(most.amount >= one.amount for one in self.sizes(cap) if one.unit is most.unit)
        )

    def _longest(self, fits: Callable[[int], bool]) -> int:
        low, high = 0, self.wished
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(middle) else (low, middle - 1)
        return low


def is_cheaper(model: Model, than: Model, now: int) -> bool:
    """Whether nothing of `model` (a token of any kind at any length, the call itself) costs more than the same of
    `than`, and something costs less."""
    ours, theirs = price_of(model, now), price_of(than, now)
    if theirs is None or (ours is None and not model.free):
        return False
    if ours is None:
        return True
    borders = {0, *(tier.above + 1 for price in (ours, theirs) for tier in price.tiers)}
    pairs = [pair for prompt in borders for pair in zip(_rates(ours, prompt), _rates(theirs, prompt), strict=True)]
    return all(one <= other for one, other in pairs) and any(one < other for one, other in pairs)


def _rates(price: Price, prompt: int) -> tuple[int, ...]:
    """All that a call with a prompt of that length can be charged at."""
    at = price.at(prompt)
    read = at.input if at.cached is None else at.cached
    write = at.input if at.cache_write is None else at.cache_write
    hour = write if at.cache_write_1h is None else at.cache_write_1h
    thought = at.output if at.reasoning is None else at.reasoning
    return at.input, read, write, hour, at.output, thought, price.request


def price_of(model: Model, now: int) -> Price | None:
    """What a call of `model` costs that begins now; None: it is free, or nobody knows."""
    return None if model.free else model.price_at(now)
