"""Payloads that nobody should send: read or refused, never a fall."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.parse.inbound import called, custom_id, moment, pressed, rated, said
from adapters.discord.parse.shapes import Channel, Guild, Interaction, Message, Reaction, Ready, Unreadable, read
from adapters.discord.parse.standing import Me, Place
from hub.domain.inbound import Inbound, Pressed, Said

ME = Me("111111111111111111", 1, frozenset({"222"}))

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SNOWFLAKE = st.sampled_from(["1", "111111111111111111", "99999999999999999999"])
USER = st.fixed_dictionaries(
    {"id": SNOWFLAKE}, optional={"username": st.text(), "global_name": st.none() | st.text(), "bot": st.booleans()}
)
FILE = st.fixed_dictionaries(
    {"id": SNOWFLAKE},
    optional={"filename": st.text(), "size": st.integers(-5, 2**63 - 1), "url": st.text(), "content_type": st.text()},
)
WORDS = st.lists(
    st.sampled_from(["<@111111111111111111>", "<@!1>", "<@&222>", "<:a:1>", "\0", "\ud800", " ", "\n", "@everyone"])
    | st.text(max_size=10)
).map("".join)
MESSAGE = st.fixed_dictionaries(
    {"id": SNOWFLAKE, "channel_id": SNOWFLAKE, "author": USER},
    optional={
        "content": WORDS,
        "guild_id": st.none() | SNOWFLAKE,
        "type": st.integers(0, 50),
        "mentions": st.lists(USER, max_size=3),
        "attachments": st.lists(FILE, max_size=3),
        "member": st.fixed_dictionaries({}, optional={"nick": st.none() | WORDS}),
        "message_snapshots": st.lists(st.fixed_dictionaries({"message": st.fixed_dictionaries({"content": WORDS})})),
    },
)
OPTION = st.fixed_dictionaries({"name": st.text()}, optional={"value": st.none() | st.text() | st.integers(0, 9)})
INTERACTION = st.fixed_dictionaries(
    {"id": SNOWFLAKE, "application_id": SNOWFLAKE, "type": st.integers(0, 9), "token": st.just("abc")},
    optional={
        "channel_id": SNOWFLAKE,
        "channel": st.fixed_dictionaries({"id": SNOWFLAKE, "type": st.integers(0, 20)}),
        "guild_id": st.none() | SNOWFLAKE,
        "user": USER,
        "member": st.fixed_dictionaries({"user": USER}),
        "locale": st.text(max_size=9),
        "context": st.none() | st.integers(0, 3),
        "data": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["ask", "help", "model", ""]) | WORDS,
                "type": st.integers(0, 4),
                "options": st.lists(OPTION, max_size=3),
                "custom_id": st.sampled_from(["p:retry:", "p::", "p:model:a:b", "x"]) | WORDS,
                "target_id": SNOWFLAKE,
                "resolved": st.fixed_dictionaries({}, optional={"messages": st.dictionaries(SNOWFLAKE, MESSAGE)}),
            },
        ),
    },
)


def sound(inbound: Inbound | None) -> None:
    if inbound is None:
        return
    for text in (
        inbound.event_id,
        inbound.sender.name,
        str(inbound.content),
        inbound.address.chat,
        inbound.address.thread,
    ):
        assert "\0" not in text
        text.encode()
    assert moment(inbound.event_id) > 0


@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    for shape in (Message, Interaction, Reaction, Channel, Guild, Ready):
        with contextlib.suppress(Unreadable):
            assert isinstance(read(shape, payload), shape)


def test_deep_nesting_and_huge_numbers_are_refused() -> None:
    for payload in (b"[" * 100_000, b'{"id":' * 50_000, b'{"id": ' + b"9" * 5_000 + b"}", b'"\\ud800"', b"\xff\xfe"):
        for shape in (Message, Interaction, Guild):
            with pytest.raises(Unreadable):
                read(shape, payload)


@given(MESSAGE, st.booleans(), st.sampled_from(["", "5"]), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_message_of_the_right_shape_makes_sense_or_none(
    payload: dict[str, Any], private: bool, parent: str, ours: bool, threadable: bool
) -> None:
    try:
        message = msgspec.convert(payload, Message)
    except msgspec.ValidationError:
        return
    heard = said(message, ME, Place(parent, ours, threadable, private))
    if heard is not None:
        sound(heard.inbound)
        assert isinstance(heard.inbound.content, Said)
        assert "<@111111111111111111>" not in heard.inbound.content.text
        assert all(file.size >= 0 and file.name for file in heard.inbound.content.attachments)


@given(INTERACTION)
@settings(max_examples=300, deadline=None)
def test_any_interaction_of_the_right_shape_makes_sense_or_none(payload: dict[str, Any]) -> None:
    try:
        interaction = msgspec.convert(payload, Interaction)
    except msgspec.ValidationError:
        return
    sound(called(interaction, ME, "about this:"))


@given(st.text(max_size=12), st.text(max_size=12), st.booleans())
def test_any_reaction_is_a_verdict_or_nothing(emoji: str, stamp: str, put: bool) -> None:
    reaction = msgspec.convert(
        {"user_id": "5", "channel_id": "6", "message_id": "7", "emoji": {"name": emoji}, "guild_id": "8"}, Reaction
    )
    verdict = rated(reaction, ME, Place(), put=put, stamp=stamp)
    assert verdict is None or isinstance(verdict.content, Pressed)


@given(st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True), st.text(max_size=120))
def test_a_button_that_fits_comes_back_as_it_was(command: str, argument: str) -> None:
    name = custom_id(command, argument)
    assert len(name) <= 100
    if name and not set(argument) & {"\0"} and argument.isprintable():
        assert pressed(name) == Pressed(command, argument)


def test_ids_that_are_no_numbers_do_not_get_into_paths() -> None:
    for bad in ("../users/@me", "1/2", "", "1?x", "٣", "1\n"):
        with pytest.raises(Unreadable):
            read(Message, json.dumps({"id": "1", "channel_id": bad, "author": {"id": "1"}}).encode())
