"""settings.toml as it is shipped. Knows how keys become commented lines; must not know any key.

Every key stands in it, commented out, with its default and one line; what an operator uncomments counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hub.runtime.settings.lines import LINES
from hub.runtime.settings.root import UNSERVED, Settings
from hub.runtime.settings.shape import is_model, is_secret, plain
from hub.runtime.settings.tables import OverlapByKind

HEAD = """\
# Settings of Parley. Every key stands here with its default; uncomment a line to change it.
#
# Read in this order, later ones winning key by key: this file, settings.local.toml, secrets files (/run/secrets), .env,
# the environment (PARLEY_<TABLE>__<KEY>), flags. Keys and tokens belong in .env, not here.
# `parley config show` tells what holds and where it came from; `parley config validate` checks.
"""


def reference() -> str:
    """The text of settings.toml."""
    blocks = [HEAD]
    for name, field in Settings.model_fields.items():
        blocks.append("\n".join(_table(name, field)) + "\n")
    return "\n".join(blocks)


def _table(name: str, field: FieldInfo) -> Iterator[str]:
    annotation = plain(field.annotation)
    if get_origin(annotation) is dict:
        member = get_args(annotation)[1]
        yield from _headed(name, member, f"# [{name}.<name>]", field.description or "")
    elif get_origin(annotation) in (list, tuple):
        member = get_args(annotation)[0]
        yield from _headed(name, member, f"# [[{name}]]")
    else:
        yield from _headed(name, annotation, f"[{name}]")


def _headed(name: str, model: type[BaseModel], head: str, more: str = "") -> Iterator[str]:
    yield f"# {(model.__doc__ or '').strip().splitlines()[0]}"
    if more:
        yield f"# {more}"
    if name in UNSERVED:
        yield "# Read and checked, but not served by this version."
    yield head
    yield from _keys(name, model)


def _keys(path: str, model: type[BaseModel]) -> Iterator[str]:
    below: list[tuple[str, type[BaseModel], str]] = []
    for key, field in model.model_fields.items():
        annotation = plain(field.annotation)
        if get_origin(annotation) in (list, tuple) and is_model(get_args(annotation)[0]):
            below.append((f"{path}.{key}", get_args(annotation)[0], f"# [[{path}.{key}]]"))
        elif is_model(annotation) and annotation is not OverlapByKind:
            below.append((f"{path}.{key}", annotation, f"# [{path}.{key}]"))
        else:
            yield _line(path, key, field)
    for place, member, head in below:
        yield ""
        yield f"# {(member.__doc__ or '').strip().splitlines()[0]}"
        yield head
        yield from _keys(place, member)


def _line(path: str, key: str, field: FieldInfo) -> str:
    value = "" if field.is_required() else _toml(field.get_default(call_default_factory=True))
    if is_secret(field.annotation):
        value = '""'
    return f"# {key} = {value}".rstrip() + f"  # {describe(path, key, field)}"


def describe(path: str, key: str, field: FieldInfo) -> str:
    """The one line about a key; empty when nobody wrote it."""
    return field.description or LINES.get(f"{path}.{key}", "")


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(member)}" for key, member in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_toml(member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def set_key(text: str, table: str, key: str, value: str) -> str:
    """`text` (a settings file) with `key` of `[table]` set, all else as it was; the table is added if missing."""
    line = f"{key} = {_toml(value)}"
    lines = text.splitlines()
    try:
        begin = lines.index(f"[{table}]") + 1
    except ValueError:
        return text.rstrip("\n") + f"\n\n[{table}]\n{line}\n"
    for at in range(begin, len(lines)):
        if re.match(r"\[", lines[at]):
            break
        found = re.match(rf"(?:# )?{re.escape(key)} *=.*?(  # .*)?$", lines[at])
        if found:
            lines[at] = line + (found[1] or "")
            return "\n".join(lines) + "\n"
    lines.insert(begin, line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
