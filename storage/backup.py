"""A copy of the database, taken while it is used. Knows both databases' own ways; must not know tables.

The copy is written beside its name and gets that name once it is whole and on the disk, readable by its owner alone.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from hub.domain.errors import SettingsError, StoreDown
from storage.place import parse_url, path_of


def back_up(url: str, file: Path) -> None:
    """Copy the database at `url`, as it stands at one moment, to the new `file`. Raises SettingsError and StoreDown."""
    parsed = parse_url(url)
    part = file.with_name(f".{file.name}.part")
    if file.exists():
        raise SettingsError(f"{file} is there already. Name a file that is not, or a folder.")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        try:
            if parsed.get_backend_name() == "sqlite":
                _copy_file(path_of(parsed), part)
            else:
                _dump(parsed, part)
            _make_sure(part)
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}. Name another place.") from None


def _copy_file(source: Path, part: Path) -> None:
    from storage.sqlite.trouble import in_our_words

    if not source.is_file():
        raise SettingsError(f"There is no database {source.absolute()} yet; parley run makes it.")
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as link:
            link.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        raise in_our_words(error) or error from None


def _dump(url: sa.URL, part: Path) -> None:
    tool = shutil.which("pg_dump")
    if tool is None:
        raise SettingsError("PostgreSQL's pg_dump is not installed here. Install its client tools, or run it there.")
    query = dict(url.query)
    if "ssl" in query:
        query["sslmode"] = query.pop("ssl")
    place = url.set(drivername="postgresql", password=None, query=query).render_as_string()
    secret = {"PGPASSWORD": url.password} if url.password else {}
    command = [tool, "--format=custom", "--no-owner", "--no-password", f"--file={part}", f"--dbname={place}"]
    done = subprocess.run(  # noqa: S603 - a fixed command; the address is one argument of it
        command, env={**os.environ, **secret}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
        raise StoreDown(f"pg_dump says: {last}")


def _make_sure(part: Path) -> None:
    """What was written is on the disk."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
