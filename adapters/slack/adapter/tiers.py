"""What Slack bears of a method in a workspace. Knows its tiers; must not know chats, whose budget is the house's."""

from __future__ import annotations

import time
from collections import deque

from hub.domain.errors import RateLimited

A_MINUTE = {"chat.startStream": 18, "chat.update": 48, "chat.appendStream": 95}
"""Calls in any minute. Slack's tiers 2, 3 and 4 are "20, 50, 100 and more", and clocks differ."""


class Tiers:
    """Counts calls of the last minute for each bot; refuses by itself what Slack would refuse. `on`: at all."""

    def __init__(self, on: bool) -> None:
        self._on = on
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def take(self, bot: str, method: str) -> None:
        """Count one call. Raises RateLimited with the time until the next."""
        if not self._on:
            return
        calls, now = self._calls.setdefault((bot, method), deque()), time.monotonic()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= A_MINUTE[method]:
            raise RateLimited(calls[0] + 60 - now)
        calls.append(now)
