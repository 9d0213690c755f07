"""The web as a platform: our own widget over HTTP. Knows how to make the adapter; must not do anything at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.web.config import WebConfig
    from hub.ports.adapter import Adapter
    from hub.ports.house import House


def create(config: WebConfig, house: House) -> Adapter:
    """The web adapter of one hub."""
    from adapters.web.adapter import WebAdapter

    return WebAdapter(config, house)
