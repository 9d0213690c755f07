"""Which database a URL names. Knows spellings; must not open anything."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from hub.domain.errors import SettingsError


def parse_url(url: str) -> sa.URL:
    """A database URL with our driver in it. Raises SettingsError; its words never repeat the URL, for its password."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(
            "[database] url cannot be read; it begins with sqlite+aiosqlite:// or postgresql+asyncpg://"
        ) from None
    if parsed.drivername in ("sqlite", "sqlite+aiosqlite"):
        return parsed.set(drivername="sqlite+aiosqlite")
    if parsed.drivername in ("postgres", "postgresql", "postgresql+asyncpg"):
        return parsed.set(drivername="postgresql+asyncpg")
    raise SettingsError("[database] url must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")


def path_of(url: sa.URL) -> Path:
    """The file a URL names. Raises SettingsError."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError("[database] url must name a file, such as sqlite+aiosqlite:///parley.db")
    return Path(url.database)
