"""Anything that can happen to an account's money, in any order, against the same rules in plain Python."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hub.domain.attempt import AttemptState
from hub.domain.money import EntryKind, Refusal, Unit
from storage.store import open_store
from tests.contract.store.conftest import Database
from tests.contract.store.money_kit import NEVER, Payer, agrees, allowance, payer
from tests.kit.postgres import Server, apart

FAR = 2**60


@dataclass
class Lot:
    """A grant, as the rules have it."""

    order: tuple[int, int, int]
    left: int
    over: bool = False
    lapsed: int = 0


@dataclass
class Call:
    """A call that may still be running."""

    held: int
    limitless: bool = False
    open: bool = True


@dataclass
class Rules:
    """What must come of it."""

    lots: list[Lot] = field(default_factory=list)
    granted: int = 0
    used: int = 0
    held: int = 0
    beyond: int = 0
    added: int = 0
    made: int = 0

    @property
    def free(self) -> int:
        return self.granted - self.used - self.held

    def give(self, amount: int, priority: int = 50, expires: int = FAR) -> Lot:
        self.made += 1
        back = max(0, min(amount, self.beyond, self.free + self.beyond + amount))
        lot = Lot((priority, expires, self.made), amount - back)
        self.beyond -= back
        self.granted += amount
        self.lots.append(lot)
        self.sort()
        return lot

    def sort(self) -> None:
        """As they are spent: what is over first."""
        self.lots.sort(key=lambda one: (not one.over, one.order))

    def end(self, lot: Lot) -> None:
        """Its time is over."""
        self.made += 1
        lot.over, lot.order = True, (lot.order[0], self.made, 0)
        self.sort()
        self.lapse()

    def lapse(self) -> None:
        """What is over and covers nothing goes."""
        cover = self.held - self.added
        for lot in self.lots:
            if lot.over:
                kept = min(lot.left, cover)
                cover -= kept
                lot.lapsed += lot.left - kept
                self.granted -= lot.left - kept
                lot.left = kept

    def come_back(self, lot: Lot) -> None:
        """The account is on the plan of before again, in the same window."""
        self.granted += lot.lapsed
        lot.over, lot.order, lot.left, lot.lapsed = False, (10, NEVER, 0), lot.left + lot.lapsed, 0
        self.sort()

    def settle(self, call: Call, charge: int) -> None:
        self.held -= call.held
        call.open = False
        if call.limitless:
            self.added -= call.held
            self.granted += charge - call.held
            self.used += charge
            return
        self.burn(charge)
        self.lapse()

    def burn(self, amount: int) -> None:
        spare = self.free + self.beyond
        self.used += amount
        for lot in self.lots:
            taken = min(lot.left, amount, max(0, spare))
            lot.left -= taken
            amount -= taken
            spare -= taken
        self.beyond += amount

    def take_away(self, amount: int) -> None:
        spare = self.free + self.beyond
        for lot in reversed(self.lots):
            taken = min(lot.left, amount, spare)
            lot.left -= taken
            self.granted -= taken
            amount -= taken
            spare -= taken
        self.used += amount
        self.beyond += amount


class Money(RuleBasedStateMachine):
    """One account. What is given back by a late truth, and what of it lapses, is the store's to place; `verify` and the
    sums are held then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.rules = Rules()
        self.calls: dict[int, Call] = {}
        self.keys = 0
        self.window = 0
        self.plan: Lot | None = None
        self.mark: dict[int, Lot] = {}

        async def begin() -> None:
            self.database = self.place()
            self.store = await open_store(self.database.url)
            self.ann: Payer = await payer(self.store)

        self.wait(begin())

    def place(self) -> Database:
        path = Path(self.folder.name) / "parley.db"
        return Database("sqlite", f"sqlite+aiosqlite:///{path}", path=path)

    def wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def open_calls(self) -> list[int]:
        return [number for number, call in self.calls.items() if call.open]

    @rule(amount=st.integers(1, 200), priority=st.sampled_from([5, 50, 60]), mortal=st.booleans())
    def given(self, amount: int, priority: int, mortal: bool) -> None:
        self.keys += 1
        expires = NEVER - self.keys if mortal else 0
        assert self.wait(self.ann.gets(amount, key=f"g{self.keys}", priority=priority, expires=expires))
        assert not self.wait(self.ann.gets(amount, key=f"g{self.keys}"))
        self.mark[self.keys] = self.rules.give(amount, priority, expires or FAR)

    @rule(amount=st.integers(0, 150))
    def a_call(self, amount: int) -> None:
        opened = self.wait(self.ann.opens(amount))
        if self.rules.free < amount:
            assert opened == Refusal()
        else:
            self.calls[opened] = Call(amount)
            self.rules.held += amount

    @rule(amount=st.integers(0, 150), next_window=st.booleans())
    def a_call_on_a_plan(self, amount: int, next_window: bool) -> None:
        if next_window or not self.window:
            self.window += 1
            former, self.plan = self.plan, self.rules.give(60, 10, NEVER)
            if former is not None and not former.over:
                self.rules.end(former)
        elif self.plan is not None and self.plan.over:
            self.rules.come_back(self.plan)
        opened = self.wait(self.ann.opens(amount, allowance(60, f"w{self.window}")))
        if self.rules.free < amount:
            assert opened == Refusal()
        else:
            self.calls[opened] = Call(amount)
            self.rules.held += amount

    @rule(amount=st.integers(0, 150))
    def a_call_without_limit(self, amount: int) -> None:
        opened = self.wait(self.ann.opens(amount, allowance(None, plan="all")))
        self.plan_ends()
        self.calls[opened] = Call(amount, limitless=True)
        self.rules.held += amount
        self.rules.added += amount
        self.rules.granted += amount

    @rule()
    def another_plan(self) -> None:
        self.keys += 1
        self.wait(self.store.set_plan(1, self.ann.id, f"plan {self.keys}", 0, 0))
        self.plan_ends()

    def plan_ends(self) -> None:
        if self.plan is not None and not self.plan.over:
            self.rules.end(self.plan)

    @precondition(lambda self: self.open_calls())
    @rule(pick=st.integers(0, 99), share=st.sampled_from([0, 30, 100, 100, 170]), capped=st.booleans())
    def ends(self, pick: int, share: int, capped: bool) -> None:
        number = self.open_calls()[pick % len(self.open_calls())]
        call = self.calls[number]
        cost = call.held * share // 100 + (share > 100)
        state = AttemptState.DONE if share else AttemptState.FAILED
        for _ in range(2):
            self.wait(self.ann.ends(number, cost, capped=capped, state=state))
        self.rules.settle(call, min(cost, call.held) if capped else cost)

    @precondition(lambda self: any(lot.order[1] < NEVER for lot in self.rules.lots))
    @rule(pick=st.integers(0, 99))
    def time_passes(self, pick: int) -> None:
        mortal = [(key, lot) for key, lot in self.mark.items() if lot.order[1] < NEVER and not lot.over]
        if not mortal:
            return
        key, lot = mortal[pick % len(mortal)]
        now = time.time_ns() // 1_000_000
        self.wait(self.database.sql(f"UPDATE grants SET expires = {now} WHERE key = 'g{key}'"))
        self.wait(self.database.sql(f"UPDATE balances SET changes_at = {now} WHERE changes_at > {now}"))
        # of two that end at one moment the older one goes first: here each has a moment of its own
        time.sleep(0.002)
        self.rules.end(lot)

    @rule(amount=st.integers(1, 200), back=st.booleans())
    def corrected(self, amount: int, back: bool) -> None:
        self.keys += 1
        kind = EntryKind.REFUND if back else EntryKind.ADJUST
        change = (1, self.ann.id, Unit.MICRO, -amount if back else amount, f"a{self.keys}", "", kind)
        assert self.wait(self.store.adjust(*change))
        assert not self.wait(self.store.adjust(*change))
        if back:
            self.rules.take_away(amount)
        else:
            self.rules.give(amount)

    @rule(amount=st.integers(1, 100), owed=st.integers(0, 40), running=st.booleans())
    def somebody_joins(self, amount: int, owed: int, running: bool) -> None:
        async def join() -> None:
            other = await payer(self.store, name="Other")
            await other.gets(amount)
            await other.ends(await other.opened(amount), amount + owed)
            if not owed:
                await other.gets(amount)
                if running:
                    self.calls[await other.opened(amount // 2)] = Call(amount // 2)
                    self.rules.held += amount // 2
            assert await self.store.merge(1, self.ann.id, other.id)

        self.wait(join())
        if owed:
            self.rules.used += owed
            self.rules.beyond += owed
        else:
            self.rules.give(amount)

    @invariant()
    def the_figures_are_the_same(self) -> None:
        lines = self.wait(self.store.balances(1, self.ann.id))
        rules = self.rules
        kept = (lines[0].granted, lines[0].used, lines[0].held, lines[0].beyond) if lines else (0, 0, 0, 0)
        assert kept == (rules.granted, rules.used, rules.held, rules.beyond)
        left = sum(grant.left for grant in lines[0].grants) if lines else 0
        assert left == sum(lot.left for lot in rules.lots)
        assert kept[1] + kept[2] <= kept[0] + kept[3]

    def teardown(self) -> None:
        async def end() -> None:
            assert await agrees(self.store)
            for number in self.calls:
                # the truth comes late: everything was free
                await self.ann.ends(number, 0)
            assert await agrees(self.store)
            for line in await self.store.balances(1, self.ann.id):
                assert line.held == 0
            await self.store.close()

        self.wait(end())
        self.wait(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.leave()
        self.folder.cleanup()

    def leave(self) -> None:
        return


RULES = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""Without shrinking: a failing life is short enough to read, and on a database shrinking takes many minutes."""


def test_life_of_a_balance_on_sqlite() -> None:
    run_state_machine_as_test(Money, settings=RULES)


def test_life_of_a_balance_on_postgres(postgres: Server, template: str) -> None:
    class OnPostgres(Money):
        def place(self) -> Database:
            self.name = apart(lambda: postgres.new_database(template))
            return Database("postgres", postgres.url(self.name), server=postgres, name=self.name)

        def leave(self) -> None:
            apart(lambda: postgres.drop(self.name))

    run_state_machine_as_test(OnPostgres, settings=settings(RULES, max_examples=3))
