"""A stand-in for Telegram: its Bot API over real HTTP, and people who use it."""

from adapters.telegram.sandbox.people import Group, Person
from adapters.telegram.sandbox.platform import TelegramSandbox

__all__ = ["Group", "Person", "TelegramSandbox"]
