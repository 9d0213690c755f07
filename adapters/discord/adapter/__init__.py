"""The Discord adapter: bots, their sessions, what they post. Knows its parts' names; must not do anything at import."""

from adapters.discord.adapter.channel import DiscordAdapter

__all__ = ["DiscordAdapter"]
