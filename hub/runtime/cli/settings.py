"""Settings for a command. Knows the folder and the environment; must not know what a command does with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.domain.errors import SettingsError
from hub.runtime.redact import SCRUB
from hub.runtime.settings.load import Loaded, load


def enter_home() -> Path:
    """Go where settings and a relative database file stand: `PARLEY_HOME`, else stay. Raises SettingsError."""
    home = os.environ.get("PARLEY_HOME")
    if home:
        try:
            os.chdir(home)
        except OSError as error:
            raise SettingsError(f"PARLEY_HOME names a folder that cannot be entered: {error.strerror}.") from None
    return Path()


def read_settings(flags: Mapping[tuple[str, ...], tuple[str, Any]] | None = None) -> Loaded:
    """The settings of this folder, and their secrets learned for scrubbing. Raises SettingsError."""
    folder = enter_home()
    try:
        loaded = load(folder, os.environ, flags)
    except SettingsError as error:
        raise SettingsError(f"the settings cannot be used.\n{error}\nAfter mending: parley config validate") from None
    SCRUB.learn(loaded.secrets())
    return loaded
