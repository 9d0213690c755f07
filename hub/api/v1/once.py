"""A call that is answered once however often it is sent. Knows idempotency keys and kept answers; must not know models.

The row stands before the work and locks it; what was answered is kept for a day, unless trying again may help.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from hub.api.v1.outcome import unknown_key
from hub.api.v1.problem import JSON, Problem
from hub.api.v1.shape import again
from hub.api.v1.sinks import STREAM
from hub.core.operations.keys import Keys, Replay, ReplayLock, ReplayState
from hub.domain.errors import StoreDown
from hub.domain.key import Key

HEADER = "Idempotency-Key"

LONGEST_KEY = 255
"""Characters, as Stripe takes them."""

LARGEST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer that is kept; a larger one is not given again."""

LOCK_SECONDS = 120
"""How long beyond the longest answer a lock holds that nobody opens, its process having died."""

NOT_KEPT = frozenset({401, 403, 408, 409, 429, 499})
"""Statuses below 500 after which the same call may succeed: it runs again."""

Keep = Callable[[int, bytes], Awaitable[None]]
Work = Callable[[Keep], Awaitable[web.StreamResponse]]

log = logging.getLogger("parley.api")


class Once:
    """Answers each idempotency key of an API key once. `longest`: seconds an answer may take."""

    def __init__(self, store: Keys, longest: float) -> None:
        self._store, self._longest = store, longest

    async def run(self, key: Key, name: str, body: bytes, work: Work, *, stream: Callable[[], tuple[bool, bool]]) -> (
        web.StreamResponse
    ):  # fmt: skip
        """What `work` answers, or what it answered before.

        `work` is given what keeps its answer, and must wait for that before it says that all is done. `stream`: whether
        an answer given again shall be a stream, and one with usage. Raises Problem, StoreDown."""
        if not 0 < len(name) <= LONGEST_KEY or not name.isprintable() or not name.isascii():
            raise Problem(400, f"{HEADER} must have 1 to {LONGEST_KEY} printable ASCII characters.", "invalid_value")
        until = int((time.time() + self._longest + LOCK_SECONDS) * 1000)
        digest = hashlib.sha256(body).hexdigest()
        found = await self._store.open_replay(ReplayLock(key.account.tenant, key.id, name, digest, until))
        if found.state is not ReplayState.FRESH:
            return _as_before(found, stream)
        kept = False

        async def keep(status: int, answer: bytes) -> None:
            nonlocal kept
            kept = status < 500 and status not in NOT_KEPT
            if kept:
                await self._keep(found, status, answer if len(answer) <= LARGEST_ANSWER else b"")

        try:
            return await work(keep)
        except Problem as problem:
            await keep(problem.status, problem.body())
            raise
        finally:
            if not kept:
                await self._drop(found)

    async def _keep(self, ours: Replay, status: int, answer: bytes) -> None:
        try:
            if not await self._store.keep_replay(ours, status, answer):
                log.warning("an answer came after its idempotency key was taken over, and is not the one that is kept")
        except StoreDown as error:
            # it was charged and is there: whoever waits gets it, and nobody a second one before the lock runs out
            log.warning("an answer is given and not kept: %s", error)

    async def _drop(self, ours: Replay) -> None:
        try:
            await self._store.drop_replay(ours)
        except StoreDown as error:
            log.warning("an idempotency key stays locked for a while: %s", error)


def _as_before(found: Replay, streamed: Callable[[], tuple[bool, bool]]) -> web.Response:
    match found.state:
        case ReplayState.OPEN:
            raise Problem(409, "The same call is being answered right now.", "idempotency_in_progress", after=1)
        case ReplayState.OTHER:
            raise Problem(422, f"This {HEADER} came with another body before.", "idempotency_key_reused")
        case ReplayState.LOST:
            raise Problem(409, "This call was answered; the answer was too large to keep.", "idempotency_answer_lost")
        case ReplayState.SHUT:
            raise unknown_key()
    replayed = {"Idempotent-Replayed": "true"}
    stream, usage = streamed() if found.status == 200 else (False, False)
    if stream:
        return web.Response(body=again(found.answer, usage=usage), headers={**STREAM, **replayed})
    return web.Response(body=found.answer, status=found.status, content_type=JSON, headers=replayed)
