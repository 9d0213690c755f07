"""What heals the house after a crash or fault. Knows what may be left lying; must not do a living lane's work."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from hub.core.delivery import Delivery
from hub.core.lanes import Lanes
from hub.core.rules import Rules
from hub.core.waiting import within
from hub.domain.address import Address
from hub.domain.errors import StoreDown
from hub.domain.turn import OutboxItem
from hub.ports.adapter import Adapter
from hub.ports.store import Store

SWEEP_SECONDS = 1.0
"""How often open rows without a lane and undelivered replies are looked for (the floor under every hint)."""

OVERTAKING_MS = 5_000
"""An overtaking row older than this was left by a dead process."""

QUIET_MS = 1_500
"""What came later than this is left to the process it came to, which may be waiting for the rest of an album."""

BATCH = 200
"""Rows looked at in one sweep."""

DELIVERY_SECONDS = 5.0
"""How long the next look for replies waits for slow deliveries; then they go on beside it."""

CLOSE_SECONDS = 5.0
"""How long a timer may still work when the house is closed."""

log = logging.getLogger("parley.sweep")


class Sweep:
    """Timers of the house, each on its own, so that none can hold up another."""

    def __init__(
        self,
        store: Store,
        lanes: Lanes,
        delivery: Delivery,
        adapters: Mapping[str, Adapter],
        rules: Rules,
        owner: str,
    ) -> None:
        self._owner = owner
        self._store, self._lanes, self._delivery, self._rules = store, lanes, delivery, rules
        self._platforms = tuple(adapters)
        self._timers: list[asyncio.Task[None]] = []
        self._asked: set[asyncio.Task[None]] = set()
        self._deliveries: dict[Address, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Sweep once, then by the clock. Raises StoreDown."""
        await self.keep_process()
        await self.wake_stalled()
        for seconds, work in (
            (SWEEP_SECONDS, self.wake_stalled),
            (SWEEP_SECONDS, self.deliver_due),
            (self._rules.limits.lease_seconds / 3, self._lanes.keep),
            (self._rules.limits.lease_seconds / 3, self.keep_process),
            (self._rules.limits.lease_seconds / 2, self.close_abandoned),
        ):
            self._timers.append(asyncio.create_task(self._every(seconds, work)))

    async def close(self) -> None:
        """Stop the timers; a delivery that has begun has five seconds, lest it be repeated after the next start."""
        self._stopping.set()
        if running := [*self._timers, *self._asked, *self._deliveries.values()]:
            _, late = await asyncio.wait(running, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def deliver_soon(self) -> None:
        """What was just told to somebody need not wait for the clock."""
        if not self._stopping.is_set():
            task = asyncio.create_task(_survive(self.deliver_due))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)

    async def wake_stalled(self) -> None:
        """Give every open row a lane."""
        self._lanes.wake_resting()
        quiet = QUIET_MS if self._store.shared else 0
        for conversation_id, address in await self._store.stalled(self._platforms, BATCH, quiet):
            self._lanes.wake(conversation_id, address)
        for inbox_id in await self._store.stalled_overtaking(self._platforms, OVERTAKING_MS, BATCH):
            self._lanes.overtake(inbox_id)

    async def deliver_due(self) -> None:
        """Deliver what its own turn could not."""
        claimed = time.monotonic()
        items = await self._store.due(self._platforms, int(time.time() * 1000), BATCH)
        places: dict[Address, list[OutboxItem]] = {}
        for item in items:
            places.setdefault(item.address, []).append(item)
        for address, waiting in places.items():
            former = self._deliveries.get(address)
            work = partial(self._deliver_after, former, waiting, claimed)
            task = self._deliveries[address] = asyncio.create_task(_survive(work))
            task.add_done_callback(partial(self._delivered, address))
        if self._deliveries:
            await asyncio.wait(self._deliveries.values(), timeout=DELIVERY_SECONDS)

    async def _deliver_after(self, former: asyncio.Task[None] | None, items: list[OutboxItem], claimed: float) -> None:
        if former is not None:
            await asyncio.wait({former})
        await self._delivery.deliver_in_order(items, claimed)

    def _delivered(self, address: Address, task: asyncio.Task[None]) -> None:
        if self._deliveries.get(address) is task:
            del self._deliveries[address]

    async def keep_process(self) -> None:
        """Say that this process lives, so that nobody closes its calls."""
        await self._store.keep_process(self._owner, self._rules.limits.lease_seconds)

    async def close_abandoned(self) -> None:
        """Close the calls of processes that live no longer, which gives back what they held."""
        if closed := await self._store.close_abandoned(BATCH):
            log.warning("%d calls of a process that has ended were closed with an estimate", closed)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` until the house closes."""
        while not await within(seconds, self._stopping):
            await _survive(work)


async def _survive(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work`; a fault of the store is waited out, any other is told and survived."""
    try:
        await work()
    except StoreDown as error:
        log.warning("the database does not answer: %s", error)
    except Exception:
        log.exception("a sweep failed; the next one tries again")
