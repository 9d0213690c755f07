"""Our programs as real processes without the second of imports: each is forked from one that has imported everything.

Knows how a module becomes a process (`python -m MODULE ...`); must not know what it does. What only a process of its
own shows (that no more is imported than needed, how the interpreter starts) is tested with `sys.executable`.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]

OURS = ("hub", "adapters", "providers", "storage")
SDKS = ("telegram", "slack_bolt.async_app", "slack_sdk.web.async_client", "discord", "asyncpg")
ALONE = ("__main__", "migrations", "sandbox", "playground", "local")
"""Modules that act when imported, or that only few processes need."""

NUMBER = struct.Struct("i")

_one_at_a_time = threading.Lock()


class Forked:
    """A process: as much of `subprocess.Popen` as tests need, and to be waited for in a loop as well."""

    def __init__(self, pid: int, ends: int) -> None:
        self.pid, self._ends = pid, ends
        self._returncode: int | None = None

    def __del__(self) -> None:
        os.close(self._ends)

    @property
    def returncode(self) -> int | None:
        """The exit status (negative: the signal), None while it lives."""
        if self._returncode is None and select.select([self._ends], [], [], 0)[0]:
            told = os.read(self._ends, NUMBER.size)
            self._returncode = NUMBER.unpack(told)[0] if told else -signal.SIGKILL
        return self._returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def end(self, seconds: float) -> int:
        """Wait for its end and kill it when that takes too long. Raises TimeoutExpired."""
        if not select.select([self._ends], [], [], seconds)[0]:
            self.send_signal(signal.SIGKILL)
            raise subprocess.TimeoutExpired(f"process {self.pid}", seconds)
        assert self.returncode is not None
        return self.returncode

    async def wait(self) -> int:
        """Wait for its end."""
        while self.returncode is None:
            await asyncio.sleep(0.005)
        return self.returncode


def fork(
    module: str,
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
) -> Forked:
    """Start `python -m module ...`. `PYTHONPATH` beyond our own is heeded, other variables of Python's are not."""
    ends, told = os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        streams = [
            nothing.fileno() if each == subprocess.DEVNULL else _number(each) for each in (stdin, stdout, stderr)
        ]
        task = {"argv": [module, *arguments], "cwd": str(cwd), "env": dict(env)}
        with _one_at_a_time:
            socket.send_fds(_parent(), [json.dumps(task).encode() + b"\n"], [*streams, told])
            os.close(told)
            return Forked(NUMBER.unpack(os.read(ends, NUMBER.size))[0], ends)


def _number(stream: IO[bytes] | int) -> int:
    return stream if isinstance(stream, int) else stream.fileno()


@cache
def _parent() -> socket.socket:
    """The door of the process that forks; it ends, and all that it forked with it, when we do."""
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(its.fileno())],
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            pass_fds=[its.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


# -- in the process that forks, and in what it forks


def serve(door: socket.socket) -> tuple[dict[str, object], list[int]] | None:
    """Fork at every request until nobody can ask any more. Returns in each fork, with what was asked for."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(wake)
    living: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([door, woken], [], [])
        if woken in ready:
            os.read(woken, 1024)
            _bury(living)
        if door not in ready:
            continue
        request, descriptors = _asked(door)
        if not request:
            for pid in living:
                os.kill(pid, signal.SIGKILL)
            return None
        *streams, told = descriptors
        if pid := os.fork():
            os.write(told, NUMBER.pack(pid))
            living[pid] = told
            for each in streams:
                os.close(each)
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        door.close()
        for each in (woken, wake, told, *living.values()):
            os.close(each)
        return json.loads(request), streams


def _asked(door: socket.socket) -> tuple[bytes, list[int]]:
    request, descriptors, _, _ = socket.recv_fds(door, 65536, 8)
    while request and not request.endswith(b"\n"):
        request += door.recv(65536)
    return request, descriptors


def _bury(living: dict[int, int]) -> None:
    """Tell of everything that has ended."""
    for pid in list(living):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            told = living.pop(pid)
            try:
                os.write(told, NUMBER.pack(os.waitstatus_to_exitcode(status)))
            except BrokenPipeError:
                pass
            os.close(told)


def become(argv: Sequence[str], cwd: str, env: Mapping[str, str], streams: Sequence[int]) -> None:
    """Be the program that was asked for."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        if stream > 2:
            os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    tempfile.tempdir = None
    further = [folder for folder in env.get("PYTHONPATH", "").split(os.pathsep) if folder not in ("", str(ROOT))]
    sys.path[:0] = [cwd, *further]
    importlib.reload(sys.modules["hub.core.failpoints"])
    module, *arguments = argv
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def import_everything() -> None:
    """What our programs import, at once or later."""
    for name in OURS:
        folder = str(ROOT / name)
        for found in pkgutil.walk_packages([folder], f"{name}.", onerror=lambda _: None):
            if not set(found.name.split(".")) & set(ALONE):
                importlib.import_module(found.name)
    for name in SDKS:
        importlib.import_module(name)


def main() -> None:
    """As `python -m tests.kit.forks DESCRIPTOR`."""
    import_everything()
    gc.collect()
    gc.freeze()
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        task, streams = asked
        become(**task, streams=streams)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
