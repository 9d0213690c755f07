"""Prices and contexts as the package genai-prices has them. Knows its types; must not know settings.

Importing it takes a third of a second and 10 MB, so that it is imported by the first question. It never uses the
network. What a model's price contains that we cannot count makes that price unknown: nothing is charged by half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from math import ceil
from typing import TYPE_CHECKING

from hub.domain.model import Price, PriceChange, Tier
from hub.domain.tokens import SECOND_TOKENS

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice

NAME = "genai-prices"

VENDORS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "groq": "groq",
    "openrouter": "openrouter",
    "together": "together",
    "xai": "x-ai",
}
"""Our preset or kind of provider, and its name in the list."""

RESOLD = {"qwen": ("openrouter", "qwen/")}
"""Vendors that the list has only through OpenRouter, which passes list prices on: its name for them."""

RATES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
}
"""The list's name of a rate, and ours."""

UNCOUNTED = frozenset({"output_citation_mtok"})
"""What these vendors add to every call, and we are not told how much of."""

_HOUR_TOKENS = 3600 * SECOND_TOKENS


@dataclass(frozen=True, slots=True)
class Found:
    """What the list says of a model; `price` None: nothing that we can count. `context` 0: unknown."""

    price: Price | None
    changes: tuple[PriceChange, ...]
    context: int


def find(provider: str, kind: str, base_url: str, model: str, *, hears: bool = False) -> Found | None:
    """What the list says of the vendor's `model`; None when it does not know it.

    The vendor is the one whose address `base_url` is, else the one `provider` is named after, else that of `kind`.
    `hears`: the model writes recordings down, so that what it reads is sound."""
    prices = _list()
    vendor, prefix = _vendor(prices, provider, kind, base_url)
    if not vendor:
        return None
    try:
        owner, listed = prices.find_provider_model(prefix + model, None, vendor, None)
    except LookupError:
        return None
    source = f"{NAME} {version(NAME)} {owner.id}/{listed.id}"
    first, *later = _dated(listed)
    price = _price(first.prices, f"{source} {_since(first) or newest_change()}", hears=hears)
    changes = [_change(each, source, hears=hears) for each in later]
    if price is None or None in changes:
        return Found(None, (), listed.context_window or 0)
    return Found(price, tuple(each for each in changes if each), listed.context_window or 0)


@cache
def newest_change(today: date | None = None) -> date:
    """The day of the newest price that the list knows of and that is in force: how old the list is at most."""
    today = today or datetime.now(UTC).date()
    days = [since for owner in _list().providers for listed in owner.models for since in map(_since, _dated(listed))]
    return max((day for day in days if day and day <= today), default=date.min)


@cache
def _list() -> DataSnapshot:
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


def _vendor(prices: DataSnapshot, provider: str, kind: str, base_url: str) -> tuple[str, str]:
    """The list's name of a vendor, and what stands before its models' names there; empty when there is none."""
    if base_url:
        try:
            return prices.find_provider(None, None, base_url).id, ""
        except LookupError:
            pass
    if provider in RESOLD:
        return RESOLD[provider]
    return VENDORS.get(provider) or VENDORS.get(kind, ""), ""


def _dated(listed: ModelInfo) -> list[ConditionalPrice]:
    from genai_prices.types import ConditionalPrice

    return listed.prices if isinstance(listed.prices, list) else [ConditionalPrice(prices=listed.prices)]


def _since(priced: ConditionalPrice) -> date | None:
    from genai_prices.types import StartDateConstraint

    return priced.constraint.start_date if isinstance(priced.constraint, StartDateConstraint) else None


def _change(priced: ConditionalPrice, source: str, *, hears: bool) -> PriceChange | None:
    from genai_prices.types import TimeOfDateConstraint

    since, hours = _since(priced), None
    if isinstance(priced.constraint, TimeOfDateConstraint):
        hours = _of_day(priced.constraint.start_time), _of_day(priced.constraint.end_time)
    price = _price(priced.prices, f"{source} {since or newest_change()}", hears=hears)
    if price is None:
        return None
    return PriceChange(price, int(datetime.combine(since, time(), UTC).timestamp() * 1000) if since else 0, hours)


def _of_day(moment: time) -> int:
    """Milliseconds since midnight in UTC."""
    at = datetime.combine(date(2000, 1, 2), moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return (at.hour * 3600 + at.minute * 60 + at.second) * 1000


def _price(listed: ModelPrice, name: str, *, hears: bool) -> Price | None:
    rates = {key: value for key, value in listed.__dict__.items() if value is not None}
    if hears:
        rates = dict(_by_sound(rates))
    if not {"input_mtok", "output_mtok"} <= set(rates) or UNCOUNTED & set(rates):
        return None
    borders = sorted({tier.start for value in rates.values() for tier in getattr(value, "tiers", ())})
    try:
        tiers = tuple(Tier(border, _flat(rates, border + 1, name)) for border in borders)
        return replace(_flat(rates, 0, name), tiers=tiers)
    except ValueError:
        return None


def _by_sound(rates: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Rates of what writes recordings down: by sound's own tokens, or by the hour."""
    hour = rates.get("audio_hours")
    if isinstance(hour, Decimal):
        yield "input_mtok", hour * 1_000_000 / _HOUR_TOKENS
        yield "output_mtok", Decimal(0)
        return
    yield from rates.items()
    if "input_audio_mtok" in rates:
        yield "input_mtok", rates["input_audio_mtok"]


def _flat(rates: dict[str, object], prompt: int, name: str) -> Price:
    """The rates of a prompt of that many tokens."""
    ours = {mine: _micro(rates[theirs], prompt) for theirs, mine in RATES.items() if theirs in rates}
    fee = _micro(rates.get("requests_kcount", Decimal(0)), prompt)
    kept, hour = ours.get("cache_write"), ours.get("cache_write_1h")
    return Price(
        ours["input"], ours["output"], ours.get("cached"), kept, name, hour, ours.get("reasoning"), -(-fee // 1000)
    )


def _micro(rate: object, prompt: int) -> int:
    """Micro-dollars, rounded up: a few of the list's numbers are fractions that were cut. Raises ValueError."""
    if (tiers := getattr(rate, "tiers", None)) is not None:
        base = getattr(rate, "base", None)
        rate = next((tier.price for tier in reversed(tiers) if prompt > tier.start), base)
    if not isinstance(rate, Decimal) or not rate.is_finite() or rate < 0:
        raise ValueError(rate)
    return ceil(rate * 1_000_000)
