"""`python -m bench`: measure, print, judge. Knows the names of the figures; must not know how one is measured."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from bench.figures import api, bill, first_word, growth, memory, metering, size, soak, start, streams, telegram, turn
from bench.outcome import FULL, QUICK, BenchFailed, Line, Scale, table

FIGURES: Mapping[str, Callable[[Scale], list[Line]]] = {
    "start": start.measure,
    "memory": memory.measure,
    "size": size.measure,
    "turn": turn.measure,
    "metering": metering.measure,
    "bill": bill.measure,
    "first-word": first_word.measure,
    "growth": growth.measure,
    "streams": streams.measure,
    "telegram": telegram.measure,
    "api": api.measure,
    "soak": soak.measure,
}


def main() -> int:
    """Exit code: 0 all reached (or `--quick`), 1 a figure missed, 2 something did not run."""
    asked = _arguments()
    _raise_file_limit()
    scale = QUICK if asked.quick else FULL
    lines: list[Line] = []
    failed = False
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    for name in asked.only or FIGURES:
        began = time.monotonic()
        try:
            found = FIGURES[name](scale)
        except BenchFailed as error:
            failed = True
            print(f"\n{name}: {error}", file=sys.stderr, flush=True)
            continue
        lines += found
        print(f"\n[{name}, {time.monotonic() - began:.0f} s]\n{table(found)}", flush=True)
    if len(asked.only or FIGURES) > 1:
        print(f"\n{table(lines)}")
    if asked.json:
        report = [{**asdict(line), "ratio": line.ratio, "passed": line.passed} for line in lines]
        asked.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if failed:
        return 2
    return 1 if not asked.quick and any(line.passed is False for line in lines) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench", description="Measure Parley, each figure beside its baseline.")
    parser.add_argument("--only", action="append", choices=list(FIGURES), help="this figure (again for more)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to see that the bench runs")
    return parser.parse_args()


def _raise_file_limit() -> None:
    """As many open files as this user may have; every process started from here inherits it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
