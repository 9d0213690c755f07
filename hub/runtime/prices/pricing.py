"""Which price holds for a model: the operator's, else the price list's. Knows who wins; must not know rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.domain.errors import SettingsError
from hub.domain.model import Endpoint, Model, ProviderKind
from hub.runtime.prices.own import Own, own_price, own_prices
from hub.runtime.settings.models import ModelEntry, PriceEntry
from providers.presets import LOCAL, PRESETS

if TYPE_CHECKING:
    from hub.runtime.prices.package import Found

CONTEXT = 128_000
"""Tokens that fit into a model of which nobody says."""

MAX_OUTPUT = 4096
"""Tokens of its longest answer."""

AT_HOME = (".local", ".lan", ".internal", ".home.arpa")
"""Endings of names that only a network of one's own knows."""


class Pricing:
    """Prices models. The price list is imported when a model needs it, and not before."""

    def __init__(self, rows: Sequence[PriceEntry], hears: str) -> None:
        """`hears`: name of the model that writes recordings down. Raises SettingsError."""
        self._own = own_prices(rows)
        self._hears = hears

    def price(self, model: Model, endpoint: Endpoint, entry: ModelEntry | None = None) -> Model:
        """`model` with its price and limits; `entry`: how settings describe it, if they do. Raises SettingsError."""
        own = self._set(model, entry)
        if model.free or (own == Own() and costs_nothing(endpoint)):
            return _limited(replace(model, free=True), entry, 0)
        told = entry is None or entry.context is not None
        found = None if own.price and told else self._find(model, endpoint)
        price, changes = (own.price, ()) if own.price or not found else (found.price, found.changes)
        return _limited(
            replace(model, price=price, changes=(*changes, *own.changes)), entry, found.context if found else 0
        )

    def unpriced(self, model: Model, entry: ModelEntry | None) -> Model:
        """`model` with its limits, and with the price that settings say without a look at the list."""
        own = self._set(model, entry)
        return _limited(replace(model, price=own.price, changes=own.changes), entry, 0)

    def why_unknown(self, model: Model, now: int) -> str:
        """Why `model` cannot be used for want of a price, and what to set."""
        first = min((change.since for change in model.changes if change.since > now), default=0)
        if first:
            day = datetime.fromtimestamp(first / 1000, UTC).date()
            return f"its price begins on {day}; set one for today in [[prices]]"
        return (
            f'its price is unknown; set [[prices]] with model = "{model.name}", input and output in dollars per '
            "million tokens, or free = true in its [[models]]"
        )

    def _set(self, model: Model, entry: ModelEntry | None) -> Own:
        """What the operator set. Raises SettingsError for two prices, and for a price of what is free."""
        own = self._own.get(model.name, Own())
        fixed = own_price(entry) if entry else None
        if fixed and own.price:
            raise SettingsError(f"`{model.name}` has a price in [[models]] and, without a date, in [[prices]].")
        if model.free and (fixed or own != Own()):
            raise SettingsError(f"`{model.name}` is free and has a price: take one of the two out of the settings.")
        return Own(fixed or own.price, own.changes)

    def _find(self, model: Model, endpoint: Endpoint) -> Found | None:
        from hub.runtime.prices import package

        hears = model.name == self._hears
        return package.find(endpoint.name, endpoint.kind, endpoint.base_url, model.id, hears=hears)


def costs_nothing(endpoint: Endpoint) -> bool:
    """Whether an endpoint is a server of the operator's own: the demo, or one of Ollama and its like at home."""
    if endpoint.kind == ProviderKind.DEMO or endpoint.name == LOCAL.name:
        return True
    preset = PRESETS.get(endpoint.name)
    return preset is not None and preset.local and at_home(endpoint.base_url or preset.base_url)


def at_home(url: str) -> bool:
    """Whether an address is on this machine or in a network of one's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(AT_HOME)


def _limited(model: Model, entry: ModelEntry | None, context: int) -> Model:
    """`model` with the limits that settings say, else those of the list. Raises SettingsError for absurd ones."""
    if entry is None:
        return replace(model, context=context or model.context)
    whole = entry.context or context or CONTEXT
    most = entry.max_output or min(MAX_OUTPUT, max(1, whole // 2))
    if most >= whole > 1:
        raise SettingsError(
            f"[[models]] `{entry.name}`: answers of up to {most:,} tokens (max_output) leave no room for a question "
            f"in a context of {whole:,}."
        )
    return replace(model, context=whole, max_output=most)
