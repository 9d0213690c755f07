"""Resident memory of an idle hub that has answered once, beside a process that imported aiohttp and SQLAlchemy."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.outcome import BenchFailed, Line, Scale, middle
from bench.processes import Child, Hub, environment, resident, workplace

LIMIT = 80
MIB = 1024 * 1024
REST = 3.0
"""Seconds of rest after the answer."""
CODE = "import aiohttp, sqlalchemy; print(flush=True); input()"


def measure(scale: Scale) -> list[Line]:
    """One line; the demo model answers, as by default."""
    used = middle([_hub() for _ in range(scale.repeats)])
    baseline = _bare()
    target = f"at most {LIMIT} MiB"
    return [Line("memory when idle", "MiB", used, baseline, "import aiohttp, sqlalchemy", used, LIMIT, target)]


def _hub() -> float:
    with workplace() as folder, Hub(folder) as hub:
        with Child("bench.visitors", port=hub.port) as visitors:
            visitors.ask(do="open", count=1)
            said = visitors.ask(do="say", turns=1, together=1, text="What can you do?")
            if said["turns"] != 1:
                raise BenchFailed("the hub did not answer")
        time.sleep(REST)
        return resident(hub.pid) / MIB


def _bare() -> float:
    process = subprocess.Popen(
        [sys.executable, "-c", CODE], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        return resident(process.pid) / MIB
    finally:
        process.kill()
        process.communicate()
