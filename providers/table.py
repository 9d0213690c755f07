"""Which translator serves which kind of provider: one line each. Knows names only; must not import a vendor.

Third parties come in by entry point (group `parley.providers`, name = kind, value = `package:create`).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from hub.domain.errors import SettingsError
from hub.domain.model import Endpoint
from hub.ports.provider import Provider

PROVIDERS: dict[str, str] = {
    "openai": "providers.llm.openai:create",
    "openai-compatible": "providers.llm.openai:create",
    "anthropic": "providers.llm.anthropic:create",
    "gemini": "providers.llm.gemini:create",
    "demo": "providers.llm.demo:create",
}

GROUP = "parley.providers"


def kinds() -> list[str]:
    """Every kind that `create` knows, ours and third parties', sorted."""
    return sorted({*PROVIDERS, *(point.name for point in entry_points(group=GROUP))})


def create(endpoint: Endpoint) -> Provider:
    """The provider behind `endpoint`; its package is imported now. Raises SettingsError."""
    place = PROVIDERS.get(endpoint.kind)
    if place is None:
        found = entry_points(group=GROUP, name=endpoint.kind)
        if not found:
            raise SettingsError(f"providers.{endpoint.name}.kind {endpoint.kind!r} is none of {', '.join(kinds())}")
        return cast("Callable[[Endpoint], Provider]", next(iter(found)).load())(endpoint)
    package, _, name = place.partition(":")
    return cast("Callable[[Endpoint], Provider]", getattr(import_module(package), name))(endpoint)
