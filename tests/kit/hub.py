"""The whole house as its own process, to be started, killed and started again by a test."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

from tests.kit.forks import ROOT, Forked, fork


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HubProcess:
    """`python -m hub run` in `home`, with `settings` as its settings.toml. Keeps its port over restarts."""

    def __init__(self, home: Path, settings: str = "", database: str = "", **environment: str) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (home / "settings.toml").write_text(settings)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._environment = kept | {"PYTHONPATH": str(ROOT), "PARLEY_TESTING": "1"} | environment
        if database:
            self._environment["DATABASE_URL"] = database
        self._process: Forked | None = None

    @property
    def log(self) -> str:
        """Everything it has printed so far, over all its lives."""
        path = self.home / "hub.log"
        return path.read_text() if path.exists() else ""

    @property
    def pid(self) -> int:
        """Of the living process."""
        assert self._process is not None
        return self._process.pid

    async def start(self, failpoint: str = "", *, ready: bool = True) -> None:
        """Start it; with `failpoint`, it kills itself there. `ready`: wait until it listens."""
        with (self.home / "hub.log").open("ab") as out:
            self._process = await asyncio.to_thread(
                fork, "hub", "run", "--port", str(self.port),
                cwd=self.home, env=self._environment | ({"PARLEY_FAILPOINT": failpoint} if failpoint else {}),
                stdout=out, stderr=out,
            )  # fmt: skip
        if ready:
            await self.listening()

    async def listening(self, seconds: float = 20) -> None:
        """Wait until it takes connections. Fails with its log when it died instead."""
        async with asyncio.timeout(seconds):
            while True:
                assert self._process is not None
                if self._process.returncode is not None:
                    raise AssertionError(f"the hub died with {self._process.returncode}:\n{self.log[-4000:]}")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return

    async def died(self, seconds: float = 20) -> int:
        """Wait for its end; the exit status (negative: the signal)."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.signal(signal.SIGKILL)
        await self.died()

    async def stop(self, seconds: float = 20) -> int:
        """SIGTERM, and wait for its end."""
        self.signal(signal.SIGTERM)
        return await self.died(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it is dead already."""
        if self._process is not None:
            self._process.send_signal(number)
