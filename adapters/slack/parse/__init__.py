"""Slack's payloads to inbounds. Pure: what needs a question to Slack is left to the adapter."""

from adapters.slack.parse.events import Opened, read_event
from adapters.slack.parse.interactions import Asked, read_interaction, read_slash
from adapters.slack.parse.place import Me, aside, aside_of, home, home_of

__all__ = [
    "Asked",
    "Me",
    "Opened",
    "aside",
    "aside_of",
    "home",
    "home_of",
    "read_event",
    "read_interaction",
    "read_slash",
]
