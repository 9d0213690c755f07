"""One turn at a time per conversation, oldest first. Knows which lanes run in this process.

A lane is a task on demand: it takes turns until none waits, then it is gone. It must not keep mailbox or order itself:
those are rows.
"""

from __future__ import annotations

import asyncio
import logging
import time

from hub.core.interruption import Interruption, Reason
from hub.core.policies import Policies
from hub.core.rules import Rules
from hub.core.trace import turn_id
from hub.core.turn import Turns
from hub.domain.address import Address
from hub.domain.errors import LostLease, StoreDown
from hub.domain.turn import Lease, Overlap, Taking, Turn
from hub.ports.store import Store

INTERRUPT = "interrupt"
"""Topic of the hint that an answer is to end, wherever it runs."""

log = logging.getLogger("parley.lanes")


class Lane:
    """One running lane: what it is doing now, and whether something new came meanwhile."""

    __slots__ = ("address", "interruption", "lease", "rests", "since", "started", "task", "woken")

    def __init__(self, address: Address) -> None:
        self.address = address
        self.woken = False
        self.started: Turn | None = None
        self.interruption: Interruption | None = None
        self.lease: Lease | None = None
        self.since = self.rests = 0.0
        self.task: asyncio.Task[None] | None = None


class Lanes:
    """All lanes of this process."""

    def __init__(self, store: Store, turns: Turns, policies: Policies, rules: Rules, owner: str) -> None:
        self._store, self._turns, self._policies, self._rules = store, turns, policies, rules
        self._taking = Taking(owner, rules.limits.lease_seconds, rules.window)
        self._lanes: dict[int, Lane] = {}
        self._resting: dict[int, Address] = {}
        self._overtaking: dict[int, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(rules.limits.turns_at_once)
        self._closing = False
        store.hints.hear(INTERRUPT, self._asked_to_interrupt, lambda: None)

    @property
    def taking(self) -> Taking | None:
        """How a message may be taken as it is accepted; None: all are busy, let it wait."""
        return None if self._closing or self._slots.locked() else self._taking

    def wake(self, conversation_id: int, address: Address, started: Turn | None = None, *, rest: float = 0.0) -> None:
        """Something may wait in this conversation; `started`: it does not, this turn of it was taken already.

        `rest`: seconds in which nothing more is taken, for what belongs together."""
        if self._closing and started is None:
            return
        lane = self._lanes.get(conversation_id)
        if lane is None:
            lane = self._lanes[conversation_id] = Lane(address)
            lane.task = asyncio.create_task(self._run(conversation_id, lane))
        lane.woken = True
        lane.rests = max(lane.rests, time.monotonic() + rest)
        lane.started = lane.started or started

    def wake_resting(self) -> None:
        """Set lanes going again that a fault ended; we may still hold their leases, so nobody else would."""
        resting, self._resting = self._resting, {}
        for conversation_id, address in resting.items():
            self.wake(conversation_id, address)

    def overtake(self, inbox_id: int) -> asyncio.Event:
        """Run an overtaking row at once, beside the lanes; the event is set once it has come to its end."""
        ended = asyncio.Event()
        if self._closing or inbox_id in self._overtaking:
            ended.set()
        else:
            task = self._overtaking[inbox_id] = asyncio.create_task(self._run_overtaking(inbox_id, ended))
            task.add_done_callback(lambda _: self._overtaking.pop(inbox_id))
        return ended

    def interrupt(self, conversation_id: int, reason: Reason) -> bool:
        """End the answer that runs in this conversation, if one does; whether one did here. If none does, the other
        processes are told: it may run there."""
        if self._interrupt(conversation_id, reason):
            return True
        self._store.hints.tell(INTERRUPT, f"{conversation_id} {reason.name}")
        return False

    def _interrupt(self, conversation_id: int, reason: Reason) -> bool:
        lane = self._lanes.get(conversation_id)
        if lane is None or lane.interruption is None:
            return False
        lane.interruption.ask(reason)
        return True

    def _asked_to_interrupt(self, words: str) -> None:
        conversation_id, _, name = words.partition(" ")
        if (reason := Reason.__members__.get(name)) is not None:
            self._interrupt(int(conversation_id), reason)

    def running(self) -> int:
        """How many lanes are busy."""
        return len(self._lanes) + len(self._overtaking)

    async def keep(self) -> None:
        """Renew the leases of running turns and end those that take too long; called every third of a lease."""
        now = time.monotonic()
        for lane in list(self._lanes.values()):
            lease, interruption = lane.lease, lane.interruption
            if lease is None or interruption is None:
                continue
            if now - lane.since > self._rules.limits.turn_seconds > 0:
                interruption.ask(Reason.TOO_LONG)
            try:
                await self._store.renew_lease(lease, self._rules.limits.lease_seconds)
            except LostLease:
                interruption.ask(Reason.LOST_LEASE)

    async def close(self, grace: float) -> None:
        """No new turns; running ones have `grace` seconds, then are handed back or closed with a notice."""
        self._closing = True
        tasks = self._tasks()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for lane in self._lanes.values():
            if lane.interruption is not None:
                lane.interruption.ask(Reason.SHUTDOWN)
        if tasks := self._tasks():
            _, late = await asyncio.wait(tasks, timeout=5)
            for task in late:
                task.cancel()

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {lane.task for lane in self._lanes.values() if lane.task} | set(self._overtaking.values())

    async def _run(self, conversation_id: int, lane: Lane) -> None:
        try:
            more = True
            while (more or lane.woken) and not self._closing:
                lane.woken = False
                if lane.started is None and (left := lane.rests - time.monotonic()) > 0:
                    await asyncio.sleep(left)
                    more = True
                    continue
                async with self._slots:
                    turn = lane.started or await self._take(conversation_id, lane)
                    # what was started while we took is the very row we took: nothing else can be open then
                    lane.started = None
                    more = turn is not None and await self._run_turn(turn, lane)
            if lane.started is not None:
                await self._store.hand_back(lane.started.lease, lane.started.id, ())
        except LostLease:
            log.warning("lane %d is another process's now", conversation_id)
        except StoreDown as error:
            log.warning("lane %d rests until the sweep: %s", conversation_id, error)
            self._resting[conversation_id] = lane.address
        except Exception:
            log.exception("lane %d rests until the sweep", conversation_id)
            self._resting[conversation_id] = lane.address
        finally:
            del self._lanes[conversation_id]

    async def _take(self, conversation_id: int, lane: Lane) -> Turn | None:
        overlap = await self._policies.overlap(lane.address)
        return await self._store.start_turn(conversation_id, self._taking, take_all=overlap is not Overlap.QUEUE)

    async def _run_turn(self, turn: Turn, lane: Lane) -> bool:
        lane.interruption, lane.lease, lane.since = Interruption(), turn.lease, time.monotonic()
        turn_id.set(turn.id)
        try:
            return await self._turns.run(turn, lane.interruption)
        finally:
            lane.interruption = lane.lease = None

    async def _run_overtaking(self, inbox_id: int, ended: asyncio.Event) -> None:
        try:
            turn = await self._store.start_overtaking(inbox_id)
            if turn is not None:
                turn_id.set(turn.id)
                end = await self._turns.end(turn, Interruption())
                ended.set()
                # whoever waits for the end goes on first: what a person said stands above what is answered
                await asyncio.sleep(0)
                await self._turns.deliver(end.item)
        except LostLease:
            log.warning("overtaking row %d is another process's now", inbox_id)
        except StoreDown as error:
            log.warning("overtaking row %d waits for the sweep: %s", inbox_id, error)
        except Exception:
            log.exception("overtaking row %d waits for the sweep", inbox_id)
        finally:
            ended.set()
