"""`parley models`. Knows a table and its JSON; must not know how models are chosen."""

from __future__ import annotations

import json

from hub.domain.model import Model
from hub.runtime.catalogue import MICRO, Catalogue, make_catalogue
from hub.runtime.cli.settings import read_settings


def show_models(*, as_json: bool) -> None:
    """Print every model. Raises SettingsError."""
    catalogue = make_catalogue(read_settings().settings)
    print(json.dumps(_rows(catalogue), indent=2) if as_json else _table(catalogue))


def _dollars(price: int | None) -> float | None:
    return None if price is None else price / MICRO


def _rows(catalogue: Catalogue) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for entry in catalogue.listed:
        model, price = entry.model, entry.model.price
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
                "price_input": _dollars(price.input) if price else None,
                "price_output": _dollars(price.output) if price else None,
                "usable": not entry.why_not,
                "why_not": entry.why_not,
                "default": model.name == catalogue.default,
            }
        )
    return rows


def _price(model: Model) -> str:
    if model.free:
        return "free"
    if model.price is None:
        return "unknown"
    return f"${model.price.input / MICRO:g} / ${model.price.output / MICRO:g}"


def _table(catalogue: Catalogue) -> str:
    head = ("NAME", "PROVIDER", "ID", "CONTEXT", "PRICE IN/OUT PER M", "USABLE")
    rows = [head]
    for entry in catalogue.listed:
        model = entry.model
        usable = f"no: {entry.why_not}" if entry.why_not else "yes"
        if model.name == catalogue.default:
            usable += " (default)"
        rows.append((model.name, model.provider, model.id, f"{model.context:,}", _price(model), usable))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
