"""What tests ask about money: balances by person, a clock that can be moved, plans by the sentence."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.core.rules import Rules
from hub.domain.attempt import AttemptLine
from hub.domain.money import BalanceLine, Unit
from hub.domain.plan import Plan
from tests.kit.house import PaperHouse, rules

BUSINESS = 10**9
"""A balance that nothing in a test uses up, in micro-dollars."""


class Clock:
    """Now, in milliseconds since 1970; `to` moves it."""

    def __init__(self) -> None:
        self.now = int(datetime.now(UTC).timestamp() * 1000)

    def __call__(self) -> int:
        return self.now

    def passes(self, days: float) -> None:
        """So many days go by."""
        self.now += int(days * 86_400_000)


def with_plan(plan: Plan, **changes: object) -> Rules:
    """The two models at a price, with everybody on `plan`."""
    return rules(plans={plan.name: plan}, default_plan=plan.name, **changes)


async def account(house: PaperHouse, name: str = "ann") -> int:
    """The account of somebody on the paper platform."""
    return await house.store.account_of(1, "paper", name)


async def balance(house: PaperHouse, name: str = "ann", unit: Unit = Unit.MICRO) -> BalanceLine:
    """Somebody's money; of somebody who has none an empty line."""
    lines = await house.store.balances(1, await account(house, name))
    return next((line for line in lines if line.unit is unit), BalanceLine(unit, 0, 0, 0, 0))


async def settled(house: PaperHouse, name: str = "ann", unit: Unit = Unit.MICRO) -> int:
    """What somebody has used once everything rests; nothing is held then, and the books agree."""
    await house.rests()
    line = await balance(house, name, unit)
    assert line.held == 0, "nothing stays set aside"
    assert (await house.store.verify(0, 1000))[0] == ()
    return line.used


async def attempts(house: PaperHouse, accepted: int) -> list[AttemptLine]:
    """What was called for the last answered turn of a conversation."""
    return await house.store.attempts_of_turn(accepted, 2**40)
