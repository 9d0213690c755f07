"""Anthropic's errors in our words. Knows its error types and its SDK's exceptions; must not know how they arrive."""

from __future__ import annotations

from collections.abc import Mapping

from hub.domain.errors import ContextTooLong, Down, Overloaded, ProviderError, Refused
from providers.kit.rejection import ErrorTable
from providers.kit.twins import error_of

EXACT: Mapping[str, type[ProviderError]] = {
    "request_too_large": ContextTooLong,
    "billing_error": Refused,
    "exceed_context_size_error": ContextTooLong,  # llama.cpp on the same wire
}
"""Types that say more than the status they come with. A prompt too long has none: it is told by its words."""

IN_STREAM: Mapping[str, type[ProviderError]] = {
    "overloaded_error": Overloaded,
    "rate_limit_error": Overloaded,
    "api_error": Down,
    "timeout_error": Down,
    "invalid_request_error": Refused,
    "authentication_error": Refused,
    "permission_error": Refused,
    "not_found_error": Refused,
}
"""What follows a 200."""


def sdk_errors() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise for the vendor's or the network's sake."""
    import anthropic

    return (OSError, ValueError, anthropic.AnthropicError)


def from_sdk(error: Exception, table: ErrorTable) -> ProviderError:
    """An exception of the anthropic package as ours."""
    import anthropic

    return error_of(anthropic, error, table)
