"""Words shown as they come. Knows one pump per reply: newest text wins, at the platform's own pace.

Must not know what a platform does with a frame, and never shows the final text: that is delivery's.
"""

from __future__ import annotations

import asyncio
import logging
import time

from hub.core.budget import Budgets, Later
from hub.core.failpoints import failpoint
from hub.core.frames import TYPING_SECONDS, Allowance, Frames, open_frames
from hub.core.interruption import Interruption, Reason
from hub.core.waiting import within
from hub.domain.errors import AdapterError, LostLease, RateLimited, StoreDown
from hub.domain.turn import Turn
from hub.ports.adapter import Adapter, Typing
from hub.ports.store import Store

HESITATION_SECONDS = 0.5
"""How long a model may be silent before a platform that can shows that an answer is being prepared."""

SIGN_SECONDS = 1.0
"""How long a sign that is on its way may hold up the final text, lest it be shown after it."""

PROGRESS_SECONDS = 2.0
"""How often the words seen so far are kept, should this process die."""

log = logging.getLogger("parley.live")


class Live:
    """The screen of one running reply. `text`: all the model has said; `shown`: that words are seen is committed."""

    def __init__(
        self, turn: Turn, adapter: Adapter, store: Store, interruption: Interruption, budgets: Budgets
    ) -> None:
        self.text = ""
        self.shown = False
        self._turn, self._adapter, self._store = turn, adapter, store
        self._interruption, self._budgets = interruption, budgets
        self._news = asyncio.Event()
        self._end = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._spoke: asyncio.Event | None = None
        self._signs: asyncio.Task[None] | None = None
        self._hesitation = asyncio.get_running_loop().call_later(HESITATION_SECONDS, self._hesitate)

    def feed(self, words: str) -> None:
        """Take the model's next words; never waits."""
        self.text += words
        if self._pump is None:
            self._end_signs()
            self._pump = asyncio.create_task(self._run())
        self._news.set()

    async def close(self) -> None:
        """No more frames. Returns once nothing of this reply is on its way to the screen; their trouble is logged."""
        self._end.set()
        self._news.set()
        self._end_signs()
        if self._pump is not None:
            await asyncio.wait({self._pump})
            if error := self._pump.exception():
                log.error("frames are given up, the final text will be sent", exc_info=error)
        if self._signs is not None:
            await asyncio.wait({self._signs}, timeout=SIGN_SECONDS)
            self._signs.cancel()

    def _hesitate(self) -> None:
        self._spoke = asyncio.Event()
        self._signs = asyncio.create_task(self._show_signs(self._spoke))

    def _end_signs(self) -> None:
        self._hesitation.cancel()
        if self._spoke is not None:
            self._spoke.set()

    async def _show_signs(self, spoke: asyncio.Event) -> None:
        """Show that an answer is being prepared until the first word, or the end.

        Where a sign costs the only call there is, it waits longer, lest the first word have to wait for it."""
        address = self._turn.inbound.address
        capabilities = self._adapter.capabilities(address)
        if not capabilities.typing or not isinstance(self._adapter, Typing):
            return
        allowance = Allowance(self._budgets, address, capabilities.budgets)
        await within(max((one.seconds for one in capabilities.budgets if one.calls == 1), default=0.0), spoke)
        while not spoke.is_set():
            pause = TYPING_SECONDS
            try:
                allowance.take()
                await self._adapter.typing(address)
            except RateLimited as error:
                pause = min(pause, error.after)
                self._refused(error)
            except AdapterError as error:
                log.info("no sign on %s: %s", address.platform, error)
            await within(pause, spoke)

    def _refused(self, error: RateLimited) -> None:
        """A platform that asks us to wait is obeyed by everybody."""
        if not isinstance(error, Later):
            self._budgets.block(self._turn.inbound.address, error.after)

    async def _run(self) -> None:
        if self._end.is_set():
            return
        try:
            await self._store.mark_shown(self._turn.id, self._turn.lease, self.text)
        except LostLease:
            self._interruption.ask(Reason.LOST_LEASE)
            return
        except StoreDown as error:
            log.warning("words are held back until the end: %s", error)
            return
        failpoint("after_shown")
        self.shown = True
        frames = open_frames(self._adapter, self._turn, self._store, self._budgets)
        try:
            try:
                await self._show_all(frames)
            finally:
                await frames.close()
        except (AdapterError, StoreDown) as error:
            log.info("frames are given up, the final text will be sent: %s", error)

    async def _show_all(self, frames: Frames) -> None:
        kept_at = time.monotonic()
        while not self._end.is_set():
            self._news.clear()
            pause = frames.interval
            try:
                await frames.show(self.text)
                failpoint("after_first_frame")
            except RateLimited as error:
                pause = max(error.after, pause)
                self._refused(error)
            if time.monotonic() - kept_at > PROGRESS_SECONDS:
                kept_at = time.monotonic()
                await self._store.save_progress(self._turn.id, self.text)
            await within(pause, self._end)
            await self._news.wait()
