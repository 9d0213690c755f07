"""Gemini's errors in our words. Knows Google's status names and its SDK's exceptions; must not know how they arrive."""

from __future__ import annotations

from collections.abc import Mapping

from hub.domain.errors import Down, Overloaded, ProviderError, Refused
from providers.kit.rejection import ErrorTable, rejection_from

EXACT: Mapping[str, type[ProviderError]] = {
    "RESOURCE_EXHAUSTED": Overloaded,
}
"""Names that say more than the status they come with. A prompt too long has none: it is told by its words."""

IN_STREAM: Mapping[str, type[ProviderError]] = {
    "UNAVAILABLE": Overloaded,
    "INVALID_ARGUMENT": Refused,
    "FAILED_PRECONDITION": Refused,
    "PERMISSION_DENIED": Refused,
    "UNAUTHENTICATED": Refused,
    "NOT_FOUND": Refused,
}
"""What follows a 200; usually a number comes with it. The rest is Down."""


def sdk_errors() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise for the vendor's or the network's sake."""
    import aiohttp
    import httpx2
    from google.genai import errors as google

    return (OSError, ValueError, google.APIError, google.UnknownApiResponseError, aiohttp.ClientError, httpx2.HTTPError)


def from_sdk(error: Exception, table: ErrorTable) -> ProviderError:
    """An exception of the google-genai package, or of the HTTP library under it, as ours."""
    from google.genai import errors

    if isinstance(error, errors.APIError):
        return table.error(rejection_from(error.code or 0, error.details))
    if isinstance(error, TimeoutError):
        return Down(table.text("silent for too long"))
    return Down(table.text("the connection broke"))
