"""Requests' bodies to values. Knows JSON shapes, languages and ids; must not do I/O."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import uuid4

import msgspec

from hub.domain.errors import BadInput, TooLarge
from hub.domain.inbound import Attachment, Content, Pressed, Said

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_KEY = re.compile(r"[!-~]{1,128}")
_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")
LONGEST_ARGUMENT = 1_000


class NewSession(msgspec.Struct):
    """Body of a new session. `identity`: JWT of the customer's server; `token`: the one to go on from."""

    site: str = "default"
    identity: str | None = None
    language: str | None = None
    token: str | None = None


class Press(msgspec.Struct):
    """A pressed button."""

    name: str
    argument: str = ""


class NewMessage(msgspec.Struct):
    """Body of a message."""

    text: str = ""
    files: list[str] = []
    command: Press | None = None


_Body = TypeVar("_Body")
new_session = msgspec.json.Decoder(NewSession)
new_message = msgspec.json.Decoder(NewMessage)


def body_of(decoder: msgspec.json.Decoder[_Body], content: bytes) -> _Body:
    """`content` as `decoder` reads it; fields we do not know are ignored. Raises BadInput."""
    try:
        return decoder.decode(content)
    except msgspec.DecodeError as error:
        raise BadInput("bad_json", why=str(error)) from error
    except UnicodeDecodeError as error:
        raise BadInput("bad_json", why="it is not UTF-8") from error
    except RecursionError as error:
        raise BadInput("bad_json", why="it is nested too deep") from error


def content_of(message: NewMessage, attachments: tuple[Attachment, ...], text_limit: int) -> Content:
    """What the person did. Raises BadInput (also for nothing at all) and TooLarge."""
    press = message.command
    if press is not None:
        if not _COMMAND.fullmatch(press.name) or len(press.argument) > LONGEST_ARGUMENT:
            raise BadInput("bad_input", why="this is not a command")
        return Pressed(press.name, _sound(press.argument))
    if len(message.text) > text_limit:
        raise TooLarge("text_too_long", limit=text_limit, length=len(message.text))
    text = _sound(message.text)
    if not text.strip() and not attachments:
        raise BadInput("empty_message")
    return Said(text, attachments)


def idempotency_key(given: str | None) -> str:
    """The key of a message, a fresh one if none is given. Raises BadInput unless it is 1 to 128 visible ASCII."""
    if given is None:
        return uuid4().hex
    if not _KEY.fullmatch(given):
        raise BadInput("bad_input", why="an Idempotency-Key is 1 to 128 visible ASCII characters")
    return given


def language_of(asked: str | None, accept_language: str | None, spare: str = "en") -> str:
    """BCP 47 tag: what the page asks for, else the browser's first choice, else `spare`."""
    for candidate in (asked, (accept_language or "").split(",", 1)[0].split(";", 1)[0].strip()):
        if candidate and _LANGUAGE.fullmatch(candidate):
            return candidate
    return spare


def whole_number(given: str | None, spare: int, least: int, most: int) -> int:
    """A number from a query. Raises BadInput unless it is decimal digits; kept within `least` and `most`."""
    if given is None or given == "":
        return spare
    if not given.isascii() or not given.isdigit() or len(given) > 17:
        raise BadInput("bad_input", why="a number in the address is not one")
    return min(max(int(given), least), most)


def _sound(text: str) -> str:
    """`text`, or BadInput when it holds what no database or screen can: lone surrogates, NUL."""
    if "\0" in text:
        raise BadInput("bad_input", why="it holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput("bad_input", why="it holds half a character") from error
    return text
