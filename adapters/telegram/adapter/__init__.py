"""The port's methods, on Telegram."""

from adapters.telegram.adapter.channel import TelegramAdapter

__all__ = ["TelegramAdapter"]
