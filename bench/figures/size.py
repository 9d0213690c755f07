"""What the default install takes on disk, the largest packages of it, and whether the product uses what it asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from bench.outcome import Line, Scale
from bench.processes import ROOT

PACKAGES = ("hub", "adapters", "providers", "storage", "admin_web")
MIB = 1024 * 1024
LARGEST = 10


def measure(scale: Scale) -> list[Line]:
    """One line; it misses when something is installed that no file of the product imports."""
    del scale
    sizes = {name: _size(found) for name in _names("requirements.txt") if (found := _installed(name))}
    total = sum(sizes.values()) / MIB
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    lean = {"aiohttp", "sqlalchemy", *_needs("aiohttp"), *_needs("sqlalchemy")}
    unused = [name for name in _names("requirements.in") if not _used(name)]
    return [
        Line(
            "installed size",
            "MiB",
            total,
            sum(sizes.get(name, 0) for name in lean) / MIB,
            "aiohttp and sqlalchemy",
            total,
            None,
            "reported; nothing unused",
            broken=f"no file of the product imports: {', '.join(unused)}" if unused else "",
            notes=(
                f"{len(sizes)} packages; the largest, in MiB: "
                + ", ".join(f"{name} {sizes[name] / MIB:.1f}" for name in largest),
            ),
        )
    ]


def _names(file: str) -> list[str]:
    """The distributions a requirements file names at the start of a line."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return [_plain(found[0]) for found in re.findall(r"^([A-Za-z0-9][\w.-]*)(\[[\w,-]+\])?\s*[=<>!~;\\]", text, re.M)]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> Distribution | None:
    """None for what this platform does not need."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _size(found: Distribution) -> int:
    """Bytes on disk of every file its RECORD lists, compiled ones too."""
    paths = (Path(str(file.locate())) for file in found.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _needs(name: str) -> Iterator[str]:
    """Names of what a distribution requires without extras, and what those do."""
    found = _installed(name)
    for line in (found.requires or ()) if found else ():
        if "extra ==" not in line:
            needed = _plain(re.split(r"[^\w.-]", line, maxsplit=1)[0])
            yield needed
            yield from _needs(needed)


def _used(name: str) -> bool:
    """Whether a file of the product imports it, or names it as SQLAlchemy's driver (`dialect+driver`)."""
    modules = {module for module, owners in packages_distributions().items() if name in map(_plain, owners)}
    return any(_imports(text, modules) or re.search(rf"\w\+{name}\b", text) for text in _sources())


def _sources() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.read_text(encoding="utf-8")


def _imports(text: str, modules: set[str]) -> bool:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] in modules for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] in modules:
            return True
        # a part of a package that is loaded without the package
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "find_spec"
            and ast.unparse(node.args[0])[1:-1] in modules
        ):
            return True
    return False
