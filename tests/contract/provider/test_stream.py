"""What a provider with a server behind it makes of whole answers."""

import json

import pytest

from hub.domain.completion import (
    Completed,
    Finish,
    ImageInput,
    PromptMessage,
    Role,
    TextDelta,
    ToolCall,
    ToolSpec,
    Usage,
)
from providers.kit.stand_in import Fault, Script
from tests.contract.provider.conftest import asking, hear

CALLS = (ToolCall("c1", "weather", '{"city": "Paris", "days": 3}'), ToolCall("c2", "weather", '{"city": "Rome"}'))


@pytest.mark.needs("shares")
async def test_usage_with_its_shares(faulty, connect):
    faulty.next(Script("one two three", input=100, cached=80, reasoning=7))
    completed = (await hear(connect()))[-1]
    assert completed.usage == Usage(input=100, cached=80, output=10, reasoning=7)
    assert completed.model == "small-2026"


@pytest.mark.parametrize("finish", ["stop", "length", "filtered"])
@pytest.mark.needs("finishes")
async def test_finish(faulty, connect, finish):
    faulty.next(Script("some words", finish=finish))
    assert (await hear(connect()))[-1].finish == Finish(finish)


@pytest.mark.needs("shares")
async def test_reasoning_is_not_shown(faulty, connect):
    faulty.next(Script("shown", reasoning=1))
    assert [event for event in await hear(connect()) if isinstance(event, TextDelta)] == [TextDelta("shown")]


@pytest.mark.needs("tools")
async def test_parallel_tool_calls_come_whole_behind_the_words(faulty, connect):
    faulty.next(Script("Let me look. ", calls=CALLS))
    events = await hear(connect(), asking(tools=(ToolSpec("weather", "The weather", {"type": "object"}),)))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == "Let me look. "
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [(call.id, call.name) for call in calls] == [("c1", "weather"), ("c2", "weather")]
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris", "days": 3}, {"city": "Rome"}]
    assert events[-1].finish is Finish.TOOL_CALLS
    assert events.index(calls[0]) > 0


@pytest.mark.needs("tools")
async def test_tool_results_and_images_are_sent(faulty, connect):
    messages = (
        PromptMessage(Role.USER, "Look", images=(ImageInput("image/png", b"\x89PNG\xfb\xff"),)),
        PromptMessage(Role.ASSISTANT, "", tool_calls=CALLS),
        PromptMessage(Role.TOOL, "rain", tool_call_id="c1"),
        PromptMessage(Role.TOOL, "sun", tool_call_id="c2"),
    )
    assert isinstance((await hear(connect(), asking(messages=messages)))[-1], Completed)
    sent = str(faulty.heard[-1].body)
    for part in ("rain", "sun", "c1", "c2", "image/png", "weather"):
        assert part in sent


async def test_the_key_travels_in_a_header_and_never_in_the_url(faulty, connect):
    await hear(connect())
    call = faulty.heard[-1]
    assert "secret" not in call.path
    assert sum("secret" in value for value in call.headers.values()) == 1


@pytest.mark.parametrize("fault", [Fault.NONSENSE, Fault.NO_USAGE])
async def test_usage_that_cannot_be_is_estimated_and_says_so(faulty, connect, fault):
    faulty.next(Script("one two three four five six", fault=fault, after=99))
    usage = (await hear(connect()))[-1].usage
    assert usage.estimated
    assert usage.input > 0
    assert 6 <= usage.output < 60


async def test_zero_usage_for_words_is_not_believed(faulty, connect):
    faulty.next(Script("one two three", input=0, output=0))
    usage = (await hear(connect()))[-1].usage
    assert usage.estimated
    assert usage.input > 0
    assert usage.output >= 3


async def test_one_connection_serves_many_calls(faulty, connect):
    provider = connect()
    peers = set()
    for _ in range(5):
        await hear(provider)
        session = provider._line._session
        assert len(session.connector._conns) == 1  # given back, not thrown away
        peers |= set(session.connector._conns)
    assert len(peers) == 1


async def test_bodies_beyond_a_megabyte_go_out(faulty, connect):
    image = ImageInput("image/png", b"x" * 1_500_000)
    messages = (PromptMessage(Role.USER, "Look", images=(image,)),)
    assert isinstance((await hear(connect(), asking(messages=messages)))[-1], Completed)


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
@pytest.mark.needs("versions")
async def test_the_address_may_end_in_its_version(faulty, connect, suffix):
    assert isinstance((await hear(connect(base_url=faulty.base_url + suffix)))[-1], Completed)
    assert faulty.heard[-1].path.count("/v1") == 1
