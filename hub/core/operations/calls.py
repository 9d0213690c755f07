"""A call of the API and what came of it. Knows values only; must not know how a model is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from hub.core.interruption import Interruption, Reason
from hub.domain.completion import CompletionRequest, Finish, ToolCall, Usage
from hub.domain.errors import ProviderError
from hub.domain.images import image_tokens
from hub.domain.key import Key
from hub.domain.model import Model
from hub.domain.tokens import MESSAGE_OVERHEAD, estimate_tokens

DEFAULT = "default"
"""Alias of the model that answers people who chose none."""


class Why(StrEnum):
    """Why a call is not answered at all. KEY: it opens nothing any more; QUOTA: `scope` says whose money is spent."""

    NO_SUCH_MODEL = "no_such_model"
    NOT_ALLOWED = "not_allowed"
    NO_TOOLS = "no_tools"
    NO_IMAGES = "no_images"
    NO_JSON = "no_json"
    TOO_LONG = "too_long"
    TOO_MUCH_OUTPUT = "too_much_output"
    KEY = "key"
    QUOTA = "quota"
    BUSY = "busy"
    TOO_FAST = "too_fast"


@dataclass(frozen=True, slots=True)
class Denied:
    """`limit` in tokens, with TOO_LONG and TOO_MUCH_OUTPUT; `asked` how many it would have been. `after`: seconds, with
    TOO_FAST."""

    why: Why
    model: str = ""
    scope: str = ""
    limit: int = 0
    asked: int = 0
    after: int = 0


class Ended(StrEnum):
    """Why we ended an answer. LEFT: nobody hears it any longer."""

    LEFT = "left"
    STOPPING = "stopping"
    TOO_LONG = "too_long"


_ENDED = {Reason.SHUTDOWN: Ended.STOPPING, Reason.TOO_LONG: Ended.TOO_LONG}


def ended_by(reason: Reason) -> Ended:
    """The same in words of the API."""
    return _ENDED.get(reason, Ended.LEFT)


class Listening(Interruption):
    """Somebody waits for an answer."""

    __slots__ = ()

    def left(self) -> None:
        """They do no longer: what is running for them is cut short."""
        self.ask(Reason.STOP)


@dataclass(frozen=True, slots=True)
class Answered:
    """`begun`: something of it went to the sink. `finish` None: `ended` (we did) or `error` (the model) says why."""

    model: str = ""
    usage: Usage = Usage()
    finish: Finish | None = None
    ended: Ended | None = None
    error: ProviderError | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked with `key`. `model` is our name or DEFAULT, `max_output` None: as much as the model may say.

    In `request` the model's id and the most it may say are not set yet."""

    key: Key
    model: str
    request: CompletionRequest
    max_output: int | None = None


class Sink(Protocol):
    """Who hears an answer. Raises ConnectionError when nobody listens any longer: then the model is cut short."""

    def begin(self, model: str) -> None:
        """`model` is asked now; called again when another one, or the same once more, is."""
        ...

    async def words(self, text: str) -> None:
        """More words."""
        ...

    async def call(self, call: ToolCall) -> None:
        """A tool call, whole."""
        ...


def tokens_of(request: CompletionRequest) -> int:
    """Our estimate of a prompt, erring upward: of images as the vendor counts them that takes most."""
    total = estimate_tokens(request.system) + MESSAGE_OVERHEAD
    for message in request.messages:
        total += MESSAGE_OVERHEAD + estimate_tokens(message.text)
        total += sum(image_tokens("", image.content) for image in message.images)
        for call in message.tool_calls:
            total += estimate_tokens(call.name + call.arguments)
    for tool in request.tools:
        schema = json.dumps(tool.parameters, separators=(",", ":"))
        total += MESSAGE_OVERHEAD + estimate_tokens(tool.name + tool.description + schema)
    if (shape := request.shape) is not None:
        schema = json.dumps(shape.schema, separators=(",", ":"))
        total += MESSAGE_OVERHEAD + estimate_tokens(shape.name + shape.description + schema)
    return total


def fitting(call: Call, model: Model, tokens: int, *, holds_to_json: bool) -> CompletionRequest | Denied:
    """The request as `model` can be sent it; `tokens`: our estimate of the prompt."""
    if call.request.shape is not None and not holds_to_json:
        return Denied(Why.NO_JSON, model.name)
    if call.request.tools and not model.tools:
        return Denied(Why.NO_TOOLS, model.name)
    if not model.images and any(message.images for message in call.request.messages):
        return Denied(Why.NO_IMAGES, model.name)
    room = model.context - tokens
    if room < 1:
        return Denied(Why.TOO_LONG, model.name, limit=model.context, asked=tokens)
    most = min(model.max_output, room)
    if call.max_output is not None and call.model != DEFAULT:
        if call.max_output > model.max_output:
            return Denied(Why.TOO_MUCH_OUTPUT, model.name, limit=model.max_output, asked=call.max_output)
        if call.max_output > room:
            return Denied(Why.TOO_LONG, model.name, limit=model.context, asked=tokens + call.max_output)
    return replace(call.request, model=model.id, max_output=min(most, call.max_output or most))
