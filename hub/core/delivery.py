"""The screen made equal to the outbox. Knows parts, refs and what to do when a platform refuses.

Must not know who wrote the reply or why.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial

from hub.core import metrics
from hub.core.failpoints import failpoint
from hub.core.frames import part_key
from hub.core.house import join
from hub.core.notices import render, words
from hub.core.patience import patiently
from hub.domain.capabilities import Capabilities
from hub.domain.errors import AdapterError, Forbidden, RateLimited, Rejected
from hub.domain.reply import Button, Part, Ref
from hub.domain.turn import OutboxItem
from hub.ports.adapter import Adapter, Erase
from hub.ports.store import Store
from hub.text.split import split

PATIENCE_SECONDS = 5.0
"""A wait that a platform asks for is waited in place up to this long, so that the lane keeps its order."""

RETRY_SECONDS = (2, 5, 15, 60, 300)
"""Waits between deliveries that fail; the last one repeats."""

GIVE_UP_TRIES = 300
"""About a day of the longest wait; then the item is dead, for an operator to see."""

log = logging.getLogger("parley.delivery")


class Delivery:
    """Delivers outbox items, each once at a time; holds nothing else of any of them."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter]) -> None:
        self._store, self._adapters = store, adapters
        self._running: set[int] = set()

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

    async def _deliver(self, item: OutboxItem) -> None:
        adapter = self._adapters[item.address.platform]
        shown = [Ref(value) for value in item.refs]
        for _ in range(3):
            try:
                await self._show(adapter, item, shown)
            except RateLimited as error:
                if error.after <= PATIENCE_SECONDS:
                    await asyncio.sleep(error.after)
                    continue
                await self._put_off(item, error, error.after)
                return
            except (Forbidden, Rejected) as error:
                metrics.DELIVERIES.add("dead")
                log.warning("%s to %s is refused for good: %s", item.key, item.address.platform, error)
                await self._store.not_delivered(item.id, f"{type(error).__name__}: {error}", None)
                return
            except AdapterError as error:
                await self._put_off(item, error, RETRY_SECONDS[min(item.tries, len(RETRY_SECONDS) - 1)])
                return
            await patiently(lambda: self._store.delivered(item.id))
            failpoint("after_delivered")
            metrics.DELIVERIES.add("sent")
            return
        await self._put_off(item, RateLimited(PATIENCE_SECONDS), PATIENCE_SECONDS)

    async def _put_off(self, item: OutboxItem, error: AdapterError, seconds: float) -> None:
        again = None if item.tries >= GIVE_UP_TRIES else int((time.time() + seconds) * 1000)
        metrics.DELIVERIES.add("put off" if again else "dead")
        log.info("%s is put off by %g s: %s", item.key, seconds, error)
        await self._store.not_delivered(item.id, f"{type(error).__name__}: {error}", again)

    async def _show(self, adapter: Adapter, item: OutboxItem, shown: list[Ref]) -> None:
        """Edit what is on the screen, send what is not (adding it to `shown`), take back what is too much."""
        capabilities = adapter.capabilities(item.address)
        parts = parts_of(item, capabilities)
        for ordinal, part in enumerate(parts):
            if ordinal < len(shown):
                await adapter.edit(item.address, shown[ordinal], part)
                continue
            ref = await adapter.send(item.address, part, part_key(item.key, ordinal))
            failpoint("after_send")
            shown.append(ref)
            if not capabilities.idempotent_send:
                await patiently(partial(self._store.save_ref, item.address.tenant, item.turn_id, ordinal, ref.value))
        for surplus in shown[len(parts) :]:
            if isinstance(adapter, Erase):
                await adapter.erase(item.address, surplus)


def parts_of(item: OutboxItem, capabilities: Capabilities) -> list[Part]:
    """The parts of an item in words: notices rendered, labels translated, buttons under the last part."""
    reply = item.reply
    whole = join(reply.text, render(reply.notice) if reply.notice else "")
    role = "assistant" if reply.text else "notice"
    buttons = tuple(_labelled(button, item.language) for button in reply.buttons) if capabilities.buttons else ()
    texts = split(whole, capabilities.text_limit, capabilities.unit)
    return [
        Part(text, buttons if number == len(texts) else (), role, reply.failed) for number, text in enumerate(texts, 1)
    ]


def _labelled(button: Button, language: str) -> Button:
    if not button.translate:
        return button
    return Button(words(button.label, language), button.command, button.argument, translate=False)
