"""Keeping adapters listening. Knows restarts with back-off and what state each is in; must not know any platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from hub.ports.adapter import Accept, Adapter

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two starts of an adapter that fell; doubled each time up to the longest."""

STEADY = 60.0
"""Seconds after which a fall counts as the first one again."""

LOG = logging.getLogger("parley.adapters")


class Supervisor:
    """Runs every adapter until stopped; one that falls is started again."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters
        self._tasks: list[asyncio.Task[None]] = []
        self.states: dict[str, str] = dict.fromkeys(adapters, "starting")
        """By adapter: starting, listening, or what made it fall, in words."""

    def start(self, accept: Accept) -> None:
        """Let every adapter listen."""
        self._tasks = [
            asyncio.create_task(self._keep(name, adapter, accept), name=f"adapter-{name}")
            for name, adapter in self._adapters.items()
        ]

    async def stop(self) -> None:
        """No adapter listens any longer; sending still works."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, adapter: Adapter, accept: Accept) -> None:
        clock = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            began = clock.time()
            try:
                self.states[name] = "listening"
                await adapter.run(accept)
                self.states[name] = "stopped by itself"
                LOG.warning("%s stopped listening by itself; again in %g s", name, pause)
            except Exception as error:
                self.states[name] = f"fell: {type(error).__name__}"
                LOG.exception("%s fell; again in %g s", name, pause)
            if clock.time() - began > STEADY:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
