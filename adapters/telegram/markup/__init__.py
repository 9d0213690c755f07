"""CommonMark as Telegram's text with entities; never MarkdownV2."""

from adapters.telegram.markup.render import LIMIT, Drawn, draw

__all__ = ["LIMIT", "Drawn", "draw"]
