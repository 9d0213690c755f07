"""The command line as people use it: what was typed, what it printed, how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile

from hub.runtime.cli.app import start
from tests.kit.forks import ROOT, fork


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
    if user is not None:
        done = subprocess.run(
            [sys.executable, "-m", "hub", *arguments],
            cwd=home, env=environment(**variables), input=typed,
            capture_output=True, text=True, timeout=seconds, user=user,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)
    with TemporaryFile() as lines, TemporaryFile() as out, TemporaryFile() as err:
        lines.write(typed.encode())
        lines.seek(0)
        process = fork("hub", *arguments, cwd=home, env=environment(**variables), stdin=lines, stdout=out, stderr=err)
        code = process.end(seconds)
        out.seek(0)
        err.seek(0)
        return Ended(code, out.read().decode(), err.read().decode())


def parley_here(home: Path, *arguments: str, **variables: str) -> Ended:
    """The same in this process, in a tenth of the time; beside a running loop, from a thread.

    Not for what a process shows alone: what is typed, how it ends, and secrets, which it remembers."""
    out, err = StringIO(), StringIO()
    before, within, hook = dict(os.environ), environment(**variables), sys.excepthook
    try:
        os.environ.clear()
        os.environ.update(within)
        with chdir(home), redirect_stdout(out), redirect_stderr(err):
            code = start(arguments)
    finally:
        sys.excepthook = hook
        os.environ.clear()
        os.environ.update(before)
    return Ended(code, out.getvalue(), err.getvalue())
