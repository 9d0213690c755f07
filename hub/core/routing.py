"""Which models are asked, in order. Knows choices, default and fallback; must not call a model."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from hub.core.breaker import Breaker
from hub.core.rules import Rules
from hub.domain.address import ChatKind
from hub.domain.model import Model
from hub.domain.turn import Turn
from hub.ports.provider import Provider


class Routing:
    """The choice of models for a turn; keeps one breaker per model."""

    def __init__(self, rules: Rules, providers: Mapping[str, Provider]) -> None:
        self._rules = rules
        self._providers = providers
        self._breakers = {name: Breaker() for name in rules.models}

    def route(self, turn: Turn) -> list[Model]:
        """What was chosen (else the default, also when the settings no longer have it), then the fallbacks.

        A person's own choice stays out of groups: there the conversation's counts alone."""
        alone = turn.inbound.address.kind is ChatKind.PRIVATE
        chosen = turn.conversation.model or (turn.account.model if alone else "")
        first = chosen if chosen in self._rules.models else self._rules.default
        return self._from(first)

    def usual(self) -> list[Model]:
        """The route of who chose nothing."""
        return self._from(self._rules.default)

    def _from(self, first: str) -> list[Model]:
        return [self._rules.models[name] for name in dict.fromkeys((first, *self._rules.fallback))]

    def provider(self, model: Model) -> Provider:
        """Who serves `model`."""
        return self._providers[model.provider]

    def breaker(self, model: Model) -> Breaker:
        """The circuit breaker of `model`."""
        return self._breakers[model.name]

    def nearest(self, name: str) -> str:
        """The known model name most like `name`, empty when none is."""
        return next(iter(get_close_matches(name, self._rules.models, n=1, cutoff=0.4)), "")
