"""How Telegram misbehaves when asked to. Knows faults and flood limits; must not know what a call does."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from adapters.telegram.sandbox.state import Refused

Json = dict[str, Any]

SENDING = frozenset({"sendmessage", "senddocument", "sendrichmessage", "editmessagetext", "editmessagecaption"})
SENDING |= {"sendmessagedraft", "sendchataction", "deletemessage"}
"""What counts, strictly, against the flood limits, in small letters."""

SLACK = 0.9
"""Part of a second between two sends that is still taken for one."""


@dataclass
class Fault:
    """For the next `calls` of `method` (any, if empty). `kind`: flood, status, slow, drop, lose or garbage.

    `drop` closes the connection before the call is done, `lose` after it."""

    kind: str
    calls: int = 1
    method: str = ""
    seconds: float = 0.0
    status: int = 500


@dataclass
class Limits:
    """Flood limits as Telegram has them; `speed` divides their times. `refusals`: how often they were broken."""

    speed: float = 1.0
    refusals: int = 0
    _sent: dict[object, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, bot: int, chat: object, *, group: bool) -> None:
        """Count one send. Raises Refused 429."""
        rules = [(bot, 30, 1.0), ((bot, chat), 20, 60.0) if group else ((bot, chat), 1, SLACK)]
        now = time.monotonic() * self.speed
        for who, most, seconds in rules:
            sent = self._sent[who]
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if len(sent) >= most:
                self.refusals += 1
                after = max(1, round(sent[0] + seconds - now))
                raise Refused(429, f"Too Many Requests: retry after {after}", after=after)
        for who, _, _ in rules:
            self._sent[who].append(now)


class Faults:
    """What was asked for and has not happened yet."""

    def __init__(self) -> None:
        self.coming: list[Fault] = []
        self.limits: Limits | None = None

    def next(self, method: str) -> Fault | None:
        """The fault that meets a call of `method`, if any."""
        for fault in self.coming:
            if not fault.method or fault.method.lower() == method.lower():
                fault.calls -= 1
                if fault.calls <= 0:
                    self.coming.remove(fault)
                return fault
        return None
