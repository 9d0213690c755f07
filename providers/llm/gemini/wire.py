"""Gemini's streamGenerateContent on the wire, the hot path. Knows request bodies and chunks, pure; must not know HTTP.

Field names are written as the SDK writes them (two of them in snake case: Google's JSON takes both).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from yarl import URL

from hub.domain.completion import CompletionRequest, Finish, PromptMessage, Role, ToolCall, ToolUse
from hub.domain.errors import Broken
from providers.kit.decoder import StreamDecoder
from providers.kit.rejection import ErrorTable, rejection_from
from providers.kit.usage import Reported, as_object, fields, sane, share

GEMINI = "https://generativelanguage.googleapis.com"

VERSION = "v1beta"
"""Of the API: the one that has tools and system instructions for every model."""

FINISHES = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "CONTINUATION": Finish.LENGTH,
    "SAFETY": Finish.FILTERED,
    "RECITATION": Finish.FILTERED,
    "LANGUAGE": Finish.FILTERED,
    "BLOCKLIST": Finish.FILTERED,
    "PROHIBITED_CONTENT": Finish.FILTERED,
    "SPII": Finish.FILTERED,
    "IMAGE_SAFETY": Finish.FILTERED,
    "ESCALATION": Finish.FILTERED,
    "MODEL_ARMOR": Finish.FILTERED,
    "PUP_LIMITED_DISABLED": Finish.FILTERED,
}
"""Reasons we do not know count as STOP: the vendor says that it is done."""

NONSENSE = frozenset(
    {"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "MISSING_THOUGHT_SIGNATURE"}
)
"""Reasons by which Gemini says that its own answer cannot be used."""

MODES = {ToolUse.AUTO: "AUTO", ToolUse.NONE: "NONE", ToolUse.REQUIRED: "ANY", ToolUse.ONE: "ANY"}

SIGNED = "|"
"""Between a call's id and the thought signature that must come back with it. Ids are opaque outside this file."""


def base_url(given: str) -> str:
    """The address without the API's version, which may be left on."""
    return (given or GEMINI).rstrip("/").removesuffix("/v1beta").removesuffix("/v1")


def stream_url(base: str, model: str) -> URL:
    """Where a model streams."""
    return _place(base, model, "streamGenerateContent").with_query(alt="sse")


def count_url(base: str, model: str) -> URL:
    """Where what a model reads is counted."""
    return _place(base, model, "countTokens")


def _place(base: str, model: str, action: str) -> URL:
    """A model with a slash (`tunedModels/…`) is a whole name already."""
    name = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    return URL(base).joinpath(VERSION, f"{name}:{action}")


def encode_count(request: CompletionRequest) -> bytes:
    """The body of a counting call, which takes contents alone: the system prompt goes in as one."""
    system = (PromptMessage(Role.USER, request.system),) if request.system else ()
    return msgspec.json.encode({"contents": contents(system + request.messages)})


def counted(answer: Mapping[str, object], errors: ErrorTable) -> int:
    """What a counting call came to. Raises Broken when it is no count."""
    if (found := sane(answer.get("totalTokens"))) is None:
        raise Broken(errors.text("counted, and said no number"))
    return found


def encode(request: CompletionRequest) -> bytes:
    """The body of a streaming call. Caching is implicit with this vendor: nothing is marked."""
    body: dict[str, object] = {"contents": contents(request.messages)}
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}], "role": "user"}
    if request.tools:
        declared = [
            {"name": tool.name, "description": tool.description, "parameters_json_schema": tool.parameters}
            for tool in request.tools
        ]
        body["tools"] = [{"functionDeclarations": declared}]
        if request.tool_use is not None:
            calling: dict[str, object] = {"mode": MODES[request.tool_use]}
            if request.tool_use is ToolUse.ONE:
                calling["allowedFunctionNames"] = [request.tool]
            body["toolConfig"] = {"functionCallingConfig": calling}
    settings: dict[str, object] = {"maxOutputTokens": request.max_output}
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.top_p is not None:
        settings["topP"] = request.top_p
    if request.stop:
        settings["stopSequences"] = request.stop
    body["generationConfig"] = settings
    return msgspec.json.encode(body)


def contents(messages: Sequence[PromptMessage]) -> list[dict[str, object]]:
    """The messages; results of parallel calls stand together, under the names of the calls they answer."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    found: list[dict[str, object]] = []
    results: list[dict[str, object]] | None = None
    for message in messages:
        parts = _parts(message, names)
        if message.role is Role.TOOL:
            if results is not None:
                results += parts
                continue
            results = parts
        else:
            results = None
        if parts:
            found.append({"parts": parts, "role": "model" if message.role is Role.ASSISTANT else "user"})
    return found


def _parts(message: PromptMessage, names: dict[str, str]) -> list[dict[str, object]]:
    if message.role is Role.TOOL:
        plain = message.tool_call_id.partition(SIGNED)[0]
        name = names.get(message.tool_call_id, plain)
        return [{"functionResponse": {"id": plain, "name": name, "response": {"output": message.text}}}]
    parts: list[dict[str, object]] = [{"text": message.text}] if message.text else []
    for image in message.images:
        data = base64.urlsafe_b64encode(image.content).decode()
        parts.append({"inlineData": {"data": data, "mime_type": image.media_type}})
    for call in message.tool_calls:
        plain, _, signature = call.id.partition(SIGNED)
        part: dict[str, object] = {"functionCall": {"id": plain, "name": call.name, "args": fields(call.arguments)}}
        if signature:
            part["thoughtSignature"] = signature
        parts.append(part)
    return parts


class _Call(msgspec.Struct, gc=False):
    name: str = ""
    id: str | None = None
    args: msgspec.Raw = msgspec.Raw(b"{}")


class _Part(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    thought: bool | None = None
    function_call: _Call | None = None
    thought_signature: str | None = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel", gc=False):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, rename="camel", gc=False):
    block_reason: str | None = None


class _Chunk(msgspec.Struct, rename="camel", gc=False):
    candidates: list[_Candidate] | None = None
    usage_metadata: Any = None
    model_version: str | None = None
    prompt_feedback: _Feedback | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class Decoder(StreamDecoder):
    """Chunks to events. Ended by the end of the response alone: usage may still come after the finish."""

    __slots__ = ("_calls", "_usage")

    def __init__(self, request: CompletionRequest, errors: ErrorTable) -> None:
        super().__init__(request, errors)
        self._calls = sum(len(message.tool_calls) for message in request.messages)
        self._usage: object = None

    def feed(self, payload: bytes) -> None:
        """See StreamDecoder."""
        chunk = _decode(payload)
        if chunk.error is not None:
            raise self.errors.error(rejection_from(0, {"error": chunk.error}))
        if chunk.usage_metadata is not None:
            self._usage = chunk.usage_metadata
        if chunk.model_version:
            self.model = chunk.model_version
        for candidate in chunk.candidates or ():
            for part in (candidate.content.parts if candidate.content else None) or ():
                self._take(part)
            if candidate.finish_reason:
                self._stop(candidate.finish_reason)
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self.finish = Finish.FILTERED

    def _take(self, part: _Part) -> None:
        if part.function_call is not None:
            call = part.function_call
            self._calls += 1
            # Made-up ids go on counting from those in the prompt, so that they stay unique in a conversation.
            name = call.id or f"call_{self._calls}"
            signed = f"{name}{SIGNED}{part.thought_signature}" if part.thought_signature else name
            self.add_call(ToolCall(signed, call.name, bytes(call.args).decode()))
            self.finish = self.finish and Finish.TOOL_CALLS
        elif part.text:
            if part.thought:
                self.add_hidden(part.text)
            else:
                self.add_text(part.text)

    def _stop(self, reason: str) -> None:
        if reason in NONSENSE:
            raise self.broken(f"the vendor could not use its own answer ({reason})")
        finish = FINISHES.get(reason, Finish.STOP)
        called = self._calls > sum(len(message.tool_calls) for message in self.request.messages)
        self.finish = Finish.TOOL_CALLS if called and finish is Finish.STOP else finish

    def reported(self) -> Reported:
        """Output is all that is not prompt: candidates and thoughts, which Gemini counts apart, and so it does with
        what its own tools put into the prompt. A total that is less than its parts is nonsense."""
        usage = as_object(self._usage)
        prompt, output = sane(usage.get("promptTokenCount")), sane(usage.get("candidatesTokenCount"))
        tools, odd_tools = share(usage.get("toolUsePromptTokenCount"))
        cached, odd_cached = share(usage.get("cachedContentTokenCount"))
        reasoning, odd = share(usage.get("thoughtsTokenCount"))
        total, odd_total = share(usage.get("totalTokenCount"))
        if prompt is not None:
            prompt += tools
        if output is not None:
            output += reasoning
        if total and prompt is not None:
            odd_total = odd_total or total < prompt + (output or 0)
            output = max(output or 0, total - prompt)
        return Reported(prompt, output, cached, 0, reasoning, odd or odd_cached or odd_tools or odd_total)
