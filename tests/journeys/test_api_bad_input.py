"""What the API is sent and cannot serve: refused in words that name the field, before anything is held or asked."""

from __future__ import annotations

import asyncio
import io
import json
import random
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.rules import Limits
from providers.kit.stand_in import Script
from storage.rows import now_ms
from tests.journeys.test_api import PICTURE, WEATHER, said
from tests.kit.api import ApiHouse, api_house, question

HI = said("hi")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(tmp_path) as made:
        yield made


def user(*parts: Any) -> dict[str, Any]:
    return question() | {"messages": [{"role": "user", "content": list(parts)}]}


def image(url: Any) -> dict[str, Any]:
    return user({"type": "image_url", "image_url": {"url": url}})


def tool(**changes: Any) -> dict[str, Any]:
    return question(tools=[{"type": "function", "function": {"name": "f", **changes}}])


def talk(*messages: Any) -> dict[str, Any]:
    return question() | {"messages": list(messages)}


CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
WRONG: list[tuple[Any, str | None]] = [
    (b"", None),
    (b"{", None),
    (b"[]", None),
    (b'{"model": NaN}', None),
    (b'{"temperature": 1e999, "model": "small"}', None),
    (b"[" * 100_000, None),
    (b'{"model": "\xff"}', None),
    (b'{"model": "small", "messages": [{"role": "user", "content": "\\ud800"}]}', None),
    ({"messages": HI}, "model"),
    (question(model=7), "model"),
    ({"model": "small"}, "messages"),
    (talk(), "messages"),
    (talk({"role": "system", "content": "x"}), "messages"),
    (talk("hi"), "messages[0]"),
    (talk({"role": "robot", "content": "hi"}), "messages[0].role"),
    (talk({"role": "user", "content": ""}), "messages[0].content"),
    (talk({"role": "user", "content": 7}), "messages[0].content"),
    (talk(*HI, {"role": "assistant"}), "messages[1].content"),
    (talk(*HI, {"role": "tool", "tool_call_id": "c9", "content": "x"}), "messages[1].tool_call_id"),
    (talk(*HI, {"role": "assistant", "tool_calls": [{**CALL, "type": "custom"}]}), "messages[1].tool_calls[0].type"),
    (
        talk(*HI, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "{"}}]}),
        "messages[1].tool_calls[0].function.arguments",
    ),
    (user({"type": "input_audio", "input_audio": {}}), "messages[0].content[0].type"),
    (user({"type": "text"}), "messages[0].content"),
    (image("https://example.org/cat.png"), "messages[0].content[0].image_url.url"),
    (image("http://169.254.169.254/latest"), "messages[0].content[0].image_url.url"),
    (image("file:///etc/passwd"), "messages[0].content[0].image_url.url"),
    (image("data:image/png;base64,!!!"), "messages[0].content[0].image_url.url"),
    (image("data:image/png,plain"), "messages[0].content[0].image_url.url"),
    (image("data:image/png;base64,aGVsbG8="), "messages[0].content[0].image_url.url"),
    (image(PICTURE[:60]), "messages[0].content[0].image_url.url"),
    (image(7), "messages[0].content[0].image_url.url"),
    (question(n=2), "n"),
    (question(n=True), "n"),
    (question(logprobs=True), "logprobs"),
    (question(functions=[]), "functions"),
    (question(frequency_penalty=0.5), "frequency_penalty"),
    (question(modalities=["audio"]), "modalities"),
    (question(invented=1), "invented"),
    (question(temperature=-0.1), "temperature"),
    (question(temperature=2.1), "temperature"),
    (question(temperature="hot"), "temperature"),
    (question(top_p=1.5), "top_p"),
    (question(max_tokens=0), "max_tokens"),
    (question(max_tokens=-5), "max_tokens"),
    (question(max_tokens=10**30), "max_tokens"),
    (question(max_tokens=1.5), "max_tokens"),
    (question(max_tokens=True), "max_tokens"),
    (question(max_tokens=1_001), "max_tokens"),
    (question(max_tokens=5, max_completion_tokens=6), "max_tokens"),
    (question(max_completion_tokens=2**63), "max_completion_tokens"),
    (question(stop=["a", "b", "c", "d", "e"]), "stop"),
    (question(stop=[""]), "stop"),
    (question(stop=[7]), "stop"),
    (question(stream="yes"), "stream"),
    (question(stream_options={"include_usage": True}), "stream_options"),
    (question(stream=True, stream_options={"invented": 1}), "stream_options.invented"),
    (question(tools=[{"type": "custom"}]), "tools[0].type"),
    (tool(name="no spaces"), "tools[0].function.name"),
    (tool(parameters=[]), "tools[0].function.parameters"),
    (question(tools=[WEATHER, WEATHER]), "tools"),
    (question(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "x"}}), "tool_choice"),
    (question(tool_choice="required"), "tool_choice"),
    (question(model="plain", tools=[WEATHER]), "tools"),
    (user({"type": "image_url", "image_url": {"url": PICTURE}}) | {"model": "plain"}, "messages"),
    (question("word " * 3_000, model="plain"), "messages"),
    (question("word " * 850, model="plain", max_tokens=200), "messages"),
]


async def test_each_is_refused_in_words_and_moves_nothing(house: ApiHouse) -> None:
    key = await house.key(budget=1_000_000)
    before = house.money()
    for body, param in WRONG:
        status, content = await house.post(key, body)
        assert "error" in content, (body, content)
        error = content["error"]
        assert (status, error["param"], error["type"]) == (400, param, "invalid_request_error"), (body, error)
        assert len(error["message"]) > 20
    assert house.heard() == []
    assert house.money() == before


async def test_what_says_nothing_new_is_taken(house: ApiHouse) -> None:
    key = await house.key()
    fine = question(
        n=1, seed=7, user="ann", metadata={"a": "b"}, frequency_penalty=0, presence_penalty=0.0, logit_bias=None,
        logprobs=False, response_format={"type": "text"}, store=False, service_tier="auto", tools=[], stop=None,
        tool_choice="none", parallel_tool_calls=True, stream=None, stream_options=None, max_tokens=None, top_p=1,
    )  # fmt: skip
    status, content = await house.post(key, fine)
    assert (status, content["choices"][0]["finish_reason"]) == (200, "stop")


async def test_errors_that_no_route_wrote_have_openais_shape_too(house: ApiHouse) -> None:
    key = await house.key()
    status, content = await house.post(key, io.BytesIO(b"x" * 4_000_001))
    assert (status, content["error"]["code"]) == (413, "request_too_large")

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100_000

    headers = {"Authorization": f"Bearer {key}"}
    async with house.session.post(f"{house.url}/chat/completions", data=drip(), headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (413, "request_too_large")
    for method, path, code in (("GET", "chat/completions", "method_not_allowed"), ("POST", "images", "not_found")):
        async with house.session.request(method, f"{house.url}/{path}") as answer:
            error = (await answer.json())["error"]
            assert (error["code"], error["type"]) == (code, "invalid_request_error")


async def test_a_body_that_does_not_come_is_not_waited_for(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.v1.routes.BODY_SECONDS", 0.1)

    async def stuck() -> AsyncIterator[bytes]:
        yield b'{"model": '
        await asyncio.sleep(1)

    headers = {"Authorization": f"Bearer {await house.key()}"}
    async with house.session.post(f"{house.url}/chat/completions", data=stuck(), headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (408, "request_timeout")


async def test_who_calls_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with api_house(tmp_path, per_minute=2) as house:
        key, other = await house.key(), await house.key(per_minute=3)
        found = [await house.call(key, question()) for _ in range(3)]
        assert [status for status, _, _ in found] == [200, 200, 429]
        assert found[2][2]["error"]["code"] == "rate_limit_exceeded"
        assert 1 <= int(found[2][1]["Retry-After"]) <= 30
        assert [(await house.call(other, question()))[0] for _ in range(4)] == [200, 200, 200, 429]


async def test_a_house_that_is_full_says_so(tmp_path: Path) -> None:
    async with api_house(tmp_path, limits=Limits(turns_at_once=1)) as house:
        key = await house.key()
        house.vendors["openai"].default = Script(wait=0.5)
        first = asyncio.create_task(house.call(key, question()))
        while not house.heard():
            await asyncio.sleep(0.01)
        status, headers, content = await house.call(key, question())
        assert (status, content["error"]["code"]) == (503, "overloaded")
        assert int(headers["Retry-After"]) > 0
        assert (await first)[0] == 200


async def test_a_blocked_account_and_a_key_for_other_models_are_told_apart(
    house: ApiHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.core.operations.keys.KNOWN_SECONDS", 0.05)
    account = await house.account()
    key = await house.key(account, models=frozenset({"gem"}))
    status, content = await house.post(key, question())
    assert (status, content["error"]["code"]) == (403, "model_not_allowed")
    assert (await house.post(key, question(model="default")))[0] == 403
    assert (await house.post(key, question(model="none")))[0] == 404
    await house.store.block(1, account, True)
    await asyncio.sleep(0.1)
    status, content = await house.post(key, question(model="gem"))
    assert (status, content["error"]["code"]) == (403, "account_blocked")


async def test_wrong_keys_take_one_time(house: ApiHouse) -> None:
    """No kind of wrong key can be told from another by how long its refusal takes."""
    account = await house.account()
    expired, revoked = await house.key(account, expires=now_ms() - 1), await house.key(account)
    foreign = await house.key(tenant=2, expires=now_ms() - 1)
    await house.store.revoke_key(1, (await house.store.keys(1, 0, 0, 10))[1].id)
    kinds = {"unknown": "pk-parley-" + "x" * 43, "expired": expired, "revoked": revoked, "foreign": foreign}
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(120):
        for kind, key in random.sample(list(kinds.items()), len(kinds)):
            began = time.perf_counter()
            status, _ = await house.post(key, question())
            taken[kind].append(time.perf_counter() - began)
            assert status == 401
    # the quicker ones of each kind: what else runs on this machine only ever makes some slower
    quick = [statistics.quantiles(times, n=5)[0] for times in taken.values()]
    assert max(quick) < 1.6 * min(quick), quick


WEIRD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "model messages stream stream_options temperature top_p max_tokens max_completion_tokens stop tools "
    "tool_choice parallel_tool_calls n user response_format logit_bias x"
)
FIELDS = st.sampled_from(NAMES.split())
INNER = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system", "x"])},
    optional={"content": WEIRD, "tool_calls": WEIRD, "tool_call_id": WEIRD, "name": WEIRD},
)


def test_no_body_makes_us_fail_and_no_refusal_moves_credit(tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    opened = api_house(tmp_path)
    house = loop.run_until_complete(opened.__aenter__())
    key = loop.run_until_complete(house.key(budget=10_000_000))

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(FIELDS, WEIRD, max_size=4), st.lists(INNER, max_size=3), st.booleans())
    def fuzz(changes: dict[str, Any], messages: list[Any], whole: bool) -> None:
        body = ({"model": "small", "messages": messages or HI} if whole else {}) | changes
        before = house.money()
        status, content = loop.run_until_complete(house.post(key, json.dumps(body).encode()))
        assert status in (200, 400, 404), (body, content)
        if status != 200:
            assert set(content["error"]) == {"message", "type", "param", "code"}
            assert house.money() == before

    try:
        fuzz()
    finally:
        loop.run_until_complete(opened.__aexit__(None, None, None))
        loop.close()
