"""A model people can choose, and the endpoint behind it. Knows names, limits, prices; must not know wire formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hub.domain.completion import Usage


class ProviderKind(StrEnum):
    """Which translator serves a provider."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OPENAI_COMPATIBLE = "openai-compatible"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how to reach a provider. `api_key` never appears in repr; empty `base_url` means the vendor's own.

    `connect_timeout` and `read_timeout` (longest silence inside a stream) in seconds.
    """

    name: str
    kind: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 90.0


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens, so that integers carry it exactly.

    `version` names where the numbers are from and as of when; it is kept with every attempt."""

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    version: str = ""

    def cost(self, usage: Usage) -> int:
        """Micro-dollars of `usage`, rounded up to a whole one."""
        cached = self.input if self.cached is None else self.cached
        cache_write = self.input if self.cache_write is None else self.cache_write
        plain = max(0, usage.input - usage.cached - usage.cache_write)
        total = (
            plain * self.input + usage.cached * cached + usage.cache_write * cache_write + usage.output * self.output
        )
        return -(-total // 1_000_000)


@dataclass(frozen=True, slots=True)
class Model:
    """`name` is ours and what people type, `id` the vendor's; `context` and `max_output` in tokens.

    `price` None: unknown. `free`: the operator declared it so.
    """

    name: str
    provider: str
    id: str
    context: int = 128_000
    max_output: int = 4096
    images: bool = False
    tools: bool = False
    free: bool = False
    price: Price | None = None
