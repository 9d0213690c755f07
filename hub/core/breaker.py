"""When to leave a failing model alone. Knows failures and a clock; must not know models' names or errors."""

from __future__ import annotations

import time

FAILURES = 5
"""Failures in a row that open the circuit."""

REST_SECONDS = 30.0
"""How long it stays open before one call may try."""


class Breaker:
    """Closed: calls pass. Open: they do not, for a while. Then one call decides."""

    __slots__ = ("_failures", "_open_until", "_trying")

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0
        self._trying = False

    def admits(self) -> bool:
        """True if a call may be made now; a call that was admitted must report `succeeded`, `failed` or `unheard`."""
        if self._failures < FAILURES:
            return True
        if self._trying or time.monotonic() < self._open_until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """The model answered."""
        self._failures, self._trying = 0, False

    def failed(self) -> None:
        """The model did not answer, and it was the model's doing."""
        self._failures, self._trying = self._failures + 1, False
        self._open_until = time.monotonic() + REST_SECONDS

    def unheard(self) -> None:
        """The call ended for reasons that say nothing about the model."""
        self._trying = False
