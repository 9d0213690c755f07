"""When to leave a failing model alone. Knows failures and a clock; must not know models' names or errors."""

from __future__ import annotations

import time

FAILURES = 5
"""Failures in a row that open the circuit."""

REST_SECONDS = 30.0
"""How long it stays open before one call may try."""


class Breaker:
    """Closed: calls pass. Open: one call may try every while, and an answer to one closes it."""

    __slots__ = ("_failures", "_open_until")

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def admits(self) -> bool:
        """True if a call may be made now. While open, the next may follow after a rest, whatever became of this one."""
        if self._failures < FAILURES:
            return True
        now = time.monotonic()
        if now < self._open_until:
            return False
        self._open_until = now + REST_SECONDS
        return True

    def succeeded(self) -> None:
        """The model answered."""
        self._failures = 0

    def failed(self) -> None:
        """The model did not answer, and it was the model's doing."""
        self._failures += 1
        self._open_until = time.monotonic() + REST_SECONDS

    def unheard(self) -> None:
        """The call ended for reasons that say nothing about the model; another may try at once."""
        self._open_until = 0.0
