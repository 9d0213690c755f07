"""Errors of two SDKs that one generator made, OpenAI's and Anthropic's. Knows what both have; must not import
either: each provider hands in its own.
"""

from __future__ import annotations

from typing import Any

from hub.domain.errors import Down, ProviderError, Refused
from providers.kit.rejection import ErrorTable, read_rejection


def error_of(sdk: Any, error: Exception, table: ErrorTable) -> ProviderError:
    """An exception of the package `sdk` as ours."""
    if isinstance(error, sdk.APIStatusError):
        response: Any = error.response
        return table.error(read_rejection(response.status_code, response.headers, response.content))
    if isinstance(error, sdk.APITimeoutError):
        return Down(table.text("silent for too long"))
    if isinstance(error, sdk.APIConnectionError):
        return Down(table.text("the connection broke"))
    return Refused(table.text("an answer that makes no sense"))
