"""OpenAI's chat completions on the wire, the hot path. Knows request bodies and chunks, pure; must not know HTTP.

Servers that speak the same but for a detail (DeepSeek, Mistral, OpenRouter, llama.cpp, vLLM ...) are read here too.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
from yarl import URL

from hub.domain.completion import CompletionRequest, Finish, JsonShape, PromptMessage, Role, ToolCall, ToolSpec, ToolUse
from hub.domain.errors import Overloaded
from providers.kit.decoder import StreamDecoder
from providers.kit.rejection import ErrorTable, rejection_from
from providers.kit.usage import Reported, as_object, dollars, inner, sane, share

OPENAI = "https://api.openai.com/v1"

NO_STREAM_OPTIONS = frozenset({"api.mistral.ai"})
"""Hosts that refuse unknown fields and report usage in the last chunk without being asked."""

FINISHES = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.FILTERED,
}
"""Reasons we do not know count as STOP: the vendor says that it is done."""

CACHED = ("prompt_cache_hit_tokens", "cached_tokens")
"""Where DeepSeek and Moonshot say what was read from the cache, beside or instead of `prompt_tokens_details`."""

WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")
"""What was put in the cache, as OpenAI and OpenRouter, and as Qwen call it."""

CUT_SHORT = frozenset({"error", "insufficient_system_resource"})
"""Reasons by which OpenRouter and DeepSeek say that the answer is not whole."""


def base_url(given: str) -> str:
    """The address up to, without, `/chat/completions`. A bare host gets `/v1`; any path is taken as it is."""
    url = (given or OPENAI).rstrip("/").removesuffix("/chat/completions")
    return url if URL(url).path.strip("/") else f"{url}/v1"


def encoder(url: URL, *, compatible: bool) -> Callable[[CompletionRequest], bytes]:
    """How requests to `url` are written. OpenAI itself wants `max_completion_tokens`, servers like it `max_tokens`."""
    limit = "max_tokens" if compatible else "max_completion_tokens"
    options = url.host not in NO_STREAM_OPTIONS

    def encode(request: CompletionRequest) -> bytes:
        body: dict[str, object] = {"model": request.model, "messages": _messages(request), "stream": True}
        if options:
            body["stream_options"] = {"include_usage": True}
        body[limit] = request.max_output
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.top_p is not None:
            body["top_p"] = request.top_p
        if request.stop:
            body["stop"] = request.stop
        if request.tools:
            body |= _tools(request)
        if request.shape is not None:
            body["response_format"] = _format(request.shape)
        return msgspec.json.encode(body)

    return encode


def _tools(request: CompletionRequest) -> dict[str, object]:
    """`tools`, and what is said about calling them."""
    body: dict[str, object] = {"tools": [_tool(tool) for tool in request.tools]}
    if request.tool_use is ToolUse.ONE:
        body["tool_choice"] = {"type": "function", "function": {"name": request.tool}}
    elif request.tool_use is not None:
        body["tool_choice"] = request.tool_use
    if request.one_call:
        body["parallel_tool_calls"] = False
    return body


def _format(shape: JsonShape) -> dict[str, object]:
    if not shape.name:
        return {"type": "json_object"}
    found: dict[str, object] = {"name": shape.name}
    if shape.description:
        found["description"] = shape.description
    if shape.schema is not None:
        found["schema"] = shape.schema
    if shape.strict is not None:
        found["strict"] = shape.strict
    return {"type": "json_schema", "json_schema": found}


def _tool(tool: ToolSpec) -> dict[str, object]:
    function: dict[str, object] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    if tool.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _messages(request: CompletionRequest) -> list[dict[str, object]]:
    system: list[dict[str, object]] = [{"role": "system", "content": request.system}] if request.system else []
    return system + [
        # most are plain words, and a long conversation has many of them
        _message(message)
        if message.images or message.tool_calls or message.tool_call_id
        else {"role": message.role, "content": message.text}
        for message in request.messages
    ]


def _message(message: PromptMessage) -> dict[str, object]:
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    if message.tool_calls:
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        return {"role": "assistant", "content": message.text or None, "tool_calls": calls}
    content: list[dict[str, object]] = [{"type": "text", "text": message.text}] if message.text else []
    for image in message.images:
        data = base64.b64encode(image.content).decode()
        content.append({"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{data}"}})
    return {"role": message.role, "content": content}


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _CallDelta(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""


class _Delta(msgspec.Struct, gc=False):
    content: str | list[_Part] | None = None
    tool_calls: list[_CallDelta] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: Any = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class _Open:
    """A tool call whose arguments are still coming."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class Decoder(StreamDecoder):
    """Chunks to events. Ended by `[DONE]`; usage is in a chunk of its own, after the finish, or in the last one."""

    __slots__ = ("_calls", "_usage")

    def __init__(self, request: CompletionRequest, errors: ErrorTable) -> None:
        super().__init__(request, errors)
        self._calls: dict[int, _Open] = {}
        self._usage: object = None

    def feed(self, payload: bytes) -> None:
        """See StreamDecoder."""
        self.feed_all([payload])

    def feed_all(self, payloads: list[bytes]) -> None:
        """See StreamDecoder. One loop, few calls: this runs for every token of the house."""
        fresh = self._fresh
        for payload in payloads:
            if payload == b"[DONE]":
                self.ended = True
                return
            chunk = _decode(payload)
            if chunk.error is not None:
                raise self.errors.error(rejection_from(0, {"error": chunk.error}))
            if chunk.usage is not None:
                self._usage = chunk.usage
            if chunk.model:
                self.model = chunk.model
            for choice in chunk.choices or ():
                delta = choice.delta
                if delta is not None:
                    content = delta.content
                    if type(content) is str and content:
                        fresh.append(content)
                    elif content or delta.reasoning_content or delta.reasoning or delta.refusal:
                        self._rare(delta)
                    if delta.tool_calls:
                        self._call_deltas(delta.tool_calls)
                if choice.finish_reason:
                    self._finish(choice.finish_reason)

    def _rare(self, delta: _Delta) -> None:
        """Content in parts (Mistral), refusals, and reasoning, which is counted and not shown."""
        for part in delta.content or ():
            if isinstance(part, _Part) and part.type == "text":
                self.add_text(part.text)
        if delta.refusal:
            self.add_text(delta.refusal)
        hidden = delta.reasoning_content or delta.reasoning
        if hidden:
            self.add_hidden(hidden)

    def _call_deltas(self, deltas: list[_CallDelta]) -> None:
        for position, delta in enumerate(deltas):
            index = delta.index
            if index is None:  # servers that send calls whole and leave the index out
                index = len(self._calls) if delta.id else max(len(self._calls) - 1, position)
            call = self._calls.setdefault(index, _Open())
            call.id = call.id or delta.id or ""
            if delta.function is not None:
                call.name = call.name or delta.function.name or ""
                if delta.function.arguments:
                    call.arguments.append(delta.function.arguments)

    def _finish(self, reason: str) -> None:
        if reason in CUT_SHORT:
            if self.streamed or self._fresh:
                raise self.broken(f"the vendor cut the answer short ({reason})")
            raise Overloaded(self.errors.text(f"the vendor could not answer ({reason})"))
        self.finish = FINISHES.get(reason, Finish.STOP)

    def close_calls(self) -> None:
        """See StreamDecoder: a call is whole when the stream is."""
        for index, call in sorted(self._calls.items()):
            self.add_call(ToolCall(call.id or f"call_{index}", call.name, "".join(call.arguments) or "{}"))
        if self._calls and self.finish is Finish.STOP:
            self.finish = Finish.TOOL_CALLS
        self._calls.clear()

    def reported(self) -> Reported:
        """`prompt_tokens` is the whole prompt. xAI counts reasoning beside `completion_tokens`, the others inside.

        OpenRouter adds what the call cost, in dollars."""
        usage = as_object(self._usage)
        prompt, completion = sane(usage.get("prompt_tokens")), sane(usage.get("completion_tokens"))
        details = inner(usage, "prompt_tokens_details")
        cached, odd_cached = share(_first(details.get("cached_tokens"), *map(usage.get, CACHED)))
        write, odd_write = share(_first(*map(details.get, WRITTEN)))
        reasoning, odd = share(inner(usage, "completion_tokens_details").get("reasoning_tokens"))
        total, odd_total = share(usage.get("total_tokens"))
        if prompt is not None and completion is not None and total:
            if reasoning and total == prompt + completion + reasoning:
                completion += reasoning
            odd_total = odd_total or total < prompt + completion
        odd = odd or odd_cached or odd_write or odd_total
        return Reported(prompt, completion, cached, write, reasoning, odd, billed=dollars(usage.get("cost")))


def _first(*found: object) -> object:
    """The first that is there."""
    return next((each for each in found if each is not None), None)
