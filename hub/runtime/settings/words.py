"""What is wrong with settings, in plain words. Knows keys and places; must never hold a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from hub.runtime.settings.layers import PREFIX, Entry
from hub.runtime.settings.shape import Path, annotation_at, children, every_key
from hub.text.alike import likeness

_WANTED = {
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "date": "must be a date such as 2026-11-01",
    "string": "must be text",
    "list": "must be a list",
    "dict": "must be a table",
    "model": "must be a table",
    "path": "must be the path of a file",
    "url": "must be an address such as https://example.org",
}


def problems(error: ValidationError, origins: Mapping[Path, Entry]) -> list[str]:
    """One line for each thing wrong: what, where it stands, and what is meant instead."""
    lines: list[str] = []
    told: set[str] = set()
    for found in error.errors(include_url=False, include_input=False):
        path, kind = tuple(str(part) for part in found["loc"]), found["type"]
        entry = _entry(path, origins)
        if kind == "extra_forbidden":
            line = unknown(path, entry)
        else:
            named = _named(path, entry)
            if named in told:
                continue
            told.add(named)
            line = f"{named} {_wanted(kind, found)}."
        if line not in lines:
            lines.append(line)
    return lines


def unknown(path: Path, entry: Entry | None) -> str:
    """The words for a key that does not exist, with the nearest that does."""
    near = nearest(path)
    if entry is not None and entry.shown.upper().startswith(PREFIX):
        whole = (*near, *entry.path[len(path) :])
        near = whole if annotation_at(whole) is not None else nearest(whole)
        return f"Unknown setting {entry.shown} ({entry.origin}). Did you mean {variable(near)}?"
    origin = f" ({entry.origin})" if entry else ""
    if len(path) == 1:
        return f"Unknown table [{path[0]}]{origin}. Did you mean [{near[0]}]?"
    table = ".".join(part for part in path[:-1] if not part.isdigit())
    if near[:-1] == path[:-1] or len(near) == 1:
        return f"Unknown setting `{path[-1]}` in [{table}]{origin}. Did you mean `{near[-1]}`?"
    return f"Unknown setting `{path[-1]}` in [{table}]{origin}. Did you mean `{near[-1]}` in [{'.'.join(near[:-1])}]?"


def nearest(path: Path) -> Path:
    """The known key that looks most like `path`: of the same table if one is alike, else of all."""
    beside = [(*path[:-1], name) for name in children(annotation_at(path[:-1]))]
    alike = _best(path[-1], [(known[-1], known) for known in beside])
    if alike and (alike[0] >= 0.5 or len(path) == 1):
        return alike[1]
    everywhere = _best(".".join(path), [(".".join(known), known) for known in every_key()])
    same_name = [known for known in every_key() if known[-1] == path[-1]]
    if same_name:
        return same_name[0]
    return everywhere[1] if everywhere else path


def _best(word: str, known: list[tuple[str, Path]]) -> tuple[float, Path] | None:
    rated = [(likeness(word, name), path) for name, path in known]
    return max(rated, key=lambda pair: pair[0], default=None)


def variable(path: Path) -> str:
    """The environment's name of a key."""
    return PREFIX + "__".join(path).upper().replace("-", "_")


def _entry(path: Path, origins: Mapping[Path, Entry]) -> Entry | None:
    for end in range(len(path), 0, -1):
        if path[:end] in origins:
            return origins[path[:end]]
    return next((entry for known, entry in origins.items() if known[: len(path)] == path), None)


def _named(path: Path, entry: Entry | None) -> str:
    if entry is not None and entry.shown:
        return f"{entry.shown} ({entry.origin})"
    known = [part for part in path if not part.isdigit()]
    while len(known) > 1 and annotation_at(tuple(known)) is None:
        known.pop()
    table = f"[{'.'.join(known[:-1])}] " if len(known) > 1 else ""
    return f"{table}{known[-1]} ({entry.origin})" if entry else f"{table}{known[-1]}"


def _wanted(kind: str, found: Mapping[str, Any]) -> str:
    context = found.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        return f"must be one of {context['expected']}"
    if kind == "greater_than_equal":
        return f"must be {context['ge']} or more"
    if kind == "greater_than":
        return f"must be more than {context['gt']}"
    if kind == "less_than_equal":
        return f"must be {context['le']} or less"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "string_pattern_mismatch":
        return "has a character it must not have"
    return _WANTED.get(kind.partition("_")[0], "has a wrong value")
