"""The core in this process, over a real store, the OpenAI provider and its stand-in, and the paper platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from hub.core.hub import Hub
from hub.core.rules import Limits, Rules
from hub.domain.capabilities import Capabilities
from hub.domain.model import Endpoint, Model, Price
from hub.ports.provider import Provider
from hub.ports.store import Store
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create
from tests.kit.paper import PLAIN, Paper, Person

_OWNERS = count(1)

DEAR, CHEAP = Price(2_000_000, 10_000_000, version="test"), Price(1_000_000, 5_000_000, version="test")
"""Two and ten, one and five dollars for a million tokens."""


@dataclass
class PaperHouse:
    """All of it, for one test."""

    hub: Hub
    store: Store
    paper: Paper
    models: OpenAISandbox
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str, **changes: object) -> Person:
        """Somebody; the same one for the same name."""
        if name not in self.people:
            self.people[name] = Person(name, self.paper, self.hub.accept, **changes)  # type: ignore[arg-type]
        return self.people[name]

    async def rests(self, seconds: float = 10) -> None:
        """Wait until no lane is busy."""
        async with asyncio.timeout(seconds):
            while self.hub.running():
                await asyncio.sleep(0.005)


def rules(**changes: object) -> Rules:
    """Two models, `first` and `second`, the second as fallback at half the price; no pace, one plan without limit."""
    models = {
        name: Model(name, "stand-in", f"vendor-{name}", images=name == "first", price=price)
        for name, price in (("first", DEAR), ("second", CHEAP))
    }
    given: dict[str, object] = {
        "models": models,
        "default": "first",
        "fallback": ("second",),
        "limits": Limits(person_per_minute=0),
        **changes,
    }
    return Rules(**given)  # type: ignore[arg-type]


@asynccontextmanager
async def paper_house(
    store: Store,
    house_rules: Rules | None = None,
    capabilities: Capabilities = PLAIN,
    paper: Paper | None = None,
    clock: Callable[[], int] | None = None,
) -> AsyncIterator[PaperHouse]:
    """Start the core over `store`; stopped at the end, the store left open."""
    platform = paper or Paper(capabilities)
    async with OpenAISandbox() as models:
        provider: Provider = create(Endpoint("stand-in", "openai-compatible", "sk-test-key", models.base_url))
        hub = Hub(
            store, {"paper": platform}, {"stand-in": provider}, house_rules or rules(), f"test-{next(_OWNERS)}", clock
        )
        await hub.start()
        try:
            yield PaperHouse(hub, store, platform, models)
        finally:
            await hub.stop(0.2)
            await provider.close()
