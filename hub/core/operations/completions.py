"""One answer outside of any conversation. Knows attempts, holds, tries and fallback; must not know HTTP.

A model that is named is asked, and no other; `default` is asked as people's questions are, with the fallbacks behind.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import cast

from hub.core import metrics
from hub.core.completion import _pause
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.money.bid import Because, Choice, Spender
from hub.core.money.counting import counted
from hub.core.money.meter import Meter
from hub.core.money.plan_limits import PlanPace
from hub.core.money.used import failed, left
from hub.core.operations.calls import DEFAULT, Answered, Call, Denied, Sink, Why, ended_by, fitting, tokens_of
from hub.core.patience import patiently
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt, Purpose
from hub.domain.completion import Completed, CompletionRequest, StreamEvent, TextDelta, Usage
from hub.domain.errors import Broken, Overloaded, ProviderError, Refused
from hub.domain.key import KEY_SCOPE, Key
from hub.domain.model import Model, Price
from hub.domain.money import Refusal
from hub.ports.provider import JsonAnswers
from hub.ports.store import Store

PLATFORM = "api"
"""What the spend guard counts calls of the API under."""

OVER = 2
"""An estimate is never more than so many times too high: what seems longer than that is not counted."""

CLOSE_SECONDS = 5.0
"""How long calls that are cut at a stop may take to be closed."""

log = logging.getLogger("parley.api")


@dataclass(frozen=True, slots=True)
class _Asking:
    """A call while it is answered. `tokens`: our estimate of its prompt; `deadline`: until when another try begins."""

    call: Call
    sink: Sink
    interruption: Interruption
    spender: Spender
    tokens: int
    deadline: float


@dataclass(slots=True)
class _Open:
    """One attempt while it runs."""

    id: int
    model: Model
    price: Price | None
    asked_tokens: int
    started: float = field(default_factory=time.monotonic)
    first: float | None = None
    heard: list[str] = field(default_factory=list)
    stream: object = None

    def left(self) -> Usage:
        """What it has used when we leave it."""
        return left(self.stream, self.asked_tokens, "".join(self.heard))


class ApiCompletions:
    """Answers calls of the API; holds nothing of any of them but how to cut it short."""

    def __init__(self, store: Store, routing: Routing, rules: Rules, meter: Meter, pace: PlanPace, owner: str) -> None:
        self._store, self._routing, self._rules, self._meter = store, routing, rules, meter
        self._pace, self._owner = pace, owner
        self._running: set[Interruption] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def models(self, key: Key) -> list[Model]:
        """What may be asked with `key`, in the order of the list."""
        return [model for name, model in self._rules.models.items() if self._admits(key, name)]

    async def answer(self, call: Call, sink: Sink, interruption: Interruption) -> Answered | Denied:
        """Ask, and let `sink` hear what is said. Raises StoreDown."""
        if len(self._running) >= self._rules.limits.turns_at_once:
            return Denied(Why.BUSY)
        late = asyncio.get_running_loop().call_later(self._rules.limits.turn_seconds, interruption.ask, Reason.TOO_LONG)
        self._running.add(interruption)
        self._idle.clear()
        try:
            return await self._try_all(call, sink, interruption)
        finally:
            late.cancel()
            self._running.discard(interruption)
            if not self._running:
                self._idle.set()

    async def close(self, grace_seconds: float) -> None:
        """Let what runs come to its end within the grace, then cut it short."""
        await self._emptied(grace_seconds)
        for interruption in self._running:
            interruption.ask(Reason.SHUTDOWN)
        await self._emptied(CLOSE_SECONDS)

    async def _emptied(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    def find(self, key: Key, name: str) -> Model | Denied:
        """One model by our name, or whoever answers as DEFAULT."""
        route = self._route(key, name)
        return route if isinstance(route, Denied) else route[0]

    def _route(self, key: Key, name: str, tokens: int = 0) -> Sequence[Model] | Denied:
        """Whom to ask, in order; `tokens`: of the prompt, 0: there is none yet."""
        if name == DEFAULT:
            usual = self._routing.usual(key.account, PLATFORM, tokens)
            allowed = [model for model in usual if self._admits(key, model.name)]
            return allowed or Denied(Why.NOT_ALLOWED, DEFAULT)
        model = self._rules.models.get(name)
        if model is None:
            return Denied(Why.NO_SUCH_MODEL, name)
        return [model] if self._admits(key, model.name) else Denied(Why.NOT_ALLOWED, model.name)

    def _admits(self, key: Key, name: str) -> bool:
        """Whether key and plan include a model."""
        return key.admits(name) and self._meter.plan(key.account).admits(name)

    async def _try_all(self, call: Call, sink: Sink, interruption: Interruption) -> Answered | Denied:
        tokens = tokens_of(call.request)
        route = self._route(call.key, call.model, tokens)
        if isinstance(route, Denied):
            return route
        account, ceiling = call.key.account, call.key.ceiling(self._meter.now())
        if seconds := await self._pace.wait(account, account):
            return Denied(Why.TOO_FAST, after=seconds)
        until = time.monotonic() + self._rules.limits.give_up_seconds
        spender = Spender(account, PLATFORM, ceilings=(ceiling,) if ceiling else ())
        estimated = _Asking(call, sink, interruption, spender, tokens, until)
        last: Answered | Denied | None = None
        choices, tried = [Choice(model) for model in route], set[str]()
        while choices:
            choice = choices.pop(0)
            model = choice.model
            tried.add(model.name)
            asking, request = estimated, self._fitting(call, model, estimated.tokens)
            if isinstance(request, Denied) and request.why is Why.TOO_LONG and asking.tokens < OVER * model.context:
                asking = replace(estimated, tokens=await self._count(estimated, model))
                request = self._fitting(call, model, asking.tokens)
            if isinstance(request, Denied):
                last = last or request
                continue
            if (answered := await self._try(asking, choice, request)) is None:
                continue
            last = answered
            if isinstance(answered, Denied) and answered.why is Why.QUOTA:
                choices = await self._instead(asking, answered, choice, choices, tried)
            elif isinstance(answered, Denied) or answered.begun or answered.error is None:
                return answered
        return last or Answered(call.model, error=Overloaded("every model is resting after failures"))

    async def _instead(
        self, asking: _Asking, denied: Denied, choice: Choice, rest: list[Choice], tried: set[str]
    ) -> list[Choice]:
        """Whom to ask after `choice` was not covered: for DEFAULT as in chats, but nobody at the house's cost; else
        nobody. The operator hears of a ceiling of theirs."""
        usual = asking.call.model == DEFAULT
        known = tried if usual else set(self._rules.models)
        found = await self._meter.instead(Refusal(denied.scope), asking.spender, choice, rest, known)
        key = asking.call.key
        return [
            one
            for one in found
            if usual and one.because is not Because.AFTERWARDS and self._admits(key, one.model.name)
        ]

    def _fitting(self, call: Call, model: Model, tokens: int) -> CompletionRequest | Denied:
        json = call.request.shape is not None and isinstance(self._routing.provider(model), JsonAnswers)
        return fitting(call, model, tokens, holds_to_json=json)

    async def _count(self, asking: _Asking, model: Model) -> int:
        """Tokens of the prompt, counted exactly where that is possible."""
        request = replace(asking.call.request, model=model.id)
        return await counted(self._routing.provider(model), request, asking.tokens)

    async def _try(self, asking: _Asking, choice: Choice, request: CompletionRequest) -> Answered | Denied | None:
        """One model, as often as the rules say; None: it rests after failures."""
        model = choice.model
        answered: Answered | Denied | None = None
        tries = self._rules.limits.tries_per_model
        for number in range(tries):
            if not self._routing.breaker(model).admits():
                break
            answered = await self._ask(asking, choice, request)
            if isinstance(answered, Denied) or answered.begun or answered.error is None:
                break
            pause = _pause(answered.error, number)
            if not answered.error.retryable or number + 1 == tries or time.monotonic() + pause > asking.deadline:
                break
            try:
                with asking.interruption.waiting():
                    await asyncio.sleep(pause)
            except Interrupted as cut:
                return Answered(model.name, ended=ended_by(cut.reason))
        return answered

    async def _ask(self, asking: _Asking, choice: Choice, request: CompletionRequest) -> Answered | Denied:
        """One attempt: its row with its hold, the call, its end."""
        key, model = asking.call.key, choice.model
        attempt = NewAttempt(
            key.account.tenant, 0, 0, key.account.id, model.name, model.provider, asking.tokens, request.max_output,
            owner=self._owner, key_id=key.id,
        )  # fmt: skip
        try:
            opened = await self._meter.open(attempt, asking.spender, choice, None, lambda: self._count(asking, model))
        except Refused as error:
            return Answered(model.name, error=error)
        if isinstance(opened, Refusal):
            return Denied(Why.KEY) if opened.scope == KEY_SCOPE else Denied(Why.QUOTA, model.name, opened.scope)
        open_ = _Open(opened.id, model, opened.price, asking.tokens)
        asking.sink.begin(model.name)
        try:
            answered, end = await self._read(open_, asking, replace(request, max_output=opened.max_output))
        except BaseException:
            # our task is being ended (the process stops): what was said until now is charged all the same
            await self._store.close_attempt(
                opened.id, self._end(open_, AttemptState.CANCELLED, open_.left(), error="cut")
            )
            raise
        await patiently(lambda: self._store.close_attempt(opened.id, end))
        return answered

    async def _read(self, open_: _Open, asking: _Asking, request: CompletionRequest) -> tuple[Answered, AttemptEnd]:
        breaker = self._routing.breaker(open_.model)
        name = open_.model.name
        try:
            completed = await self._listen(open_, asking, request)
        except (Interrupted, ConnectionError) as cut:
            breaker.unheard()
            reason = cut.reason if isinstance(cut, Interrupted) else Reason.STOP
            end = self._end(open_, AttemptState.CANCELLED, open_.left(), error=reason)
            return Answered(name, end.usage, ended=ended_by(reason), begun=bool(open_.heard)), end
        except ProviderError as error:
            breaker.failed() if error.retryable else breaker.unheard()
            log.warning("model %s: %s: %s", name, type(error).__name__, error)
            state = AttemptState.CUT if open_.heard else AttemptState.FAILED
            usage = failed(error, open_.asked_tokens, "".join(open_.heard))
            end = self._end(open_, state, usage, error=f"{type(error).__name__}: {error}"[:500])
            return Answered(name, end.usage, error=error, begun=bool(open_.heard)), end
        breaker.succeeded()
        end = self._end(open_, AttemptState.DONE, completed.usage, completed.model)
        return Answered(name, completed.usage, completed.finish, begun=True), end

    async def _listen(self, open_: _Open, asking: _Asking, request: CompletionRequest) -> Completed:
        """Read a stream to its end; whatever happens, its connection is closed or given back before this returns."""
        completed: Completed | None = None
        events = cast("AsyncGenerator[StreamEvent]", self._routing.provider(open_.model).stream(request))
        open_.stream = events
        try:
            with asking.interruption.waiting():
                async for event in events:
                    if isinstance(event, Completed):
                        completed = event
                        continue
                    if open_.first is None:
                        open_.first = time.monotonic()
                        metrics.FIRST_WORD.observe(open_.first - open_.started)
                    if isinstance(event, TextDelta):
                        open_.heard.append(event.text)
                        await asking.sink.words(event.text)
                    else:
                        open_.heard.append(event.name + event.arguments)
                        await asking.sink.call(event)
        finally:
            await events.aclose()
        if completed is None:
            raise Broken("the stream ended without a finish")
        return completed

    def _end(self, open_: _Open, state: AttemptState, usage: Usage, model: str = "", error: str = "") -> AttemptEnd:
        """The attempt's end and its charge."""
        first = None if open_.first is None else int((open_.first - open_.started) * 1000)
        total = int((time.monotonic() - open_.started) * 1000)
        charge = self._meter.charge(open_.model, open_.price, Purpose.ANSWER, state, usage, words=bool(open_.heard))
        metrics.ATTEMPTS.add(state)
        metrics.TOKENS.add("input", usage.input)
        metrics.TOKENS.add("output", usage.output)
        metrics.CHARGED.add(open_.model.name, charge.micro)
        return AttemptEnd(state, usage, model, error, first, total, charge)
