"""What is public is documented and typed; every module says what it knows and what it must not know."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .source import Function, Source, arguments, holds, house_of

KNOWS = re.compile(r"\bknows\b", re.IGNORECASE)
MUST_NOT = re.compile(r"\bmust not\b|\bmust never\b", re.IGNORECASE)


def public(name: str) -> bool:
    return not name.startswith("_")


def members(source: Source) -> list[tuple[str, ast.ClassDef | Function]]:
    """Public classes and functions of a module, and the public methods of its public classes."""
    found: list[tuple[str, ast.ClassDef | Function]] = []
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef | Function) and public(node.name):
            found.append((node.name, node))
            inside = node.body if isinstance(node, ast.ClassDef) else []
            methods = [inner for inner in inside if isinstance(inner, Function) and public(inner.name)]
            found.extend((f"{node.name}.{inner.name}", inner) for inner in methods)
    return found


def concerned(files: list[Source]) -> list[Source]:
    return [source for source in files if not source.path.startswith("storage/migrations/")]


def undocumented(files: list[Source]) -> list[str]:
    return [
        f"{source.path}:{node.lineno}: {name} has no docstring"
        for source in concerned(files)
        for name, node in members(source)
        if not ast.get_docstring(node)
    ]


def untyped(files: list[Source]) -> list[str]:
    found = []
    for source in concerned(files):
        for name, node in members(source):
            if isinstance(node, ast.ClassDef):
                continue
            bare = [one.arg for one in arguments(node) if not one.annotation and one.arg not in {"self", "cls"}]
            if bare or node.returns is None:
                found.append(f"{source.path}:{node.lineno}: {name} lacks types ({', '.join(bare) or 'result'})")
    return found


def silent_modules(files: list[Source]) -> list[str]:
    """Modules whose docstring does not say both; a package marker needs no more than a docstring."""
    found = []
    for source in concerned(files):
        words = ast.get_docstring(source.tree) or ""
        if not words:
            found.append(f"{source.path}: no docstring")
        elif not source.path.endswith("__init__.py") and not (KNOWS.search(words) and MUST_NOT.search(words)):
            found.append(f"{source.path}: the docstring does not say what it knows and what it must not")
    return found


def test_everything_public_has_a_docstring() -> None:
    holds(undocumented)


def test_everything_public_is_typed() -> None:
    holds(untyped)


def test_every_module_says_what_it_knows_and_must_not_know() -> None:
    holds(silent_modules)


@pytest.mark.parametrize(
    "text", ["def f() -> None: ...", "class A: ...", 'class A:\n  """A."""\n  async def f(self) -> None: ...']
)
def test_a_missing_docstring_is_caught(tmp_path: Path, text: str) -> None:
    assert len(undocumented(house_of(tmp_path, hub__core__turn=text))) == 1


@pytest.mark.parametrize(
    "text", ["def f(a: int, b) -> None: ...", "def f(a: int): ...", "class A:\n  def f(self, *a) -> None: ..."]
)
def test_a_missing_type_is_caught(tmp_path: Path, text: str) -> None:
    assert len(untyped(house_of(tmp_path, hub__core__turn=text))) == 1


@pytest.mark.parametrize(
    "text", ["x = 1", '"""A turn."""\nx = 1', '"""Knows turns."""\nx = 1', '"""Must not know X."""\nx = 1']
)
def test_a_module_that_does_not_say_is_caught(tmp_path: Path, text: str) -> None:
    assert len(silent_modules(house_of(tmp_path, hub__core__turn=text))) == 1


def test_private_things_and_markers_pass(tmp_path: Path) -> None:
    files = house_of(
        tmp_path,
        hub__core__turn='"""Knows a turn; must not know models."""\ndef _f(a): ...\nclass _A:\n  def f(self): ...',
        hub__core__init='"""The core."""',
    )
    assert undocumented(files) + untyped(files) + silent_modules(files) == []
