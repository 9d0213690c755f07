"""Mangled updates: the parser finds an inbound or none, and never raises anything but what it names."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.telegram.parse import Me, inbound_of, language_of
from adapters.telegram.wire.update import Bad, number_of, read_update

ME = Me(700001, "parley_bot")

USER = {"id": 5, "is_bot": False, "first_name": "Ann", "username": "ann", "language_code": "de"}
CHAT = {"id": -100, "type": "supergroup", "title": "Team", "is_forum": True}
FILE = {
    "file_id": "f",
    "file_unique_id": "u",
    "file_size": 3,
    "mime_type": "x/y",
    "file_name": "n",
    "width": 1,
    "height": 1,
}
MESSAGE: dict[str, Any] = {
    "message_id": 7,
    "date": 1,
    "chat": CHAT,
    "from": USER,
    "message_thread_id": 3,
    "is_topic_message": True,
    "text": "@parley_bot hi 😀 /help",
    "entities": [
        {"type": "mention", "offset": 0, "length": 11},
        {"type": "text_mention", "offset": 12, "length": 2, "user": USER},
        {"type": "bot_command", "offset": 18, "length": 5},
    ],
    "reply_to_message": {"message_id": 6, "date": 1, "chat": CHAT, "from": USER, "text": "before", "photo": [FILE]},
    "quote": {"text": "bef", "position": 0},
}
COMMAND = {"type": "bot_command", "offset": 0, "length": 6}
STANDING = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
REACTION = {"old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}]}
SHARED = {"poll": {"question": "?", "options": [{"text": "a"}]}, "location": {"latitude": 1, "longitude": 2}}
PRESS = {"id": "q", "from": USER, "chat_instance": "x", "message": MESSAGE, "data": "retry x"}
UPDATES: list[dict[str, Any]] = [
    {"update_id": 1, "message": MESSAGE},
    {"update_id": 2, "message": {**MESSAGE, "text": None, "caption": "c", "photo": [FILE, FILE], "voice": FILE}},
    {"update_id": 3, "message": {**MESSAGE, "text": "/start link-x", "entities": [COMMAND]}},
    {"update_id": 4, "callback_query": PRESS},
    {"update_id": 5, "message_reaction": {"chat": CHAT, "message_id": 7, "user": USER, "date": 1, **REACTION}},
    {"update_id": 6, "my_chat_member": {"chat": CHAT, "from": USER, "date": 1, **STANDING}},
    {"update_id": 7, "message": {**MESSAGE, "text": "", "entities": [], **SHARED}},
]

STRANGE = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**70,
        1.5,
        "",
        "x" * 300,
        "\ud800",
        "\0",
        "@",
        "/",
        [],
        [[]],
        [None],
        {},
        {"id": 1},
        {"type": []},
    ]
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a nested value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, one in inner for found in paths(one, (*path, name)))]


def mangled(update: dict[str, Any], place: int, strange: Any, *, drop: bool) -> Any:
    found = copy.deepcopy(update)
    everywhere = paths(found)[1:]
    path = everywhere[place % len(everywhere)]
    inner: Any = found
    for name in path[:-1]:
        inner = inner[name]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = strange
    return found


def read(body: bytes) -> None:
    """What happens to every update; raises what must not be raised."""
    try:
        update = read_update(body)
    except Bad:
        number_of(body)
        return
    inbound_of(update, ME)
    inbound_of(update, Me(1))
    language_of(update)


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: str(update["update_id"]))
def test_sound_ones_are_read(update: dict[str, Any]) -> None:
    inbound = inbound_of(read_update(json.dumps(update).encode()), ME)
    assert (inbound is None) == ("my_chat_member" in update)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(UPDATES), st.integers(0, 500), STRANGE, st.booleans())
def test_a_strange_value_anywhere_is_survived(update: dict[str, Any], place: int, strange: Any, drop: bool) -> None:
    read(json.dumps(mangled(update, place, strange, drop=drop)).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(UPDATES), st.integers(0, 2**32))
def test_broken_bytes_are_survived(update: dict[str, Any], seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(json.dumps(update, ensure_ascii=chance.random() < 0.5).encode())
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randint(1, 20)]
            case _:
                body[at:at] = bytes(chance.randrange(256) for _ in range(3))
    read(bytes(body))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"5", b'"x"', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"{}", b'{"update_id": "1"}'],
)
def test_what_is_no_update_at_all(body: bytes) -> None:
    with pytest.raises(Bad):
        read_update(body)
    assert number_of(body) is None
