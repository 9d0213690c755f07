"""A connection to a database file. Knows our pragmas; must not know who writes or reads."""

from __future__ import annotations

import sqlite3
from pathlib import Path

BUSY_TIMEOUT_MS = 5_000
"""How long a lock that somebody else holds is waited for, on a thread."""

CHECKPOINT_PAGES = 4_000
"""Pages (of 4 KiB) in the log before they are copied into the file, while everybody waits: four times SQLite's default,
since most of them are the same few pages again, written once for all. Always by the writer itself: before 3.51.3 a log
that two connections reset at the same moment may lose pages."""


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection with our pragmas, which begins and ends transactions only when told."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=BUSY_TIMEOUT_MS / 1000
    )
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        "cache_size=-8192",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection
