"""How an operation is written down. Knows OpenAPI's objects; must not know any route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
FLAG: Json = {"type": "boolean"}
ANY: Json = {}


@dataclass(frozen=True, slots=True)
class Table:
    """The routes of one topic. `paths` by address, then by method in small letters; `schemas` by the name that `named`
    refers to; `security` by the name that an operation's `security` has."""

    tag: str
    says: str
    paths: Mapping[str, Mapping[str, Json]]
    schemas: Mapping[str, Json] = field(default_factory=dict)
    security: Mapping[str, Json] = field(default_factory=dict)


def an_object(required: Sequence[str] = (), **fields: Json) -> Json:
    """A schema of an object; a name ending in `_` is written without it, so that any can be given."""
    properties = {name.removesuffix("_"): schema for name, schema in fields.items()}
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def a_list(of: Json) -> Json:
    """A schema of an array."""
    return {"type": "array", "items": of}


def one_of(*values: str) -> Json:
    """A schema of a string that is one of `values`."""
    return {"type": "string", "enum": list(values)}


def said(schema: Json, says: str) -> Json:
    """`schema` with a description."""
    return {**schema, "description": says}


def named(name: str) -> Json:
    """A schema of some table, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Json, media_type: str = "application/json") -> Json:
    """Content of one type."""
    return {media_type: {"schema": schema}}


def answer(says: str, schema: Json | None = None, media_type: str = "application/json") -> Json:
    """One answer; without a schema, it has no body or one that is nobody's to parse."""
    return {"description": says, **({"content": content(schema, media_type)} if schema is not None else {})}


def in_path(name: str, says: str) -> Json:
    """A part of the address."""
    return {"name": name, "in": "path", "required": True, "description": says, "schema": TEXT}


def in_query(name: str, says: str, schema: Json) -> Json:
    """A part of the query."""
    return {"name": name, "in": "query", "description": says, "schema": schema}


def in_header(name: str, says: str) -> Json:
    """A header."""
    return {"name": name, "in": "header", "description": says, "schema": TEXT}


def operation(
    summary: str,
    answers: Mapping[int, Json],
    *,
    says: str = "",
    asks: Json | None = None,
    takes: Sequence[Json] = (),
    security: str = "",
) -> Json:
    """One operation. `asks`: its body by type (see `content`), `takes`: parameters, `security`: what opens it."""
    found: Json = {"summary": summary, "responses": {str(status): one for status, one in answers.items()}}
    if says:
        found["description"] = says
    if asks is not None:
        found["requestBody"] = {"required": True, "content": asks}
    if takes:
        found["parameters"] = list(takes)
    found["security"] = [{security: []}] if security else []
    return found


PROBLEM = an_object(
    ["error"],
    error=an_object(
        ["key", "message"],
        key=said(TEXT, "which error it is, for programs"),
        message=said(TEXT, "the same in words, in the language of Accept-Language"),
    ),
)
"""An error of every route outside of /v1."""


def problem(says: str) -> Json:
    """An answer that is such an error."""
    return answer(says, named("Problem"))


CLOSED = problem("Not now: starting, stopping, or the database is away. Retry-After says when to come again.")
