"""An idempotency key makes a call of the API happen once, however often it is sent. Each case of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from hub.domain.completion import ToolCall
from hub.domain.errors import StoreDown
from providers.kit.stand_in import Fault, Script
from tests.journeys.test_api import WEATHER, _until, client_of, said
from tests.kit.api import ApiHouse, api_house, question

ONCE = {"Idempotency_Key": "order-17"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(tmp_path) as made:
        yield made


async def test_a_repeat_gets_the_first_answer_and_is_charged_once(house: ApiHouse) -> None:
    key = await house.key()
    house.vendors["openai"].next(Script("first"), Script("second"))
    status, headers, first = await house.call(key, question(), **ONCE)
    assert (status, "Idempotent-Replayed" in headers) == (200, False)
    status, headers, again = await house.call(key, question(), **ONCE)
    assert (status, headers["Idempotent-Replayed"]) == (200, "true")
    assert again == first
    assert len(house.heard()) == 1
    assert house.sql("SELECT count(*) FROM attempts") == [(1,)]


async def test_a_repeated_stream_is_a_stream_of_the_first_answer(house: ApiHouse) -> None:
    calls = (ToolCall("c1", "weather", '{"city": "Paris"}'),)
    house.vendors["openai"].next(Script("one two", calls=calls, input=7, output=5))
    body: dict[str, Any] = {
        "model": "small", "messages": said("hi"), "stream": True, "stream_options": {"include_usage": True},
        "tools": [WEATHER], "extra_headers": {"Idempotency-Key": "s-1"},
    }  # fmt: skip
    heard = []
    async with client_of(house, await house.key()) as client:
        for _ in range(2):
            stream: Any = await client.chat.completions.create(**body)
            chunks = [chunk async for chunk in stream]
            deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
            parts = [call for delta in deltas for call in delta.tool_calls or ()]
            heard.append(
                (
                    chunks[0].id,
                    "".join(delta.content or "" for delta in deltas),
                    "".join(part.function.name or "" for part in parts),
                    "".join(part.function.arguments or "" for part in parts),
                    [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1],
                    chunks[-1].usage.total_tokens,
                )
            )
    assert heard[0] == heard[1]
    assert heard[0][1:] == ("one two", "weather", '{"city": "Paris"}', "tool_calls", 12)
    assert len(house.heard()) == 1


async def test_a_refusal_is_kept_too(house: ApiHouse) -> None:
    key = await house.key()
    for _ in range(2):
        status, headers, content = await house.call(key, question(n=2), **ONCE)
        assert (status, content["error"]["param"]) == (400, "n")
    assert headers["Idempotent-Replayed"] == "true"
    status, _, content = await house.call(key, question(), **ONCE)
    assert (status, content["error"]["code"]) == (422, "idempotency_key_reused")


async def test_a_failure_of_ours_is_not_kept(house: ApiHouse) -> None:
    key = await house.key()
    house.vendors["openai"].next(Script(fault=Fault.STATUS, status=500), Script("well"))
    assert (await house.post(key, question(), **ONCE))[0] == 503
    status, content = await house.post(key, question(), **ONCE)
    assert (status, content["choices"][0]["message"]["content"]) == (200, "well")


async def test_what_may_succeed_later_is_not_kept(house: ApiHouse) -> None:
    key = await house.key(await house.account(dollars=0.000_001), budget=1)
    for _ in range(2):
        status, headers, content = await house.call(key, question(), **ONCE)
        assert (status, content["error"]["code"]) == (429, "insufficient_quota")
        assert "Idempotent-Replayed" not in headers


async def test_the_same_call_at_the_same_time_is_told_to_wait(house: ApiHouse) -> None:
    key = await house.key()
    house.vendors["openai"].next(Script("slow", wait=0.5))
    first = asyncio.create_task(house.post(key, question(), **ONCE))
    await _until(lambda: len(house.heard()) == 1)
    status, headers, content = await house.call(key, question(), **ONCE)
    assert (status, content["error"]["code"], headers["Retry-After"]) == (409, "idempotency_in_progress", "1")
    assert (await first)[0] == 200
    assert len(house.heard()) == 1


async def test_another_body_with_the_same_key_is_refused(house: ApiHouse) -> None:
    key = await house.key()
    assert (await house.post(key, question("one"), **ONCE))[0] == 200
    status, content = await house.post(key, question("two"), **ONCE)
    assert (status, content["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(house.heard()) == 1


async def test_keys_of_others_and_of_another_tenant_mean_nothing(house: ApiHouse) -> None:
    account = await house.account()
    keys = [await house.key(account), await house.key(account), await house.key(tenant=2)]
    for number, key in enumerate(keys):
        assert (await house.post(key, question(f"from {number}"), **ONCE))[0] == 200
    assert len(house.heard()) == 3


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_cannot_be_kept_is_given_and_not_made_again(
    house: ApiHouse, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """The database goes away between the model's last word and our note of it."""

    async def away(*_: object) -> None:
        raise StoreDown("the database cannot be reached")

    monkeypatch.setattr(house.store, "keep_replay", away)
    key, asked = await house.key(), question(stream=stream)
    status, _, content = await house.call(key, asked, **ONCE)
    assert status == 200
    assert content.endswith("[DONE]\n\n") if stream else content["choices"][0]["message"]["content"] == "You said: hi"
    status, _, content = await house.call(key, asked, **ONCE)
    assert (status, content["error"]["code"]) == (409, "idempotency_in_progress")
    assert len(house.heard()) == 1


async def test_without_a_key_nothing_is_kept(house: ApiHouse) -> None:
    key = await house.key()
    for _ in range(2):
        assert (await house.post(key, question()))[0] == 200
    assert len(house.heard()) == 2
    assert house.sql("SELECT count(*) FROM replays") == [(0,)]


async def test_a_key_that_is_none_is_refused(house: ApiHouse) -> None:
    key = await house.key()
    for name in ("", "x" * 256, "k\u00e4y"):
        assert (await house.post(key, question(), Idempotency_Key=name))[0] == 400
    assert house.heard() == []


async def test_who_leaves_in_the_middle_may_ask_again(house: ApiHouse) -> None:
    key = await house.key()
    house.vendors["openai"].next(Script("word " * 50, pace=0.02), Script("whole"))
    async with client_of(house, key) as client:
        stream: Any = await client.chat.completions.create(
            model="small", messages=said("hi"), stream=True, extra_headers={"Idempotency-Key": "s-2"}
        )
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        await _until(lambda: house.sql("SELECT count(*) FROM replays") == [(0,)])
        again: Any = await client.chat.completions.create(
            model="small", messages=said("hi"), stream=True, extra_headers={"Idempotency-Key": "s-2"}
        )
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in again]) == "whole"


async def test_a_lock_of_a_process_that_died_runs_out(house: ApiHouse) -> None:
    key = await house.key()
    assert (await house.post(key, question(), **ONCE))[0] == 200
    house.sql("UPDATE replays SET state = 'open', answer = NULL, status = 0")
    assert (await house.post(key, question(), **ONCE))[0] == 409
    house.sql("UPDATE replays SET until = 1")
    assert (await house.post(key, question(), **ONCE))[0] == 200
    assert len(house.heard()) == 2


async def test_an_answer_too_large_to_keep_is_not_made_twice(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.v1.once.LARGEST_ANSWER", 300)
    key = await house.key()
    house.vendors["openai"].next(Script("word " * 100))
    assert (await house.post(key, question(), **ONCE))[0] == 200
    status, content = await house.post(key, question(), **ONCE)
    assert (status, content["error"]["code"]) == (409, "idempotency_answer_lost")
    assert len(house.heard()) == 1


async def test_a_kept_answer_is_not_for_a_revoked_key(house: ApiHouse) -> None:
    key = await house.key()
    assert (await house.post(key, question(), **ONCE))[0] == 200
    (row,) = await house.store.keys(1, 0, 0, 10)
    await house.store.revoke_key(1, row.id)
    assert (await house.post(key, question(), **ONCE))[0] == 401


async def test_the_official_client_sees_no_difference(house: ApiHouse) -> None:
    async with client_of(house, await house.key()) as client:
        once = {"Idempotency-Key": "c-1"}
        answers = [
            await client.chat.completions.create(model="small", messages=said("hi"), extra_headers=once)
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        with pytest.raises(openai.UnprocessableEntityError):
            await client.chat.completions.create(model="small", messages=said("other"), extra_headers=once)
