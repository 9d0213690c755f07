"""`parley backup`. Knows names of copies and what to say; must not know how a database is copied."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from hub.runtime.cli.settings import read_settings

NOTE = ("house", "backup")
"""Where the notebook keeps when the last copy was made, in seconds since 1970, for the doctor."""


def back_up_now(target: str) -> None:
    """Copy the database to `target`, a new file or a folder; say how to come back. Raises SettingsError, StoreDown."""
    wanted = Path(target).absolute()
    url = read_settings().settings.database.url
    from hub.runtime.house import sqlite_file
    from storage.backup import back_up

    own = sqlite_file(url)
    if wanted.is_dir():
        wanted /= time.strftime(f"parley-%Y%m%d-%H%M%S.{'db' if own else 'dump'}", time.gmtime())
    back_up(url, wanted)
    asyncio.run(_note(url))
    print(f"The database is copied to {wanted} ({wanted.stat().st_size / 1024 / 1024:.1f} MiB).")
    if own:
        print(f"To come back to it: stop Parley, put the copy in the place of {own}, delete {own}-wal and {own}-shm,")
        print("and start.")
    else:
        print("To come back to it, into a new and empty database:")
        print(f"pg_restore --no-owner --dbname=NAME {wanted.name}")


async def _note(url: str) -> None:
    from storage.store import open_store

    store = await open_store(url)
    try:
        await store.write_note(*NOTE, str(int(time.time())))
    finally:
        await store.close()
