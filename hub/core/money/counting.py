"""Counting a prompt where an estimate is not good enough. Knows when to ask and how long; must not know who counts.

Estimates err upward and cost microseconds, so that every call is opened with one. Before somebody is refused for it
(the prompt seems too long, or dearer than what is left), the provider is asked: the estimate may be wrong by half.
"""

from __future__ import annotations

import asyncio
import logging

from hub.domain.completion import CompletionRequest
from hub.domain.errors import ProviderError
from hub.ports.provider import Provider, TokenCount

PATIENCE = 2.0
"""Seconds a count may take; after them the estimate stands."""

log = logging.getLogger("parley.counting")


async def counted(provider: Provider, request: CompletionRequest, estimate: int) -> int:
    """Input tokens of `request`: the provider's own count if it has one in time, else `estimate`."""
    if not isinstance(provider, TokenCount):
        return estimate
    try:
        async with asyncio.timeout(PATIENCE):
            return await provider.count(request)
    except (ProviderError, TimeoutError) as error:
        log.info("model %s: not counted: %s", request.model, error)
        return estimate
