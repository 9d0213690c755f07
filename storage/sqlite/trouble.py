"""SQLite's errors in our words. Knows result codes; must not know verbs."""

from __future__ import annotations

import sqlite3

from hub.domain.errors import StoreDown

_WORDS = {
    sqlite3.SQLITE_BUSY: "the database is locked by another process",
    sqlite3.SQLITE_LOCKED: "the database is locked by another process",
    sqlite3.SQLITE_FULL: "the disk is full, the database cannot grow",
    sqlite3.SQLITE_READONLY: "the database file is read-only",
    sqlite3.SQLITE_IOERR: "the disk reports an error while reading or writing the database",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_PERM: "no permission to use the database file",
    sqlite3.SQLITE_NOMEM: "no memory left for the database",
    sqlite3.SQLITE_INTERRUPT: "the database was interrupted",
}


def in_our_words(error: BaseException) -> StoreDown | None:
    """StoreDown for trouble with the file or the disk; None for anything else, such as a broken constraint."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    words = _WORDS.get(code & 0xFF) if isinstance(code, int) else None
    return StoreDown(words) if words else None
