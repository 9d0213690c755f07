"""The numbers as Prometheus reads them. Knows the text format; must not know what is counted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

Sample = tuple[str, str, str, dict[str, str], float]
"""Name, type, help, labels, value; see hub.core.metrics.snapshot."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_STARTED = time.time()
_PAGE = os.sysconf("SC_PAGE_SIZE")


def render(samples: Iterable[Sample]) -> str:
    """The exposition text; samples of one metric must stand together."""
    lines: list[str] = []
    family = ""
    for name, kind, describe, labels, value in samples:
        base = name
        if kind == "histogram":
            base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        if base != family:
            family = base
            lines += [f"# HELP {base} {_escaped(describe)}", f"# TYPE {base} {kind}"]
        named = ",".join(f'{label}="{_escaped(text, quotes=True)}"' for label, text in labels.items())
        number = f"{value:.0f}" if float(value).is_integer() else repr(float(value))
        lines.append(f"{name}{{{named}}} {number}" if named else f"{name} {number}")
    return "\n".join(lines) + "\n"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


def process_samples() -> Iterable[Sample]:
    """What the operating system says about this process; only on Linux."""
    yield "process_start_time_seconds", "gauge", "Start of the process, seconds since 1970", {}, _STARTED
    times = os.times()
    yield "process_cpu_seconds_total", "counter", "CPU time used", {}, times.user + times.system
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
        files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - Path.iterdir would make an object for each of them
    except OSError:
        return
    yield "process_resident_memory_bytes", "gauge", "Memory resident", {}, resident
    yield "process_open_fds", "gauge", "Open file descriptors", {}, files
