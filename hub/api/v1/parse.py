"""The body of a call to chat completions. Knows every field that clients send; must not know keys, prices or models.

A field that changes what is answered and that we do not serve is refused in words; one that changes nothing is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from hub.api.v1.fields import NAME, Fields, a_list, an_object, flag, missing, needed, number, only, text, whole, wrong
from hub.api.v1.messages import messages
from hub.api.v1.problem import Problem, invalid
from hub.domain.completion import CompletionRequest, JsonShape, ToolSpec, ToolUse

MOST_TOKENS = 10_000_000
"""No model says more: a larger number is a mistake, whatever is asked."""

MOST_TOOLS = 128
MOST_STOPS = 4
LONGEST_STOP = 256

HARMLESS = frozenset(
    {"user", "metadata", "seed", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prediction"}
)
"""Taken and left out: hints, labels, and a wish that no vendor promises to fulfil."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "verbosity": ("medium",),
}
"""Fields we do not serve, with the values that ask for nothing."""

READ = frozenset(
    {"model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "max_completion_tokens"}
    | {"stop", "tools", "tool_choice", "parallel_tool_calls", "response_format"}
)
KNOWN = READ | HARMLESS | NEUTRAL.keys()

INSTEAD = {
    "functions": "Use 'tools'.",
    "function_call": "Use 'tool_choice'.",
    "n": "One answer is given at a time; call again for another.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """`request` without a model's id, and with the caller's wish for its length apart; None: none.

    `stream`: as it comes; `usage`: with the usage at the end of that."""

    model: str
    request: CompletionRequest
    max_output: int | None
    stream: bool
    usage: bool


def parse(body: bytes) -> Asked:
    """What `body` asks for. Raises Problem."""
    fields = _decoded(body)
    _supported(fields)
    model = needed(fields, "model", most=200)
    if fields.get("messages") is None:
        raise missing("messages")
    system, found = messages(fields["messages"])
    stream = bool(flag(fields, "stream"))
    tools = _tools(fields.get("tools"))
    use, tool = _tool_use(fields.get("tool_choice"), tools)
    request = CompletionRequest(
        "",
        found,
        system,
        tools=tools,
        temperature=number(fields, "temperature", 0, 2),
        top_p=number(fields, "top_p", 0, 1),
        stop=_stop(fields.get("stop")),
        tool_use=use,
        tool=tool,
        one_call=flag(fields, "parallel_tool_calls") is False and bool(tools),
        shape=_shape(fields.get("response_format")),
    )
    return Asked(model, request, _max_output(fields), stream, _wants_usage(fields, stream))


def _decoded(body: bytes) -> Fields:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "The body is not valid JSON.", "invalid_json") from None
    if not isinstance(found, dict):
        raise Problem(400, "The body must be a JSON object.", "invalid_json")
    return found


def _supported(fields: Fields) -> None:
    for name, given in fields.items():
        if given is None or name in READ or name in HARMLESS:
            continue
        asks_nothing = any(
            given == one and isinstance(given, bool) == isinstance(one, bool) for one in NEUTRAL.get(name, ())
        )
        if not asks_nothing:
            shown = name[:60]
            code = "unsupported_value" if name in NEUTRAL else "unsupported_parameter"
            instead = INSTEAD.get(name, "Leave it out.")
            raise invalid(f"Unsupported {'value of ' if name in NEUTRAL else ''}'{shown}'. {instead}", shown, code)


def _max_output(fields: Fields) -> int | None:
    newer = whole(fields, "max_completion_tokens", 1, MOST_TOKENS)
    older = whole(fields, "max_tokens", 1, MOST_TOKENS)
    if newer is not None and older is not None and newer != older:
        raise invalid("'max_tokens' and 'max_completion_tokens' differ; send one of them.", "max_tokens")
    return newer if newer is not None else older


def _wants_usage(fields: Fields, stream: bool) -> bool:
    given = fields.get("stream_options")
    if given is None:
        return False
    options = an_object(given, "stream_options")
    if not stream:
        raise invalid("'stream_options' is only allowed when 'stream' is true.", "stream_options")
    only(options, frozenset({"include_usage", "include_obfuscation"}), "stream_options.")
    return bool(flag(options, "include_usage", "stream_options."))


def _stop(given: object) -> tuple[str, ...]:
    if given is None or given == []:
        return ()
    found = [given] if isinstance(given, str) else a_list(given, "stop", MOST_STOPS)
    for one in found:
        if not isinstance(one, str):
            raise wrong("stop", "a string or an array of strings", one)
        if not 0 < len(one) <= LONGEST_STOP:
            raise invalid(f"Each of 'stop' must have 1 to {LONGEST_STOP} characters.", "stop", "invalid_value")
    return tuple(found)


def _shape(given: object) -> JsonShape | None:
    if given is None:
        return None
    asked = an_object(given, "response_format")
    kind = needed(asked, "type", "response_format.")
    if kind not in ("text", "json_object", "json_schema"):
        raise invalid(
            "'response_format.type' must be text, json_object or json_schema.",
            "response_format.type", "unsupported_value",
        )  # fmt: skip
    only(asked, frozenset({"type", "json_schema"} if kind == "json_schema" else {"type"}), "response_format.")
    if kind != "json_schema":
        return JsonShape() if kind == "json_object" else None
    where = "response_format.json_schema"
    described = an_object(asked.get("json_schema"), where)
    only(described, frozenset({"name", "description", "schema", "strict"}), f"{where}.")
    schema = described.get("schema")
    return JsonShape(
        _named(described, where),
        text(described, "description", f"{where}.") or "",
        None if schema is None else an_object(schema, f"{where}.schema"),
        flag(described, "strict", f"{where}."),
    )


def _named(fields: Fields, where: str) -> str:
    """The name of a tool or a schema."""
    name = needed(fields, "name", f"{where}.")
    if not NAME.fullmatch(name):
        raise invalid(
            f"'{where}.name' must be of letters, digits, _ and -, at most 64.", f"{where}.name", "invalid_value"
        )
    return name


def _tools(given: object) -> tuple[ToolSpec, ...]:
    if given is None or given == []:
        return ()
    found = tuple(_tool(one, f"tools[{at}]") for at, one in enumerate(a_list(given, "tools", MOST_TOOLS)))
    if len({tool.name for tool in found}) < len(found):
        raise invalid("Two of 'tools' have the same name.", "tools", "invalid_value")
    return found


def _tool(given: object, where: str) -> ToolSpec:
    tool = an_object(given, where)
    if tool.get("type") != "function":
        raise invalid(f"'{where}.type' must be function.", f"{where}.type", "unsupported_value")
    function = an_object(tool.get("function"), f"{where}.function")
    only(function, frozenset({"name", "description", "parameters", "strict"}), f"{where}.function.")
    name = _named(function, f"{where}.function")
    given_parameters = function.get("parameters")
    place = f"{where}.function.parameters"
    parameters = (
        {"type": "object", "properties": {}} if given_parameters is None else an_object(given_parameters, place)
    )
    described = text(function, "description", f"{where}.function.") or ""
    return ToolSpec(name, described, parameters, bool(flag(function, "strict", f"{where}.function.")))


def _tool_use(given: object, tools: tuple[ToolSpec, ...]) -> tuple[ToolUse | None, str]:
    if given is None:
        return None, ""
    if not tools:
        if given in ("none", "auto"):
            return None, ""
        raise invalid("'tool_choice' is only allowed when 'tools' are given.", "tool_choice", "invalid_value")
    if given in ("none", "auto", "required"):
        return ToolUse(str(given)), ""
    choice = an_object(given, "tool_choice")
    if choice.get("type") != "function":
        raise invalid("'tool_choice.type' must be function.", "tool_choice.type", "unsupported_value")
    function = an_object(choice.get("function"), "tool_choice.function")
    name = needed(function, "name", "tool_choice.function.")
    if name not in {tool.name for tool in tools}:
        raise invalid("'tool_choice' names a tool that is not in 'tools'.", "tool_choice", "invalid_value")
    return ToolUse.ONE, name
