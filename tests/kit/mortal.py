"""A house whose people talk until it is killed: `python -m tests.kit.mortal URL MODELS PEOPLE ROUNDS NAME`.

Knows the paper platform and a model behind `MODELS`, the address of a stand-in that outlives it. Prints a line when it
is ready and one when everybody has been answered; must not know who kills it.
"""

from __future__ import annotations

import asyncio
import random
import sys

from hub.core.hub import Hub
from hub.core.rules import Limits
from hub.domain.model import Endpoint
from hub.domain.plan import Plan
from providers.table import create
from storage.store import open_store
from tests.kit.money import with_plan
from tests.kit.paper import PLAIN, Paper, Person


async def main(url: str, models: str, people: int, rounds: int, name: str) -> None:
    """Everybody asks `rounds` times, and some stop the answer."""
    dice = random.Random(name)
    store = await open_store(url, synchronous="NORMAL")
    paper = Paper(PLAIN)
    provider = create(Endpoint("stand-in", "openai-compatible", "sk-test-key", models))
    limits = Limits(person_per_minute=0, tries_per_model=1, lease_seconds=1)
    rules = with_plan(Plan("free", 10**12), limits=limits, summarise=False)
    hub = Hub(store, {"paper": paper}, {"stand-in": provider}, rules, name)
    await hub.start(alone=url.startswith("sqlite"))
    print("ready", flush=True)
    persons = [Person(f"{name}-{number}", paper, hub.accept) for number in range(people)]
    for _ in range(rounds):
        for person in persons:
            await person.says("tell me something")
        await asyncio.sleep(dice.random() * 0.03)
        for person in persons:
            if dice.random() < 0.15:
                await person.says("/stop")
        await rests(hub)
    if not rounds:
        # what an earlier house left running is taken again once its leases are over
        await asyncio.sleep(2)
        while (await store.counts())["running"] or (await store.counts())["waiting"]:
            await asyncio.sleep(0.1)
        while await store.close_abandoned(1_000):
            pass
    await rests(hub)
    print("done", flush=True)
    await hub.stop(1)
    await provider.close()
    await store.close()


async def rests(hub: Hub) -> None:
    """Wait until no lane is busy."""
    while hub.running():
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
