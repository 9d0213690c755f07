"""Telegram as a platform. Knows how to make the adapter; must not do anything at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.telegram.config import TelegramConfig
    from hub.ports.adapter import Adapter
    from hub.ports.house import House


def create(config: TelegramConfig, house: House) -> Adapter:
    """The adapter of every Telegram bot of one hub."""
    from adapters.telegram.adapter import TelegramAdapter

    return TelegramAdapter(config, house)
