"""Answers as OpenAI's clients read them, whole and in chunks. Knows the JSON of both; must not know who hears it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from hub.api.v1.problem import Problem
from hub.domain.completion import Finish, ToolCall, Usage
from hub.domain.model import Model

FINISHES = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.FILTERED: "content_filter",
}

_json = msgspec.json.encode

EPOCH = 1_767_225_600
"""2026-01-01: models have no date of birth here, and clients want one."""


def new_id() -> str:
    """Of one answer."""
    return f"chatcmpl-{secrets.token_hex(12)}"


def usage_of(usage: Usage) -> dict[str, Any]:
    """Tokens. `parley_estimated`: the vendor did not say, this is our estimate."""
    found: dict[str, Any] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    if usage.estimated:
        found["parley_estimated"] = True
    return found


def whole(name: str, model: str, said: str, calls: Sequence[ToolCall], finish: Finish, usage: Usage) -> bytes:
    """A chat.completion, called `name`."""
    message: dict[str, Any] = {"role": "assistant", "content": said or None, "refusal": None}
    if calls:
        message["tool_calls"] = [
            {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}
            for one in calls
        ]
    elif not said:
        message["content"] = ""
    return _json(
        {
            "id": name,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": FINISHES[finish]}],
            "usage": usage_of(usage),
        }
    )


class Chunks:
    """The chunks of one answer, as bytes of an event stream. `usage`: a last one with what was used is wanted."""

    __slots__ = ("_begin", "_calls", "_common", "_end", "_usage")

    def __init__(self, name: str, model: str, *, usage: bool) -> None:
        common = {"id": name, "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._common = b"data: " + _json(common)[:-1]
        self._begin = self._common + b',"choices":[{"index":0,"delta":'
        self._end = b',"logprobs":null,"finish_reason":null}]' + (b',"usage":null}\n\n' if usage else b"}\n\n")
        self._usage = usage
        self._calls = 0

    def role(self) -> bytes:
        """The first one, which says who speaks."""
        return self._begin + b'{"role":"assistant","content":"","refusal":null}' + self._end

    def words(self, text: str) -> bytes:
        """More words."""
        return self._begin + b'{"content":' + _json(text) + b"}" + self._end

    def call(self, call: ToolCall) -> bytes:
        """A tool call: its name first, then its arguments, as clients gather them."""
        at, self._calls = self._calls, self._calls + 1
        head = {"index": at, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        rest = {"index": at, "function": {"arguments": call.arguments}}
        return b"".join(self._begin + _json({"tool_calls": [one]}) + self._end for one in (head, rest))

    def end(self, finish: str, usage: dict[str, Any]) -> bytes:
        """Why it ended, what was used, and that nothing more comes."""
        last = self._begin + b"{}" + self._end.replace(b'"finish_reason":null', b'"finish_reason":' + _json(finish))
        if self._usage:
            last += self._common + b',"choices":[],"usage":' + _json(usage) + b"}\n\n"
        return last + b"data: [DONE]\n\n"


def failed(problem: Problem) -> bytes:
    """An answer that breaks off: no more comes, and no [DONE]."""
    return b"data: " + problem.body() + b"\n\n"


def again(answer: bytes, *, usage: bool) -> bytes:
    """A whole answer (see `whole`) as the stream it would have been."""
    found = msgspec.json.decode(answer)
    choice = found["choices"][0]
    chunks = Chunks(found["id"], found["model"], usage=usage)
    said = choice["message"]["content"]
    calls = [
        chunks.call(ToolCall(one["id"], one["function"]["name"], one["function"]["arguments"]))
        for one in choice["message"].get("tool_calls", ())
    ]
    words = chunks.words(said) if said else b""
    return b"".join([chunks.role(), words, *calls, chunks.end(choice["finish_reason"], found["usage"])])


def listed(model: Model) -> dict[str, Any]:
    """A model of the list."""
    return {
        "id": model.name,
        "object": "model",
        "created": EPOCH,
        "owned_by": model.provider,
        "context_window": model.context,
        "max_output_tokens": model.max_output,
        "images": model.images,
        "tools": model.tools,
    }
