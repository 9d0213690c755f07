"""Checks of the machine: versions, folder, disk, port, the .env file. Knows limits; must not know the database."""

from __future__ import annotations

import json
import platform
import shutil
import sqlite3
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from hub.domain.errors import SettingsError
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.floor import AIOHTTP, PYTHON, check_versions, fast_parser, sqlite_is_old
from hub.runtime.house import sqlite_file
from hub.runtime.serve import listen, url_of
from hub.runtime.settings.load import Loaded

LITTLE_SPACE = 200 * 1024 * 1024
"""Bytes free below which the database may soon not be written."""

PEEK_SECONDS = 2.0


def look_at_versions() -> Iterator[Finding]:
    """Python, aiohttp and SQLite."""
    import aiohttp

    try:
        check_versions()
        says = f"Python {platform.python_version()}, aiohttp {aiohttp.__version__}"
        yield well("versions", says)
    except SettingsError as fault:
        mend = f"Install Python {'.'.join(map(str, PYTHON))} and aiohttp {'.'.join(map(str, AIOHTTP))} or later."
        yield error("versions", str(fault), mend)
    if not fast_parser():
        mend = "Install the compiled wheel of aiohttp, and unset AIOHTTP_NO_EXTENSIONS."
        yield warning("parser", "aiohttp reads requests with its slow parser, which is also less strict.", mend)


def look_at_sqlite(loaded: Loaded) -> Iterator[Finding]:
    """The SQLite library, where it is used."""
    if sqlite_file(loaded.settings.database.url) is None:
        return
    says = f"SQLite {sqlite3.sqlite_version}"
    if sqlite_is_old():
        mend = "Use a Python built with SQLite 3.51.3 or later, and keep backups until then."
        yield warning("sqlite", f"{says} can, very rarely, damage a database under load.", mend)
    else:
        yield well("sqlite", says)


def look_at_space(loaded: Loaded) -> Iterator[Finding]:
    """Room for the database."""
    file = sqlite_file(loaded.settings.database.url)
    folder = (file.parent if file else loaded.folder).absolute()
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    says = f"{free // (1024 * 1024):,} MiB free in {folder}"
    if free < LITTLE_SPACE:
        yield warning("disk", says, "Make room: a full disk stops answers (none is lost).")
    else:
        yield well("disk", says)


def look_at_port(loaded: Loaded) -> Iterator[Finding]:
    """Whether we can listen, or a Parley does already."""
    server = loaded.settings.server
    try:
        bound = listen(server.host, server.port)
    except SettingsError as fault:
        if _is_parley(server.host, server.port):
            yield well("port", f"Parley is running on port {server.port}")
        else:
            yield error("port", str(fault), "Set [server] port to a free one.")
        return
    url = url_of(server.host, bound)
    bound.close()
    yield well("port", f"free: {url}")


def _is_parley(host: str, port: int) -> bool:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=PEEK_SECONDS) as answer:
            return bool(json.loads(answer.read(1024)).get("alive"))
    except (OSError, ValueError, AttributeError):
        return False


def look_at_env_file(folder: Path, *, fix: bool) -> Iterator[Finding]:
    """Whether others can read the keys."""
    file = folder / ".env"
    if sys.platform == "win32" or not file.is_file():
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if not mode & 0o077:
        yield well(".env", "only you can read it")
    elif fix:
        file.chmod(0o600)
        yield well(".env", f"others could read it (mode {mode:o}); mended to 600")
    else:
        yield warning(
            ".env", f"others can read the keys in it (mode {mode:o}).", "parley doctor --fix, or: chmod 600 .env"
        )
