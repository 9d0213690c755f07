"""What storage offers about pace. Knows how often something came lately; must not know who asks, or why.

Where one process alone works on a database, it counts by itself, which costs nothing.
"""

from __future__ import annotations

from typing import Protocol


class Paces(Protocol):
    """Counting that every process sees."""

    @property
    def shared(self) -> bool:
        """Whether several processes may work on the database."""
        ...

    async def pace(self, tenant: int, scope: str, per_minute: int) -> int:
        """Count one under `scope`, of which `per_minute` may come in a minute, all of them at once if they were saved
        up: 0. Seconds until the next one may come: it came too soon, and is not counted. Raises StoreDown."""
        ...
