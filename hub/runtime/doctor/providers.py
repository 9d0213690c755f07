"""Checks of providers: does the key work, how fast is the answer. Knows the models list; must not spend a token."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from hub.domain.errors import Down, Overloaded, ProviderError, Refused
from hub.domain.model import Endpoint
from hub.ports.provider import ModelList
from hub.runtime.catalogue import Catalogue
from hub.runtime.doctor.finding import Finding, error, warning, well
from providers.table import create

PATIENCE = 15.0
"""Seconds a vendor may take to list its models."""


async def look_at_providers(catalogue: Catalogue) -> AsyncIterator[Finding]:
    """Every provider that is on, all at the same time, in their order."""
    for finding in await asyncio.gather(*(look_at(endpoint) for endpoint in catalogue.endpoints)):
        yield finding
    yield well("model", f"{catalogue.default} answers by default")


async def look_at(endpoint: Endpoint) -> Finding:
    """Ask one vendor for its models."""
    check = f"provider {endpoint.name}"
    provider = create(endpoint)
    try:
        if not isinstance(provider, ModelList) or endpoint.kind == "demo":
            return well(check, "needs no key")
        began = time.monotonic()
        names = await asyncio.wait_for(provider.models(), PATIENCE)
        return well(check, f"the key works: {len(names)} models in {1000 * (time.monotonic() - began):.0f} ms")
    except TimeoutError:
        return error(check, f"no answer within {PATIENCE:g} s.", "Check the network and base_url.")
    except ProviderError as fault:
        return _in_words(check, fault)
    finally:
        await provider.close()


def _in_words(check: str, fault: ProviderError) -> Finding:
    if isinstance(fault, Refused):
        return error(
            check,
            f"refuses us: {fault}",
            "Check that the key is whole, valid and of this vendor; parley init asks again.",
        )
    if isinstance(fault, Overloaded):
        return warning(check, f"answers, but is overloaded or out of credit: {fault}", "Look at the vendor's console.")
    if isinstance(fault, Down):
        return error(check, f"cannot be reached: {fault}", "Check the network and base_url.")
    return error(check, f"does not answer as it should: {fault}", "Check kind and base_url.")
