"""`parley config`. Knows how settings are shown; must never print a secret."""

from __future__ import annotations

import json
from typing import Any

from hub.domain.errors import SettingsError
from hub.runtime.catalogue import make_catalogue
from hub.runtime.cli.settings import read_settings
from hub.runtime.platforms import platform_configs
from hub.runtime.rules import make_rules
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.mask import masked
from hub.runtime.settings.root import Settings
from hub.runtime.settings.shape import leaves


def show(*, as_json: bool) -> None:
    """Print every key, its value and its source. Raises SettingsError."""
    rows = _rows(read_settings())
    if as_json:
        print(
            json.dumps(
                [{"key": key, "value": value, "source": source} for key, value, source in rows], indent=2, default=str
            )
        )
        return
    width = max(len(f"{key} = {_shown(value)}") for key, value, source in rows if len(str(value)) < 60)
    for key, value, source in rows:
        print(f"{f'{key} = {_shown(value)}':<{width}}  # {source}")


def _rows(loaded: Loaded) -> list[tuple[str, Any, str]]:
    return [(".".join(path), masked(value), loaded.origin(path)) for path, value in leaves(loaded.settings)]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def validate() -> None:
    """Say that the settings can be used, and what of them is not served. Raises SettingsError."""
    loaded = read_settings()
    catalogue = make_catalogue(loaded.settings)
    make_rules(loaded.settings, catalogue)
    platforms = platform_configs(loaded)
    if "telegram" in platforms and platforms["telegram"].mode == "webhook" and not loaded.settings.server.public_url:
        raise SettingsError(
            "[telegram] mode is webhook, and Telegram would not know where to push: set [server] public_url to the "
            "hub's https address, or mode to polling."
        )
    print(f"The settings can be used. Default model: {catalogue.default}.")
    for name in loaded.unserved():
        print(f"{name} is set, and this version does not serve it yet.")


def schema() -> None:
    """Print the JSON Schema."""
    print(json.dumps(Settings.model_json_schema(), indent=2))
