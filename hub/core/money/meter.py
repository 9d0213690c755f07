"""What a call to a model may cost and what it did. Knows plans, windows, holds, charges; must not know rows.

One room for chats and for the API: `open` writes the attempt with its hold, `charge` says what its end costs. The rules
stand in docs/money.md, each with its test.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from hub.core.money.amounts import until
from hub.core.money.bid import MOST, Because, Bid, Choice, Spender, is_cheaper, price_of
from hub.core.money.guard import Alarm, ceilings_of, is_guard
from hub.core.money.usual import Usual
from hub.core.rules import Rules
from hub.domain.attempt import AttemptState, NewAttempt, Purpose
from hub.domain.completion import Usage
from hub.domain.conversation import Account
from hub.domain.errors import Refused
from hub.domain.model import Model, Price
from hub.domain.money import Allowance, Ask, Charge, Hold, Refusal, Unit, WindowShare
from hub.domain.payment import MILLION
from hub.domain.plan import Period, Plan
from hub.domain.reply import Notice
from hub.domain.turn import AllowanceWarning, Lease
from hub.domain.windows import Span, window
from hub.ports.store import Store

Count = Callable[[], Awaitable[int]]
"""Asks for the exact length of a prompt, in tokens."""

SHARE = 4
"""A call sets aside at most one part in so many of what there is, unless a usual answer needs more."""

REMEMBERED = 10_000
"""Windows kept, so that the calendar is not asked anew for each call."""

USEFUL = 256
"""Tokens: an answer that may not be even so long is not begun."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that may be made. `max_output`: the most tokens that are covered, to be sent to the vendor; `price`:
    what it will be charged at, None: free."""

    id: int
    max_output: int
    price: Price | None


class Meter:
    """Holds and charges; one for the whole house. `clock`: now, in milliseconds since 1970."""

    def __init__(self, store: Store, rules: Rules, clock: Callable[[], int] | None = None) -> None:
        self._store, self._rules = store, rules
        self.now = clock or (lambda: time.time_ns() // 1_000_000)
        self._alarm = Alarm(store, rules.spending)
        self._usual = Usual()
        self._spans: dict[tuple[str, int], Span] = {}

    def plan(self, payer: Account) -> Plan:
        """The plan the account is on now; the house's default when it has none, or it ran out or is gone.

        Of the default a team has no allowance: anybody can make any number of teams."""
        over = payer.plan_until and payer.plan_until <= self.now()
        named = None if over else self._rules.plans.get(payer.plan)
        default = self._rules.plans[self._rules.default_plan]
        spared = payer.is_team and default.allowance is not None
        return named or (replace(default, allowance=0) if spared else default)

    def window(self, payer: Account) -> Span:
        """The window of the account's plan that is running, or would open now."""
        plan, now = self.plan(payer), self.now()
        known = self._spans.get((plan.name, payer.plan_anchor))
        if known is not None and known.begins <= now < known.ends:
            return known
        # who has only just come may have been written down by a clock a little ahead of ours: their first month runs
        at = max(now, payer.plan_anchor) if plan.period is Period.MONTH else now
        span = window(plan.period, payer.plan_anchor, at, plan.hours)
        if span.key:
            if len(self._spans) >= REMEMBERED:
                self._spans.clear()
            self._spans[plan.name, payer.plan_anchor] = span
        return span

    def as_paid(self, payer: Account) -> Account:
        """Who they are as far as an allowance goes: somebody without a plan of their own while the window that is
        running is not paid for."""
        if not payer.plan_paid or self.plan(payer).name != payer.plan or self.window(payer).begins < payer.plan_paid:
            return payer
        return replace(payer, plan="", plan_paid=0, plan_returned=0)

    def allowance(self, payer: Account) -> Allowance:
        """What the plan gives in that window: what is paid for, less the part whose price was given back."""
        payer = self.as_paid(payer)
        plan, span = self.plan(payer), self.window(payer)
        amount = plan.allowance
        if amount and payer.plan_returned and plan.name == payer.plan:
            amount = amount * (MILLION - payer.plan_returned) // MILLION
        return Allowance(plan.name, plan.unit, amount, span.key, span.ends)

    async def running(self, payer: Account) -> WindowShare:
        """How much of the window that is running is spent; of one that nobody has used yet nothing."""
        here = self.allowance(payer)
        opened = await self._opened(payer, here)
        return opened or WindowShare(here.plan, here.unit, here.amount or 0, 0, here.ends)

    async def open(
        self, attempt: NewAttempt, spender: Spender, choice: Choice, lease: Lease | None, count: Count | None = None
    ) -> Opened | Refusal:
        """Write `attempt` with what has to be set aside for it, before the call.

        Its `max_output` is what is wished for; what may be sent can be less. `count`: asked for the exact length of the
        prompt before somebody is refused for our estimate of it. Raises LostLease, StoreDown, and Refused for a model
        whose price nobody knows: it is not free for that."""
        price, wished = price_of(choice.model, self.now()), attempt.max_output
        if price is None and not choice.model.free:
            raise Refused(f"no price of {choice.model.name} is known")
        bid = Bid(self.plan(spender.payer), choice, price, attempt.purpose, attempt.asked_tokens, wished)
        cap = await self._first_cap(bid, spender)
        tried = await self._try(attempt, bid, spender, cap, lease)
        if not isinstance(tried, Refusal) or bid.at_house_cost or is_guard(tried.scope):
            return tried
        if tried.scope:
            less = max(min(USEFUL, wished), self._floor(bid) // 2)
        else:
            bid, less = await self._covered(bid, spender, count)
        changed = less < cap or bid.asked < attempt.asked_tokens
        return await self._try(attempt, bid, spender, less, lease) if less and changed else tried

    async def _try(
        self, attempt: NewAttempt, bid: Bid, spender: Spender, cap: int, lease: Lease | None
    ) -> Opened | Refusal:
        hold = self.hold(bid, spender, cap)
        priced = attempt._replace(asked_tokens=bid.asked, max_output=cap, price=bid.price, hold=hold)
        made = await self._store.open_attempt(priced, lease)
        return made if isinstance(made, Refusal) else Opened(made, cap, bid.price)

    def hold(self, bid: Bid, spender: Spender, cap: int) -> Hold | None:
        """What is set aside for an answer of at most `cap` tokens; None: nothing has to be."""
        asks = bid.asks(cap)
        if not asks:
            return None
        spending, because = self._rules.spending, bid.choice.because
        cheaper = because is Because.GUARD or bid.choice.model.name == spending.cheaper
        person = spender.person or spender.payer.id
        guards = ceilings_of(spending, person, spender.platform, self.now(), cheaper=cheaper)
        if bid.at_house_cost:
            return Hold(0, asks, None, guards) if guards else None
        sizes = bid.sizes(cap) if any(one.unit is not Unit.MICRO for one in spender.ceilings) else ()
        return Hold(spender.payer.id, asks, self.allowance(spender.payer), (*spender.ceilings, *guards), sizes)

    async def _first_cap(self, bid: Bid, spender: Spender) -> int:
        """What is wished for; less where that alone would freeze a small budget."""
        floor = self._floor(bid)
        if bid.wished <= floor or bid.at_house_cost:
            return bid.wished
        cap, asks = bid.wished, bid.asks(bid.wished)
        allowance = bid.plan.allowance
        if asks and allowance is not None and _may_freeze(asks[0], allowance):
            free = await self._free(spender.payer)
            cap = bid.covered({unit: left // SHARE for unit, left in free.items()})
        for ceiling in spender.ceilings if asks else ():
            if any(size.unit is ceiling.unit and _may_freeze(size, ceiling.amount) for size in bid.sizes(bid.wished)):
                cap = min(cap, bid.within(Ask(ceiling.unit, ceiling.amount // SHARE)))
        return max(cap, floor)

    async def _covered(self, bid: Bid, spender: Spender, count: Count | None) -> tuple[Bid, int]:
        """How long an answer the balance covers, 0: none of use; the prompt is counted if that decides it."""
        useful, free = min(USEFUL, bid.wished), await self._free(spender.payer)
        cap = bid.covered(free)
        if cap < useful and count is not None and any(left > 0 for left in free.values()):
            bid = replace(bid, asked=min(bid.asked, await count()))
            cap = bid.covered(free)
        return bid, cap if cap >= useful else 0

    async def _free(self, payer: Account) -> dict[Unit, int]:
        """What a hold could take, with the allowance of a window that is not open yet."""
        allowance = self.allowance(payer)
        lines = await self._store.balances(payer.tenant, payer.id)
        free = {line.unit: line.free for line in lines}
        if allowance.amount is not None and await self._opened(payer, allowance) is None:
            free[allowance.unit] = free.get(allowance.unit, 0) + allowance.amount
        return free

    async def _opened(self, payer: Account, allowance: Allowance) -> WindowShare | None:
        """The window of `allowance`, if somebody opened it; all of it may be spent."""
        share = await self._store.window_share(payer.tenant, payer.id)
        same = share is not None and (share.plan, share.unit) == (allowance.plan, allowance.unit)
        return share if share and same and share.ends > self.now() else None

    def _floor(self, bid: Bid) -> int:
        """Tokens that an answer of this model may take whatever share of a budget that is."""
        return min(bid.wished, self._usual.most(bid.choice.model.name))

    def charge(
        self, model: Model, price: Price | None, purpose: Purpose, state: AttemptState, usage: Usage, *, words: bool
    ) -> Charge:
        """What an attempt that ended so costs at the `price` it was opened with; `words`: some came."""
        if purpose is Purpose.ANSWER and state is AttemptState.DONE:
            self._usual.learn(model.name, usage.output)
        answered = purpose is Purpose.ANSWER and words and state is not AttemptState.FAILED
        bill = price.bill(usage) if price else None
        cost = price.cost(usage) if price and bill is None else bill or 0
        return Charge(
            micro=min(MOST, cost),
            tokens=min(MOST, usage.input + usage.output),
            messages=int(answered),
            capped=usage.estimated,
            billed=bill is not None,
        )

    async def instead(
        self, refusal: Refusal, spender: Spender, refused: Choice, rest: Sequence[Choice], asked: set[str]
    ) -> list[Choice]:
        """Whom to ask after `refused` was not covered, `rest` of the route standing behind it; `asked`: never again.

        Only what is cheaper, then the plan's model for afterwards; at a ceiling of the house its model for that."""
        rules, now = self._rules, self.now()
        route = [one.model for one in rest if one.because is not Because.AFTERWARDS]
        cheaper = [Choice(model, Because.CHEAPER) for model in route if is_cheaper(model, refused.model, now)]
        if is_guard(refusal.scope):
            step = rules.models.get(rules.spending.cheaper)
            found = [Choice(step, Because.GUARD)] if step and step.name not in asked else []
            found = found or [Choice(one.model, Because.GUARD) for one in cheaper if one.model.free]
            await self._alarm.met(
                spender.payer.tenant, refusal.scope, now, stepped=found[0].model.name if found else ""
            )
            return found
        afterwards = rules.models.get(self.plan(spender.payer).afterwards)
        if refusal.scope or afterwards is None or refused.because is Because.AFTERWARDS:
            return cheaper
        return [*cheaper, Choice(afterwards, Because.AFTERWARDS)]

    def warning(self, spender: Spender, charge: Charge, because: Because, language: str) -> AllowanceWarning | None:
        """What is said under an answer once the window's allowance nears its end; None: this one takes none of it."""
        plan, levels = self.plan(spender.payer), self._rules.warn_at
        if not levels or plan.allowance is None or not charge.of(plan.unit) or because is Because.AFTERWARDS:
            return None
        allowance = self.allowance(spender.payer)
        if not allowance.window:
            return AllowanceWarning(levels, Notice("nearly_rolling", {"percent": 0, "plan": allowance.plan}, language))
        when = until(allowance.ends, self.now(), language)
        return AllowanceWarning(
            levels, Notice("nearly", {"percent": 0, "plan": allowance.plan, "when": when}, language)
        )


def _may_freeze(ask: Ask, budget: int) -> bool:
    """Whether one call would set aside so much of a budget that a shorter answer is the better one."""
    return ask.unit is not Unit.MESSAGES and ask.amount > budget // SHARE
