"""The vendor's own SDK and our wire, side by side at one stand-in: the same goes out, the same comes back."""

import json

import pytest

from hub.domain.completion import (
    CompletionRequest,
    Finish,
    ImageInput,
    PromptMessage,
    Role,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from hub.domain.model import Endpoint
from providers.kit.stand_in import Script
from providers.llm.anthropic import wire as anthropic_wire
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini import wire as gemini_wire
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create

KEY = "sk-secret-key-0123456789"
PICTURE = b"\x89PNG\xfb\xef\xff"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALLS = (ToolCall("c1", "weather", '{"city": "Paris"}'), ToolCall("c2", "weather", '{"city": "Rome"}'))

PLAIN = CompletionRequest("small", (PromptMessage(Role.USER, "Grüße, 你好 & <b>"),), max_output=77)
FULL = CompletionRequest(
    "small",
    (
        PromptMessage(Role.USER, "Look at this", images=(ImageInput("image/png", PICTURE),)),
        PromptMessage(Role.ASSISTANT, "I see.", tool_calls=CALLS),
        PromptMessage(Role.TOOL, "rain", tool_call_id="c1"),
        PromptMessage(Role.TOOL, "sun", tool_call_id="c2"),
        PromptMessage(Role.USER, "And now?"),
    ),
    system="Be brief.",
    max_output=500,
    tools=(ToolSpec("weather", "The weather of a city", SCHEMA),),
    temperature=0.5,
)
ANSWER = Script("one two three", calls=CALLS, input=100, cached=60, reasoning=4)
IGNORED = ("user-agent", "accept-encoding", "content-length", "host", "connection", "x-goog-api-client")


async def ours(kind, sandbox, request):
    provider = create(Endpoint("x", kind, KEY, sandbox.base_url))
    sandbox.next(ANSWER)
    events = [event async for event in provider.stream(request)]
    await provider.close()
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(call.id, call.name, json.loads(call.arguments)) for call in events if isinstance(call, ToolCall)]
    return text, calls, events[-1]


def same_call(sandbox):
    sdk, wire = sandbox.heard
    assert (sdk.method, sdk.path, sdk.body) == (wire.method, wire.path, wire.body)

    def significant(call):
        named = {name.lower(): value for name, value in call.headers.items()}
        return {name: value for name, value in named.items() if name not in IGNORED and "stainless" not in name}

    assert significant(sdk) == significant(wire)


def openai_kwargs(request):
    if request is PLAIN:
        return {"messages": [{"role": "user", "content": "Grüße, 你好 & <b>"}], "max_completion_tokens": 77}
    call = [
        {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}} for one in CALLS
    ]
    url = "data:image/png;base64,iVBOR/vv/w=="
    return {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look at this"}, {"type": "image_url", "image_url": {"url": url}}],
            },
            {"role": "assistant", "content": "I see.", "tool_calls": call},
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "tool", "tool_call_id": "c2", "content": "sun"},
            {"role": "user", "content": "And now?"},
        ],
        "max_completion_tokens": 500,
        "temperature": 0.5,
        "tools": [
            {
                "type": "function",
                "function": {"name": "weather", "description": "The weather of a city", "parameters": SCHEMA},
            }
        ],
    }


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
async def test_openai(request_, monkeypatch):
    from openai import AsyncOpenAI

    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    async with OpenAISandbox() as sandbox:
        sandbox.next(ANSWER)
        text, calls, usage, finish = "", {}, None, None
        async with AsyncOpenAI(api_key=KEY, base_url=f"{sandbox.base_url}/v1", max_retries=0) as client:
            stream = await client.chat.completions.create(
                model="small", stream=True, stream_options={"include_usage": True}, **openai_kwargs(request_)
            )
            async for chunk in stream:
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    finish = choice.finish_reason or finish
                    for call in choice.delta.tool_calls or ():
                        known = calls.setdefault(call.index, [call.id, call.function.name, ""])
                        known[2] += call.function.arguments or ""
        our_text, our_calls, completed = await ours("openai", sandbox, request_)
        same_call(sandbox)
        assert our_text == text == "one two three"
        assert our_calls == [(id, name, json.loads(arguments)) for id, name, arguments in calls.values()]
        assert completed.finish == Finish(finish)
        counted = (completed.usage.input, completed.usage.output, completed.usage.cached, completed.usage.reasoning)
        assert counted == (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.prompt_tokens_details.cached_tokens,
            usage.completion_tokens_details.reasoning_tokens,
        )


async def test_a_compatible_server_gets_max_tokens_and_no_organisation(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    async with OpenAISandbox() as sandbox:
        await ours("openai-compatible", sandbox, PLAIN)
        provider = create(Endpoint("x", "openai-compatible", "", sandbox.base_url))
        await provider.models()
        await provider.close()
        call, listing = sandbox.heard
        assert call.body["max_tokens"] == 77
        assert "max_completion_tokens" not in call.body
        assert not any("organization" in name.lower() for one in (call, listing) for name in one.headers)


def anthropic_kwargs(request):
    if request is PLAIN:
        text = [{"type": "text", "text": "Grüße, 你好 & <b>"}]
        return {"messages": [{"role": "user", "content": text}], "max_tokens": 77}
    mark = {"type": "ephemeral"}
    source = {"type": "base64", "media_type": "image/png", "data": "iVBOR/vv/w=="}
    use = [{"type": "tool_use", "id": one.id, "name": one.name, "input": json.loads(one.arguments)} for one in CALLS]
    return {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image", "source": source}, {"type": "text", "text": "Look at this"}],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "I see."}, *use]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "rain"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": "sun"},
                ],
            },
            {"role": "user", "content": [{"type": "text", "text": "And now?", "cache_control": mark}]},
        ],
        "max_tokens": 500,
        "tools": [{"name": "weather", "description": "The weather of a city", "input_schema": SCHEMA}],
    }


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
async def test_anthropic(request_):
    import anthropic
    from anthropic._constants import ANTHROPIC_API_VERSION

    assert anthropic_wire.VERSION == ANTHROPIC_API_VERSION
    async with AnthropicSandbox() as sandbox:
        sandbox.next(ANSWER)
        client = anthropic.AsyncAnthropic(api_key=KEY, base_url=sandbox.base_url, max_retries=0)
        async with client, client.messages.stream(model="small", **anthropic_kwargs(request_)) as stream:
            message = await stream.get_final_message()
        our_text, our_calls, completed = await ours("anthropic", sandbox, request_)
        sandbox.heard[0].headers.pop("X-Stainless-Stream-Helper", None)
        same_call(sandbox)
        assert our_text == "".join(block.text for block in message.content if block.type == "text") == "one two three"
        assert our_calls == [(one.id, one.name, one.input) for one in message.content if one.type == "tool_use"]
        assert completed.finish is Finish.TOOL_CALLS
        assert message.stop_reason == "tool_use"
        usage = message.usage
        assert completed.usage.input == usage.input_tokens + usage.cache_read_input_tokens
        assert completed.usage.cached == usage.cache_read_input_tokens
        assert completed.usage.output == usage.output_tokens
        assert completed.usage.reasoning == usage.output_tokens_details.thinking_tokens


async def test_without_cache_nothing_is_marked():
    body = anthropic_wire.encode(CompletionRequest("m", FULL.messages, "s", cache=False))
    assert b"cache_control" not in body


def gemini_contents(request, types):
    if request is PLAIN:
        return [types.Content(role="user", parts=[types.Part(text="Grüße, 你好 & <b>")])]
    calls = [
        types.Part(function_call=types.FunctionCall(id=one.id, name=one.name, args=json.loads(one.arguments)))
        for one in CALLS
    ]
    results = [
        types.Part(function_response=types.FunctionResponse(id=id, name="weather", response={"output": said}))
        for id, said in (("c1", "rain"), ("c2", "sun"))
    ]
    picture = types.Part.from_bytes(data=PICTURE, mime_type="image/png")
    return [
        types.Content(role="user", parts=[types.Part(text="Look at this"), picture]),
        types.Content(role="model", parts=[types.Part(text="I see."), *calls]),
        types.Content(role="user", parts=results),
        types.Content(role="user", parts=[types.Part(text="And now?")]),
    ]


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
async def test_gemini(request_):
    from google import genai
    from google.genai import types

    config = types.GenerateContentConfig(max_output_tokens=request_.max_output)
    if request_ is FULL:
        declared = types.FunctionDeclaration(
            name="weather", description="The weather of a city", parameters_json_schema=SCHEMA
        )
        config = types.GenerateContentConfig(
            max_output_tokens=500,
            temperature=0.5,
            system_instruction="Be brief.",
            tools=[types.Tool(function_declarations=[declared])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
    async with GeminiSandbox() as sandbox:
        sandbox.next(ANSWER)
        options = types.HttpOptions(base_url=sandbox.base_url, api_version=gemini_wire.VERSION)
        client = genai.Client(api_key=KEY, http_options=options)
        text, calls, usage = "", [], None
        stream = await client.aio.models.generate_content_stream(
            model="small", contents=gemini_contents(request_, types), config=config
        )
        async for chunk in stream:
            usage = chunk.usage_metadata or usage
            for part in chunk.candidates[0].content.parts:
                if part.text and not part.thought:
                    text += part.text
                if part.function_call:
                    calls.append((part.function_call.id, part.function_call.name, part.function_call.args))
        await client.aio.aclose()
        our_text, our_calls, completed = await ours("gemini", sandbox, request_)
        same_call(sandbox)
        assert our_text == text == "one two three"
        assert our_calls == calls
        assert completed.usage.input == usage.prompt_token_count
        assert completed.usage.output == usage.candidates_token_count + usage.thoughts_token_count
        assert completed.usage.cached == usage.cached_content_token_count
        assert completed.usage.reasoning == usage.thoughts_token_count


async def test_a_thought_signature_comes_back_with_its_call():
    parts = gemini_wire.contents(
        (
            PromptMessage(Role.ASSISTANT, "", tool_calls=(ToolCall("c1|c2ln", "weather", "{}"),)),
            PromptMessage(Role.TOOL, "rain", tool_call_id="c1|c2ln"),
        )
    )
    assert parts[0]["parts"][0]["thoughtSignature"] == "c2ln"
    assert parts[0]["parts"][0]["functionCall"]["id"] == "c1"
    assert parts[1]["parts"][0]["functionResponse"]["name"] == "weather"
