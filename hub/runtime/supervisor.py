"""Keeping adapters listening. Knows restarts, leases and what state each is in; must not know any platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from hub.domain.errors import LostLease, StoreDown
from hub.ports.adapter import Accept, Adapter, SingleListener
from hub.ports.platforms import Listeners

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two starts of an adapter that fell; doubled each time up to the longest."""

STEADY = 60.0
"""Seconds after which a fall counts as the first one again."""

WAITS = "waits: another process listens"
"""State of an adapter that may listen in one process only, in the others."""

WELL = frozenset(("listening", WAITS))
"""States of which none needs an operator."""

LOOK_SECONDS = 5.0
"""How often the others look whether a lease has come free, at most."""

LET_GO_SECONDS = 2.0
"""How long giving a lease back may hold up a stop."""

LOG = logging.getLogger("parley.adapters")


class Supervisor:
    """Runs every adapter until stopped; one that falls is started again.

    One that may listen in one process only does so under a lease of `lease_seconds`: the others take over when it has
    run out. `owner` names this process in leases."""

    def __init__(
        self, adapters: Mapping[str, Adapter], listeners: Listeners, owner: str, lease_seconds: float = 60.0
    ) -> None:
        self._adapters, self._listeners = adapters, listeners
        self._owner, self._seconds = owner, lease_seconds
        self._tasks: list[asyncio.Task[None]] = []
        self.states: dict[str, str] = dict.fromkeys(adapters, "starting")
        """By adapter: starting, listening, WAITS, or what made it fall, in words."""

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
        lease = adapter.listener if isinstance(adapter, SingleListener) else ""
        while True:
            began = clock.time()
            try:
                if lease:
                    await self._listen_alone(name, adapter, accept, lease)
                else:
                    await self._listen(name, adapter, accept)
                self.states[name] = "stopped by itself"
                LOG.warning("%s stopped listening by itself; again in %g s", name, pause)
            except LostLease:
                self.states[name] = WAITS
                LOG.warning("%s listens in another process now", name)
            except Exception as error:
                self.states[name] = f"fell: {type(error).__name__}"
                LOG.exception("%s fell; again in %g s", name, pause)
            if clock.time() - began > STEADY:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self, name: str, adapter: Adapter, accept: Accept) -> None:
        self.states[name] = "listening"
        await adapter.run(accept)

    async def _listen_alone(self, name: str, adapter: Adapter, accept: Accept, lease: str) -> None:
        """Listen while the lease is ours. Raises LostLease when it no longer is, and what the adapter raises."""
        asked = await self._taken(name, lease)
        listening = asyncio.create_task(self._listen(name, adapter, accept))
        holding = asyncio.create_task(self._hold(lease, asked))
        try:
            await asyncio.wait({listening, holding}, return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():
                raise LostLease
        finally:
            listening.cancel()
            holding.cancel()
            await asyncio.gather(listening, holding, return_exceptions=True)
            await self._let_go(lease)
        await listening

    async def _taken(self, name: str, lease: str) -> float:
        """Wait for the lease; when it was asked for, by the loop's clock."""
        while True:
            asked = asyncio.get_running_loop().time()
            try:
                if await self._listeners.take_listener(lease, self._owner, self._seconds):
                    return asked
                self.states[name] = WAITS
            except StoreDown as error:
                self.states[name] = "waits for the database"
                LOG.warning("%s cannot ask whether it may listen: %s", name, error)
            await asyncio.sleep(min(LOOK_SECONDS, self._seconds / 4))

    async def _hold(self, lease: str, asked: float) -> None:
        """Renew the lease; returns when it is another's, or has run out while the database was away."""
        clock = asyncio.get_running_loop()
        until = asked + self._seconds
        while clock.time() < until:
            await asyncio.sleep(self._seconds / 3)
            asked = clock.time()
            try:
                if not await self._listeners.take_listener(lease, self._owner, self._seconds):
                    return
                until = asked + self._seconds
            except StoreDown as error:
                LOG.warning("the lease of %s is not renewed: %s", lease, error)

    async def _let_go(self, lease: str) -> None:
        """Give the lease back at once, if the database takes it; else it runs out."""
        try:
            async with asyncio.timeout(LET_GO_SECONDS):
                await self._listeners.let_listener_go(lease, self._owner)
        except (StoreDown, TimeoutError) as error:
            LOG.info("the lease of %s runs out by itself: %s", lease, error)
