"""What processes of one house call to each other. Knows topics and short words; must not be the only copy of anything.

A hint may be lost, or come twice. Whoever acts on hints reads the truth from the store now and then as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

LONGEST_HINT = 7_000
"""Bytes of one hint at most, topic included."""


class Hints(Protocol):
    """The line between the processes on one database; silent where there can only be one."""

    @property
    def others(self) -> bool:
        """Whether another process listens; while none does, telling costs nothing."""
        ...

    @property
    def deaf(self) -> bool:
        """Whether hints of other processes may be missed just now, so that more has to be read from the store."""
        ...

    def tell(self, topic: str, words: str) -> None:
        """Tell the other processes, soon and in order; never waits. `words`: one line of at most LONGEST_HINT bytes."""
        ...

    def hear(self, topic: str, take: Callable[[str], None], missed: Callable[[], None]) -> None:
        """From now on `take` is called with what others tell, and `missed` when some of it may have been lost."""
        ...
