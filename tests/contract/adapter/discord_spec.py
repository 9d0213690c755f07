"""Discord's own description (tests/specs/discord.json), and whether what is said on the wire fits it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SPEC = json.loads((Path(__file__).parents[2] / "specs" / "discord.json").read_text())

KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def wrong_call(name: str, body: Any) -> list[str]:
    """What of a request's body does not fit; fields that Discord does not know are wrong too."""
    call = SPEC["calls"].get(name)
    if call is None:
        return [f"{name} is not described"]
    if call["body"] is None:
        return [f"{name} takes no body"] if body else []
    return faults(body, call["body"], name, closed=True)


def wrong_answer(name: str, status: int, answer: Any) -> list[str]:
    """What of an answer does not fit."""
    if status >= 400:
        schema = {"$ref": "RatelimitedResponse" if status == 429 else "ErrorResponse"}
        return faults(answer, schema, f"{name} {status}", closed=False)
    answers = SPEC["calls"][name]["answers"]
    if str(status) not in answers:
        return [f"{name} does not answer {status}"]
    schema = answers[str(status)]
    return faults(answer, schema, f"{name} {status}", closed=False) if schema else []


def faults(value: Any, schema: dict[str, Any], place: str, *, closed: bool) -> list[str]:
    """Every way in which `value` is not what `schema` says. `closed`: it may not have more fields either."""
    if "$ref" in schema:
        return faults(value, SPEC["schemas"][schema["$ref"]], place, closed=closed)
    found: list[str] = []
    for part in schema.get("allOf", ()):
        found += faults(value, part, place, closed=False)
    for several in ("oneOf", "anyOf"):
        if several in schema:
            tries = [faults(value, one, place, closed=closed) for one in schema[several]]
            if not any(not one for one in tries):
                found += min(tries, key=len)
    if "const" in schema and value != schema["const"]:
        found.append(f"{place}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is none of {schema['enum']}")
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        fits = [kind for kind in kinds if isinstance(value, KINDS[kind])]
        if not fits or (isinstance(value, bool) and "boolean" not in kinds):
            return [*found, f"{place}: {value!r:.80} is no {' or '.join(kinds)}"]
    return found + _limits(value, schema, place) + _inside(value, schema, place, closed=closed)


def _limits(value: Any, schema: dict[str, Any], place: str) -> list[str]:
    found = []
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30):
            found.append(f"{place}: {len(value)} letters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{place}: {value!r} does not look right")
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1 << 30):
        found.append(f"{place}: {len(value)} items")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{place}: {value}")
    return found


def _inside(value: Any, schema: dict[str, Any], place: str, *, closed: bool) -> list[str]:
    found = []
    if isinstance(value, list) and "items" in schema:
        for number, one in enumerate(value):
            found += faults(one, schema["items"], f"{place}[{number}]", closed=closed)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{place}: lacks {name}" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            if name in known:
                found += faults(one, known[name], f"{place}.{name}", closed=closed)
            elif isinstance(schema.get("additionalProperties"), dict):
                found += faults(one, schema["additionalProperties"], f"{place}.{name}", closed=closed)
            elif closed and known:
                found.append(f"{place}.{name} is not described")
    return found
