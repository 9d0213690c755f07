"""One answer from the first model that gives one. Knows fallback, retry and attempts, each with a row before the call.

Must not know people, platforms or what becomes of the words.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from hub.core import metrics
from hub.core.failpoints import failpoint
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.money.bid import Because, Choice, Spender, spender_of
from hub.core.money.counting import counted
from hub.core.money.meter import USEFUL, Meter
from hub.core.money.used import failed, left
from hub.core.patience import patiently
from hub.core.precedence import Precedence
from hub.core.prompt import Asked, build
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt, Purpose
from hub.domain.completion import Completed, CompletionRequest, Finish, StreamEvent, TextDelta, Usage
from hub.domain.errors import Broken, ContextTooLong, Overloaded, ProviderError, Refused
from hub.domain.model import Model, Price
from hub.domain.money import Refusal
from hub.domain.turn import Turn
from hub.ports.store import Store

BACKOFF_SECONDS = 0.5
BACKOFF_LIMIT = 8.0
"""First and longest wait between two calls, doubling, with jitter (the vendors' own SDKs wait the same)."""

log = logging.getLogger("parley.completion")


class Answer(NamedTuple):
    """What came of asking. `attempt` is still open in the store and ends with the turn; None: nobody took it.

    `finish` None: the answer did not come to its end; then `reason` (we ended it), `error` (the model did) or `refusal`
    (nothing covered it) says why. `because`: why this model was asked; `shortened`: no longer answer was covered."""

    model: str = ""
    attempt: tuple[int, AttemptEnd] | None = None
    finish: Finish | None = None
    reason: Reason | None = None
    error: ProviderError | None = None
    refusal: Refusal | None = None
    because: Because = Because.ROUTE
    shortened: bool = False


@dataclass(slots=True)
class _Call:
    """One attempt while it runs."""

    id: int
    model: Model
    price: Price | None
    purpose: Purpose
    asked_tokens: int
    started: float
    first_word: float | None = None
    words: int = 0


@dataclass(frozen=True, slots=True)
class _Asking:
    """All that stays the same while the models of a route are asked."""

    turn: Turn
    asked: Asked
    feed: Callable[[str], None]
    interruption: Interruption
    spender: Spender
    deadline: float


class Completions:
    """Asks models. One for the whole house; holds no state of any answer."""

    def __init__(
        self, store: Store, routing: Routing, rules: Rules, meter: Meter, precedence: Precedence, owner: str
    ) -> None:
        self._store, self._routing, self._rules, self._meter = store, routing, rules, meter
        self._precedence, self._owner = precedence, owner

    async def answer(self, turn: Turn, asked: Asked, feed: Callable[[str], None], interruption: Interruption) -> Answer:
        """Ask the models of the route in order until one begins to answer; its words go to `feed`.

        After the first word no other model is asked. Raises StoreDown, LostLease."""
        deadline = time.monotonic() + self._rules.limits.give_up_seconds
        asking = _Asking(turn, asked, feed, interruption, spender_of(turn), deadline)
        last = Answer(error=Overloaded("every model is resting after failures"))
        choices = [Choice(model) for model in self._routing.route(turn)]
        tried: set[str] = set()
        while choices:
            choice = choices.pop(0)
            tried.add(choice.model.name)
            found, over = await self._of(asking, choice)
            last = found or last
            if over:
                return last
            if last.refusal is not None:
                choices = await self._meter.instead(last.refusal, asking.spender, choice, choices, tried)
        return last._replace(attempt=None)

    async def _of(self, asking: _Asking, choice: Choice) -> tuple[Answer | None, bool]:
        """What one model makes of it, in a few tries (None: it rests), and whether no other is to be asked."""
        turn, model, last, skip = asking.turn, choice.model, None, 0
        for number in range(self._rules.limits.tries_per_model):
            if not self._routing.breaker(model).admits():
                break
            request, tokens = await build(turn, asking.asked, model, self._rules, self._store, skip=skip)
            last, words_came = await self._ask(asking, choice, request, tokens)
            if words_came or (last.error is None and last.refusal is None):
                return last, True
            await self._close(last)
            if isinstance(last.error, ContextTooLong) and skip < len(turn.history):
                skip += max(1, (len(turn.history) - skip) // 2)
                continue
            more = number + 1 < self._rules.limits.tries_per_model
            pause = _pause(last.error, number) if last.error else 0.0
            retryable = last.error is not None and last.error.retryable
            if not retryable or not more or time.monotonic() + pause > asking.deadline:
                break
            try:
                with asking.interruption.waiting():
                    await asyncio.sleep(pause)
            except Interrupted as cut:
                return Answer(model=model.name, reason=cut.reason), True
        return last, False

    async def _ask(
        self, asking: _Asking, choice: Choice, request: CompletionRequest, tokens: int
    ) -> tuple[Answer, bool]:
        """One attempt: its answer, and whether any word came. `tokens`: our estimate of the request."""
        turn, model = asking.turn, choice.model

        async def count() -> int:
            return await counted(self._routing.provider(model), request, tokens)

        if tokens >= model.context and (tokens := await count()) >= model.context:
            return Answer(model.name, error=ContextTooLong("longer than its context, by our estimate")), False
        wished = min(request.max_output, max(USEFUL, model.context - tokens))
        attempt = NewAttempt(
            turn.conversation.tenant, turn.id, turn.conversation.id, turn.account.id,
            model.name, model.provider, tokens, wished, owner=self._owner,
        )  # fmt: skip
        try:
            with self._precedence.asking():
                opened = await self._meter.open(attempt, asking.spender, choice, turn.lease, count)
        except Refused as error:
            return Answer(model.name, error=error), False
        if isinstance(opened, Refusal):
            return Answer(model.name, refusal=opened, because=choice.because), False
        call = _Call(opened.id, model, opened.price, Purpose.ANSWER, tokens, time.monotonic())
        failpoint("after_attempt")
        shortened = opened.max_output < wished
        if request.max_output != opened.max_output:
            request = replace(request, max_output=opened.max_output)
        answer = await self._read(call, request, asking.feed, asking.interruption)
        failpoint("after_provider")
        return answer._replace(because=choice.because, shortened=shortened), call.words > 0

    async def _read(
        self,
        call: _Call,
        request: CompletionRequest,
        feed: Callable[[str], None],
        interruption: Interruption,
    ) -> Answer:
        model, breaker = call.model, self._routing.breaker(call.model)
        heard: list[str] = []
        completed: Completed | None = None
        stream = self._routing.provider(model).stream(request)

        def hear(event: StreamEvent) -> None:
            nonlocal completed
            if isinstance(event, TextDelta):
                if call.first_word is None:
                    call.first_word = time.monotonic()
                    metrics.FIRST_WORD.observe(call.first_word - call.started)
                call.words += len(event.text)
                heard.append(event.text)
                feed(event.text)
            elif isinstance(event, Completed):
                completed = event

        try:
            await _listen(stream, hear, interruption)
            if completed is None:
                raise Broken("the stream ended without a finish")
        except Interrupted as cut:
            breaker.unheard()
            usage = left(stream, call.asked_tokens, "".join(heard))
            end = self._end(call, AttemptState.CANCELLED, usage, error=cut.reason)
            return Answer(model.name, (call.id, end), reason=cut.reason)
        except ProviderError as error:
            breaker.failed() if error.retryable else breaker.unheard()
            log.warning("model %s: %s: %s", model.name, type(error).__name__, error)
            state = AttemptState.CUT if call.words else AttemptState.FAILED
            usage = failed(error, call.asked_tokens, "".join(heard))
            end = self._end(call, state, usage, error=f"{type(error).__name__}: {error}"[:500])
            return Answer(model.name, (call.id, end), error=error)
        breaker.succeeded()
        end = self._end(call, AttemptState.DONE, completed.usage, completed.model)
        return Answer(model.name, (call.id, end), finish=completed.finish)

    def _end(self, call: _Call, state: AttemptState, known: Usage, model: str = "", error: str = "") -> AttemptEnd:
        """The attempt's end and its charge."""
        first = None if call.first_word is None else int((call.first_word - call.started) * 1000)
        charge = self._meter.charge(call.model, call.price, call.purpose, state, known, words=call.words > 0)
        metrics.ATTEMPTS.add(state)
        metrics.TOKENS.add("input", known.input)
        metrics.TOKENS.add("output", known.output)
        metrics.CHARGED.add(call.model.name, charge.micro)
        total = int((time.monotonic() - call.started) * 1000)
        return AttemptEnd(state, known, model, error, first, total, charge)

    async def _close(self, answer: Answer) -> None:
        if (attempt := answer.attempt) is not None:
            await patiently(lambda: self._store.close_attempt(*attempt))

    async def summarise(
        self, turn: Turn, request: CompletionRequest, model: Model, tokens: int, interruption: Interruption
    ) -> str:
        """One attempt outside of any answer, on the account that pays for `turn`; the words, empty when it failed or
        nothing covered it. `tokens`: our estimate of the request. Raises StoreDown."""
        if not self._routing.breaker(model).admits():
            return ""
        here = turn.conversation
        attempt = NewAttempt(
            here.tenant, turn.id, here.id, turn.account.id, model.name, model.provider,
            tokens, request.max_output, Purpose.SUMMARY, owner=self._owner,
        )  # fmt: skip
        try:
            opened = await self._meter.open(attempt, spender_of(turn), Choice(model), None)
        except Refused:
            return ""
        if isinstance(opened, Refusal):
            return ""
        call = _Call(opened.id, model, opened.price, Purpose.SUMMARY, tokens, time.monotonic())
        words: list[str] = []
        answer = await self._read(call, replace(request, max_output=opened.max_output), words.append, interruption)
        await self._close(answer)
        return "".join(words) if answer.finish is Finish.STOP else ""


async def _listen(
    stream: AsyncIterator[StreamEvent], hear: Callable[[StreamEvent], None], interruption: Interruption
) -> None:
    """Read a stream to its end; whatever happens, its connection is closed or given back before this returns."""
    events = cast("AsyncGenerator[StreamEvent]", stream)
    try:
        with interruption.waiting():
            async for event in events:
                hear(event)
    finally:
        await events.aclose()


def _pause(error: ProviderError, number: int) -> float:
    """Seconds before the next call: what the vendor asks for, else doubling with jitter."""
    if isinstance(error, Overloaded) and error.after is not None:
        return error.after
    return float(min(BACKOFF_LIMIT, BACKOFF_SECONDS * 2**number)) * random.uniform(0.75, 1.25)
