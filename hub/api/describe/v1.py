"""The OpenAI-compatible API, described. Knows its words; must not know how a call is answered."""

from __future__ import annotations

from hub.api.describe.words import (
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    Json,
    Table,
    a_list,
    an_object,
    answer,
    content,
    in_header,
    in_path,
    named,
    one_of,
    operation,
    said,
)

_KEY = "key"


def _problem(says: str) -> Json:
    return answer(says, named("V1Problem"))


_ALWAYS = {401: _problem("No living key."), 403: _problem("Not with this key."), 503: _problem("Not now.")}

_FUNCTION = an_object(["name", "arguments"], name=TEXT, arguments=said(TEXT, "JSON"))
_CALL = an_object(["id", "type", "function"], id=TEXT, type=one_of("function"), function=_FUNCTION)
_PARTS = a_list(
    an_object(
        ["type"],
        type=one_of("text", "image_url"),
        text=TEXT,
        image_url=an_object(["url"], url=said(TEXT, "the image itself, as data:image/png;base64,...")),
    )
)

TABLE = Table(
    "API",
    "What OpenAI's clients speak, on the accounts, plans and ledger of the chats. Point a client's `base_url` at `/v1` "
    "and give it a key from `parley keys create`.",
    {
        "/v1/chat/completions": {
            "post": operation(
                "Ask a model",
                {
                    200: {
                        "description": "The answer; with `stream`, as server-sent events that end in `data: [DONE]`.",
                        "content": {
                            **content(named("Completion")),
                            **content(named("Chunk"), "text/event-stream"),
                        },
                    },
                    400: _problem("It cannot be used: `param` names the field. Nothing was charged."),
                    404: _problem("There is no such model."),
                    408: _problem("The body did not arrive in time."),
                    409: _problem("The same Idempotency-Key is being answered."),
                    413: _problem("The body is too large."),
                    422: _problem("The same Idempotency-Key came with another body."),
                    429: _problem(
                        "`insufficient_quota`: credit or budget is used up. `rate_limit_exceeded`: too many calls; "
                        "Retry-After says when to come again."
                    ),
                    502: _problem("The model broke off, or cannot be used."),
                    504: _problem("The answer took too long."),
                    **_ALWAYS,
                },
                says="Fields that would change the answer and are not listed here are refused, not ignored. `user`, "
                "`metadata`, `seed` and the like are taken and change nothing.",
                asks=content(named("Asked")),
                takes=[
                    in_header("Idempotency-Key", "1 to 255 characters: the same call is answered once within 24 hours")
                ],
                security=_KEY,
            )
        },
        "/v1/models": {
            "get": operation(
                "Models this key may ask",
                {
                    200: answer("All of them.", an_object(object_=one_of("list"), data=a_list(named("Model")))),
                    **_ALWAYS,
                },
                security=_KEY,
            )
        },
        "/v1/models/{model}": {
            "get": operation(
                "One model",
                {200: answer("It.", named("Model")), 404: _problem("There is no such model."), **_ALWAYS},
                takes=[in_path("model", "its name, or `default`")],
                security=_KEY,
            )
        },
    },
    schemas={
        "Asked": an_object(
            ["model", "messages"],
            model=said(TEXT, "a name from /v1/models, or `default`: then others stand in when it does not answer"),
            messages=a_list(named("AskedMessage")),
            stream=FLAG,
            stream_options=an_object(include_usage=FLAG),
            temperature={**NUMBER, "minimum": 0, "maximum": 2},
            top_p={**NUMBER, "minimum": 0, "maximum": 1},
            max_completion_tokens={**WHOLE, "minimum": 1},
            max_tokens=said({**WHOLE, "minimum": 1}, "the same by its older name"),
            stop={"oneOf": [TEXT, {**a_list(TEXT), "maxItems": 4}]},
            tools=a_list(
                an_object(
                    ["type", "function"],
                    type=one_of("function"),
                    function=an_object(
                        ["name"],
                        name={**TEXT, "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
                        description=TEXT,
                        parameters=said({"type": "object"}, "JSON Schema"),
                        strict=FLAG,
                    ),
                )
            ),
            tool_choice={
                "oneOf": [
                    one_of("none", "auto", "required"),
                    an_object(["type", "function"], type=one_of("function"), function=an_object(["name"], name=TEXT)),
                ]
            },
            parallel_tool_calls=FLAG,
            response_format=said(
                an_object(
                    ["type"],
                    type=one_of("text", "json_object", "json_schema"),
                    json_schema=an_object(
                        ["name"],
                        name={**TEXT, "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
                        description=TEXT,
                        schema=said({"type": "object"}, "JSON Schema"),
                        strict=FLAG,
                    ),
                ),
                "JSON only from models of providers of the kinds openai and openai-compatible",
            ),
        ),
        "AskedMessage": an_object(
            ["role"],
            role=said(
                one_of("system", "developer", "user", "assistant", "tool"),
                "what system and developer say is put before all others",
            ),
            content={"oneOf": [TEXT, _PARTS, {"type": "null"}]},
            name=said(TEXT, "taken and left out"),
            tool_calls=a_list(_CALL),
            tool_call_id=TEXT,
        ),
        "Usage": an_object(
            ["prompt_tokens", "completion_tokens", "total_tokens"],
            prompt_tokens=WHOLE,
            completion_tokens=WHOLE,
            total_tokens=WHOLE,
            prompt_tokens_details=an_object(cached_tokens=WHOLE),
            completion_tokens_details=an_object(reasoning_tokens=WHOLE),
            parley_estimated=said(FLAG, "the vendor did not say: this is an estimate"),
        ),
        "Completion": an_object(
            ["id", "object", "created", "model", "choices", "usage"],
            id=TEXT,
            object_=one_of("chat.completion"),
            created=WHOLE,
            model=TEXT,
            choices=a_list(
                an_object(
                    ["index", "message", "finish_reason"],
                    index=WHOLE,
                    message=an_object(
                        ["role", "content"],
                        role=one_of("assistant"),
                        content={"type": ["string", "null"]},
                        tool_calls=a_list(_CALL),
                    ),
                    finish_reason=one_of("stop", "length", "tool_calls", "content_filter"),
                )
            ),
            usage=named("Usage"),
        ),
        "Chunk": an_object(
            ["id", "object", "created", "model", "choices"],
            id=TEXT,
            object_=one_of("chat.completion.chunk"),
            created=WHOLE,
            model=TEXT,
            choices=a_list(
                an_object(
                    ["index", "delta"],
                    index=WHOLE,
                    delta={"type": "object"},
                    finish_reason={"type": ["string", "null"]},
                )
            ),
            usage={"oneOf": [named("Usage"), {"type": "null"}]},
        ),
        "Model": an_object(
            ["id", "object", "created", "owned_by"],
            id=TEXT,
            object_=one_of("model"),
            created=WHOLE,
            owned_by=said(TEXT, "the provider"),
            context_window=WHOLE,
            max_output_tokens=WHOLE,
            images=FLAG,
            tools=FLAG,
        ),
        "V1Problem": an_object(
            ["error"],
            error=an_object(
                ["message", "type", "param", "code"],
                message=TEXT,
                type=TEXT,
                param={"type": ["string", "null"]},
                code={"type": ["string", "null"]},
            ),
        ),
    },
    security={_KEY: {"type": "http", "scheme": "bearer", "description": "A key from `parley keys create`."}},
)
