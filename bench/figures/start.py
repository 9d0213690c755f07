"""From the start of the process to the first HTTP 200, beside what importing aiohttp and SQLAlchemy takes."""

from __future__ import annotations

import compileall
import subprocess
import sys
import time
from pathlib import Path

from bench.outcome import Line, Scale, middle
from bench.processes import ROOT, Hub, environment, workplace

LIMIT = 2.5
BASELINE = "import aiohttp, sqlalchemy"
PACKAGES = ("hub", "adapters", "providers", "storage")


def measure(scale: Scale) -> list[Line]:
    """Two lines: with the database already there, and in an empty folder."""
    for package in PACKAGES:
        compileall.compile_dir(ROOT / package, quiet=2)
    imports: list[float] = []
    again: list[float] = []
    fresh: list[float] = []
    with workplace() as kept:
        _start(kept)
        _import(kept)
        for _ in range(scale.starts):
            imports.append(_import(kept))
            again.append(_start(kept))
            imports.append(_import(kept))
            with workplace() as folder:
                fresh.append(_start(folder))
    baseline = middle(imports)
    return [
        _line("start to first HTTP 200", middle(again), baseline),
        _line("... with a new database", middle(fresh), baseline),
    ]


def _line(name: str, seconds: float, baseline: float) -> Line:
    return Line(name, "s", seconds, baseline, BASELINE, seconds / baseline, LIMIT, f"at most {LIMIT} x")


def _start(folder: Path) -> float:
    with Hub(folder) as hub:
        return hub.seconds


def _import(folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", BASELINE], check=True, cwd=folder, env=environment())
    return time.perf_counter() - began
