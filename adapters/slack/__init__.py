"""Slack as a platform. Knows how to make the adapter; must not do anything at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.slack.config import SlackConfig
    from hub.ports.adapter import Adapter
    from hub.ports.house import House


def create(config: SlackConfig, house: House) -> Adapter:
    """The adapter of every Slack bot of this hub."""
    from adapters.slack.adapter import SlackAdapter

    return SlackAdapter(config, house)
