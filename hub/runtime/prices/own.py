"""Prices as the operator set them. Knows [[models]] and [[prices]]; must not know the price list that is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from hub.domain.errors import SettingsError
from hub.domain.model import Price, PriceChange, Tier
from hub.runtime.settings.models import ModelEntry, PriceEntry

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


@dataclass(frozen=True, slots=True)
class Own:
    """What an operator set for one model; `price` None: nothing without a date."""

    price: Price | None = None
    changes: tuple[PriceChange, ...] = ()


def own_price(entry: ModelEntry) -> Price | None:
    """The price in a `[[models]]` table. Raises SettingsError for half a price."""
    if entry.price_input is None and entry.price_output is None:
        return None
    if entry.price_input is None or entry.price_output is None:
        missing = "price_input" if entry.price_input is None else "price_output"
        raise SettingsError(f"[[models]] `{entry.name}` has half a price: {missing} is missing.")
    return Price(
        _micro(entry.price_input),
        _micro(entry.price_output),
        _maybe(entry.price_cached),
        _maybe(entry.price_cache_write),
        "settings",
    )


def own_prices(rows: Iterable[PriceEntry]) -> Mapping[str, Own]:
    """`[[prices]]` by model. Raises SettingsError for rows that contradict one another."""
    by_model: dict[str, dict[date | None, list[PriceEntry]]] = {}
    for row in rows:
        by_model.setdefault(row.model, {}).setdefault(row.since, []).append(row)
    found: dict[str, Own] = {}
    for model, by_day in by_model.items():
        prices = {since: _whole(model, since, same) for since, same in by_day.items()}
        days = sorted(since for since in prices if since)
        changes = tuple(PriceChange(prices[day], _start(day)) for day in days)
        found[model] = Own(prices.get(None), changes)
    return found


def _start(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000


def _whole(model: str, since: date | None, rows: Sequence[PriceEntry]) -> Price:
    """Rows of one day as one price: that of short prompts, with the others as its tiers."""
    when = f"from {since}" if since else "without a date"
    borders = sorted(row.above for row in rows)
    if len(set(borders)) < len(borders):
        raise SettingsError(f"[[prices]] has two prices of `{model}` {when}.")
    if borders[0] > 0:
        raise SettingsError(
            f"[[prices]] of `{model}` {when} says what prompts above {borders[0]:,} tokens cost, and not what shorter "
            "ones do: a row without `above` is missing."
        )
    short, *longer = sorted(rows, key=lambda row: row.above)
    return replace(_price(short), tiers=tuple(Tier(row.above, _price(row)) for row in longer))


def _price(row: PriceEntry) -> Price:
    return Price(
        _micro(row.input),
        _micro(row.output),
        _maybe(row.cached),
        _maybe(row.cache_write),
        f"settings {row.since}" if row.since else "settings",
        _maybe(row.cache_write_1h),
        request=_micro(row.request),
    )


def _micro(dollars: Decimal) -> int:
    return int(dollars * MICRO)


def _maybe(dollars: Decimal | None) -> int | None:
    return None if dollars is None else _micro(dollars)
