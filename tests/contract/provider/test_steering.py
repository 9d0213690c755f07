"""How an answer is steered (stop words, tool choice, one call, strictness): our wire and the SDK send the same."""

from dataclasses import replace

import pytest

from hub.domain.completion import CompletionRequest, PromptMessage, Role, TextDelta, ToolSpec, ToolUse
from hub.domain.model import Endpoint
from providers.kit.stand_in import Script
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini import wire as gemini_wire
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create

KEY = "sk-secret-key-0123456789"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
HI = CompletionRequest(
    "small",
    (PromptMessage(Role.USER, "hi"),),
    max_output=50,
    tools=(ToolSpec("weather", "The weather", SCHEMA, strict=True), ToolSpec("news", "What is new", SCHEMA)),
    stop=("END", "\n\n"),
)
USES = [*ToolUse, None]


def asked(use: ToolUse | None) -> CompletionRequest:
    return replace(HI, tool_use=use, tool="news" if use is ToolUse.ONE else "", one_call=use is not ToolUse.NONE)


async def ours(kind: str, sandbox, request: CompletionRequest):
    provider = create(Endpoint("x", kind, KEY, sandbox.base_url))
    sandbox.next(Script("one"))
    async for _ in provider.stream(request):
        pass
    await provider.close()
    return sandbox.heard[-1].body


@pytest.mark.parametrize("use", USES)
async def test_openai(use: ToolUse | None) -> None:
    from openai import AsyncOpenAI

    functions = [
        {"name": "weather", "description": "The weather", "parameters": SCHEMA, "strict": True},
        {"name": "news", "description": "What is new", "parameters": SCHEMA},
    ]
    choice = {"type": "function", "function": {"name": "news"}} if use is ToolUse.ONE else use
    async with OpenAISandbox() as sandbox:
        sandbox.next(Script("one"))
        async with AsyncOpenAI(api_key=KEY, base_url=f"{sandbox.base_url}/v1", max_retries=0) as client:
            stream = await client.chat.completions.create(
                model="small",
                stream=True,
                stream_options={"include_usage": True},
                messages=[{"role": "user", "content": "hi"}],
                max_completion_tokens=50,
                temperature=0.3,
                top_p=0.9,
                stop=["END", "\n\n"],
                tools=[{"type": "function", "function": one} for one in functions],
                **({"tool_choice": choice} if choice else {}),
                **({"parallel_tool_calls": False} if use is not ToolUse.NONE else {}),
            )
            async for _ in stream:
                pass
        theirs = sandbox.heard[-1].body
        assert await ours("openai", sandbox, replace(asked(use), temperature=0.3, top_p=0.9)) == theirs


@pytest.mark.parametrize("use", USES)
async def test_anthropic(use: ToolUse | None) -> None:
    import anthropic

    tools = [
        {"name": "weather", "description": "The weather", "input_schema": SCHEMA, "strict": True},
        {"name": "news", "description": "What is new", "input_schema": SCHEMA},
    ]
    kinds = {ToolUse.REQUIRED: "any", ToolUse.ONE: "tool", ToolUse.NONE: "none"}
    choice = {"type": kinds.get(use, "auto"), **({"name": "news"} if use is ToolUse.ONE else {})}
    if use is not ToolUse.NONE:
        choice["disable_parallel_tool_use"] = True
    async with AnthropicSandbox() as sandbox:
        sandbox.next(Script("one"))
        client = anthropic.AsyncAnthropic(api_key=KEY, base_url=sandbox.base_url, max_retries=0)
        async with client:
            stream = await client.messages.create(
                model="small",
                stream=True,
                max_tokens=50,
                messages=[{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
                stop_sequences=["END", "\n\n"],
                tools=tools,
                tool_choice=choice,
            )
            async for _ in stream:
                pass
        theirs = sandbox.heard[-1].body
        assert await ours("anthropic", sandbox, asked(use)) == theirs


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
@pytest.mark.parametrize("use", USES)
async def test_gemini(use: ToolUse | None) -> None:
    from google import genai
    from google.genai import types

    modes = {ToolUse.AUTO: "AUTO", ToolUse.NONE: "NONE", ToolUse.REQUIRED: "ANY", ToolUse.ONE: "ANY"}
    calling = types.FunctionCallingConfig(
        mode=modes.get(use), allowed_function_names=["news"] if use is ToolUse.ONE else None
    )
    config = types.GenerateContentConfig(
        max_output_tokens=50,
        temperature=0.3,
        top_p=0.9,
        stop_sequences=["END", "\n\n"],
        tools=[
            types.Tool(
                function_declarations=[
                    types.FunctionDeclaration(name=one.name, description=one.description, parameters_json_schema=SCHEMA)
                    for one in HI.tools
                ]
            )
        ],
        tool_config=types.ToolConfig(function_calling_config=calling) if use else None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    async with GeminiSandbox() as sandbox:
        sandbox.next(Script("one"))
        options = types.HttpOptions(base_url=sandbox.base_url, api_version=gemini_wire.VERSION)
        client = genai.Client(api_key=KEY, http_options=options)
        contents = [types.Content(role="user", parts=[types.Part(text="hi")])]
        stream = await client.aio.models.generate_content_stream(model="small", contents=contents, config=config)
        async for _ in stream:
            pass
        await client.aio.aclose()
        theirs = sandbox.heard[-1].body
        assert await ours("gemini", sandbox, replace(asked(use), temperature=0.3, top_p=0.9)) == theirs


async def test_the_demo_stops_before_a_stop_word() -> None:
    provider = create(Endpoint("demo", "demo"))
    request = CompletionRequest("demo", (PromptMessage(Role.USER, "lantern one two three"),), stop=("two",))
    said = "".join([event.text async for event in provider.stream(request) if isinstance(event, TextDelta)])
    assert "lantern one" in said
    assert "two" not in said
