"""Checks of the database: reachable, schema, sound. Knows what to ask; must not write anything."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from hub.domain.errors import SettingsError, StoreDown
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.house import check_folder, sqlite_file
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.mask import masked

LARGE = 256 * 1024 * 1024
"""Bytes of a SQLite file beyond which only the quick check is made: the full one reads every index."""


async def look_at_database(loaded: Loaded) -> AsyncIterator[Finding]:
    """Folder, connection, schema, integrity; what depends on something missing is not asked."""
    from storage import migrate

    url = loaded.settings.database.url
    try:
        check_folder(url)
    except SettingsError as fault:
        yield error("folder", str(fault), "See above.")
        return
    file = sqlite_file(url)
    if file is not None:
        yield well("folder", f"{file.parent.absolute()} can be written")
        if not file.exists():
            yield well("database", "not there yet; parley run makes it")
            return
    try:
        current = await migrate.current(url)
    except StoreDown as fault:
        yield error("database", f"{masked(url)} does not answer: {fault}", "Check [database] url and that it runs.")
        return
    yield well("database", f"{masked(url)} answers")
    if current == migrate.head():
        yield well("schema", f"newest version, {current}")
    else:
        yield warning("schema", f"at {current or 'nothing'}, newest is {migrate.head()}.", "parley migrate")
    if file is not None:
        yield look_inside(file)


def look_inside(file: Path) -> Finding:
    """SQLite's own check of the file."""
    pragma = "quick_check" if file.stat().st_size > LARGE else "integrity_check"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as link:
            verdict = str(link.execute(f"PRAGMA {pragma}").fetchone()[0])
    except sqlite3.Error as fault:
        verdict = str(fault)
    if verdict == "ok":
        return well("integrity", f"{pragma} ok")
    mend = "Stop Parley, keep a copy of the file, and go back to your last backup."
    return error("integrity", f"the database file is damaged: {verdict}", mend)
