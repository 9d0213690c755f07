"""What is remembered only as long as there is room. Knows order of use; must not know what is kept."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The `most` things that were put or found last."""

    __slots__ = ("_kept", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Key, Value] = {}

    def put(self, key: Key, value: Value) -> Value:
        """Keep `value`; what was not used for longest goes."""
        self._kept.pop(key, None)
        self._kept[key] = value
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return value

    def find(self, key: Key) -> Value | None:
        """What was kept, None when it is gone."""
        value = self._kept.pop(key, None)
        if value is not None:
            self._kept[key] = value
        return value

    def forget(self, key: Key) -> Value | None:
        """What was kept; it is not any more."""
        return self._kept.pop(key, None)
