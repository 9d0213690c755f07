"""One answer from the first model that gives one. Knows fallback, retry and attempts, each with a row before the call.

Must not know people, platforms or what becomes of the words.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import cast

from hub.core import metrics
from hub.core.failpoints import failpoint
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.patience import patiently
from hub.core.prompt import Asked, build
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Completed, CompletionRequest, Finish, StreamEvent, TextDelta, Usage
from hub.domain.errors import Broken, ContextTooLong, Overloaded, ProviderError, QuotaExceeded
from hub.domain.model import Model
from hub.domain.money import Refusal
from hub.domain.tokens import estimate_tokens
from hub.domain.turn import Lease, Turn
from hub.ports.provider import Provider
from hub.ports.store import Store

BACKOFF_SECONDS = 0.5
BACKOFF_LIMIT = 8.0
"""First and longest wait between two calls, doubling, with jitter (the vendors' own SDKs wait the same)."""

log = logging.getLogger("parley.completion")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking. `attempt` is still open in the store and ends with the turn; None: nobody took it.

    `finish` None: the answer did not come to its end; then `reason` (we ended it) or `error` (the model did) says why.
    """

    model: str = ""
    attempt: tuple[int, AttemptEnd] | None = None
    finish: Finish | None = None
    reason: Reason | None = None
    error: ProviderError | None = None


@dataclass(slots=True)
class _Call:
    """One attempt while it runs."""

    id: int
    asked_tokens: int
    started: float
    first_word: float | None = None
    words: int = 0

    def end(self, state: AttemptState, usage: Usage | None, words: str, model: str = "", error: str = "") -> AttemptEnd:
        """The attempt's end; without usage from the vendor, an estimate of prompt and words, flagged."""
        known = usage or Usage(self.asked_tokens, output=estimate_tokens(words), estimated=True)
        first = None if self.first_word is None else int((self.first_word - self.started) * 1000)
        metrics.ATTEMPTS.add(state)
        metrics.TOKENS.add("input", known.input)
        metrics.TOKENS.add("output", known.output)
        return AttemptEnd(state, known, model, error, first, int((time.monotonic() - self.started) * 1000))


class Completions:
    """Asks models. One for the whole house; holds no state of any answer."""

    def __init__(self, store: Store, routing: Routing, rules: Rules, owner: str = "") -> None:
        self._store, self._routing, self._rules, self._owner = store, routing, rules, owner

    async def answer(self, turn: Turn, asked: Asked, feed: Callable[[str], None], interruption: Interruption) -> Answer:
        """Ask the models of the route in order until one begins to answer; its words go to `feed`.

        After the first word no other model is asked. Raises StoreDown, LostLease."""
        deadline = time.monotonic() + self._rules.limits.give_up_seconds
        last = Answer(error=Overloaded("every model is resting after failures"))
        for model in self._routing.route(turn):
            skip = 0
            for number in range(self._rules.limits.tries_per_model):
                if not self._routing.breaker(model).admits():
                    break
                request, tokens = await build(turn, asked, model, self._rules, self._store, skip=skip)
                last, words_came = await self._ask(turn, model, request, tokens, feed, interruption)
                if words_came or last.error is None:
                    return last
                await self._close(last)
                if isinstance(last.error, ContextTooLong) and skip < len(turn.history):
                    skip += max(1, (len(turn.history) - skip) // 2)
                    continue
                pause = _pause(last.error, number)
                more = number + 1 < self._rules.limits.tries_per_model
                if not last.error.retryable or not more or time.monotonic() + pause > deadline:
                    break
                try:
                    with interruption.waiting():
                        await asyncio.sleep(pause)
                except Interrupted as cut:
                    return Answer(model=model.name, reason=cut.reason)
        return replace(last, attempt=None)

    async def _ask(
        self,
        turn: Turn,
        model: Model,
        request: CompletionRequest,
        tokens: int,
        feed: Callable[[str], None],
        interruption: Interruption,
    ) -> tuple[Answer, bool]:
        """One attempt: its answer, and whether any word came. `tokens`: our estimate of the request."""
        attempt = NewAttempt(
            turn.conversation.tenant, turn.id, turn.conversation.id, turn.account.id,
            model.name, model.provider, tokens, request.max_output,
        )  # fmt: skip
        call = _Call(await self._open(attempt, turn.lease), tokens, time.monotonic())
        failpoint("after_attempt")
        answer = await self._read(call, model, request, feed, interruption)
        failpoint("after_provider")
        return answer, call.words > 0

    async def _read(
        self,
        call: _Call,
        model: Model,
        request: CompletionRequest,
        feed: Callable[[str], None],
        interruption: Interruption,
    ) -> Answer:
        breaker = self._routing.breaker(model)
        heard: list[str] = []
        completed: Completed | None = None

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
            await _listen(self._routing.provider(model), request, hear, interruption)
            if completed is None:
                raise Broken("the stream ended without a finish")
        except Interrupted as cut:
            breaker.unheard()
            end = call.end(AttemptState.CANCELLED, None, "".join(heard), error=cut.reason)
            return Answer(model.name, (call.id, end), reason=cut.reason)
        except ProviderError as error:
            breaker.failed() if error.retryable else breaker.unheard()
            log.warning("model %s: %s: %s", model.name, type(error).__name__, error)
            state = AttemptState.CUT if call.words else AttemptState.FAILED
            usage = error.usage if isinstance(error, Broken) else None
            if usage is None and not call.words and not isinstance(error, Broken):
                usage = Usage()
            end = call.end(state, usage, "".join(heard), error=f"{type(error).__name__}: {error}"[:500])
            return Answer(model.name, (call.id, end), error=error)
        breaker.succeeded()
        end = call.end(AttemptState.DONE, completed.usage, "", completed.model)
        return Answer(model.name, (call.id, end), finish=completed.finish)

    async def _open(self, attempt: NewAttempt, lease: Lease | None) -> int:
        """Write the attempt before the call; its number. Raises QuotaExceeded, StoreDown, LostLease."""
        opened = await self._store.open_attempt(replace(attempt, owner=self._owner), lease)
        if isinstance(opened, Refusal):
            raise QuotaExceeded
        return opened

    async def _close(self, answer: Answer) -> None:
        if (attempt := answer.attempt) is not None:
            await patiently(lambda: self._store.close_attempt(*attempt))

    async def summarise(
        self, request: CompletionRequest, model: Model, attempt: NewAttempt, interruption: Interruption
    ) -> str:
        """One attempt outside of any answer; the words, empty when it failed. Raises StoreDown."""
        if not self._routing.breaker(model).admits():
            return ""
        call = _Call(await self._open(attempt, None), attempt.asked_tokens, time.monotonic())
        words: list[str] = []
        answer = await self._read(call, model, request, words.append, interruption)
        await self._close(answer)
        return "".join(words) if answer.finish is Finish.STOP else ""


async def _listen(
    provider: Provider, request: CompletionRequest, hear: Callable[[StreamEvent], None], interruption: Interruption
) -> None:
    """Read a stream to its end; whatever happens, its connection is closed or given back before this returns."""
    events = cast("AsyncGenerator[StreamEvent]", provider.stream(request))
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
