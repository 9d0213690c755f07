"""`parley models`. Knows a table and its JSON; must not know how models are chosen or priced."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime

from hub.domain.model import Model, Price
from hub.domain.money import MICRO
from hub.runtime.catalogue import Catalogue, make_catalogue
from hub.runtime.cli.settings import read_settings

RATES = ("input", "output", "cached", "cache_write", "cache_write_1h", "reasoning")


def show_models(*, as_json: bool) -> None:
    """Print every model. Raises SettingsError."""
    catalogue = make_catalogue(read_settings().settings, price_all=True)
    now = int(time.time() * 1000)
    print(json.dumps(_rows(catalogue, now), indent=2) if as_json else _table(catalogue, now))


def age_days(version: str, now: int) -> int | None:
    """Days since the date at the end of a price's version; None when it has none."""
    try:
        return (_day(now) - date.fromisoformat(version.rpartition(" ")[2])).days
    except ValueError:
        return None


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / 1000, UTC).date()


def _rows(catalogue: Catalogue, now: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for entry in catalogue.listed:
        model, price = entry.model, entry.model.price_at(now)
        rows.append(
            {
                "name": model.name,
                "provider": model.provider,
                "id": model.id,
                "context": model.context,
                "max_output": model.max_output,
                "images": model.images,
                "tools": model.tools,
                "free": model.free,
                **(_rates(price) if price else dict.fromkeys(f"price_{rate}" for rate in RATES)),
                "price_request": price.request / MICRO if price else None,
                "price_tiers": [{"above": tier.above, **_rates(tier.price)} for tier in price.tiers] if price else [],
                "price_version": price.version if price else "",
                "price_age_days": age_days(price.version, now) if price else None,
                "price_changes": [
                    {"since": str(_day(change.since)), **_rates(change.price), "price_version": change.price.version}
                    for change in model.changes
                    if change.since > now
                ],
                "usable": not entry.why_not,
                "why_not": entry.why_not,
                "default": model.name == catalogue.default,
            }
        )
    return rows


def _rates(price: Price) -> Mapping[str, float | None]:
    """Dollars per million tokens; None: no rate of its own."""
    rates = {rate: getattr(price, rate) for rate in RATES}
    return {f"price_{rate}": None if micro is None else micro / MICRO for rate, micro in rates.items()}


def _price(model: Model, now: int) -> str:
    price = model.price_at(now)
    if price is None:
        return "free" if model.free else "unknown"
    words = _pair(price)
    if price.request:
        words += f" + ${price.request / MICRO:g} a call"
    return ", ".join([words, *(f"over {tier.above:,}: {_pair(tier.price)}" for tier in price.tiers)])


def _pair(price: Price) -> str:
    return f"${price.input / MICRO:g} / ${price.output / MICRO:g}"


def _source(model: Model, now: int) -> str:
    """Where a price is from, without the model's name, and how old it is."""
    price = model.price_at(now)
    if price is None or not price.version:
        return ""
    words = price.version.split()
    age = age_days(price.version, now)
    return words[0] if age is None else f"{words[0]} {words[-1]} ({age} d)"


def _table(catalogue: Catalogue, now: int) -> str:
    rows = [("NAME", "PROVIDER", "ID", "CONTEXT", "PRICE IN/OUT PER M", "PRICE FROM", "USABLE")]
    for entry in catalogue.listed:
        model = entry.model
        usable = f"no: {entry.why_not}" if entry.why_not else "yes"
        if model.name == catalogue.default:
            usable += " (default)"
        limits = f"{model.context:,}", _price(model, now), _source(model, now)
        rows.append((model.name, model.provider, model.id, *limits, usable))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
