"""What goes over the wire. Knows messages, events and their JSON; must not know who receives them."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.domain.reply import Button

Node = str | list[Any]
"""Text, or `[tag, attributes | 0, *children]`."""
Op = list[Any]
"""`["=", i, node]`, `["+", i, text]` or `["-", n]`."""


class ButtonView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A choice under a message; with a `url` it opens that page."""

    label: str
    command: str
    argument: str
    url: str = ""


def button_view(button: Button) -> ButtonView:
    """A button in words, as the page takes it."""
    return ButtonView(button.label, button.command, button.argument, button.url)


class FileView(msgspec.Struct, frozen=True):
    """A file in a message; `id` opens it for this visitor alone, `size` in bytes."""

    id: str
    media_type: str
    name: str
    size: int


class Message(msgspec.Struct, frozen=True):
    """A whole message. `role`: person, assistant, notice; `state`: streaming, done, failed; `at` in ms since 1970."""

    id: str
    role: str
    text: str
    nodes: list[Node]
    state: str
    at: int
    buttons: tuple[ButtonView, ...] = ()
    files: tuple[FileView, ...] = ()


class MessageEvent(msgspec.Struct, tag="message", tag_field="type"):
    """A message to be put on the screen, replacing one with the same id."""

    seq: int
    message: Message


class FrameEvent(msgspec.Struct, tag="frame", tag_field="type"):
    """What changed in the nodes of a message that is being written; an unknown id begins one."""

    seq: int
    id: str
    ops: list[Op]


class TypingEvent(msgspec.Struct, tag="typing", tag_field="type"):
    """An answer is being prepared."""

    seq: int


class SnapshotEvent(msgspec.Struct, tag="snapshot", tag_field="type"):
    """The whole screen; everything shown before is to be forgotten."""

    seq: int
    messages: list[Message]


Event = MessageEvent | FrameEvent | TypingEvent | SnapshotEvent

_encoder = msgspec.json.Encoder()
encode = _encoder.encode


def json_of(value: object) -> bytes:
    """JSON of `value`; lone surrogates, which UTF-8 cannot carry, become question marks."""
    try:
        return encode(value)
    except UnicodeEncodeError:
        return encode(_sound(msgspec.to_builtins(value)))


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple):
        return [_sound(item) for item in value]
    if isinstance(value, dict):
        return {key: _sound(item) for key, item in value.items()}
    return value


def sse(seq: int, body: bytes) -> bytes:
    """One server-sent event. JSON has no bare line break, so one data line carries it."""
    return b"id: %d\ndata: %b\n\n" % (seq, body)
