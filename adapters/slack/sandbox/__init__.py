"""Slack for tests and the playground: a workspace on loopback that speaks the real protocol."""

from adapters.slack.sandbox.person import Person
from adapters.slack.sandbox.platform import SlackSandbox
from adapters.slack.sandbox.world import App, Channel, Message

__all__ = ["App", "Channel", "Message", "Person", "SlackSandbox"]
