"""Names that say nothing are not used, and no bag travels through the core."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .source import Source, arguments, functions, holds, house_of

EMPTY_WORDS = {
    "manager",
    "helper",
    "utils",
    "util",
    "helpers",
    "base",
    "data",
    "info",
    "handler",
    "metadata",
    "extra",
    "raw",
}

ALLOWED: dict[tuple[str, str], str] = {
    ("hub/runtime/http_edge.py", "handler"): "aiohttp passes it to a middleware by this name",
}
"""(path, name): why the name is not ours to choose."""

FOREIGN_PLACES = ("wire", "sandbox", "parse")
"""Files that spell a vendor's payload: their fields carry the vendor's names."""

OPEN_ARGUMENTS = {"arguments", "fields"}
"""Names under which a notice's arguments or a log line's fields may be open; always `str | int` or `object` values."""

BAGS = re.compile(r"^(dict|Dict|Mapping|MutableMapping)(\[str, (Any|object)\])?$")

BAGS_ALLOWED = {
    ("hub/domain/completion.py", "parameters"): "a JSON Schema object is what the vendors take",
}


def words_of(name: str) -> set[str]:
    """`HttpHandler` and `http_handler` both have the word handler; `Database` has not the word data."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def names(source: Source) -> Iterator[tuple[int, str, bool]]:
    """Line, name, and whether the whole name must be empty to be bad (parameters: `base_url` says enough)."""
    for part in source.module.split("."):
        yield 1, part, False
    foreign = any(part in FOREIGN_PLACES for part in source.module.split("."))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, node.name, False
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
            for field in () if foreign else fields:
                yield field.lineno, ast.unparse(field.target), True
    for _, function in functions(source.tree):
        for one in () if foreign else arguments(function):
            yield one.lineno, one.arg, True


def empty_names(files: list[Source]) -> list[str]:
    return [
        f"{source.path}:{line}: {name} says nothing"
        for source in files
        if not source.path.startswith("storage/migrations/")
        for line, name, whole in names(source)
        if (name.strip("_").lower() in EMPTY_WORDS if whole else words_of(name) & EMPTY_WORDS)
        and (source.path, name) not in ALLOWED
    ]


def bags(files: list[Source]) -> list[str]:
    """Open keyword arguments and maps of anything, in what the core and the floors under it offer."""
    found = []
    for source in files:
        if not source.path.startswith(("hub/domain/", "hub/ports/", "hub/core/")):
            continue
        for name, function in functions(source.tree):
            kwarg = function.args.kwarg
            if kwarg and kwarg.arg not in OPEN_ARGUMENTS:
                found.append(f"{source.path}:{function.lineno}: {name} takes **{kwarg.arg}")
            found.extend(
                f"{source.path}:{one.lineno}: {name} takes {one.arg}: {ast.unparse(one.annotation)}"
                for one in arguments(function)
                if one is not kwarg and one.annotation and BAGS.match(ast.unparse(one.annotation))
            )
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and BAGS.match(ast.unparse(field.annotation)):
                        name = ast.unparse(field.target)
                        if (source.path, name) not in BAGS_ALLOWED:
                            found.append(f"{source.path}:{field.lineno}: {node.name}.{name} is a bag")
    return found


def test_names_say_something() -> None:
    holds(empty_names)


def test_no_bag_travels() -> None:
    holds(bags)


@pytest.mark.parametrize(
    "line",
    [
        "class LaneManager: ...",
        "class Base: ...",
        "class UserInfo: ...",
        "def f(data): ...",
        "def f(*, extra=None): ...",
        "class A:\n    def f(self, raw): ...",
        "class A:\n    metadata: str",
    ],
)
def test_an_empty_name_is_caught(tmp_path: Path, line: str) -> None:
    assert len(empty_names(house_of(tmp_path, hub__core__turn=line))) == 1


def test_an_empty_module_name_is_caught(tmp_path: Path) -> None:
    found = empty_names(house_of(tmp_path, hub__core__utils="", adapters__web__wire="def f(data): ..."))
    assert found == ["hub/core/utils.py:1: utils says nothing"]


def test_names_that_say_something_pass(tmp_path: Path) -> None:
    text = "class Database: ...\nclass Withdrawal: ...\ndef f(base_url, handlers): ..."
    assert empty_names(house_of(tmp_path, hub__core__turn=text)) == []


@pytest.mark.parametrize(
    "line",
    [
        "def f(**kwargs: object): ...",
        "def f(payload: dict[str, object]): ...",
        "def f(payload: Mapping[str, Any]): ...",
        "class A:\n    more: dict",
    ],
)
def test_a_bag_is_caught(tmp_path: Path, line: str) -> None:
    assert len(bags(house_of(tmp_path, hub__core__turn=line))) == 1


def test_typed_maps_and_notice_arguments_pass(tmp_path: Path) -> None:
    text = "def f(prompts: Mapping[str, str], **arguments: str | int): ..."
    assert bags(house_of(tmp_path, hub__core__turn=text)) == []
