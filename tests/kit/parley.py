"""The command line as people use it: a process, what it printed, how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


def environment(**variables: str) -> dict[str, str]:
    """A clean environment in which only `variables` mean anything to Parley."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PARLEY_SECRETS_DIR": "/nowhere"} | variables


def parley(
    home: Path, *arguments: str, typed: str = "", user: int | None = None, seconds: float = 30, **variables: str
) -> Ended:
    """Run `parley ...` in `home` to its end, as `user` if given."""
    done = subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=home,
        env=environment(**variables),
        input=typed,
        capture_output=True,
        text=True,
        timeout=seconds,
        user=user,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
