"""Checks of platforms from other packages: whether they are there. Knows tables; must not import an adapter."""

from __future__ import annotations

from collections.abc import Iterator

from hub.domain.errors import SettingsError
from hub.runtime.doctor.finding import Finding, error, well
from hub.runtime.platforms import guest_config
from hub.runtime.settings.load import Loaded


def look_at_guests(loaded: Loaded) -> Iterator[Finding]:
    """One finding for each table of `[platforms]` that is on."""
    for name, table in loaded.settings.platforms.items():
        if not table.enabled:
            continue
        try:
            guest_config(loaded.settings, name)
        except SettingsError as fault:
            yield error(name, str(fault), "Mend it in the settings.")
        else:
            yield well(name, "a package brings its adapter")
