"""A model people can choose, and the endpoint behind it. Knows names, limits, prices; must not know wire formats."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from hub.domain.completion import Usage
from hub.domain.value import dataclass


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


SET = "settings"
"""What the version of a price begins with that the operator set."""

MOST_TIMES = 10
"""A vendor's own bill is believed up to so many times what its list says."""


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens, so that integers carry it exactly; `request`: micro-dollars of every call.

    None: no rate of its own. What is read from the cache or written to it is then input, what is kept for an hour
    is written as any other, and reasoning is output. `tiers` by rising length; `version` names where the numbers are
    from and as of when; it is kept with every attempt."""

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    version: str = ""
    cache_write_1h: int | None = None
    reasoning: int | None = None
    request: int = 0
    tiers: tuple[Tier, ...] = ()

    def at(self, prompt: int) -> Price:
        """The rates of a prompt of that many tokens: of all of it, not of what is beyond a border alone."""
        found = self
        for tier in self.tiers:
            if prompt > tier.above:
                found = tier.price
        return found

    def cost(self, usage: Usage) -> int:
        """Micro-dollars of `usage`, rounded up to a whole one, once. What used nothing costs nothing."""
        if not usage.input and not usage.output:
            return 0
        rates = self.at(usage.input)
        write = rates._write
        hour = min(usage.cache_write_1h, usage.cache_write)
        total = (
            max(0, usage.input - usage.cached - usage.cache_write) * rates.input
            + usage.cached * (rates.input if rates.cached is None else rates.cached)
            + (usage.cache_write - hour) * write
            + hour * (write if rates.cache_write_1h is None else rates.cache_write_1h)
            + usage.output * rates.output
        )
        if rates.reasoning is not None:
            total += usage.reasoning * (rates.reasoning - rates.output)
        return self.request + max(0, -(-total // 1_000_000))

    def bill(self, usage: Usage) -> int | None:
        """What the vendor itself says `usage` cost, where that counts: not where the operator set a price, nor when it
        is beyond belief, MOST_TIMES our own reckoning; None: our reckoning stands."""
        told = usage.billed
        if told is None or usage.estimated or self.version.startswith(SET):
            return None
        return told if 0 < told <= MOST_TIMES * max(1, self.cost(usage)) else None

    def most(self, prompt: int, output: int) -> int:
        """Micro-dollars that a call with that many tokens can cost: a vendor may write all of it to its cache."""
        rates = self.at(prompt)
        dearest = max(rates.input, rates.cached or 0, rates._write)
        written = max(rates.output, rates.reasoning or 0)
        return self.request - -(prompt * dearest + output * written) // 1_000_000

    @property
    def _write(self) -> int:
        return self.input if self.cache_write is None else self.cache_write


@dataclass(frozen=True, slots=True)
class Tier:
    """What a call costs whose prompt has more than `above` tokens."""

    above: int
    price: Price


DAY = 86_400_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Another price from `since` on (milliseconds since 1970); with `hours`, only between those milliseconds of the
    day in UTC, which may pass midnight."""

    price: Price
    since: int = 0
    hours: tuple[int, int] | None = None

    def holds(self, now: int) -> bool:
        """Whether it is in force."""
        if now < self.since or self.hours is None:
            return now >= self.since
        (start, end), time = self.hours, now % DAY
        return start <= time < end if start <= end else time >= start or time < end


@dataclass(frozen=True, slots=True)
class Model:
    """`name` is ours and what people type, `id` the vendor's; `context` and `max_output` in tokens.

    `price` holds as long as none of `changes` does, the last of which wins; None: unknown. `free`: the operator
    declared it so.
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
    changes: tuple[PriceChange, ...] = ()

    def price_at(self, now: int) -> Price | None:
        """What a call costs that begins at `now`, in milliseconds since 1970."""
        found = self.price
        for change in self.changes:
            if change.holds(now):
                found = change.price
        return found
