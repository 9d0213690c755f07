"""What storage keeps for the platforms. Knows leases, notes and opinions; must not know any platform.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.address import Address
from hub.ports.house import Heard


class Listeners(Protocol):
    """Leases of what only one process may listen to at a time."""

    async def take_listener(self, name: str, owner: str, seconds: float) -> bool:
        """Take the lease of `name`, or keep it, for `seconds` from now; False: another living process holds it."""
        ...

    async def let_listener_go(self, name: str, owner: str) -> None:
        """Give the lease back, should it still be `owner`'s."""
        ...


class Notes(Protocol):
    """What adapters must find again; hub.ports.house.Notebook says what each is for."""

    async def read_note(self, platform: str, name: str) -> str:
        """What was written last; empty when nothing was."""
        ...

    async def write_note(self, platform: str, name: str, value: str) -> None:
        """Keep `value` for 90 days at least; an empty one is forgotten."""
        ...

    async def heard(self, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
        """Where people wrote to `bot` lately, the newest first."""
        ...


class Opinions(Protocol):
    """What people think of answers."""

    async def rate(self, address: Address, ref: str, person: str, good: bool | None) -> bool:
        """Keep what `person` (unique on the platform) thinks of the answer that `ref` shows in the chat of `address`.

        None: nothing any more. False: no answer of ours is shown there."""
        ...
