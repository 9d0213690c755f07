"""A stand-in Discord: REST, gateway and people. Knows the vendor's protocol; must not know our adapter.

async with DiscordSandbox() as discord:
    ann = discord.person("Ann", language="de")
    await ann.says("hi")
    await ann.sees("hello")
"""

from adapters.discord.sandbox.person import Person
from adapters.discord.sandbox.platform import DiscordSandbox
from adapters.discord.sandbox.town import Bot, Channel, Guild, Interaction, Message

__all__ = ["Bot", "Channel", "DiscordSandbox", "Guild", "Interaction", "Message", "Person"]
