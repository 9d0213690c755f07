"""Slack as the house sees it."""

from adapters.slack.adapter.slack import SlackAdapter

__all__ = ["SlackAdapter"]
