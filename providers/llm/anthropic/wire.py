"""Anthropic's messages on the wire, the hot path. Knows request bodies and stream events, pure; must not know HTTP."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from hub.domain.completion import CompletionRequest, Finish, PromptMessage, Role, ToolCall, ToolSpec, ToolUse
from hub.domain.errors import Broken
from providers.kit.decoder import StreamDecoder
from providers.kit.rejection import ErrorTable, rejection_from
from providers.kit.usage import Reported, as_object, fields, inner, sane, share

ANTHROPIC = "https://api.anthropic.com"

VERSION = "2026-10-21"
"""`anthropic-version`, the one the SDK sends (`anthropic._constants`). Of this version on there is no `temperature`."""

FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "pause_turn": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "refusal": Finish.FILTERED,
}
"""Reasons we do not know count as STOP: the vendor says that it is done."""

CHOICES = {ToolUse.AUTO: "auto", ToolUse.NONE: "none", ToolUse.REQUIRED: "any", ToolUse.ONE: "tool"}

_MARK = {"type": "ephemeral"}


def base_url(given: str) -> str:
    """The address without `/v1/messages` or `/v1`, which may be left on."""
    return (given or ANTHROPIC).rstrip("/").removesuffix("/messages").removesuffix("/v1")


def encode(request: CompletionRequest) -> bytes:
    """The body of a streaming call."""
    body = {"max_tokens": request.max_output, "model": request.model, "stream": True, **prompt(request)}
    if request.stop:
        body["stop_sequences"] = request.stop
    return msgspec.json.encode(body)


def encode_count(request: CompletionRequest) -> bytes:
    """The body of a counting call."""
    return msgspec.json.encode({"model": request.model, **prompt(request)})


def counted(answer: Mapping[str, object], errors: ErrorTable) -> int:
    """What a counting call came to. Raises Broken when it is no count."""
    if (found := sane(answer.get("input_tokens"))) is None:
        raise Broken(errors.text("counted, and said no number"))
    return found


def prompt(request: CompletionRequest) -> dict[str, object]:
    """What counting and generating share: `messages`, `system`, `tools`, `tool_choice`.

    With `cache`, the system prompt (tools stand before it) and, once there is a history, its end are marked: a second
    turn then reads what the first wrote. A single question writes no history: a cache write costs a quarter more.
    """
    body: dict[str, object] = {}
    messages = _messages(request)
    if request.cache and len(messages) > 1:
        content = messages[-1]["content"]
        assert isinstance(content, list)
        content[-1]["cache_control"] = _MARK
    body["messages"] = messages
    if request.system:
        block: dict[str, object] = {"type": "text", "text": request.system}
        if request.cache:
            block["cache_control"] = _MARK
        body["system"] = [block]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if (choice := _choice(request)) is not None:
            body["tool_choice"] = choice
    return body


def _tool(tool: ToolSpec) -> dict[str, object]:
    spec: dict[str, object] = {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.parameters,
    }
    if tool.strict:
        spec["strict"] = True
    return spec


def _choice(request: CompletionRequest) -> dict[str, object] | None:
    """What is said about calling tools; None: nothing."""
    if request.tool_use is None and not request.one_call:
        return None
    use = request.tool_use or ToolUse.AUTO
    choice: dict[str, object] = {"type": CHOICES[use]}
    if use is ToolUse.ONE:
        choice["name"] = request.tool
    if request.one_call and use is not ToolUse.NONE:
        choice["disable_parallel_tool_use"] = True
    return choice


def _messages(request: CompletionRequest) -> list[dict[str, object]]:
    """Results of parallel calls must stand in one user message; empty messages are refused, so they are left out."""
    messages: list[dict[str, object]] = []
    results: list[dict[str, object]] | None = None
    for message in request.messages:
        content = _content(message)
        if message.role is Role.TOOL:
            if results is not None:
                results += content
                continue
            results = content
        else:
            results = None
        if content:
            role = "assistant" if message.role is Role.ASSISTANT else "user"
            messages.append({"role": role, "content": content})
    return messages


def _content(message: PromptMessage) -> list[dict[str, object]]:
    if message.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}]
    content: list[dict[str, object]] = []
    for image in message.images:
        data = base64.b64encode(image.content).decode()
        content.append({"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": data}})
    if message.text.strip():
        content.append({"type": "text", "text": message.text})
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": fields(call.arguments)}
        for call in message.tool_calls
    ]
    return content


class _Message(msgspec.Struct, gc=False):
    model: str = ""
    usage: Any = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    id: str = ""
    name: str = ""
    text: str = ""


class _Delta(msgspec.Struct, gc=False):
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    stop_reason: str | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: _Delta | None = None
    message: _Message | None = None
    content_block: _Block | None = None
    usage: Any = None


_decode = msgspec.json.Decoder(_Event).decode


class Decoder(StreamDecoder):
    """Events to ours. Ended by `message_stop`; usage comes at the start and, cumulative, with the finish."""

    __slots__ = ("_arguments", "_block", "_usage")

    def __init__(self, request: CompletionRequest, errors: ErrorTable) -> None:
        super().__init__(request, errors)
        self._block: _Block | None = None
        self._arguments: list[str] = []
        self._usage: dict[str, object] = {}

    def feed(self, payload: bytes) -> None:
        """See StreamDecoder."""
        event = _decode(payload)
        kind = event.type
        if kind == "content_block_delta":
            delta = event.delta
            if delta is not None:
                if delta.text:
                    self.add_text(delta.text)
                elif delta.partial_json:
                    self._arguments.append(delta.partial_json)
                elif delta.thinking:
                    self.add_hidden(delta.thinking)
        elif kind == "content_block_start":
            self._block = event.content_block
            self._arguments = []
            if self._block is not None and self._block.text:
                self.add_text(self._block.text)
        elif kind == "content_block_stop":
            self._close_block()
        elif kind == "message_start" and event.message is not None:
            self.model = event.message.model
            self._take_usage(event.message.usage)
            self._usage.pop("output_tokens", None)  # a placeholder until the finish
        elif kind == "message_delta":
            if event.delta is not None and event.delta.stop_reason:
                self.finish = FINISHES.get(event.delta.stop_reason, Finish.STOP)
            self._take_usage(event.usage)
        elif kind == "message_stop":
            self.ended = True
        elif kind == "error":
            raise self.errors.error(rejection_from(0, msgspec.json.decode(payload)))

    def _close_block(self) -> None:
        block, self._block = self._block, None
        if block is not None and block.type == "tool_use":
            self.add_call(ToolCall(block.id, block.name, "".join(self._arguments) or "{}"))

    def _take_usage(self, usage: object) -> None:
        """The later report wins field by field: it is cumulative, and leaves out what has not changed."""
        self._usage.update({name: count for name, count in as_object(usage).items() if count is not None})

    def reported(self) -> Reported:
        """`input_tokens` leaves out what was read from or written to the cache; our input is all three."""
        fresh, output = sane(self._usage.get("input_tokens")), sane(self._usage.get("output_tokens"))
        cached, odd_cached = share(self._usage.get("cache_read_input_tokens"))
        written, odd_written = share(self._usage.get("cache_creation_input_tokens"))
        hour, odd_hour = share(inner(self._usage, "cache_creation").get("ephemeral_1h_input_tokens"))
        reasoning, odd = share(inner(self._usage, "output_tokens_details").get("thinking_tokens"))
        whole = None if fresh is None else fresh + cached + written
        odd = odd or odd_cached or odd_written or odd_hour
        return Reported(whole, output, cached, written, reasoning, odd, hour)
