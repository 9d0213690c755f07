"""Checks of the database: reachable, schema, sound. Knows what to ask; must not write anything."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hub.domain.errors import SettingsError, StoreDown
from hub.ports.store import Store
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.doctor.spending import look_at_spending
from hub.runtime.house import check_folder, sqlite_file
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.mask import masked

MOST_DOUBTS = 5
"""So many are named."""

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
        async for finding in look_at_what_was_left(loaded):
            yield finding
    else:
        yield warning("schema", f"at {current or 'nothing'}, newest is {migrate.head()}.", "parley migrate")
    if file is not None:
        yield look_inside(file)


async def look_at_what_was_left(loaded: Loaded) -> AsyncIterator[Finding]:
    """What a running Parley left for an operator to see."""
    from hub.runtime.doctor.work import look_at_work
    from storage.store import open_store

    store = await open_store(loaded.settings.database.url)
    try:
        async for finding in look_at_doubts(store):
            yield finding
        async for finding in look_at_spending(store, int(time.time() * 1000)):
            yield finding
        async for finding in look_at_work(store, mail=bool(loaded.settings.smtp.host)):
            yield finding
    finally:
        await store.close()


async def look_at_doubts(store: Store) -> AsyncIterator[Finding]:
    """Replies of which a part may stand twice, where a platform cannot tell a repeat."""
    found = await store.doubts(MOST_DOUBTS)
    if found:
        named = ", ".join(f"{key} on {platform} at {_when(at)}" for key, platform, at in found)
        says = f"a process ended while it was sending; a part of these answers may stand twice: {named}"
        yield warning("answers", says, "Nothing; people may delete the second one.")


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


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
