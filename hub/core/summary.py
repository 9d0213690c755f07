"""What falls out of the window is summed up. Knows when and how; must not stand in the way of any answer."""

from __future__ import annotations

import asyncio
import logging
import time

from hub.core.completion import Completions
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.completion import CompletionRequest, PromptMessage, Role
from hub.domain.errors import LostLease, StoreDown
from hub.domain.tokens import estimate_tokens
from hub.domain.turn import Turn
from hub.ports.store import Store

PROMPT = (
    "Summarise the conversation below for your own later use, in its language, in at most 200 words. Keep names, "
    "numbers, decisions, open questions and what the person told about themselves. Write only the summary."
)
SUMMARY_TOKENS = 600
"""Most tokens a summary may take."""

FULL_SHARE = 0.9
"""Share of the window's tokens from which on it is time: what a turn read never shows what it could not read."""

PAUSE_SECONDS = 0.02
"""Between the beginnings of two summaries: where many conversations fill up together, what people say comes between."""

LONGEST_PAUSE = 60.0
"""What would have to wait so long is left to a later turn of its conversation."""

CLOSE_SECONDS = 5.0
"""How long the attempts of summaries that are cut may take to be closed."""

log = logging.getLogger("parley.summary")


class Summaries:
    """Sums up in the background, one at a time per conversation."""

    def __init__(self, store: Store, completions: Completions, routing: Routing, rules: Rules) -> None:
        self._store, self._completions, self._routing, self._rules = store, completions, routing, rules
        self._running: dict[int, tuple[asyncio.Task[None], Interruption]] = {}
        self._next = 0.0

    def consider(self, turn: Turn) -> None:
        """Start summing up if the window of the turn's conversation is nearly full."""
        window = self._rules.window
        full = (
            len(turn.history) + 2 > window.messages
            or sum([message.tokens for message in turn.history]) >= window.tokens * FULL_SHARE
        )
        if full and self._rules.summarise and turn.conversation.id not in self._running:
            now = time.monotonic()
            begins = max(now, self._next)
            if begins > now + LONGEST_PAUSE:
                return
            self._next = begins + PAUSE_SECONDS
            interruption = Interruption()
            task = asyncio.create_task(self._sum_up(turn, interruption, begins - now))
            self._running[turn.conversation.id] = task, interruption
            task.add_done_callback(lambda _: self._running.pop(turn.conversation.id, None))

    async def close(self) -> None:
        """End what runs; a summary that was not finished is made another time."""
        running = list(self._running.values())
        for _, interruption in running:
            interruption.ask(Reason.SHUTDOWN)
        if running:
            _, late = await asyncio.wait({task for task, _ in running}, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()

    async def _sum_up(self, turn: Turn, interruption: Interruption, pause: float) -> None:
        here = turn.conversation
        try:
            with interruption.waiting():
                await asyncio.sleep(pause)
            leaving = await self._store.overflow(here, self._rules.window)
            if not leaving:
                return
            said = "\n\n".join(f"{message.role}: {message.text}" for message in leaving)
            text = f"What was known before: {here.summary}\n\n{said}" if here.summary else said
            model = self._routing.route(turn)[0]
            request = CompletionRequest(model.id, (PromptMessage(Role.USER, text),), PROMPT, SUMMARY_TOKENS)
            tokens = estimate_tokens(text) + estimate_tokens(PROMPT)
            summary = await self._completions.summarise(turn, request, model, tokens, interruption)
            if summary:
                await self._store.save_summary(here.id, here.window_after, leaving[-1].id, summary)
        except Interrupted:
            return
        except (StoreDown, LostLease) as error:
            log.info("not summed up this time: %s", error)
