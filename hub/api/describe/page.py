"""The description as a page. Knows OpenAPI documents and HTML; must not know any route, and needs no script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

DEEPEST = 6
"""How far a schema is unfolded; none of ours is deeper."""

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}: HTTP API</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<header><h1>{title} <small>{version}</small></h1>
<p>{says} For programs: <a href="/openapi.json">openapi.json</a>.</p>
<nav aria-label="Topics">{topics}</nav></header>
<main>
"""


def page(document: Json) -> str:
    """The whole page."""
    info = document["info"]
    topics = " ".join(f'<a href="#{_anchor(tag["name"])}">{escape(tag["name"])}</a>' for tag in document["tags"])
    head = HEAD.format(
        title=escape(info["title"]), version=escape(info["version"]), says=escape(info["description"]), topics=topics
    )
    return head + "".join(_topic(document, tag) for tag in document["tags"]) + "</main>\n</body>\n</html>\n"


def _topic(document: Json, tag: Json) -> str:
    inside = "".join(
        _operation(document, path, method, spec)
        for path, methods in document["paths"].items()
        for method, spec in methods.items()
        if tag["name"] in spec["tags"]
    )
    name = escape(tag["name"])
    return (
        f'<section aria-labelledby="{_anchor(tag["name"])}"><h2 id="{_anchor(tag["name"])}">{name}</h2>'
        f"<p>{_words(tag['description'])}</p>{inside}</section>\n"
    )


def _operation(document: Json, path: str, method: str, spec: Json) -> str:
    parts = [
        f'<details class="operation" id="{escape(spec["operationId"])}"><summary>'
        f'<span class="method {escape(method)}">{escape(method.upper())}</span> <code>{escape(path)}</code> '
        f'<span class="says">{escape(spec["summary"])}</span></summary><div class="inside">'
    ]
    if spec.get("description"):
        parts.append(f"<p>{_words(spec['description'])}</p>")
    for need in spec.get("security", ()):
        scheme = document["components"]["securitySchemes"][next(iter(need))]
        how = "Authorization: Bearer" if scheme["type"] == "http" else scheme["name"]
        parts.append(f"<p>Needs <code>{escape(how)}</code>: {_words(scheme['description'])}</p>")
    if spec.get("parameters"):
        rows = "".join(_row(one["name"], one["schema"], one["description"], one["in"]) for one in spec["parameters"])
        parts.append(f"<h3>Parameters</h3><dl>{rows}</dl>")
    for kind, one in spec.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h3>Body <code>{escape(kind)}</code></h3>{_schema(document, one['schema'])}")
    parts.append("<h3>Answers</h3>")
    parts += _answers(document, spec["responses"])
    return "".join(parts) + "</div></details>\n"


def _answers(document: Json, responses: Json) -> Iterator[str]:
    for status, one in responses.items():
        kinds = one.get("content", {})
        shown = "".join(
            f"<p><code>{escape(kind)}</code></p>{_schema(document, inner['schema'])}" for kind, inner in kinds.items()
        )
        line = f"<b>{escape(status)}</b> {_words(one['description'])}"
        yield f"<details><summary>{line}</summary>{shown}</details>" if shown else f'<p class="answer">{line}</p>'


def _schema(document: Json, schema: Json, depth: int = 0) -> str:
    """A schema as a list of its fields; of anything else its type."""
    schema = _resolved(document, schema)
    fields = schema.get("properties")
    if not fields or depth >= DEEPEST:
        return f'<p class="type">{escape(_type(document, schema))}</p>' if depth == 0 else ""
    needed = schema.get("required", ())
    rows = "".join(
        _row(name, one, one.get("description", ""), "required" if name in needed else "", document, depth)
        for name, one in fields.items()
    )
    return f"<dl>{rows}</dl>"


def _row(name: str, schema: Json, says: str, mark: str, document: Json | None = None, depth: int = 0) -> str:
    kind = _type(document or {}, schema)
    shown = f' <span class="mark">{escape(mark)}</span>' if mark else ""
    inner = _schema(document, _within(document, schema), depth + 1) if document else ""
    return (
        f'<dt><code>{escape(name)}</code> <span class="type">{escape(kind)}</span>{shown}</dt>'
        f"<dd>{_words(says)}{inner}</dd>"
    )


def _within(document: Json, schema: Json) -> Json:
    """What an array or a choice is made of, if that has fields."""
    schema = _resolved(document, schema)
    if "items" in schema:
        return _within(document, schema["items"])
    for one in schema.get("oneOf", ()):
        found = _within(document, one)
        if "properties" in found:
            return found
    return schema


def _resolved(document: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = document["components"]["schemas"][name] if name and document else schema
    return found


def _type(document: Json, schema: Json) -> str:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(_type(document, one) for one in schema["oneOf"])
    if "items" in schema:
        return f"array of {_type(document, schema['items'])}"
    kind = schema.get("type", "anything")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    bounds = [f"{word} {schema[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in schema]
    return " ".join([text, *bounds])


def _words(text: str) -> str:
    """Words with `code` in them."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _anchor(name: str) -> str:
    return escape(name.lower().replace(" ", "-"))
