"""The places settings are read from, in order. Knows files and variables; must not know what any key means."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path as File
from typing import Any, get_args, get_origin

from hub.domain.errors import SettingsError
from hub.runtime.settings.shape import Path, annotation_at, plain
from hub.runtime.settings.wellknown import NOT_SETTINGS, well_known

PREFIX = "PARLEY_"
SECRETS_FOLDER = "/run/secrets"
"""Where Docker and Kubernetes put secrets files; `PARLEY_SECRETS_DIR` names another place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as it was found. `origin` is where, in words; `shown` is the key as its author wrote it."""

    path: Path
    value: Any
    origin: str
    shown: str = ""


def read_layers(folder: File, environment: Mapping[str, str]) -> Iterator[Entry]:
    """Every entry of every place below the flags, weakest first. Raises SettingsError."""
    yield from _toml(folder / "settings.toml")
    yield from _toml(folder / "settings.local.toml")
    yield from _variables(_secrets(File(environment.get("PARLEY_SECRETS_DIR") or SECRETS_FOLDER)), "secrets file")
    yield from _variables(read_env_file(folder / ".env"), ".env")
    yield from _variables(environment, "environment")


def _text(file: File) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise SettingsError(f"{file.name} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{file.name} cannot be read: {error.strerror}.") from None


def _toml(file: File) -> Iterator[Entry]:
    try:
        tree = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(at ")[2].rstrip(")")
        raise SettingsError(f"{file.name} is not valid TOML at {place}.") from None
    yield from _flat(tree, (), file.name)


def _flat(tree: Mapping[str, Any], path: Path, origin: str) -> Iterator[Entry]:
    for key, value in tree.items():
        here = (*path, key)
        if isinstance(value, dict):
            yield from _flat(value, here, origin)
        else:
            yield Entry(here, value, origin)


def read_env_file(file: File) -> dict[str, str]:
    """Names and values of a `.env` file, without interpolation. Raises SettingsError naming the line."""
    if not (text := _text(file)):
        return {}
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise SettingsError(f"{file.name} cannot be understood at line {binding.original.line}; write NAME=value.")
        if binding.key and binding.value is not None:
            found[binding.key] = binding.value
    return found


def _secrets(folder: File) -> dict[str, str]:
    try:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        return {}
    known = well_known()
    return {
        file.name.upper(): _text(file).strip()
        for file in files
        if file.is_file() and (file.name.upper() in known or file.name.upper().startswith(PREFIX))
    }


def _variables(variables: Mapping[str, str], place: str) -> Iterator[Entry]:
    known = well_known()
    for name, path in known.items():
        if variables.get(name):
            yield Entry(path, _decoded(path, variables[name], name), place, name)
    for name, text in sorted(variables.items()):
        if not name.upper().startswith(PREFIX) or not text or NOT_SETTINGS.match(name.upper()):
            continue
        path = tuple(name[len(PREFIX) :].lower().split("__"))
        yield Entry(path, _decoded(path, text, name), place, name)


def _decoded(path: Path, text: str, name: str) -> Any:
    """A variable's text as the list or table its key wants; other types are left to the models."""
    wanted = plain(annotation_at(path))
    if get_origin(wanted) not in (list, tuple, dict):
        return text
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            raise SettingsError(f'{name} must be JSON, such as ["one", "two"].') from None
    if get_args(wanted)[:1] == (str,) and get_origin(wanted) is not dict:
        return [part.strip() for part in text.split(",") if part.strip()]
    raise SettingsError(f"{name} must be JSON, such as [{{...}}].")


def merge(entries: list[Entry]) -> tuple[dict[str, Any], dict[Path, Entry]]:
    """One tree of values, later entries winning key by key, and where each key of it came from.

    Raises SettingsError where one place has a table and another a value."""
    tree: dict[str, Any] = {}
    origins: dict[Path, Entry] = {}
    for entry in entries:
        path = _as_named(tree, entry.path)
        table = tree
        for part in path[:-1]:
            below = table.setdefault(part, {})
            if not isinstance(below, dict):
                raise SettingsError(f"{part} is a table, not a value ({entry.origin}).")
            table = below
        if isinstance(table.get(path[-1]), dict) and not isinstance(entry.value, dict):
            origins = {known: at for known, at in origins.items() if known[: len(path)] != path}
        table[path[-1]] = entry.value
        origins[path] = entry
    return tree, origins


def _as_named(tree: Mapping[str, Any], path: Path) -> Path:
    """`path` with the spelling of names an operator chose: `my_box` from a variable means `[providers.my-box]`."""
    if len(path) < 2 or path[0] not in ("providers", "plans", "platforms"):
        return path
    for name in tree.get(path[0], {}):
        if name.lower().replace("-", "_") == path[1].lower().replace("-", "_"):
            return (path[0], name, *path[2:])
    return path
