"""Which models are asked, in order. Knows choices, default and fallback; must not call a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.core.breaker import Breaker
from hub.core.money.bid import spender_of
from hub.core.rules import Rules
from hub.domain.address import ChatKind
from hub.domain.conversation import Account
from hub.domain.inbound import Said
from hub.domain.model import Model
from hub.domain.plan import Plan
from hub.domain.tokens import estimate_tokens
from hub.domain.turn import Turn
from hub.ports.provider import Provider
from hub.text.alike import nearest


class Routing:
    """The choice of models for a turn; keeps one breaker per model."""

    def __init__(self, rules: Rules, providers: Mapping[str, Provider], plan: Callable[[Account], Plan]) -> None:
        self._rules, self._plan = rules, plan
        self._providers = providers
        self._breakers = {name: Breaker() for name in rules.models}

    def route(self, turn: Turn) -> list[Model]:
        """What was chosen (else the default, also when the settings no longer have it), then the fallbacks.

        Only what the payer's plan admits; its first model where that leaves none. A person's own choice stays out of
        groups: there the conversation's counts alone."""
        alone, payer = turn.inbound.address.kind is ChatKind.PRIVATE, spender_of(turn).payer
        chosen = turn.conversation.model or (turn.account.model if alone else "")
        tokens = _tokens(turn) if self._rules.routes else 0
        return self._from(chosen, payer, turn.inbound.address.platform, tokens)

    def usual(self, payer: Account, platform: str = "", tokens: int = 0) -> list[Model]:
        """The route of who chose nothing; `tokens`: of the prompt."""
        return self._from("", payer, platform, tokens)

    def _from(self, chosen: str, payer: Account, platform: str, tokens: int) -> list[Model]:
        admitted, plan = self._admitted(payer), self._plan(payer).name
        held = (rule.model for rule in self._rules.routes if rule.holds(plan, platform, tokens))
        default = next((name for name in held if name in admitted), self._rules.default)
        first = chosen if chosen in admitted else default
        names = [name for name in dict.fromkeys((first, *self._rules.fallback)) if name in admitted]
        return [self._rules.models[name] for name in names or admitted[:1]]

    def admitted(self, turn: Turn) -> list[str]:
        """The models that the plan of who pays for `turn` lets people choose, by name."""
        return self._admitted(spender_of(turn).payer)

    def _admitted(self, payer: Account) -> list[str]:
        plan = self._plan(payer)
        return [name for name in self._rules.models if plan.admits(name)]

    def provider(self, model: Model) -> Provider:
        """Who serves `model`."""
        return self._providers[model.provider]

    def breaker(self, model: Model) -> Breaker:
        """The circuit breaker of `model`."""
        return self._breakers[model.name]

    def nearest(self, name: str) -> str:
        """The known model name most like `name`, empty when none is."""
        return nearest(name, self._rules.models, least=0.4)


def _tokens(turn: Turn) -> int:
    """Our estimate of what a model would read for `turn`, files aside."""
    said = [one.content.text for one in (*turn.merged, turn.inbound) if isinstance(one.content, Said)]
    return sum(message.tokens for message in turn.history) + sum(map(estimate_tokens, said))
