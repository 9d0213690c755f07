"""Reading all settings. Knows the order of the places; must not know what the settings are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr, ValidationError, create_model

from adapters.table import ADAPTERS
from hub.domain.errors import SettingsError
from hub.runtime.settings.layers import Entry, merge, read_layers
from hub.runtime.settings.root import PLATFORMS, UNSERVED, UNSERVED_KEYS, Settings
from hub.runtime.settings.shape import Path, is_model, leaves
from hub.runtime.settings.words import problems, unknown

NOTHING_SET: Mapping[str, Any] = {
    name: {} for name, table in Settings.model_fields.items() if is_model(table.annotation)
}
"""An empty table for each: their defaults then come from the one schema of all settings, which is half the work."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each key that somebody set was read; `folder` is where relative paths begin."""

    settings: Settings
    origins: Mapping[Path, Entry] = field(repr=False)
    folder: File

    def origin(self, path: Path) -> str:
        """Where the key at `path` was read, `default` when nobody set it."""
        for end in range(len(path), 0, -1):
            if entry := self.origins.get(path[:end]):
                return f"{entry.origin} {entry.shown}".strip()
        return "default"

    def unserved(self) -> list[str]:
        """What somebody set and this version does not act on."""
        unserved = (*(name for name in PLATFORMS if name not in ADAPTERS), *UNSERVED)
        tables = {path[0] for path in self.origins if path[0] in unserved}
        keys = [f"[{table}] {key}" for table, key in UNSERVED_KEYS if (table, key) in self.origins]
        return [f"[{table}]" for table in unserved if table in tables] + keys

    def secrets(self) -> frozenset[str]:
        """Every secret value among the settings, passwords inside addresses included."""
        return frozenset(_secrets(self.settings))


def load(
    folder: File, environment: Mapping[str, str], flags: Mapping[tuple[str, ...], tuple[str, Any]] | None = None
) -> Loaded:
    """Read every place, weakest first; `flags` maps a key to its flag and value.

    Raises SettingsError with one line for each thing wrong, never a value."""
    entries = list(read_layers(folder, environment))
    entries += [Entry(path, value, "flag", flag) for path, (flag, value) in (flags or {}).items()]
    tree, origins = merge(entries)
    try:
        return Loaded(_checked({**NOTHING_SET, **tree}), origins, folder)
    except ValidationError as error:
        raise SettingsError("\n".join(problems(error, origins))) from None


def _checked(tree: Mapping[str, Any]) -> Settings:
    """`tree` as settings, checked by a class that is gone afterwards: what checks all tables is 0.8 MB, needed once."""
    read = create_model("Settings", __base__=Settings).model_validate(tree)
    return Settings.model_construct(read.model_fields_set, **dict(read))


def _secrets(settings: Settings) -> Iterator[str]:
    for _, value in leaves(settings):
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, str) and "://" in value and "@" in value:
            try:
                password = urlsplit(value).password
            except ValueError:
                continue
            if password:
                yield password
                yield unquote(password)


__all__ = ["Loaded", "load", "unknown"]
