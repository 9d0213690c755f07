"""What is held of a person, and its erasure. Knows topics and pages; must not know tables."""

from __future__ import annotations

from hub.domain.value import dataclass

HeldRow = dict[str, str | int | None]
"""A row as people may read it: column to value."""


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Rows of one topic; `after`: where the next page begins, 0: this was the last."""

    rows: tuple[HeldRow, ...]
    after: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away: `messages` and `files`; `things` in all. None of it can be brought back."""

    messages: int
    files: int
    things: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """An account whose erasure was asked for in a chat; what had to stay for the answer goes a little later."""

    tenant: int
    account_id: int
