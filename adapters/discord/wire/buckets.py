"""What Discord told us about its limits. Knows its headers; must not know calls or wait for anything."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass

MOST_BUCKETS = 10_000
"""Buckets remembered; the ones longest unused are forgotten."""

INVALID_SECONDS = 600.0
INVALID_CALLS = 8_000
"""Discord bans an address for an hour after 10,000 refused calls (401, 403, 429) in ten minutes; we stop before."""


@dataclass(slots=True)
class _Bucket:
    remaining: int
    ends: float


class Buckets:
    """The limits of one bot. A bucket is shared by the routes that Discord says share it, for one major id each."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._everything_until = 0.0
        self._invalid: deque[float] = deque()

    def wait(self, route: str, major: str) -> float:
        """Seconds until a call of `route` may be made; 0: now, and it is counted. `major`: the id limits go by."""
        now = time.monotonic()
        if now < self._everything_until:
            return self._everything_until - now
        while self._invalid and self._invalid[0] < now - INVALID_SECONDS:
            self._invalid.popleft()
        if len(self._invalid) >= INVALID_CALLS:
            return self._invalid[0] + INVALID_SECONDS - now
        bucket = self._buckets.get((self._names.get(route, route), major))
        if bucket is None or now >= bucket.ends:
            return 0
        if bucket.remaining <= 0:
            return bucket.ends - now
        bucket.remaining -= 1
        return 0

    def learn(self, route: str, major: str, headers: Mapping[str, str]) -> None:
        """Keep what an answer says about its bucket."""
        name = headers.get("X-RateLimit-Bucket")
        try:
            remaining = int(headers["X-RateLimit-Remaining"])
            reset = float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        self._keep(route, name or route, major, remaining, reset)

    def exhausted(self, route: str, major: str, headers: Mapping[str, str], after: float, *, everywhere: bool) -> None:
        """A call was refused for `after` seconds."""
        if everywhere:
            self._everything_until = time.monotonic() + after
        else:
            self._keep(route, headers.get("X-RateLimit-Bucket") or route, major, 0, after)
        if headers.get("X-RateLimit-Scope") != "shared":
            self.invalid()

    def invalid(self) -> None:
        """Count a call that Discord counts as invalid."""
        self._invalid.append(time.monotonic())

    def _keep(self, route: str, name: str, major: str, remaining: int, reset: float) -> None:
        ends = time.monotonic() + reset
        self._names[route] = name
        bucket = self._buckets.get((name, major))
        if bucket is None:
            self._buckets[name, major] = _Bucket(remaining, ends)
            while len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return
        self._buckets.move_to_end((name, major))
        # Answers overtake each other: within one window the smallest count is the true one.
        same_window = time.monotonic() < bucket.ends and abs(ends - bucket.ends) < 0.5
        bucket.remaining = min(bucket.remaining, remaining) if same_window else remaining
        bucket.ends = ends
