"""Discord as a platform. Knows how to make the adapter; must not do anything at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.discord.config import DiscordConfig
    from hub.ports.adapter import Adapter
    from hub.ports.house import House


def create(config: DiscordConfig, house: House) -> Adapter:
    """The adapter of every Discord bot of one hub."""
    from adapters.discord.adapter import DiscordAdapter

    return DiscordAdapter(config, house)
