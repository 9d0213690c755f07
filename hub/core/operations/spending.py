"""What a call of the API sets aside and costs. Knows prices, budgets of keys and charges; must not know the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from hub.domain.attempt import AttemptState, NewAttempt, Purpose
from hub.domain.completion import Usage
from hub.domain.conversation import Account
from hub.domain.model import Model
from hub.domain.money import Ask, Ceiling, Charge, Hold, Refusal, Unit
from hub.domain.plan import Plan
from hub.domain.turn import Lease
from hub.ports.store import Store


@dataclass(frozen=True, slots=True)
class Spender:
    """On whose account something is asked."""

    payer: Account
    platform: str
    person: int = 0
    ceilings: tuple[Ceiling, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A model to be asked."""

    model: Model


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that may be made."""

    id: int
    max_output: int


class Meter:
    """Reckons."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def plan(self, payer: Account) -> Plan:
        """The plan of an account."""
        return Plan("free")

    async def open(
        self, attempt: NewAttempt, spender: Spender, choice: Choice, lease: Lease | None
    ) -> Opened | Refusal:
        """Write an attempt."""
        price = None if choice.model.free else choice.model.price
        hold = None
        if price is not None:
            most = price.cost(Usage(attempt.asked_tokens, output=attempt.max_output))
            hold = Hold(spender.payer.id, (Ask(Unit.MICRO, most),), None, spender.ceilings)
        made = await self._store.open_attempt(replace(attempt, price=price, hold=hold), lease)
        return made if isinstance(made, Refusal) else Opened(made, attempt.max_output)

    def charge(self, model: Model, purpose: Purpose, state: AttemptState, usage: Usage, *, words: bool) -> Charge:
        """What a call comes to."""
        price = None if model.free else model.price
        micro = price.cost(usage) if price else 0
        return Charge(micro, usage.input + usage.output, int(words), capped=usage.estimated)
