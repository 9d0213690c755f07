"""Anthropic's Claude models."""

from __future__ import annotations

from hub.domain.model import Endpoint
from providers.llm.anthropic.provider import AnthropicProvider


def create(endpoint: Endpoint) -> AnthropicProvider:
    """The provider behind `endpoint`. Raises SettingsError."""
    return AnthropicProvider(endpoint)
