"""The wish to end a running answer early. Knows why, and the one wait it may break; must not end anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why an answer ends before its end."""

    STOP = "stopped"
    INTERRUPT = "interrupted"
    SHUTDOWN = "restarting"
    TOO_LONG = "too_slow"
    LOST_LEASE = "lost_lease"


class Interrupted(Exception):
    """Raised out of the wait that was broken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Interruption:
    """One per turn. Only waits for a model go through it, so that no verb of the store is ever cut in half."""

    __slots__ = ("_waiting", "reason")

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._waiting: asyncio.Task[Any] | None = None

    def ask(self, reason: Reason) -> None:
        """End the answer; the first reason stands."""
        if self.reason is None:
            self.reason = reason
            if self._waiting is not None:
                self._waiting.cancel()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around waits for a model: inside, and only there, a wish may break in. Raises Interrupted."""
        if self.reason is not None:
            raise Interrupted(self.reason)
        task = self._waiting = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            wish = self._wish()
            if wish is not None and task is not None and task.uncancel() == 0:
                raise Interrupted(wish) from None
            raise
        finally:
            self._waiting = None

    def _wish(self) -> Reason | None:
        return self.reason
