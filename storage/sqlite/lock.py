"""One `parley run` per file. Knows the lock file beside the database; must not know the database."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub.domain.errors import SettingsError


class OnlyOne:
    """Held from construction to `release`, and let go by the system when the process dies.

    Raises SettingsError when another process holds it or the folder cannot be written."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingsError(f"cannot write beside the database {database}: {error.strerror}") from None
        if not _lock(self._handle):
            other = os.read(self._handle, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._handle)
            raise SettingsError(
                f"another `parley run` (process {other}) is using the database {database}; "
                "stop it first, or give this one its own [database] url"
            )
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others in."""
        os.close(self._handle)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, 64, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
