"""OpenAI, and everything that speaks its chat completions."""

from __future__ import annotations

from hub.domain.model import Endpoint
from providers.llm.openai.provider import OpenAIProvider


def create(endpoint: Endpoint) -> OpenAIProvider:
    """The provider behind `endpoint`, of kind `openai` or `openai-compatible`. Raises SettingsError."""
    return OpenAIProvider(endpoint)
