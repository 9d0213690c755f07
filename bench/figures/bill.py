"""The ledger beside the vendor's own bill, after many turns at random with faults and after many killed houses.

The tests of the same hold it in small; here they run in large.
"""

from __future__ import annotations

import re
import subprocess
import sys

from bench.outcome import BenchFailed, Line, Scale
from bench.processes import ROOT, environment

TESTS = ("test_random_turns.py", "test_money_faults.py")
SAID = re.compile(r"bill: (\d+) calls, (\d+) settled, (\d+) tokens apart, (\d+) flagged")


def measure(scale: Scale) -> list[Line]:
    """One line: tokens by which what is settled differs from the bill."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-o", "timeout=1800",
         *(f"tests/journeys/{name}" for name in TESTS)],
        cwd=ROOT,
        env=environment(PARLEY_RANDOM_TURNS=str(scale.random), PARLEY_FAULT_KILLS=str(scale.kills)),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    found = [tuple(map(int, one)) for one in SAID.findall(done.stdout)]
    if not found:
        raise BenchFailed(done.stdout[-2000:].strip())
    calls, settled, apart, flagged = (sum(column) for column in zip(*found, strict=True))
    broken = done.stdout[-500:].strip() if done.returncode else ""
    load = f"{scale.random:,} turns with faults, {scale.kills} houses killed on each database: {calls:,} calls"
    known = f"{settled:,} settled by the vendor's own numbers, {flagged:,} flagged as our estimate"
    return [
        Line("ledger less the vendor's bill", "tokens", apart, None, "", apart, 0, "0 tokens of what is settled",
             broken=broken, notes=(load, known)),
    ]  # fmt: skip
