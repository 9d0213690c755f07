"""The processes of a measurement: the hub and those beside it. Knows how to start, ask, weigh and end them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.outcome import BenchFailed

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0
"""Seconds any process may take to answer."""
START_PATIENCE = 30.0
"""Seconds a hub may take to start."""
POLL = 0.002


def environment(**more: str) -> dict[str, str]:
    """What our processes see: nothing of the caller's settings, keys or proxies. The small local model stays off: the
    default install does not have it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PARLEY_LOCAL__ENABLED": "false", **more}


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, all its threads, by its own clock in the kernel (nanoseconds, where /proc has ticks)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> int:
    """Resident bytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise BenchFailed(f"process {pid} has ended")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A fresh folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Child:
    """A module of ours in a process of its own, which answers each line on its stdin by one line of JSON."""

    def __init__(self, module: str, **order: object) -> None:
        self._name = module
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(),
            cwd=ROOT,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def hear(self) -> Any:
        """The next answer. Raises BenchFailed when there is none in time."""
        alarm = threading.Timer(PATIENCE, self._process.kill)
        alarm.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        alarm.cancel()
        if not line:
            self._process.kill()
            self._process.wait()
            self._errors.seek(0)
            raise BenchFailed(f"{self._name} gave up: {self._errors.read()[-2000:].decode(errors='replace').strip()}")
        return json.loads(line)

    def ask(self, **order: object) -> Any:
        """Say one thing, hear the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return self.hear()


class Hub:
    """A running hub. `seconds`: from the start of its process to its first HTTP 200."""

    def __init__(self, folder: Path, settings: str = "", module: str = "hub", **variables: str) -> None:
        self.port = free_port()
        self._log = folder / "hub.log"
        if settings:
            (folder / "settings.toml").write_text(settings, encoding="utf-8")
        with self._log.open("wb") as log:
            began = time.perf_counter()
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, "run"],
                env=environment(PARLEY_SERVER__PORT=str(self.port), **variables),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid
        try:
            self._wait()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        self.seconds = time.perf_counter() - began

    def _wait(self) -> None:
        limit = time.monotonic() + START_PATIENCE
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > limit:
                raise BenchFailed(f"the hub did not start: {self.words()}")
            time.sleep(POLL)

    def words(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(25)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def answers(port: int) -> bool:
    """Whether `GET /healthz` gives 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def load_settings(model_port: int) -> str:
    """Settings of a hub under load: SQLite at FULL as by default, no limit on how fast one person writes."""
    return f"""
[database]
synchronous = "FULL"

[limits]
person_per_minute = 0

[web]
sessions_per_minute = 0

[providers.bench]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{model_port}/v1"

[[models]]
name = "bench"
provider = "bench"
free = true

[routing]
default = "bench"
"""
