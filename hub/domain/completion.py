"""One call to a model. Knows request, stream events and usage; must not know vendors, accounts or prices."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from hub.domain.value import dataclass


class Role(StrEnum):
    """Who speaks in a prompt."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ImageInput:
    """An image inside a prompt; `media_type` such as `image/png`."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call; `parameters` is a JSON Schema object. `strict`: arguments are to keep to it exactly,
    where the vendor offers that."""

    name: str
    description: str
    parameters: Mapping[str, object]
    strict: bool = False


class ToolUse(StrEnum):
    """Whether tools are called. REQUIRED: at least one is; ONE: the one that is named, and no other."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole tool call, in stream order; `arguments` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class JsonShape:
    """That an answer is to be JSON: some object, or, with a `name`, what `schema` allows, which is a JSON Schema.

    `strict`: exactly that, where the vendor offers it; None: nothing is said about it."""

    name: str = ""
    description: str = ""
    schema: Mapping[str, object] | None = None
    strict: bool | None = None


class PromptMessage(NamedTuple):
    """`tool_calls` only with role assistant; `tool_call_id` only with role tool (then `text` is the result)."""

    role: Role
    text: str
    images: tuple[ImageInput, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """`model` is the vendor's id; `max_output` in tokens; `cache`: use the vendor's prompt caching where it has one.

    `stop`: words before which the answer ends. `tool_use` None: nothing is said about it; with ONE, `tool` names which.
    `one_call`: at most one tool call in an answer. `shape` None: it may say what it likes; see `JsonAnswers`."""

    model: str
    messages: tuple[PromptMessage, ...]
    system: str = ""
    max_output: int = 4096
    tools: tuple[ToolSpec, ...] = ()
    temperature: float | None = None
    cache: bool = True
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    tool_use: ToolUse | None = None
    tool: str = ""
    one_call: bool = False
    shape: JsonShape | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Words, in order."""

    text: str


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` is the whole prompt, `cached` and `cache_write` shares of it; `output` includes `reasoning`.

    `cache_write_1h`: the share of `cache_write` that is kept for an hour and not for the usual five minutes.
    `billed`: what the vendor itself says that the call cost, in micro-dollars; None: it says nothing believable."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    cache_write_1h: int = 0
    billed: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The one last event of a stream. `model` is the id the vendor says answered."""

    usage: Usage
    finish: Finish
    model: str = ""


StreamEvent = TextDelta | ToolCall | Completed


@dataclass(frozen=True, slots=True)
class Recording:
    """Something said aloud. `model` is the vendor's id of who shall write it down; `language` a BCP 47 tag."""

    model: str
    media_type: str
    name: str
    content: bytes
    language: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a recording, and what writing them down used (unknown to us: flagged as estimated)."""

    text: str
    usage: Usage
    model: str = ""
