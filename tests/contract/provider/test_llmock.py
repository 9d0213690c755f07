"""A server we did not write, which fails on demand and judges its client: llmock's OpenAI, Anthropic and Gemini."""

import json
import urllib.request

import pytest

from hub.domain.completion import Completed, Finish, TextDelta, ToolCall, ToolSpec
from hub.domain.errors import Broken, ContextTooLong, Down, Overloaded
from hub.domain.model import Endpoint
from providers.table import create
from tests.contract.provider.conftest import asking, hear
from tests.kit.llm import llmock_server  # noqa: F401 - a fixture

MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}


@pytest.fixture(params=sorted(MODELS))
async def vendor(request, llmock_server):  # noqa: F811
    llmock_server.state.reset()
    provider = create(
        Endpoint(request.param, request.param, "sk-test-key-0123456789", llmock_server.base_url(request.param))
    )

    class Vendor:
        async def hear(self, **fields):
            return await hear(provider, asking("Tell me something", model=MODELS[request.param], **fields))

        def behave(self, **behaviour):
            self.post("scenario", {"behaviors": [behaviour]})

        def verdict(self):
            with urllib.request.urlopen(f"{llmock_server.url}/_llmock/verdict") as answer:
                return json.load(answer)

        def post(self, name, body):
            call = urllib.request.Request(
                f"{llmock_server.url}/_llmock/{name}", json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(call).close()

    yield Vendor()
    await provider.close()


async def test_words_and_usage(vendor):
    vendor.behave(type="reply", text="Grüße from a server of others, in nine words.")
    events = await vendor.hear()
    assert "".join(event.text for event in events[:-1]) == "Grüße from a server of others, in nine words."
    assert isinstance(events[-1], Completed)
    assert not events[-1].usage.estimated
    assert events[-1].usage.output > 5


async def test_tool_calls(vendor):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    events = await vendor.hear(tools=(ToolSpec("get_weather", "Weather of a city", schema),))
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [call.name for call in calls] == ["get_weather"]
    assert "city" in json.loads(calls[0].arguments)
    assert events[-1].finish is Finish.TOOL_CALLS


@pytest.mark.parametrize(("status", "kind"), [(429, Overloaded), (500, Down), (503, Overloaded)])
async def test_status(vendor, status, kind):
    vendor.behave(type="fail", status=status, retry_after=2, times=1)
    with pytest.raises(kind) as caught:
        await vendor.hear()
    if status == 429:
        assert caught.value.after == 2
    assert isinstance((await vendor.hear())[-1], Completed)


async def test_context_overflow(vendor):
    message = "This model's maximum context length was exceeded."
    vendor.behave(type="fail", status=400, code="context_length_exceeded", message=message, times=1)
    with pytest.raises(ContextTooLong):
        await vendor.hear()


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
async def test_stream_faults(vendor, kind):
    vendor.behave(type="stream_fault", kind=kind, after_chunks=4, times=1)
    with pytest.raises(Broken) as caught:
        await vendor.hear()
    assert caught.value.usage.estimated
    await vendor.hear()  # trying again is the caller's work
    found = {one["code"] for one in vendor.verdict()["findings"]}
    assert found <= ({"malformed_chunk_ignored"} if kind == "malformed" else set())  # it cannot see that we raised


async def test_a_slow_first_word_is_waited_for(vendor):
    vendor.behave(type="slow_first_token", seconds=0.5, times=1)
    assert any(isinstance(event, TextDelta) for event in await vendor.hear())
