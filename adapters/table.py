"""Which adapters there are. Knows names and where to find them; must not import one before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from hub.domain.errors import SettingsError
from hub.ports.adapter import Adapter
from hub.ports.house import House

GROUP = "parley.adapters"
"""Entry point group through which third parties bring their own adapters: `name = "package.module:create"`."""

ADAPTERS = {
    "web": "adapters.web:create",
    "terminal": "adapters.terminal:create",
    "slack": "adapters.slack:create",
    "telegram": "adapters.telegram:create",
    "discord": "adapters.discord:create",
}
"""Name of a platform and the function that makes its adapter from (config, house)."""


def names() -> tuple[str, ...]:
    """Every adapter that can be created, ours first, without importing any."""
    return (*ADAPTERS, *sorted(point.name for point in entry_points(group=GROUP) if point.name not in ADAPTERS))


def create(name: str, config: object, house: House) -> Adapter:
    """Make the adapter `name`; `config` is that adapter's own config object. Raises SettingsError: unknown name."""
    make = _ours(ADAPTERS[name]) if name in ADAPTERS else _theirs(name)
    return cast("Adapter", make(config, house))


def _ours(place: str) -> Callable[..., Any]:
    module, _, function = place.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(module), function))


def _theirs(name: str) -> Callable[..., Any]:
    for point in entry_points(group=GROUP, name=name):
        return cast("Callable[..., Any]", point.load())
    raise SettingsError(f"there is no adapter called {name!r}; known: {', '.join(names())}")
