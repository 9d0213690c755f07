"""Our source files as syntax trees. Knows where they are; must not know any rule."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hub", "adapters", "providers", "storage", "admin_web")

STAND_INS = {"sandbox", "stand_in", "playground"}
"""What modules and folders are called that play somebody else's part, or live on those that do."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file; `path` from the root with slashes, `module` dotted."""

    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def stands_in(self) -> bool:
        """Whether it plays a platform or a vendor, for tests and in the playground."""
        return bool(STAND_INS & set(self.module.split(".")))

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]


def read(root: Path, path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    parts = list(path.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return Source(path.relative_to(root).as_posix(), ".".join(parts), text, ast.parse(text, str(path)))


def sources(root: Path, *folders: str) -> list[Source]:
    """Every Python file under `folders`; a folder that is not there has none."""
    found = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return [read(root, path) for path in found]


@functools.cache
def ours() -> tuple[Source, ...]:
    """The product's own files."""
    return tuple(sources(ROOT, *PACKAGES))


@functools.cache
def everything() -> tuple[Source, ...]:
    """The product's files, tests, benches and tools."""
    return ours() + tuple(sources(ROOT, "tests", "bench", "tools"))


def tracked(root: Path = ROOT) -> list[Path]:
    """Files that belong to the project: known to git or about to be; without git, every file of a clean copy."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return [path for path in root.rglob("*") if path.is_file() and not hidden_away(path.relative_to(root))]
    return [root / name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def hidden_away(path: Path) -> bool:
    return any(part in {".venv", ".git", ".cache", "__pycache__"} or part.endswith("_cache") for part in path.parts)


def house_of(root: Path, **files: str) -> list[Source]:
    """A small made-up house: `hub__core__turn="..."` becomes `hub/core/turn.py`."""
    for name, text in files.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        if name.endswith("__init"):
            path = path.with_name("__init__.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sources(root, *PACKAGES)


def functions(tree: ast.AST) -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name, those inside classes and functions too."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}{child.name}"
                if isinstance(child, Function):
                    yield name, child
                yield from walk(child, f"{name}.")
            else:
                yield from walk(child, prefix)

    return walk(tree, "")


def arguments(function: Function) -> list[ast.arg]:
    """All parameters, starred ones too."""
    given = function.args
    starred = [one for one in (given.vararg, given.kwarg) if one]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *starred]


def holds(rule: Callable[[list[Source]], list[str]], files: tuple[Source, ...] | None = None) -> None:
    """Fail with every violation of `rule` in our files, one a line."""
    found = rule(list(ours() if files is None else files))
    assert not found, "\n" + "\n".join(found)
