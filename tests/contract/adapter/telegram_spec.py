"""Telegram's own description, and whether calls, answers and updates are as it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SPEC = json.loads((Path(__file__).parents[2] / "specs" / "telegram.json").read_text(encoding="utf-8"))

_PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
}


def faults(value: Any, kind: str, where: str = "") -> list[str]:
    """Why `value` is no `kind`; `kind` as the description names it."""
    where = where or kind
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        inner = kind.removeprefix("Array of ")
        return [fault for n, one in enumerate(value) for fault in faults(one, inner, f"{where}[{n}]")]
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and isinstance(value, bool) == (kind in {"Boolean", "True"})
        return [] if fits else [f"{where} is {value!r}, no {kind}"]
    known = SPEC["types"].get(kind)
    if known is None:
        return [] if kind == "InputFile" else [f"{where}: there is no type {kind}"]
    if "subtypes" in known:
        return least([faults(value, sub, where) for sub in known["subtypes"]])
    return object_faults(value, known["fields"], where)


def object_faults(value: Any, fields: Mapping[str, str], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    found = [f"{where} has an unknown {name}" for name in value if name not in fields]
    for name, kinds in fields.items():
        if name in value:
            one_of = kinds.removeprefix("!").split("|")
            found += least([faults(value[name], kind, f"{where}.{name}") for kind in one_of])
        elif kinds.startswith("!"):
            found.append(f"{where} lacks {name}")
    return found


def least(several: list[list[str]]) -> list[str]:
    """The shortest list of faults: of several types, one has to fit."""
    return min(several, key=len)


def call_faults(method: str, fields: Mapping[str, str], files: Mapping[str, object]) -> list[str]:
    """Why a call, its fields as they went over the wire, is none that the description knows."""
    known = SPEC["methods"].get(method)
    if known is None:
        return [f"there is no method {method}"]
    decoded: dict[str, Any] = {}
    for name, text in fields.items():
        kinds = known["fields"].get(name, "").removeprefix("!").split("|")
        decoded[name] = text if kinds == ["String"] else _decoded(text)
    found = [f"{method} does not know {name}" for name in decoded if name not in known["fields"]]
    for name, kinds in known["fields"].items():
        if name in files and "InputFile" in kinds:
            continue
        if name in decoded:
            one_of = kinds.removeprefix("!").split("|")
            found += least([faults(decoded[name], kind, f"{method}.{name}") for kind in one_of])
        elif kinds.startswith("!"):
            found.append(f"{method} lacks {name}")
    return found


def answer_faults(method: str, result: Any) -> list[str]:
    """Why a result is none of what the method returns."""
    return least([faults(result, kind, method) for kind in SPEC["methods"][method]["returns"]])


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
