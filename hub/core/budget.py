"""How often a platform may be called. Knows budgets, a clock and who waits; must not know what a call does.

One budget for everything that goes to a chat. Words that matter wait for their turn, first come first served; frames
and typing never wait: they are shed, early enough to leave room for words. What a platform answered with 429 is left
alone until it said, budget or none. A chat that rests costs nothing: its place is forgotten with its window.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Sequence

from hub.domain.address import Address
from hub.domain.capabilities import Budget, Scope
from hub.domain.errors import RateLimited

COSMETIC_SHARE = 0.75
"""Share of a budget that frames and typing may use; a third of that at once, the rest evenly."""

MARGIN = 0.05
"""Calls arrive sooner or later than they leave: a window is taken to last so much longer, in parts and in seconds."""

Chat = tuple[str, str, str]
Key = tuple[str, str, str | None, int, float]


class Later(RateLimited):
    """No call is free now, by our own count; `after` is when one will be."""


class _Place:
    """The calls of one chat or bot under one budget."""

    __slots__ = ("calls", "gate", "stamps", "users", "waiting", "window")

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.window = seconds * (1 + MARGIN) + MARGIN
        self.stamps: deque[float] = deque(maxlen=calls)
        self.gate = asyncio.Lock()
        self.waiting = 0
        """How many wait at this gate."""
        self.users = 0
        """How many wait here or at another gate of theirs."""

    def delay(self, now: float) -> float:
        """Seconds until whoever comes now has a call, behind those that wait."""
        missing = len(self.stamps) + self.waiting - self.calls
        if missing < 0:
            return 0.0
        rounds, at = divmod(missing, self.calls)
        taken = self.stamps[at] if at < len(self.stamps) else now
        return max(0.0, taken + self.window * (rounds + 1) - now)

    def cosmetic_delay(self, now: float) -> float:
        """The same for what may be shed."""
        if self.waiting:
            return self.window
        most = max(1, int(self.calls * COSMETIC_SHARE))
        at_once = most // 3
        since = now - self.window
        used = sum(stamp > since for stamp in self.stamps)
        if not used or used < at_once:
            return 0.0
        if used >= most:
            return max(self.delay(now), self.stamps[-most] + self.window - now)
        return max(self.delay(now), self.stamps[-1] + self.window / (most - at_once) - now)

    def rests(self, now: float) -> bool:
        """Nothing of it counts any more."""
        return not self.users and (not self.stamps or self.stamps[-1] + self.window < now)


class Budgets:
    """What may still be sent, to every chat; one for the whole house."""

    def __init__(self) -> None:
        self._places: OrderedDict[Key, _Place] = OrderedDict()
        self._blocked: dict[Chat, float] = {}

    def bind(self, budgets: Sequence[Budget]) -> bool:
        """Whether a call must ask at all: there are budgets, or some chat is blocked."""
        return bool(budgets or self._blocked)

    def block(self, address: Address, seconds: float) -> None:
        """The platform asked us to leave this chat alone for `seconds`."""
        now = time.monotonic()
        self._blocked = {chat: until for chat, until in self._blocked.items() if until > now}
        chat = _chat(address)
        self._blocked[chat] = max(self._blocked.get(chat, 0.0), now + seconds)

    def spare(self, address: Address, budgets: Sequence[Budget]) -> None:
        """Take one call for something cosmetic. Raises Later when there is none to spare now."""
        now = time.monotonic()
        wait = self._blocked_for(address, now)
        places = self._at(address, budgets, now)
        for place in places:
            wait = max(wait, place.cosmetic_delay(now))
        if wait > 0:
            raise Later(wait)
        self._stamp(places, now)

    def wait(self, address: Address, budgets: Sequence[Budget]) -> float:
        """Seconds that `spend` would take now."""
        now = time.monotonic()
        return max([self._blocked_for(address, now), *(one.delay(now) for one in self._at(address, budgets, now))])

    async def spend(self, address: Address, budgets: Sequence[Budget]) -> None:
        """Take one call for words, waiting for it behind those who came before."""
        if blocked := self._blocked_for(address, time.monotonic()):
            await asyncio.sleep(blocked)
            await self.spend(address, budgets)
            return
        now = time.monotonic()
        places = self._at(address, budgets, now)
        if not any(place.delay(now) for place in places):
            self._stamp(places, now)
            return
        for place in places:
            place.users += 1
        try:
            await self._in_order(places, 0)
        finally:
            for place in places:
                place.users -= 1

    def spent(self, address: Address, budgets: Sequence[Budget]) -> None:
        """Count a call that could not be asked for."""
        now = time.monotonic()
        self._stamp(self._at(address, budgets, now), now)

    async def _in_order(self, places: list[_Place], first: int) -> None:
        """Pass the gates of all places, each first come first served, then take the call."""
        if first == len(places):
            self._stamp(places, time.monotonic())
            return
        place = places[first]
        place.waiting += 1
        try:
            async with place.gate:
                while len(place.stamps) == place.calls:
                    wait = place.stamps[0] + place.window - time.monotonic()
                    if wait <= 0:
                        break
                    await asyncio.sleep(wait)
                await self._in_order(places, first + 1)
        finally:
            place.waiting -= 1

    def _at(self, address: Address, budgets: Sequence[Budget], now: float) -> list[_Place]:
        """The places a call counts for; those that rest are dropped, beginning with the one used the longest ago."""
        while self._places and next(iter(self._places.values())).rests(now):
            self._places.popitem(last=False)
        found = []
        for budget in budgets:
            chat = address.chat if budget.scope is Scope.CHAT else None
            key = (address.platform, address.bot, chat, budget.calls, budget.seconds)
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = _Place(budget.calls, budget.seconds)
            self._places.move_to_end(key)
            found.append(place)
        return found

    def _stamp(self, places: list[_Place], now: float) -> None:
        for place in places:
            place.stamps.append(now)

    def _blocked_for(self, address: Address, now: float) -> float:
        if not self._blocked:
            return 0.0
        left = self._blocked.get(_chat(address), now) - now
        for chat in (next(iter(self._blocked)), _chat(address)):
            if self._blocked.get(chat, now) <= now:
                self._blocked.pop(chat, None)
        return max(0.0, left)


def _chat(address: Address) -> Chat:
    return address.platform, address.bot, address.chat
