"""The official client, pointed at Parley: it chats, streams, calls a tool, sends an image, and hits its budget."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from hub.core.rules import RouteRule, Spending
from hub.domain.completion import ToolCall
from hub.domain.key import BudgetWindow
from hub.domain.model import Model, Price
from hub.domain.money import NewGrant, Source, Unit
from hub.domain.plan import Plan
from providers.kit.stand_in import Fault, Script
from storage.rows import now_ms
from tests.kit.api import ApiHouse, api_house, models, question

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
DEAR = Model("dear", "openai", "vendor-dear", price=Price(900_000_000, 900_000_000))
VENDORS = [("small", "openai"), ("claude", "anthropic"), ("gem", "gemini")]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(tmp_path) as made:
        yield made


def client_of(house: ApiHouse, key: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=key, base_url=house.url, max_retries=0)


def said(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(("model", "vendor"), VENDORS)
async def test_it_chats_and_says_what_was_used(house: ApiHouse, model: str, vendor: str) -> None:
    house.vendors[vendor].next(Script("one two three", input=20, cached=8, output=3))
    async with client_of(house, await house.key()) as client:
        answer = await client.chat.completions.create(
            model=model,
            messages=[{"role": "developer", "content": "Be brief."}, *said("Count.")],
            max_completion_tokens=50,
            stop=["four"],
            user="ann",
            seed=7,
        )
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.message.tool_calls) == ("one two three", "stop", None)
    assert answer.model == model
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (20, 3, 23)
    assert answer.usage.prompt_tokens_details.cached_tokens == 8
    assert house.heard(vendor)[0] != {}


@pytest.mark.parametrize(("model", "vendor"), VENDORS)
async def test_it_streams_with_the_usage_in_the_last_chunk(house: ApiHouse, model: str, vendor: str) -> None:
    house.vendors[vendor].next(Script("one two three", pace=0.01, input=20, output=3))
    async with client_of(house, await house.key()) as client:
        stream = await client.chat.completions.create(
            model=model, messages=said("Count."), stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "one two three"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1] if chunk.choices[0].finish_reason] == ["stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (20, 3)


async def test_without_being_asked_no_usage_is_streamed(house: ApiHouse) -> None:
    async with client_of(house, await house.key()) as client:
        stream = await client.chat.completions.create(model="small", messages=said("Count."), stream=True)
        assert [chunk.usage for chunk in [one async for one in stream]] == [None] * 3


def test_the_synchronous_client_does_the_same(tmp_path: Path) -> None:
    async def inside() -> None:
        async with api_house(tmp_path) as house:
            key = await house.key()
            house.vendors["openai"].next(Script("one two"), Script("three four"))

            def talk() -> tuple[str, str]:
                with openai.OpenAI(api_key=key, base_url=house.url, max_retries=0) as client:
                    whole = client.chat.completions.create(model="small", messages=said("a"))
                    stream = client.chat.completions.create(model="small", messages=said("b"), stream=True)
                    words = [chunk.choices[0].delta.content or "" for chunk in stream]
                    return whole.choices[0].message.content or "", "".join(words)

            assert await asyncio.to_thread(talk) == ("one two", "three four")

    asyncio.run(inside())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("model", "vendor"), VENDORS)
async def test_it_has_a_tool_called_and_gives_back_the_result(
    house: ApiHouse, model: str, vendor: str, stream: bool
) -> None:
    asked = (ToolCall("c1", "weather", '{"city": "Paris"}'), ToolCall("c2", "weather", '{"city": "Rome"}'))
    house.vendors[vendor].next(Script("Let me see.", calls=asked), Script("Rain and sun."))
    async with client_of(house, await house.key()) as client:
        talk: list[Any] = said("Weather?")
        common: dict[str, Any] = {"model": model, "tools": [WEATHER], "tool_choice": "auto"}
        if stream:
            calls: dict[int, dict[str, str]] = {}
            finish = ""
            async for chunk in await client.chat.completions.create(messages=talk, stream=True, **common):
                finish = chunk.choices[0].finish_reason or finish
                for part in chunk.choices[0].delta.tool_calls or ():
                    assert part.function is not None
                    call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
                    call["id"] += part.id or ""
                    call["name"] += part.function.name or ""
                    call["arguments"] += part.function.arguments or ""
            found = [(one["id"], one["name"], json.loads(one["arguments"])) for one in calls.values()]
            message: Any = {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {"id": i, "type": "function", "function": {"name": n, "arguments": json.dumps(a)}}
                    for i, n, a in found
                ],
            }
        else:
            answer = await client.chat.completions.create(messages=talk, **common)
            finish = answer.choices[0].finish_reason
            message = answer.choices[0].message
            found = [(one.id, one.function.name, json.loads(one.function.arguments)) for one in message.tool_calls]
        assert finish == "tool_calls"
        assert [(name, arguments) for _, name, arguments in found] == [
            ("weather", {"city": "Paris"}), ("weather", {"city": "Rome"}),
        ]  # fmt: skip
        talk.append(message)
        talk += [
            {"role": "tool", "tool_call_id": called, "content": word}
            for (called, _, _), word in zip(found, ("rain", "sun"), strict=True)
        ]
        last = await client.chat.completions.create(messages=talk, **common)
    assert last.choices[0].message.content == "Rain and sun."
    sent = json.dumps(house.heard(vendor)[1])
    assert '"rain"' in sent
    assert '"sun"' in sent
    assert "Let me see." in sent


@pytest.mark.parametrize(("model", "vendor"), VENDORS)
async def test_it_shows_an_image(house: ApiHouse, model: str, vendor: str) -> None:
    async with client_of(house, await house.key()) as client:
        parts: Any = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
        await client.chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])
    sent = json.dumps(house.heard(vendor)[0]).replace("-", "+").replace("_", "/")
    assert base64.b64encode(PNG).decode() in sent


async def test_it_lists_models_and_reads_one(house: ApiHouse) -> None:
    async with client_of(house, await house.key(models=frozenset({"small", "gem"}))) as client:
        assert [model.id async for model in client.models.list()] == ["small", "gem"]
        assert (await client.models.retrieve("gem")).owned_by == "gemini"
        assert (await client.models.retrieve("default")).id == "default"
        with pytest.raises(openai.PermissionDeniedError):
            await client.models.retrieve("claude")
        with pytest.raises(openai.NotFoundError) as missing:
            await client.models.retrieve("none")
        assert missing.value.code == "model_not_found"


async def test_a_key_for_lists_asks_nothing(house: ApiHouse) -> None:
    async with client_of(house, await house.key(lists_only=True)) as client:
        assert [model.id async for model in client.models.list()]
        with pytest.raises(openai.PermissionDeniedError):
            await client.chat.completions.create(model="small", messages=said("hi"))
    assert house.heard() == []


async def test_it_hits_the_budget_of_its_key(house: ApiHouse) -> None:
    account = await house.account(dollars=1)
    key = await house.key(account, budget=2_000, window=BudgetWindow.MONTH)
    house.vendors["openai"].default = Script("one two", input=100, output=200)
    async with client_of(house, key) as client:
        answered, met = 0, None
        while met is None and answered < 20:
            try:
                await client.chat.completions.create(model="small", messages=said("hi"), max_tokens=300)
                answered += 1
            except openai.RateLimitError as error:
                met = error
        assert met is not None
        assert met.code == met.type == "insufficient_quota"
        assert "key's budget" in str(met)
    assert 1 <= answered <= 4
    assert house.sql("SELECT held, used FROM ceilings WHERE scope LIKE 'key:%'") == [(0, answered * 500)]
    async with client_of(house, await house.key(account)) as other:
        await other.chat.completions.create(model="small", messages=said("hi"))


async def test_an_account_without_credit_is_told_so_and_a_free_model_answers_it(tmp_path: Path) -> None:
    async with api_house(tmp_path, plans={"none": Plan("none", 0)}, default_plan="none") as house:
        key = await house.key(await house.account(dollars=0))
        async with client_of(house, key) as client:
            with pytest.raises(openai.RateLimitError) as met:
                await client.chat.completions.create(model="small", messages=said("hi"))
            assert met.value.code == "insufficient_quota"
            await client.chat.completions.create(model="gratis", messages=said("hi"))
    assert [one["model"] for one in house.heard()] == ["vendor-gratis"]


async def test_a_key_of_a_team_spends_what_the_team_has_up_to_the_keys_own_budget(tmp_path: Path) -> None:
    """And nothing of the default plan's allowance, for anybody can make a team."""
    async with api_house(tmp_path, plans={"free": Plan("free", 500_000)}) as house:
        team = await house.store.create_team(1, "The Smiths", await house.account())
        key = await house.key(team, budget=1_000)
        status, content = await house.post(key, question(max_tokens=300))
        assert (status, content["error"]["code"]) == (429, "insufficient_quota")
        assert "credit" in content["error"]["message"]
        await house.store.grant(1, NewGrant("pool", team, Unit.MICRO, 5_000, Source.TOPUP))
        house.vendors["openai"].next(Script("word " * 20, input=100, output=400))
        assert (await house.post(key, question(max_tokens=400)))[0] == 200
        status, content = await house.post(key, question(max_tokens=400))
        assert (status, "key's budget" in content["error"]["message"]) == (429, True)
        [line] = await house.store.balances(1, team)
        assert (line.granted, line.used, line.held) == (5_000, 900, 0)


async def test_the_plans_pace_is_for_all_keys_of_an_account(tmp_path: Path) -> None:
    async with api_house(tmp_path, plans={"free": Plan("free", 500_000, per_minute=2)}) as house:
        account = await house.account()
        one, two = [await house.key(account) for _ in range(2)]
        assert [(await house.post(key, question()))[0] for key in (one, two)] == [200, 200]
        status, headers, content = await house.call(one, question())
        assert (status, content["error"]["code"]) == (429, "rate_limit_exceeded")
        assert 0 < int(headers["Retry-After"]) <= 30
        assert (await house.post(await house.key(), question()))[0] == 200


async def test_wrong_expired_foreign_and_revoked_keys_get_one_answer(house: ApiHouse) -> None:
    account = await house.account()
    expired = await house.key(account, expires=now_ms() - 1)
    living = await house.key(account)
    async with client_of(house, living) as client:
        await client.chat.completions.create(model="small", messages=said("hi"))
        (number,) = [key.id for key in await house.store.keys(1, 0, 0, 10) if not key.scope.expires]
        await house.store.revoke_key(1, number)
        asked = len(house.heard())
        for key in (expired, living, "pk-parley-" + "x" * 43, "sk-other", "", "\u00e4" * 10, "x" * 9_000):
            body = {"model": "small", "messages": said("hi")}
            status, headers, content = await house.call(key.encode("utf-8").decode("latin-1")[:4_000], body)
            assert (status, content["error"]["code"], headers["WWW-Authenticate"]) == (401, "invalid_api_key", "Bearer")
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
    assert len(house.heard()) == asked


async def test_default_falls_back_and_a_named_model_does_not(tmp_path: Path) -> None:
    async with api_house(tmp_path, fallback=("claude",)) as house, client_of(house, await house.key()) as client:
        house.vendors["openai"].next(Script(fault=Fault.STATUS, status=500), Script(fault=Fault.STATUS, status=500))
        answer = await client.chat.completions.create(model="default", messages=said("hi"))
        assert answer.model == "claude"
        with pytest.raises(openai.InternalServerError) as down:
            await client.chat.completions.create(model="small", messages=said("hi"))
        assert (down.value.status_code, down.value.code) == (503, "model_down")
        assert int(down.value.response.headers["Retry-After"]) > 0
    states = "SELECT model, state, key_id > 0, turn_id FROM attempts ORDER BY id"
    assert house.sql(states) == [
        ("small", "failed", 1, 0), ("claude", "done", 1, 0), ("small", "failed", 1, 0),
    ]  # fmt: skip


async def test_an_answer_that_breaks_off_says_so_in_the_stream(house: ApiHouse) -> None:
    house.vendors["openai"].next(Script("one two three four", fault=Fault.CUT, after=3, pace=0.01))
    async with client_of(house, await house.key()) as client:
        heard, code = "", None
        try:
            async for chunk in await client.chat.completions.create(model="small", messages=said("hi"), stream=True):
                heard += chunk.choices[0].delta.content or ""
        except openai.APIError as error:
            code = error.code
        assert code == "model_broke_off"
    assert heard == "one two "
    assert house.sql("SELECT state, estimated, output > 0 FROM attempts") == [("cut", 1, 1)]


async def test_who_leaves_stops_the_model_and_is_charged_for_what_was_said(house: ApiHouse) -> None:
    house.vendors["openai"].default = Script("word " * 200, pace=0.02)
    async with client_of(house, await house.key()) as client:
        stream = await client.chat.completions.create(model="small", messages=said("hi"), stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        (call,) = house.vendors["openai"].heard
        await asyncio.wait_for(call.left.wait(), 3)
        assert call.sent < 100

        waiting = asyncio.create_task(client.chat.completions.create(model="small", messages=said("again")))
        house.vendors["openai"].default = Script("late", wait=30)
        await _until(lambda: len(house.vendors["openai"].heard) == 2)
        waiting.cancel()
        await asyncio.wait_for(house.vendors["openai"].heard[1].left.wait(), 3)
    await _until(lambda: house.sql("SELECT count(*) FROM attempts WHERE state = 'open'") == [(0,)])
    rows = house.sql("SELECT state, estimated, output > 0, charged > 0, charged <= 3000 FROM attempts")
    assert rows[0] == ("cancelled", 1, 1, 1, 1)
    assert rows[1][0] == "cancelled"
    assert house.sql("SELECT sum(held) FROM balances") == [(0,)]


async def _until(met: Any) -> None:
    async with asyncio.timeout(5):
        while not met():
            await asyncio.sleep(0.01)


async def test_two_tenants_pay_and_list_apart(house: ApiHouse) -> None:
    one, two = await house.account(1), await house.account(2)
    house.vendors["openai"].default = Script("x", input=10, output=1)
    for account, tenant, times in ((one, 1, 1), (two, 2, 2)):
        async with client_of(house, await house.key(account, tenant)) as client:
            for _ in range(times):
                await client.chat.completions.create(model="small", messages=said("hi"))
    charged = "SELECT tenant_id, account_id, sum(charged), count(*) FROM attempts GROUP BY 1, 2 ORDER BY 1"
    assert house.sql(charged) == [(1, one, 12, 1), (2, two, 24, 2)]


async def test_a_prompt_is_counted_before_it_is_refused_for_an_estimate(tmp_path: Path) -> None:
    """The estimate says that neither fits; the vendor counts a token a word."""
    async with api_house(tmp_path, models=models(context=1_000, max_output=200)) as house:
        async with client_of(house, await house.key()) as client:
            fits, long = said("extraordinarily " * 300), said("hello " * 1_100)
            answer = await client.chat.completions.create(model="claude", messages=fits)
            assert answer.choices[0].finish_reason == "stop"
            with pytest.raises(openai.BadRequestError) as refused:
                await client.chat.completions.create(model="claude", messages=long)
            assert refused.value.code == "context_length_exceeded"
        paths = [call.path for call in house.vendors["anthropic"].heard]
        assert paths == ["/v1/messages/count_tokens", "/v1/messages", "/v1/messages/count_tokens"]
        assert house.sql("SELECT asked_tokens FROM attempts") == [(300,)]


async def test_default_goes_on_with_what_is_cheaper_and_a_named_model_does_not(tmp_path: Path) -> None:
    async with api_house(tmp_path, default="dear", fallback=("small",), models=models() | {"dear": DEAR}) as house:
        key = await house.key(budget=20_000)
        async with client_of(house, key) as client:
            answer = await client.chat.completions.create(model="default", messages=said("hi"))
            assert answer.model == "small"
            with pytest.raises(openai.RateLimitError) as met:
                await client.chat.completions.create(model="dear", messages=said("hi"))
            assert met.value.code == "insufficient_quota"


async def test_a_ceiling_of_the_house_stands_over_the_api_too(tmp_path: Path) -> None:
    ceilings = Spending(platforms={"api": 3_000})
    async with api_house(tmp_path, spending=ceilings) as house, client_of(house, await house.key()) as client:
        met = None
        for _ in range(5):
            house.vendors["openai"].next(Script("x", input=500, output=500))
            try:
                await client.chat.completions.create(model="small", messages=said("hi"), max_tokens=500)
            except openai.RateLimitError as error:
                met = error
        assert met is not None
        assert met.code == "insufficient_quota"
        assert "operator" in str(met)


async def test_many_calls_at_once_never_spend_more_than_their_keys_budget(house: ApiHouse) -> None:
    account = await house.account(dollars=10)
    key = await house.key(account, budget=1_000)
    house.vendors["openai"].default = Script("x", wait=0.2, input=100, output=20)
    calls = [
        asyncio.create_task(house.post(key, {"model": "small", "messages": said("hi"), "max_tokens": 100}))
        for _ in range(40)
    ]
    most = 0
    while not all(call.done() for call in calls):
        most = max([most, *(held + used for held, used in house.sql("SELECT held, used FROM ceilings"))])
        await asyncio.sleep(0.005)
    answered = [status for status, _ in (call.result() for call in calls)]
    assert set(answered) == {200, 429}
    assert 0 < most <= 1_000
    assert len(house.heard()) == answered.count(200)
    ((held, used),) = house.sql("SELECT held, used FROM ceilings WHERE scope LIKE 'key:%'")
    assert (held, used) == (0, answered.count(200) * 140)


async def test_default_follows_the_rules_for_the_api_and_for_size(tmp_path: Path) -> None:
    routes = (RouteRule("claude", platform="api", max_tokens=100), RouteRule("gem", platform="telegram"))
    async with api_house(tmp_path, routes=routes) as house:
        key = await house.key()
        found = [await house.post(key, {"model": "default", "messages": said(text)}) for text in ("hi", "word " * 300)]
    assert [content["model"] for _, content in found] == ["claude", "small"]
