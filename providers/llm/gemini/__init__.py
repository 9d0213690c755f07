"""Google's Gemini models, by the Gemini API."""

from __future__ import annotations

from hub.domain.model import Endpoint
from providers.llm.gemini.provider import GeminiProvider


def create(endpoint: Endpoint) -> GeminiProvider:
    """The provider behind `endpoint`. Raises SettingsError."""
    return GeminiProvider(endpoint)
