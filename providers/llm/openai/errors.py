"""OpenAI's errors in our words. Knows its codes and its SDK's exceptions; must not know how they arrive."""

from __future__ import annotations

from collections.abc import Mapping

from hub.domain.errors import ContextTooLong, Down, Overloaded, ProviderError, Refused
from providers.kit.rejection import ErrorTable
from providers.kit.twins import error_of

EXACT: Mapping[str, type[ProviderError]] = {
    "context_length_exceeded": ContextTooLong,
    "exceed_context_size_error": ContextTooLong,  # llama.cpp
    "string_above_max_length": ContextTooLong,
    "insufficient_quota": Refused,  # a 429 that no waiting heals
    "billing_hard_limit_reached": Refused,
    "rate_limit_exceeded": Overloaded,
}
"""Codes that say more than the status they come with."""

IN_STREAM: Mapping[str, type[ProviderError]] = {
    "server_error": Down,
    "server_is_overloaded": Overloaded,
    "slow_down": Overloaded,
    "invalid_request_error": Refused,
    "invalid_prompt": Refused,
    "content_filter": Refused,
    "model_not_found": Refused,
    "invalid_api_key": Refused,
}
"""What follows a 200."""


def sdk_errors() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise for the vendor's or the network's sake."""
    import openai

    return (OSError, ValueError, openai.OpenAIError)


def from_sdk(error: Exception, table: ErrorTable) -> ProviderError:
    """An exception of the openai package as ours."""
    import openai

    return error_of(openai, error, table)
