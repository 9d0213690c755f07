"""The text tree as Discord's markdown: inline words, blocks, tables. Knows their names; must not know messages."""

from adapters.discord.markup.whole import LIMIT, render

__all__ = ["LIMIT", "render"]
