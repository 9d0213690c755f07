"""Token counts a vendor reported, made safe. Knows what a sane count is and how to estimate; must not know vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil

import msgspec

from hub.domain.completion import CompletionRequest, ToolSpec, Usage
from hub.domain.images import image_tokens
from hub.domain.tokens import MESSAGE_OVERHEAD, estimate_tokens

ABSURD = 2**24
"""No vendor has a context of sixteen million tokens: a count above is a fault of the report."""


MOST_DOLLARS = 1000
"""No call costs more."""


def sane(value: object) -> int | None:
    """`value` when it is a believable count of tokens, else None."""
    if type(value) is int and 0 <= value <= ABSURD:
        return value
    return None


def fields(text: str) -> Mapping[str, object]:
    """The JSON object that `text` is; empty when it is something else."""
    try:
        return as_object(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeError):
        return {}


def as_object(found: object) -> Mapping[str, object]:
    """`found` if it is a JSON object, else an empty one."""
    return found if isinstance(found, dict) else {}


def inner(report: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A nested object of a report; empty when missing or something else."""
    return as_object(report.get(name))


@dataclass(frozen=True, slots=True)
class Reported:
    """What a vendor said; `input` and `output` None: nothing believable. `odd`: something of it was nonsense.

    Shares and bill as in Usage."""

    input: int | None = None
    output: int | None = None
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    odd: bool = False
    cache_write_1h: int = 0
    billed: int | None = None


def dollars(value: object) -> int | None:
    """`value` in micro-dollars, rounded up, when it is a believable price of a call, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_DOLLARS:
        return None
    return ceil(Decimal(str(value)) * 1_000_000)


def share(value: object) -> tuple[int, bool]:
    """A share of a total and whether it is nonsense; missing is an honest zero."""
    if value is None:
        return 0, False
    count = sane(value)
    return (0, True) if count is None else (count, False)


def estimate_request(request: CompletionRequest) -> int:
    """Input tokens of `request`, erring upward."""
    total = estimate_tokens(request.system) + MESSAGE_OVERHEAD
    for message in request.messages:
        total += MESSAGE_OVERHEAD + estimate_tokens(message.text)
        total += sum(image_tokens(request.model, image.content) for image in message.images)
        total += sum(estimate_tokens(call.name + call.arguments) for call in message.tool_calls)
    return total + estimate_specs(request)


def estimate_specs(request: CompletionRequest) -> int:
    """Tokens of what stands beside the messages, erring upward: tools, and the schema of the answer."""
    total = sum(estimate_tool(tool) for tool in request.tools)
    if (shape := request.shape) is not None:
        schema = msgspec.json.encode(shape.schema).decode()
        total += MESSAGE_OVERHEAD + estimate_tokens(shape.name + shape.description + schema)
    return total


def estimate_tool(tool: ToolSpec) -> int:
    """Tokens of a tool's description, erring upward."""
    schema = msgspec.json.encode(tool.parameters).decode()
    return MESSAGE_OVERHEAD + estimate_tokens(tool.name + tool.description + schema)


def settle(reported: Reported, request: CompletionRequest, streamed: Iterable[str]) -> Usage:
    """Usage of a finished stream: as reported where believable, else our estimate, flagged.

    A report of no input at all, or of no output where words were streamed, is not believable, nor are shares that are
    more than their whole: those are left out, so that nobody gets the cache's price for what was not in the cache.
    """
    words = "".join(streamed)
    given, said = reported.input or None, reported.output
    if said == 0 and words:
        said = None
    cached, written, hour, reasoning = (
        reported.cached,
        reported.cache_write,
        reported.cache_write_1h,
        reported.reasoning,
    )
    odd = reported.odd or given is None or said is None
    if given is None or cached + written > given or hour > written:
        odd, cached, written, hour = True, 0, 0, 0
    total_in = given or 0
    if odd:
        total_in = max(total_in, estimate_request(request))
    total_out = estimate_tokens(words) if said is None else said
    if reasoning > total_out:
        odd, total_out = True, total_out + reasoning
    return Usage(total_in, cached, written, total_out, reasoning, odd, hour, reported.billed)


def so_far(reported: Reported, request: CompletionRequest, streamed: Iterable[str]) -> Usage:
    """Usage of a stream that was cut: the last report, at least our estimate of what came through, flagged."""
    usage = settle(reported, request, ())
    output = max(usage.output, estimate_tokens("".join(streamed)))
    return replace(usage, output=output, estimated=True)
