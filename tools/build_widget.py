"""Builds adapters/web/static/widget.js out of static/src. Knows esbuild, terser and the stamp; not what is built.

    python tools/build_widget.py            build (needs Node; installs the pinned tools on first use)
    python tools/build_widget.py --check    exit 1 if the built file was not made from these sources (needs no Node)

The first line of the built file carries a digest of the sources, so that a stale build is noticed without Node.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
STATIC = HOUSE / "adapters" / "web" / "static"
SOURCES = STATIC / "src"
BUILT = STATIC / "widget.js"
WORKSHOP = HOUSE / "tools" / "widget"
ESBUILD = WORKSHOP / "node_modules" / "esbuild" / "bin" / "esbuild"
TERSER = WORKSHOP / "node_modules" / "terser" / "bin" / "terser"
OURS = (
    "lastOwn lastAnswer wordsOf suggest confirm follow grow pend asked busy welcome announce alarm composer isOpen "
    "dress leave field settle enqueue outbox prefix passing plain foot upload sent reset element again step stream "
    "post call session event latest welcome typing press discard recall keep bounds memory base bare told"
)
"""Properties between our own files, which become a letter each: none is the browser's, stored, sent, or a page's."""

BUNDLE = (
    f"--mangle-props=^({OURS.replace(' ', '|')})$",
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=none",
)
SHRINK = ("--module", "--compress", "passes=3,unsafe_arrows=true,ecma=2022,pure_getters=true", "--mangle")


def digest() -> str:
    """First 48 bits of SHA-256 over names and contents of the sources and the pinned builder."""
    total = hashlib.sha256()
    for path in (*sorted(SOURCES.glob("*.js")), WORKSHOP / "package.json"):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def stamp() -> str:
    """First line of the built file."""
    return f"/* Apache-2.0 {digest()} */\n"


def tight(source: str) -> str:
    """The style sheet without line breaks and without blanks that mean nothing; the rest as it is."""
    head, opening, rest = source.partition("const CSS = `")
    sheet, closing, tail = rest.partition("`;")
    return head + opening + "".join(line.strip() for line in sheet.splitlines()) + closing + tail


def build() -> str:
    """The built file's text. Raises CalledProcessError when a tool refuses the sources."""
    if not ESBUILD.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("building the widget needs Node and npm; running Parley does not")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=WORKSHOP, check=True)  # noqa: S603
    copy = WORKSHOP / "node_modules" / ".sources"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(SOURCES, copy)
    style = copy / "style.js"
    style.write_text(tight(style.read_text("utf-8")), "utf-8")
    commands: tuple[list[str], ...] = ([str(ESBUILD), str(copy / "widget.js"), *BUNDLE], [str(TERSER), *SHRINK])
    text = ""
    for command in commands:
        made = subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603
        text = made.stdout
    return stamp() + text.strip() + "\n"


def main() -> int:
    """Build or check; the exit status."""
    if "--check" in sys.argv[1:]:
        if BUILT.read_text("utf-8").startswith(stamp()):
            return 0
        print(
            "adapters/web/static/widget.js is older than its sources: run python tools/build_widget.py", file=sys.stderr
        )
        return 1
    BUILT.write_text(build(), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
