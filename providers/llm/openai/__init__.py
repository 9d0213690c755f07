"""OpenAI, and everything that speaks its chat completions."""

from __future__ import annotations

from hub.domain.model import Endpoint, ProviderKind
from providers.llm.openai.provider import OpenAIItself, OpenAIProvider


def create(endpoint: Endpoint) -> OpenAIProvider:
    """The provider behind `endpoint`, of kind `openai` or `openai-compatible`. Raises SettingsError."""
    return OpenAIItself(endpoint) if endpoint.kind == ProviderKind.OPENAI else OpenAIProvider(endpoint)
