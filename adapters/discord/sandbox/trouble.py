"""Misbehaviour on request, limits, and a record of every call. Knows HTTP answers; must not know what a call does."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

UNLIMITED = 1_000_000
"""Calls in a bucket while no limits are kept."""


class Problem(Exception):
    """An answer that is no success, as Discord gives it."""

    def __init__(self, status: int, code: int = 0, message: str = "") -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message = status, code, message or f"{status}: refused"


@dataclass
class Call:
    """One request: `shape` is its path with `{}` for every id. `status` is what it was answered with."""

    method: str
    shape: str
    path: str
    bot: str
    body: Any
    at: float
    query: dict[str, str] = field(default_factory=dict)
    status: int = 0
    answer: Any = None

    @property
    def name(self) -> str:
        """Method and shape."""
        return f"{self.method} {self.shape}"


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of `route` (empty: any)."""

    route: str = ""
    times: int = 1
    status: int = 0
    code: int = 0
    after: float = 0.0
    everywhere: bool = False
    shared: bool = False
    page: bool = False
    slow: float = 0.0
    drop: bool = False
    lose_answer: bool = False


@dataclass
class _Window:
    ends: float
    used: int = 0


class Limits:
    """Buckets of `calls` in `seconds` for each route and major id, and one for a bot's whole traffic."""

    def __init__(self) -> None:
        self.calls, self.seconds = 0, 1.0
        self.whole = 0
        self._windows: dict[tuple[str, str], _Window] = {}

    def take(self, route: str, major: str, bot: str) -> tuple[dict[str, str], float, bool]:
        """Headers for one call; if it is one too many, seconds to wait and whether for everything."""
        if self.whole and not route.split(" ")[1].startswith(("interactions/", "webhooks/")):
            window = self._window(("", bot), 1.0)
            window.used += 1
            if window.used > self.whole:
                return {}, max(0.001, window.ends - time.monotonic()), True
        most = self.calls or UNLIMITED
        window = self._window((route, major), self.seconds)
        over = window.used >= most
        window.used += 0 if over else 1
        left = max(0.001, window.ends - time.monotonic())
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(most - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:16],
        }
        return headers, left if over else 0.0, False

    def _window(self, name: tuple[str, str], seconds: float) -> _Window:
        now = time.monotonic()
        window = self._windows.get(name)
        if window is None or now >= window.ends:
            window = self._windows[name] = _Window(now + seconds)
        return window


class Trouble:
    """Everything that goes wrong on purpose, and everything that was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.limits = Limits()
        self.refusals = 0
        """Calls refused for rate."""

    def fault(self, route: str) -> Fault | None:
        """What is to go wrong with this call."""
        for fault in self.faults:
            if fault.route in ("", route) and fault.times > 0:
                fault.times -= 1
                return fault
        return None
