"""A model people can choose, and the endpoint behind it. Knows names, limits, prices; must not know wire formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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
    """Micro-dollars per million tokens, so that integers carry it exactly."""

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None


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
