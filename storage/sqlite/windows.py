"""What was said last in conversations that talk now. Knows messages by conversation; must not read the database.

What the only writer of a file wrote itself need not be read again for every turn: forty rows are a sixth of what a turn
costs before its model is asked. Should somebody else write beside it, as a command in a terminal may, all is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from hub.domain.conversation import StoredMessage
from storage import schema as s
from storage.rows import MESSAGE, messages_of

MOST_CHARACTERS = 4_000_000
"""Of all windows together; the conversation that was silent longest is forgotten first."""

MESSAGE_COST = 300
"""Characters that a message counts as beside its words: its objects take about as many bytes."""


class _Kept:
    """The newest messages above the id `after`, at most `most` of them, oldest first."""

    __slots__ = ("after", "messages", "most")

    def __init__(self, after: int, most: int, newest: tuple[StoredMessage, ...]) -> None:
        self.after, self.most = after, most
        self.messages = deque(newest)


class Windows:
    """The newest messages of many conversations."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._size = 0
        self._version = 0

    def get(self, conversation_id: int, after: int, most: int) -> tuple[StoredMessage, ...] | None:
        """The newest `most` messages above the id `after`, oldest first; None when they are not known."""
        kept = self._kept.get(conversation_id)
        if kept is None or kept.most != most or kept.after > after:
            return None
        self._kept.move_to_end(conversation_id)
        messages, kept.after = kept.messages, after
        while messages and messages[0].id <= after:
            self._size -= _cost(messages.popleft())
        return tuple(messages)

    def keep(self, conversation_id: int, after: int, most: int, newest: tuple[StoredMessage, ...]) -> None:
        """What was read."""
        self.forget(conversation_id)
        self._kept[conversation_id] = _Kept(after, most, newest)
        self._size += sum(map(_cost, newest))
        self._fit()

    def forget(self, conversation_id: int) -> None:
        """Its messages changed."""
        kept = self._kept.pop(conversation_id, None)
        if kept is not None:
            self._size -= sum(map(_cost, kept.messages))

    def clear(self) -> None:
        """Some messages changed, or what was written is taken back."""
        self._kept.clear()
        self._size = 0

    def now_at(self, version: int) -> None:
        """A transaction begins; `version` is SQLite's `data_version`, another one when somebody else has written."""
        if version != self._version:
            self._version = version
            self.clear()

    def watching(
        self, place: Callable[[Mapping[str, Any]], Any], statement: sa.Insert | sa.Update | sa.Delete
    ) -> Callable[[Mapping[str, Any]], Any]:
        """`place`, which is called with the values of `statement` whenever that runs; of messages we take note."""
        if statement.table is not s.messages:
            return place
        adds = isinstance(statement, sa.Insert)

        def watched(values: Mapping[str, Any]) -> Any:
            if adds:
                self._add(values)
            elif "conversation" in values:
                self.forget(values["conversation"])
            else:
                self.clear()
            return place(values)

        return watched

    def _add(self, values: Mapping[str, Any]) -> None:
        kept = self._kept.get(values["conversation_id"])
        if kept is None:
            return
        if kept.messages and kept.messages[-1].id >= values["id"]:
            self.forget(values["conversation_id"])
            return
        (message,) = messages_of([[values[column.name] for column in MESSAGE]])
        kept.messages.append(message)
        self._size += _cost(message)
        if len(kept.messages) > kept.most:
            self._size -= _cost(kept.messages.popleft())
        self._fit()

    def _fit(self) -> None:
        while self._size > MOST_CHARACTERS:
            self.forget(next(iter(self._kept)))


def _cost(message: StoredMessage) -> int:
    return len(message.text) + MESSAGE_COST
