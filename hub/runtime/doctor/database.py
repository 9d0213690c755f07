"""Checks of the database: reachable, schema, sound. Knows what to ask; must not write anything."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hub.domain.errors import SettingsError, StoreDown
from hub.ports.hints import Hints
from hub.ports.store import Store
from hub.runtime.cli.backup import NOTE
from hub.runtime.doctor.finding import Finding, Level, error, warning, well
from hub.runtime.doctor.spending import look_at_spending
from hub.runtime.house import check_folder, sqlite_file
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.mask import masked

MOST_DOUBTS = 5
"""So many are named."""

OLDEST_SERVER = (14,)
"""PostgreSQL that its makers still mend."""

OLD_BACKUP_DAYS = 14
"""Whoever made copies and has not for so long has forgotten."""

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
        yield (inside := look_inside(file))
        if inside.level is Level.ERROR:
            return
    try:
        current = await migrate.current(url)
    except StoreDown as fault:
        yield error("database", f"{masked(url)} does not answer: {fault}", "Check [database] url and that it runs.")
        return
    yield well("database", f"{masked(url)} answers")
    if current == migrate.head():
        yield well("schema", f"newest version, {current}")
        if file is None:
            yield look_at_server(await migrate.server_version(url))
        async for finding in look_at_what_was_left(loaded):
            yield finding
    else:
        yield warning("schema", f"at {current or 'nothing'}, newest is {migrate.head()}.", "parley migrate")


async def look_at_what_was_left(loaded: Loaded) -> AsyncIterator[Finding]:
    """What a running Parley left for an operator to see."""
    from hub.runtime.doctor.work import look_at_work
    from storage.store import open_store

    store = await open_store(loaded.settings.database.url)
    try:
        if sqlite_file(loaded.settings.database.url) is None:
            yield await look_at_hints(store.hints)
        yield look_at_backups(await store.read_note(*NOTE), time.time())
        async for finding in look_at_doubts(store):
            yield finding
        async for finding in look_at_spending(store, int(time.time() * 1000)):
            yield finding
        async for finding in look_at_work(store, mail=bool(loaded.settings.smtp.host)):
            yield finding
    finally:
        await store.close()


def look_at_server(version: tuple[int, ...]) -> Finding:
    """The version of PostgreSQL."""
    says = f"PostgreSQL {'.'.join(map(str, version))}"
    if version < OLDEST_SERVER:
        mend = f"Move to version {OLDEST_SERVER[0]} or later: parley backup FILE, pg_restore there, set [database] url."
        return warning("server", f"{says} gets no corrections any longer.", mend)
    return well("server", says)


async def look_at_hints(hints: Hints) -> Finding:
    """Whether what one process tells the others gets through."""
    hints.hear("doctor", lambda words: None, lambda: None)
    for _ in range(30):
        if not hints.deaf:
            return well("processes", "several on this database hear of each other at once")
        await asyncio.sleep(0.1)
    says = "LISTEN and NOTIFY do not get through: what one process shows comes to pages on another after 15 seconds."
    return warning("processes", says, "Let [database] url lead to PostgreSQL itself, or to a pool in session mode.")


def look_at_backups(note: str, now: float) -> Finding:
    """When the last copy was made, as far as we know."""
    if not note:
        return well("backups", "parley backup FILE copies the database while it is used; it has not made one yet")
    days = int((now - int(note)) / 86_400)
    says = f"the last parley backup was {f'{days} days ago' if days else 'less than a day ago'}"
    if days > OLD_BACKUP_DAYS:
        return warning("backups", f"{says}.", "parley backup FILE, best every night (cron, systemd timer).")
    return well("backups", says)


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
