"""Every provider the suite runs over. A third party's comes in through PARLEY_PROVIDER_SUBJECT=module:SUBJECT."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from hub.domain.model import Endpoint
from hub.ports.provider import Provider
from providers.kit.stand_in import StandIn
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create

KEY = "sk-secret-key-0123456789"


@dataclass(frozen=True)
class Subject:
    """`sandbox` None: there is no server behind it, so nothing can go wrong there.

    `lacks`: what the vendor does not have: `tools`, `finishes`, `shares` (of usage), `versions` (in its address),
    `last words` (something sent after the finish), `call to count` (it is counted here).
    """

    kind: str
    sandbox: Callable[[], StandIn] | None = None
    create: Callable[[Endpoint], Provider] = create
    lacks: frozenset[str] = frozenset()

    def endpoint(self, base_url: str, **fields) -> Endpoint:
        return Endpoint(
            **{"name": f"my-{self.kind}", "kind": self.kind, "api_key": KEY, "base_url": base_url, **fields}
        )


def subjects() -> list[Subject]:
    guest = os.environ.get("PARLEY_PROVIDER_SUBJECT")
    if guest:
        module, _, name = guest.partition(":")
        return [getattr(import_module(module), name)]
    return [
        Subject("openai", OpenAISandbox, lacks=frozenset({"call to count"})),
        Subject("openai-compatible", OpenAISandbox),
        Subject("anthropic", AnthropicSandbox),
        Subject("gemini", GeminiSandbox, lacks=frozenset({"last words"})),
        Subject("demo"),
    ]
