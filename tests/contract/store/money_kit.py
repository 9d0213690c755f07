"""Somebody with money, and calls that cost some."""

import itertools
from dataclasses import dataclass
from typing import Any

from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.model import Price
from hub.domain.money import Allowance, Ask, BalanceLine, Charge, Hold, NewGrant, Refusal, Source, Unit
from storage.store import StoreOn

DOLLAR = Price(1_000_000, 1_000_000, version="test")
"""A micro-dollar a token."""

NEVER = 2**50
_keys = itertools.count(1)


def allowance(
    amount: int | None, window: str = "w1", *, unit: Unit = Unit.MICRO, ends: int = NEVER, plan: str = "free"
) -> Allowance:
    return Allowance(plan, unit, amount, window, ends)


@dataclass
class Payer:
    """An account; what it does goes straight to the store."""

    store: StoreOn
    id: int
    tenant: int = 1

    async def gets(self, amount: int, *, key: str = "", unit: Unit = Unit.MICRO, **more: Any) -> bool:
        source = more.pop("source", Source.TOPUP)
        new = NewGrant(key or f"key-{next(_keys)}", self.id, unit, amount, source, **more)
        return await self.store.grant(self.tenant, new)

    async def opens(self, amount: int, plan: Allowance | None = None, **more: Any) -> int | Refusal:
        unit = more.pop("unit", plan.unit if plan else Unit.MICRO)
        ceilings = more.pop("ceilings", ())
        asks = more.pop("asks", None) or (Ask(unit, amount),)
        hold = Hold(self.id, asks, plan, ceilings)
        asked = more.pop("asked", 5)
        return await self.store.open_attempt(
            NewAttempt(self.tenant, 0, 0, self.id, "big", "some", asked, 10, price=DOLLAR, hold=hold, **more), None
        )

    async def opened(self, amount: int, plan: Allowance | None = None, **more: Any) -> int:
        number = await self.opens(amount, plan, **more)
        assert isinstance(number, int)
        return number

    async def ends(self, attempt: int, cost: int, *, capped: bool = False, **more: Any) -> None:
        await self.store.close_attempt(attempt, ended(cost, capped=capped, **more))

    async def balance(self, unit: Unit = Unit.MICRO) -> BalanceLine:
        return next(one for one in await self.store.balances(self.tenant, self.id) if one.unit is unit)

    async def figures(self, unit: Unit = Unit.MICRO) -> tuple[int, int, int, int]:
        """Granted, used, held, beyond."""
        one = await self.balance(unit)
        return one.granted, one.used, one.held, one.beyond

    async def lines(self) -> list[tuple[str, int, int]]:
        entries = await self.store.entries(self.tenant, self.id, 0, 1000)
        return [(one.kind.value, one.granted, one.used) for one in entries]


def ended(
    cost: int, *, capped: bool = False, state: AttemptState = AttemptState.DONE, tokens: int = 7, messages: int = 1
) -> AttemptEnd:
    usage = Usage(max(0, tokens - 2), output=min(2, tokens), estimated=capped)
    return AttemptEnd(state, usage, charge=Charge(cost, tokens, messages, capped))


async def payer(store: StoreOn, tenant: int = 1, name: str = "Ann") -> Payer:
    return Payer(store, await store.create_account(tenant, name), tenant)


async def agrees(store: StoreOn) -> bool:
    """Whether everything adds up."""
    after, found = 0, []
    while True:
        some, after = await store.verify(after, 7)
        found += some
        if not after:
            break
    assert found == [], found
    return True
