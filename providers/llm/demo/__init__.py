"""The built-in demo: useful about Parley, honest about not being a language model, without any network."""

from __future__ import annotations

from hub.domain.model import Endpoint
from providers.llm.demo.provider import DemoProvider


def create(endpoint: Endpoint) -> DemoProvider:
    """The demo under the endpoint's name; its other fields mean nothing here."""
    return DemoProvider(endpoint)
