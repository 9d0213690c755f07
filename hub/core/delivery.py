"""The screen made equal to the outbox. Knows parts, refs and what to do when a platform refuses.

Must not know who wrote the reply or why.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence

from hub.core import metrics
from hub.core.budget import Budgets, Later
from hub.core.failpoints import failpoint
from hub.core.parts import file_key, part_key, parts_of
from hub.core.patience import patiently
from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.errors import AdapterError, Forbidden, LeftBehind, RateLimited, Rejected, StoreDown
from hub.domain.reply import Ref
from hub.domain.turn import FILE_ORDINAL, OutboxItem
from hub.ports.adapter import Adapter, Erase, Recall
from hub.ports.store import Store

RETRY_SECONDS = (2, 5, 15, 60, 300)
"""Waits between deliveries that fail; the last one repeats."""

GIVE_UP_TRIES = 300
"""About a day of the longest wait; then the item is dead, for an operator to see. A platform's pace kills nothing."""

LONGEST_HOLD = 15.0
"""Seconds that replies wait at most behind one whose platform could not be reached."""

HELD_PAUSE = 0.5
HELD_SECONDS = 5.0
"""How much longer than a reply that was put off others wait for the sweep to come to it first, and in what steps."""

TRIES = 3
"""How often a platform may ask us to wait before the reply is put off."""

LONGEST_WAIT = 75.0
"""Seconds a reply waits in place for its platform's pace, so that the lane keeps its order: more than any window."""

CLAIM_SECONDS = 60.0
CLAIM_MARGIN = 10.0
"""Before a claim on a reply runs out it is renewed, lest another process take the reply for a dead one's."""

NOTE_SECONDS = 0.05
"""How long deliveries are gathered until they are noted."""

log = logging.getLogger("parley.delivery")


class Delivery:
    """Delivers outbox items, each once at a time; remembers which are on the screen and not yet noted as delivered.

    The note is not waited for: should this process die before it, the item is shown again by its key or its refs.
    """

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], budgets: Budgets) -> None:
        self._store, self._adapters, self._budgets = store, adapters, budgets
        self._running: set[int] = set()
        self._doubtful: dict[int, bool] = {}
        """Items of which a part may have been sent, and whether it bears its key (what streams bears none)."""
        self._held: dict[Address, float] = {}
        """Until when replies to an address wait behind one that the platform does not take yet."""
        self._shown: list[int] = []
        self._noting: asyncio.Task[None] | None = None

    async def deliver(self, item: OutboxItem) -> None:
        """Show `item`; what cannot be shown now is put off, what can never be is dead. Raises StoreDown.

        Nothing happens while the same item is being delivered: a slow platform outlasts the claim on it."""
        if item.id in self._running:
            return
        self._running.add(item.id)
        try:
            await self._deliver(item)
        finally:
            self._running.discard(item.id)

    async def deliver_in_order(self, items: Sequence[OutboxItem], claimed: float) -> None:
        """Deliver what waits at one address, the oldest first; `claimed`: when by the monotonic clock it became ours.

        What cannot begin before that claim ends waits for the next one, and what follows waits behind it."""
        self._held.pop(items[0].address, None)
        for item in items:
            if time.monotonic() > claimed + CLAIM_SECONDS - 2 * CLAIM_MARGIN:
                self._held[item.address] = claimed + CLAIM_SECONDS
                return
            await self._deliver_late(item)

    async def _deliver_late(self, item: OutboxItem) -> None:
        """Deliver what its own process did not; where a repeat is seen, what that one may have sent is in doubt."""
        first_try = not item.tries and item.key == f"t{item.turn_id}" and item.id not in self._running
        capabilities = self._adapters[item.address.platform].capabilities(item.address)
        known = capabilities.idempotent_send and time.time() - item.created / 1000 < capabilities.repeat_seconds
        if first_try and not known:
            self._doubtful[item.id] = True
        await self.deliver(item)

    def suspect(self, item: OutboxItem) -> None:
        """A process ended while it showed what `item` closes: a message it had begun may not be among the refs."""
        capabilities = self._adapters[item.address.platform].capabilities(item.address)
        grew = capabilities.edits if not capabilities.native_stream else not capabilities.drafts
        if grew and not capabilities.idempotent_send:
            self._doubtful[item.id] = not capabilities.native_stream

    async def _doubt(self, item: OutboxItem) -> None:
        """Keep that what is sent now may have been sent before."""
        self._doubtful.pop(item.id, None)
        metrics.DELIVERIES.add("in doubt")
        log.warning("a part of %s may stand twice on %s: its process ended meanwhile", item.key, item.address.platform)
        await self._store.doubt(item.address.tenant, item.key, item.address.platform)

    async def _deliver(self, item: OutboxItem) -> None:
        adapter = self._adapters[item.address.platform]
        shown, filed = list(map(Ref, item.refs)), list(map(Ref, item.file_refs))
        if self._held and (wait := self._held_for(item.address)):
            await self._put_off(item, Later(wait), wait)
            return
        for _ in range(TRIES):
            try:
                await self._show(adapter, item, shown, filed)
            except Later as error:
                await self._hold(item, error, error.after)
                return
            except RateLimited as error:
                self._budgets.block(item.address, error.after)
                continue
            except (Forbidden, Rejected) as error:
                metrics.DELIVERIES.add("dead")
                log.warning("%s to %s is refused for good: %s", item.key, item.address.platform, error)
                self._doubtful.pop(item.id, None)
                await self._store.not_delivered(item.id, f"{type(error).__name__}: {error}", None)
                return
            except AdapterError as error:
                await self._hold(item, error, RETRY_SECONDS[min(item.tries, len(RETRY_SECONDS) - 1)])
                return
            metrics.DELIVERIES.add("sent")
            self._doubtful.pop(item.id, None)
            self._shown.append(item.id)
            if self._noting is None:
                self._noting = asyncio.create_task(self._note())
            return
        await self._hold(item, RateLimited(RETRY_SECONDS[1]), RETRY_SECONDS[1])

    async def _hold(self, item: OutboxItem, error: AdapterError, seconds: float) -> None:
        """Put off what the platform will take later, and with it what follows it at the same address.

        After a long outage what follows does not wait for the next of the rare tries."""
        now = time.monotonic()
        self._held = {address: until for address, until in self._held.items() if until + HELD_SECONDS > now}
        self._held[item.address] = now + (seconds if isinstance(error, RateLimited) else min(seconds, LONGEST_HOLD))
        await self._put_off(item, error, seconds)

    def _held_for(self, address: Address) -> float:
        """Seconds that a reply must wait behind what was put off there; 0: nothing was."""
        until = self._held.get(address, 0.0)
        left = until - time.monotonic()
        return max(left, HELD_PAUSE) if until and left > -HELD_SECONDS else 0.0

    async def close(self) -> None:
        """Note what was delivered."""
        if self._noting is not None:
            await asyncio.wait({self._noting})

    async def _note(self) -> None:
        """Mark as delivered what was shown lately, all in one step."""
        await asyncio.sleep(NOTE_SECONDS)
        shown, self._shown, self._noting = self._shown, [], None
        try:
            await patiently(lambda: self._store.delivered(shown))
        except StoreDown as error:
            log.warning("%d replies will be shown again: %s", len(shown), error)
        failpoint("after_delivered")

    async def _put_off(self, item: OutboxItem, error: AdapterError, seconds: float) -> None:
        dead = item.tries >= GIVE_UP_TRIES and not isinstance(error, RateLimited)
        if dead:
            self._doubtful.pop(item.id, None)
        again = None if dead else int((time.time() + seconds) * 1000)
        metrics.DELIVERIES.add("put off" if again else "dead")
        log.info("%s is put off by %g s: %s", item.key, seconds, error)
        await self._store.not_delivered(item.id, f"{type(error).__name__}: {error}", again)

    async def _show(self, adapter: Adapter, item: OutboxItem, shown: list[Ref], filed: list[Ref]) -> None:
        """Edit what is on the screen, send what is not (adding it to `shown`, to `filed` files), take back the rest."""
        capabilities = adapter.capabilities(item.address)
        parts, files = parts_of(item, capabilities)
        claimed = time.monotonic() + CLAIM_MARGIN
        for ordinal, part in enumerate(parts):
            claimed = await self._may_call(item, capabilities, claimed)
            if ordinal < len(shown) or await self._recall(adapter, item, ordinal, shown):
                try:
                    await adapter.edit(item.address, shown[ordinal], part)
                    continue
                except LeftBehind:
                    del shown[ordinal:]
            ref = await adapter.send(item.address, part, part_key(item.key, ordinal))
            failpoint("after_send")
            shown.append(ref)
            if not capabilities.idempotent_send or capabilities.reactions:
                await self._keep_ref(item, ordinal, ref)
        for surplus in shown[len(parts) :]:
            if isinstance(adapter, Erase):
                claimed = await self._may_call(item, capabilities, claimed)
                await adapter.erase(item.address, surplus)
        for number in range(len(filed), len(files)):
            claimed = await self._may_call(item, capabilities, claimed)
            if item.id in self._doubtful:
                await self._doubt(item)
            filed.append(await adapter.send(item.address, files[number], file_key(item.key, number)))
            failpoint("after_send")
            await self._keep_ref(item, FILE_ORDINAL + number, filed[-1])

    async def _recall(self, adapter: Adapter, item: OutboxItem, ordinal: int, shown: list[Ref]) -> bool:
        """Whether the one part that may have been sent is found (it is added to `shown`); kept in doubt, if nobody can
        say. Raises RateLimited and Unreachable: it is looked for again before anything is sent."""
        if item.id not in self._doubtful:
            return False
        if not isinstance(adapter, Recall):
            await self._doubt(item)
            return False
        try:
            found = await adapter.find_sent(item.address, part_key(item.key, ordinal))
        except (Forbidden, Rejected) as error:
            log.info("what was sent to %s cannot be looked for: %s", item.address.platform, error)
            await self._doubt(item)
            return False
        if found is None and not self._doubtful[item.id]:
            await self._doubt(item)
        self._doubtful.pop(item.id, None)
        if found is None:
            return False
        shown.append(found)
        await self._keep_ref(item, ordinal, found)
        return True

    async def _keep_ref(self, item: OutboxItem, ordinal: int, ref: Ref) -> None:
        tenant = item.address.tenant
        await patiently(lambda: self._store.save_ref(tenant, item.turn_id, ordinal, ref.value))

    async def _may_call(self, item: OutboxItem, capabilities: Capabilities, claimed: float) -> float:
        """Wait until the platform may be called, with the item claimed meanwhile; until when it is. Raises Later."""
        limits, now = capabilities.budgets, time.monotonic()
        paced = self._budgets.bind(limits)
        wait = self._budgets.wait(item.address, limits) if paced else 0.0
        if wait > LONGEST_WAIT:
            raise Later(wait)
        if now + wait > claimed:
            await self._store.keep_claim(item.id, wait + CLAIM_SECONDS)
            claimed = now + wait + CLAIM_SECONDS - CLAIM_MARGIN
        if paced:
            await self._budgets.spend(item.address, limits)
        return claimed
