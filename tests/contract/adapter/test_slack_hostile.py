"""Whatever reaches the door: a bad signature is 401, what cannot be read is kept and acknowledged, nothing raises."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from adapters.slack.adapter.webhook import LARGEST
from adapters.slack.markup import markdown, message_blocks, mrkdwn, response_blocks
from adapters.slack.markup.blocks import home_view
from adapters.slack.parse import Me, read_event, read_interaction, read_slash
from adapters.slack.parse.events import Callback, kind_of, read_callback
from adapters.slack.sandbox.courier import signature
from adapters.slack.sandbox.world import MENTION, _texts
from adapters.slack.wire.signature import is_signed
from hub.domain.errors import BadInput, Forbidden, Rejected
from hub.domain.inbound import Said
from hub.domain.reply import Button, Part

from .slack_kit import Slack, slack

ME = Me(1, "T1:U1", "U1", "B1")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def hub() -> AsyncIterator[Slack]:
    async with slack("http") as server:
        yield server


async def post(hub: Slack, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(hub.hook, data=io.BytesIO(body), headers=headers) as response,
    ):
        return response.status


BODY = b'{"type":"event_callback"}'


def forged(secret: str) -> dict[str, dict[str, str]]:
    good = signature(secret, BODY)
    when, sign = good.values()
    names = list(good)

    def headers(*values: str) -> dict[str, str]:
        return dict(zip(names, values, strict=True))

    return {
        "none": {},
        "no time": {names[1]: sign},
        "no signature": {names[0]: when},
        "empty": headers("", ""),
        "another secret": signature("another secret", BODY),
        "a bit flipped": headers(when, sign[:-1] + ("0" if sign[-1] != "0" else "1")),
        "another version": headers(when, sign.replace("v0=", "v1=")),
        "upper case": headers(when, sign.upper()),
        "not a number": headers("abc", sign),
        "a float": headers("1e9", sign),
        "negative": headers("-1", sign),
        "huge": headers("9" * 40, sign),
        "another time": headers(str(int(when) - 1), sign),
        "old": signature(secret, BODY, time.time() - 302),
        "from the future": signature(secret, BODY, time.time() + 302),
        "another body": signature(secret, BODY + b" "),
        "short": headers(when, "v0="),
    }


@pytest.mark.parametrize("how", forged("x").keys())
async def test_a_forged_request_is_refused(hub: Slack, how: str) -> None:
    assert await post(hub, BODY, forged(hub.platform.app.signing_secret)[how]) == 401
    assert hub.room.inbox == []
    assert hub.room.notes == {}


async def test_a_good_one_within_the_window_is_taken(hub: Slack) -> None:
    for shift in (-298, 0, 298):
        headers = signature(hub.platform.app.signing_secret, BODY, time.time() + shift)
        assert await post(hub, BODY, headers) == 200


async def test_a_verification_of_the_address_is_answered(hub: Slack) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "ch4ll", "token": "x"}).encode()
    headers = {"Content-Type": "application/json", **signature(hub.platform.app.signing_secret, body)}
    async with aiohttp.ClientSession() as session, session.post(hub.hook, data=body, headers=headers) as response:
        assert await response.json() == {"challenge": "ch4ll"}


async def test_a_large_body_is_not_read(hub: Slack) -> None:
    body = b"x" * (LARGEST + 1)
    assert await post(hub, body, signature(hub.platform.app.signing_secret, body)) == 413
    assert await post(hub, body, {}) == 401

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // 65536 + 2):
            yield b"x" * 65536

    headers = signature(hub.platform.app.signing_secret, b"")
    async with aiohttp.ClientSession() as session, session.post(hub.hook, data=endless(), headers=headers) as response:
        assert response.status == 413


async def test_a_body_that_does_not_arrive_is_not_waited_for(hub: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.adapter.webhook.BODY_SECONDS", 0.1)
    head = "".join(f"{name}: {value}\r\n" for name, value in signature("a stranger's", BODY).items())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(hub.hook.split(":")[2].partition("/")[0]))
    writer.write(f"POST /hooks/slack HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n{head}\r\n{{".encode())
    answer = await asyncio.wait_for(reader.readline(), 3)
    assert answer.startswith(b"HTTP/1.1 400")
    writer.close()


async def test_before_it_listens_it_says_later(hub: Slack) -> None:
    await hub.deafen()
    headers = signature(hub.platform.app.signing_secret, BODY)
    async with aiohttp.ClientSession() as session, session.post(hub.hook, data=BODY, headers=headers) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]


POISON = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"type":"event_callback","event":{"type":"message","text":5}}',
    b'{"type":"event_callback","event":7}',
    b"[" * 100_000,
    b'{"type":"event_callback","event":{"type":"message","channel":"C1","ts":"1.1","user":"U2","text":"\\ud800"}}',
    b'{"event":{"type":"reaction_added","item":[]}}',
    b'{"team_id":{},"event":{}}',
]


@pytest.mark.parametrize("body", POISON, ids=range(len(POISON)))
async def test_poison_is_kept_and_acknowledged_and_the_next_one_served(hub: Slack, body: bytes) -> None:
    assert await hub.platform.courier.post(hub.platform.app, body) == 200
    form = urlencode({"payload": body.decode("utf-8", "replace")}).encode()
    assert await hub.platform.courier.post(hub.platform.app, form, FORM) == 200
    assert all(len(note) <= 4096 for note in hub.room.notes.values())
    await hub.platform.person("Ann").says("still there?")
    assert hub.room.inbox[-1].content == Said("still there?")


async def test_poison_waits_while_it_cannot_be_kept(hub: Slack) -> None:
    hub.room.store_down = True
    assert await hub.platform.courier.post(hub.platform.app, b"{") == 503


async def test_a_slash_command_that_cannot_be_kept_is_told(hub: Slack) -> None:
    hub.room.store_down = True
    answer = await hub.platform.person("Ann").calls("/parley new")
    assert json.loads(answer)["response_type"] == "ephemeral"
    assert "cannot save" in json.loads(answer)["text"]


async def test_poison_over_the_socket_ends_nothing() -> None:
    async with slack() as hub:
        ann = hub.platform.person("Ann")
        for text in ("", "{", "[]", "5", '{"type":7}', '{"type":"events_api","payload":{}}', '{"type":"mystery"}'):
            await hub.platform.courier.shout(text)
        for payload in (None, [], "x", {"event": 5}, {"event": {"type": "message", "files": [{"size": "big"}]}}):
            for kind in ("events_api", "interactive", "slash_commands", "mystery"):
                told: Any = payload
                errand = hub.platform.courier.tell(hub.platform.app, kind, told)
                await asyncio.wait_for(errand.over.wait(), 5)
                assert errand.acked
        await ann.says("still there?")
        assert hub.room.inbox[-1].content == Said("still there?")
        assert 0 < len(hub.room.notes) <= 32


async def test_a_token_is_shown_to_slack_alone(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    await ann.says("hi")
    address = hub.room.inbox[0].address
    for url in (
        "https://evil.example/f", "http://slack.com.evil.example/f", "https://files.slack.com@evil.example/f", "file:///etc",
        "http://files.slack.com/f", "ftp://slack.com/f", "https://notslack.com/f", "", "https://[::1",
    ):  # fmt: skip
        with pytest.raises((Rejected, Forbidden)):
            await hub.adapter.fetch(address, url, 100)


async def test_a_sign_in_page_is_no_file(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    message = await ann.uploads("a.png", "image/png", b"content")
    address = hub.room.inbox[0].address
    hub.platform.app.scopes.discard("files:read")
    with pytest.raises(Forbidden, match="files:read"):
        await hub.adapter.fetch(address, message.files[0]["url_private"], 100)
    hub.platform.app.scopes.add("files:read")
    assert await hub.adapter.fetch(address, f"file:{message.files[0]['id']}", 100) == b"content"
    with pytest.raises(Rejected, match="gone"):
        await hub.adapter.fetch(address, f"{hub.platform.url}/files-pri/F404", 100)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        "type",
        "subtype",
        "user",
        "bot_id",
        "text",
        "ts",
        "thread_ts",
        "channel",
        "channel_type",
        "files",
        "item",
        "item_user",
        "reaction",
        "tab",
        "view",
        "actions",
        "value",
        "assistant_thread",
        "message",
        "container",
        "team",
        "trigger_id",
        "callback_id",
        "response_url",
        "action_ts",
    ]
)
EVENTS = st.dictionaries(FIELDS, JSON, max_size=10)
TYPES = st.sampled_from(
    ["message", "app_mention", "reaction_added", "app_home_opened", "assistant_thread_started", "x"]
)


@settings(max_examples=400, deadline=None)
@given(EVENTS, TYPES)
def test_no_event_raises_but_as_bad_input(event: dict[str, Any], kind: str) -> None:
    body = msgspec.json.encode({"type": "event_callback", "team_id": "T1", "event": {**event, "type": kind}})
    try:
        read_event(read_callback(body), ME)
    except BadInput:
        return


@settings(max_examples=400, deadline=None)
@given(EVENTS, st.sampled_from(["block_actions", "message_action", "view_submission"]))
def test_no_interaction_raises_but_as_bad_input(told: dict[str, Any], kind: str) -> None:
    try:
        read_interaction(msgspec.json.encode({**told, "type": kind}), ME)
    except BadInput:
        return


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_but_as_bad_input(body: bytes) -> None:
    for read in (
        read_callback,
        lambda content: read_interaction(content, ME),
        lambda c: kind_of(Callback(event=msgspec.Raw(c))),
    ):
        try:
            read(body)
        except BadInput:
            continue


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["command", "text", "channel_id", "user_id", "trigger_id"]), st.text(max_size=30))
)
def test_no_slash_command_raises(fields: dict[str, str]) -> None:
    asked = read_slash(fields, ("model",), ME)
    assert asked is None or asked.inbound.sender.user == fields["user_id"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=40), st.text(min_size=1, max_size=10))
def test_the_check_never_raises_and_agrees_with_the_sdk(when: str, sign: str, body: bytes, secret: str) -> None:
    assert not is_signed(secret, when, sign, body)
    now = str(int(time.time()))
    try:
        told = SignatureVerifier(secret).generate_signature(timestamp=now, body=body)
    except (UnicodeError, ValueError):
        return
    assert is_signed(secret, now, told, body)


HOSTILE = st.lists(
    st.sampled_from(
        ["<!channel>", "<!here|x>", "<@U123>", "<#C12|x>", "<!subteam^S1>", "@everyone", "@channel", "`", "```\n", "\n",
         " ", "&lt;!channel&gt;", "<", "!", "@", "channel", ">", "|", "[a](https://e.org/<!channel>)", "![i](https://e.org)",
         "\u200b", "**", "x", "<https://e.org|<!channel>>", "|a|b|\n|-|-|\n|<!here>|@here|\n", "# "]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
@example("<`@everyone>")
def test_no_text_mentions_anybody_anywhere(text: str) -> None:
    part = Part(text, (Button(text or "x", "model", text, translate=False),))
    shown = [markdown(text), mrkdwn(text)]
    for fallback, blocks in (message_blocks(part, ("<!here>", "x")), response_blocks(part)):
        assert fallback
        shown += [fallback, *_texts([block for block in blocks if block["type"] in ("markdown", "section")])]
    shown += _texts([block for block in home_view(part)["blocks"] if block["type"] == "section"])  # type: ignore[attr-defined]
    for each in shown:
        assert not MENTION.search(each)
        assert not re.search(r"@(everyone|channel|here)\b", each, re.IGNORECASE)
    assert "![" not in markdown(text) or "`" in text
