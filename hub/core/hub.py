"""The core put together. Knows its own rooms and the ports; must not know who stands behind the ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hub.core.arrivals import Arrivals
from hub.core.budget import Budgets
from hub.core.commands.desk import Desk
from hub.core.completion import Completions
from hub.core.delivery import Delivery
from hub.core.hearing import Hearing
from hub.core.intake import Intake
from hub.core.interruption import Reason
from hub.core.lanes import Lanes
from hub.core.money.meter import Meter
from hub.core.money.payers import Payers
from hub.core.money.plan_limits import PlanPace
from hub.core.policies import Policies
from hub.core.precedence import Precedence
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.core.summary import Summaries
from hub.core.sweep import Sweep
from hub.core.turn import Turns
from hub.domain.inbound import Accepted, Inbound
from hub.ports.adapter import Adapter
from hub.ports.provider import Provider
from hub.ports.store import Store

if TYPE_CHECKING:
    from hub.core.operations.completions import ApiCompletions


class Hub:
    """The hub between platforms and models. `owner` names this process in leases; `adapters` by platform.

    `clock`: now in milliseconds since 1970, for windows of plans."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        providers: Mapping[str, Provider],
        rules: Rules,
        owner: str,
        clock: Callable[[], int] | None = None,
    ) -> None:
        meter = self.meter = Meter(store, rules, clock)
        routing = Routing(rules, providers, meter.plan)
        precedence = Precedence()
        completions = Completions(store, routing, rules, meter, precedence, owner)
        budgets = Budgets()
        delivery = self._delivery = Delivery(store, adapters, budgets)
        self._summaries = Summaries(store, completions, routing, rules)
        policies = Policies(store, adapters, rules)
        desk = Desk(store, rules, routing, meter, self._stop_answer, policies, adapters)
        arrivals = Arrivals(store, adapters, Hearing(store, routing, rules, meter, owner), rules, meter)
        payers = Payers(store, policies)
        pace = PlanPace(store, meter)
        turns = Turns(
            store, adapters, completions, delivery, self._summaries, arrivals, desk, rules, budgets, meter, payers,
            pace, precedence,
        )  # fmt: skip
        self._lanes = Lanes(store, turns, policies, rules, owner)
        self._intake = Intake(store, self._lanes, adapters, policies, rules, precedence)
        self._api: ApiCompletions | None = None
        self._api_needs = store, routing, rules, meter, pace, owner
        self._sweep = Sweep(store, self._lanes, delivery, adapters, rules, owner)
        self._store, self._owner = store, owner

    @property
    def completions(self) -> ApiCompletions:
        """What answers calls of the API; loaded with the first of them."""
        if self._api is None:
            from hub.core.operations.completions import ApiCompletions

            self._api = ApiCompletions(*self._api_needs)
        return self._api

    async def start(self, *, alone: bool = False) -> None:
        """Take up what an earlier process left, and begin sweeping. Raises StoreDown.

        `alone`: no other hub runs on this database, so that every lease is a dead process's and need not run out."""
        if alone:
            await self._store.release_owner(None)
        await self._sweep.start()

    async def accept(self, inbound: Inbound) -> Accepted:
        """Commit an inbound; see hub.ports.adapter.Accept."""
        return await self._intake.accept(inbound)

    async def ask_again(self, inbound: Inbound) -> None:
        """Commit a question that waited for a payment; see Intake.ask_again. Raises StoreDown."""
        await self._intake.ask_again(inbound)

    def deliver_soon(self) -> None:
        """Deliver what was just told to somebody, without waiting for the next sweep."""
        self._sweep.deliver_soon()

    def running(self) -> int:
        """How many lanes are busy in this process."""
        return self._lanes.running()

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Take nothing more in; finish or hand back what runs within the grace and ten seconds; let the leases go."""
        self._intake.close()
        api = self._api.close(grace_seconds) if self._api else asyncio.sleep(0)
        await asyncio.gather(self._lanes.close(grace_seconds), api)
        await asyncio.gather(self._sweep.close(), self._summaries.close())
        await self._delivery.close()
        await self._store.release_owner(self._owner)

    async def _stop_answer(self, conversation_id: int) -> bool:
        """Whether an answer runs, here or in another process, and was asked to end. Raises StoreDown."""
        if self._lanes.interrupt(conversation_id, Reason.STOP):
            return True
        return self._store.hints.others and await self._store.lane_held(conversation_id)
