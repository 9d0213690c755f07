"""The same screens in several processes. Knows what others must be told to draw it too; must not know requests.

A visitor says something to one process and looks on at another. What happens at an address is told to all of them, and
each draws it for whoever looks on there. What was not heard is read from the store: a viewer is given a snapshot.
"""

from __future__ import annotations

import time

import msgspec

from adapters.web.markup import nodes, plain
from adapters.web.wire.live import Answer
from adapters.web.wire.message import Message, json_of
from adapters.web.wire.screens import Screens
from hub.domain.address import Address
from hub.ports.hints import LONGEST_HINT, Hints

TOPIC = "web"

PIECE = 1_000
"""Characters of a growing answer in one hint: a character takes six bytes at most."""

ASK_SECONDS = 1.0
"""How often the beginning of an answer is asked for, should nobody answer."""


class Grown(msgspec.Struct, tag="grown", array_like=True):
    """From `start` on the answer `id` reads `text`."""

    address: Address
    id: str
    start: int
    text: str


class Lacking(msgspec.Struct, tag="lacking", array_like=True):
    """Somebody looks on who did not see the beginning of the answer `id`."""

    address: Address
    id: str


class Put(msgspec.Struct, tag="put", array_like=True):
    """A whole message, its nodes left out; None: one too long for a hint, to be read from the store."""

    address: Address
    message: Message | None


class Dots(msgspec.Struct, tag="dots", array_like=True):
    """An answer is being prepared."""

    address: Address


_heard = msgspec.json.Decoder(Grown | Lacking | Put | Dots)


class Relay:
    """Shows on our screens, and tells the other processes."""

    def __init__(self, screens: Screens, hints: Hints) -> None:
        self._screens, self._hints = screens, hints
        self._asked: dict[str, float] = {}
        hints.hear(TOPIC, self._take, screens.reread)

    @property
    def deaf(self) -> bool:
        """Whether something may happen elsewhere that we do not hear of."""
        return self._hints.deaf

    def put(self, address: Address, message: Message, *, later: bool = False) -> int:
        """See Screens.push_message."""
        if self._hints.others:
            told = _line(Put(address, msgspec.structs.replace(message, nodes=[])))
            whole = len(told.encode()) < LONGEST_HINT - len(TOPIC)
            self._hints.tell(TOPIC, told if whole else _line(Put(address, None)))
        return self._screens.push_message(address, message, later=later)

    def typing(self, address: Address) -> None:
        """See Screens.push_typing."""
        if self._hints.others:
            self._hints.tell(TOPIC, _line(Dots(address)))
        self._screens.push_typing(address)

    def show(self, address: Address, answer: Answer, text: str) -> None:
        """See Screens.show."""
        start = _alike(answer.drawing.text, text) if self._hints.others else 0
        self._screens.show(address, answer, text)
        if self._hints.others:
            self._tell_grown(address, answer.id, start, text)

    def _tell_grown(self, address: Address, answer_id: str, start: int, text: str) -> None:
        for place in range(start, max(len(text), start + 1), PIECE):
            piece = text[place : place + PIECE]
            self._hints.tell(TOPIC, _line(Grown(address, answer_id, place, piece)))

    def _take(self, words: str) -> None:
        try:
            hint = _heard.decode(words)
        except msgspec.MsgspecError:
            # a process of another version, as during an upgrade: what it shows is read from the store
            self._screens.reread()
            return
        live = self._screens.look(hint.address)
        if live is None:
            return
        match hint:
            case Grown():
                self._grow(hint)
            case Lacking():
                answer = live.answers.get(hint.id)
                if answer is not None and not answer.closed_at:
                    self._tell_grown(hint.address, hint.id, 0, answer.drawing.text)
            case Put(message=None):
                self._screens.forget(hint.address)
            case Put(message=Message() as message):
                drawn = plain(message.text) if message.role == "person" else nodes(message.text)
                self._screens.push_message(hint.address, msgspec.structs.replace(message, nodes=drawn))
            case Dots():
                self._screens.push_typing(hint.address)

    def _grow(self, hint: Grown) -> None:
        """Draw on, if we know what stands before it and the answer has not come to its end here."""
        live = self._screens.at(hint.address)
        answer = live.answers.get(hint.id)
        if live.newest(hint.id) is not None or (answer is not None and not answer.closed_at):
            return
        known = answer.drawing.text if answer is not None else ""
        if len(known) < hint.start:
            self._ask(hint)
        elif (known[hint.start :] and not hint.text) or not known.startswith(hint.text, hint.start):
            answer = self._screens.begin(hint.address, hint.id)
            self._screens.show(hint.address, answer, known[: hint.start] + hint.text)
            # whoever writes it may die without a word: it is never ours to keep open
            self._screens.end(hint.address, answer)

    def _ask(self, hint: Grown) -> None:
        now = time.monotonic()
        self._asked = {each: at for each, at in self._asked.items() if now - at < ASK_SECONDS}
        if hint.id not in self._asked:
            self._asked[hint.id] = now
            self._hints.tell(TOPIC, _line(Lacking(hint.address, hint.id)))


def _alike(former: str, text: str) -> int:
    """How many characters at the beginning of both are the same."""
    if text.startswith(former):
        return len(former)
    return next(
        (place for place, (one, other) in enumerate(zip(former, text, strict=False)) if one != other), len(text)
    )


def _line(hint: msgspec.Struct) -> str:
    return json_of(hint).decode()
