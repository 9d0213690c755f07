"""Recordings written down. Knows attempts and the model for it; must not know where a recording came from."""

from __future__ import annotations

import asyncio
import logging
import time

from hub.core.interruption import Interrupted, Interruption
from hub.core.money.bid import Choice, spender_of
from hub.core.money.meter import Meter
from hub.core.money.used import failed
from hub.core.patience import patiently
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt, Purpose
from hub.domain.completion import Recording, Usage
from hub.domain.errors import Down, ProviderError, QuotaExceeded, Refused
from hub.domain.money import Refusal
from hub.domain.tokens import estimate_recording
from hub.domain.turn import Turn
from hub.ports.provider import Transcribe
from hub.ports.store import Store

HEARING_SECONDS = 120.0
"""The longest that writing down one recording may take."""

SAID_SHARE = 2
"""Nobody says more than a token of words for so many tokens of sound (ten of these are a second)."""

log = logging.getLogger("parley.hearing")


class Hearing:
    """Writes down what was said, each time with an attempt row before the call."""

    def __init__(self, store: Store, routing: Routing, rules: Rules, meter: Meter, owner: str = "") -> None:
        self._store, self._routing, self._rules, self._meter = store, routing, rules, meter
        self._owner = owner

    @property
    def can(self) -> bool:
        """Whether a model for it is configured."""
        return self._rules.hearing is not None

    async def write_down(
        self, turn: Turn, media_type: str, name: str, content: bytes, interruption: Interruption
    ) -> str | None:
        """The words of a recording, None when no model heard it.

        Raises Interrupted, StoreDown, LostLease, QuotaExceeded."""
        model = self._rules.hearing
        if model is None:
            return None
        provider = self._routing.provider(model)
        if not isinstance(provider, Transcribe):
            return None
        heard_tokens = estimate_recording(len(content))
        attempt = NewAttempt(
            turn.conversation.tenant, turn.id, turn.conversation.id, turn.account.id, model.name, model.provider,
            heard_tokens, heard_tokens // SAID_SHARE, Purpose.TRANSCRIPTION, owner=self._owner,
        )  # fmt: skip
        try:
            opened = await self._meter.open(attempt, spender_of(turn), Choice(model), turn.lease)
        except Refused as error:
            log.warning("model %s does not hear recordings: %s", model.name, error)
            return None
        if isinstance(opened, Refusal):
            raise QuotaExceeded(scope=opened.scope)
        number, started = opened.id, time.monotonic()
        recording = Recording(model.id, media_type, name, content, turn.inbound.sender.language)

        async def close(state: AttemptState, usage: Usage, answered: str = "", error: str = "") -> None:
            charge = self._meter.charge(
                model, opened.price, attempt.purpose, state, usage, words=state is AttemptState.DONE
            )
            total = int((time.monotonic() - started) * 1000)
            end = AttemptEnd(state, usage, answered, error[:500], None, total, charge)
            await patiently(lambda: self._store.close_attempt(number, end))

        try:
            with interruption.waiting():
                async with asyncio.timeout(HEARING_SECONDS):
                    heard = await provider.transcribe(recording)
        except Interrupted as cut:
            await close(AttemptState.CANCELLED, Usage(attempt.asked_tokens, estimated=True), error=cut.reason)
            raise
        except (ProviderError, TimeoutError) as error:
            log.warning("model %s did not hear a recording: %s: %s", model.name, type(error).__name__, error)
            silent = Down("silent for too long", sent=True) if isinstance(error, TimeoutError) else error
            usage = failed(silent, attempt.asked_tokens, "")
            await close(AttemptState.FAILED, usage, error=f"{type(error).__name__}: {error}")
            return None
        await close(AttemptState.DONE, heard.usage, heard.model)
        return heard.text
