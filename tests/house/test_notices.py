"""Every notice that is used exists in every language with the same arguments, and none is left over."""

from __future__ import annotations

import ast
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .source import ROOT, Source, house_of, ours

SAYING = {"Notice", "words", "QuotaExceeded", "BadCommand", "BadInput", "TooLarge", "NotAllowed", "Busy", "ForPerson"}
"""Calls whose first argument is a notice key."""

GIVEN_BY_ITSELF = {"Busy": {"after"}}
"""Arguments an error fills in without being told."""

Languages = Mapping[str, Mapping[str, str]]


def languages(folder: Path) -> dict[str, dict[str, str]]:
    spoken: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.*.toml")):
        said, topic = spoken.setdefault(path.suffixes[0][1:], {}), tomllib.loads(path.read_text(encoding="utf-8"))
        assert not said.keys() & topic.keys(), f"{path.name} says again what another topic says"
        said |= topic
    return spoken


def blanks(text: str) -> set[str]:
    """Names of the arguments a notice has room for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def unlike(spoken: Languages) -> list[str]:
    """Keys that a language lacks or has on top of English, and notices whose arguments differ from the English one."""
    english = spoken["en"]
    found = []
    for language, table in spoken.items():
        found += [f"{language}: lacks {key}" for key in english.keys() - table.keys()]
        found += [f"{language}: {key} is not in English" for key in table.keys() - english.keys()]
        both = english.keys() & table.keys()
        found += [
            f"{language}: {key} has other arguments" for key in both if blanks(table[key]) != blanks(english[key])
        ]
    return sorted(found)


def literals(node: ast.expr | None) -> list[str]:
    """The text a key expression may be: a literal, or either side of a choice between literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return []


def named_arguments(call: ast.Call) -> set[str] | None:
    """Names given to a notice; None when they cannot be read off the call."""
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if ast.unparse(call.func).endswith("Notice"):
        fields = (
            call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "arguments"), None)
        )
        if fields is None:
            return set()
        if not isinstance(fields, ast.Dict):
            return None
        return {key.value for key in fields.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return given


def sayings(source: Source) -> Iterator[tuple[int, str, set[str] | None]]:
    """Line, key and given arguments (None: unknown) of everything said in words of our own."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            given = named_arguments(node)
            if called in SAYING:
                for key in literals(node.args[0] if node.args else None):
                    yield node.lineno, key, given if given is None else given | GIVEN_BY_ITSELF.get(called, set())
            elif called == "Button" and not any(keyword.arg == "translate" for keyword in node.keywords):
                for key in literals(node.args[0] if node.args else None):
                    yield node.lineno, key, set()
        elif isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "ForPerson" for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "key":
                    yield from ((line.lineno, key, None) for key in literals(line.value))


def wrong_sayings(files: list[Source], english: Mapping[str, str]) -> list[str]:
    found = []
    for source in files:
        for line, key, given in sayings(source):
            if key not in english:
                found.append(f"{source.path}:{line}: there is no notice {key}")
            elif given is not None and blanks(english[key]) - given:
                lacking = ", ".join(sorted(blanks(english[key]) - given))
                found.append(f"{source.path}:{line}: {key} is not given {lacking}")
    return found


def never_said(files: list[Source], english: Mapping[str, str]) -> list[str]:
    """Notices that stand in the tables and in no line of code."""
    said = set()
    begun = set()
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
            elif isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))  # `command_{name}` says every notice that begins so
    begun = {start for start in begun if start.endswith("_")}
    return sorted(key for key in english if key not in said and not key.startswith(tuple(begun)))


def real() -> dict[str, dict[str, str]]:
    return languages(ROOT / "hub" / "core" / "notices")


def test_every_language_has_every_notice_with_the_same_arguments() -> None:
    assert set(real()) >= {"en", "de", "es", "ar"}
    assert unlike(real()) == []


def test_every_notice_that_is_said_exists_and_is_filled() -> None:
    assert wrong_sayings(list(ours()), real()["en"]) == []


def test_no_notice_is_left_over() -> None:
    assert never_said(list(ours()), real()["en"]) == []


def test_every_command_has_its_line() -> None:
    from hub.core.commands.registry import COMMANDS

    assert [command.name for command in COMMANDS.values() if command.describe not in real()["en"]] == []


def test_languages_that_differ_are_caught() -> None:
    spoken = {"en": {"a": "{x} of {y}", "b": "B"}, "de": {"a": "{x}", "c": "C"}}
    assert unlike(spoken) == ["de: a has other arguments", "de: c is not in English", "de: lacks b"]


@pytest.mark.parametrize(
    "line",
    [
        'Notice("nothing", {}, "en")',
        'Notice("hello", {"place": "x"}, "en")',
        'words("hello", "en")',
        'raise BadInput("hello")',
        'raise BadCommand("hello" if x else "nothing", name="Ann")',
        'Button("nothing", "retry")',
        'class Away(ForPerson):\n    key = "nothing"',
    ],
)
def test_a_notice_that_is_missing_or_not_filled_is_caught(tmp_path: Path, line: str) -> None:
    files = house_of(tmp_path, hub__core__turn=line)
    assert len(wrong_sayings(files, {"hello": "Hello {name}"})) == 1


def test_what_is_said_well_passes_and_what_is_never_said_is_caught(tmp_path: Path) -> None:
    files = house_of(
        tmp_path,
        hub__core__turn='Notice("hello", {"name": n})\nBusy("wait")\nwords(key, "en", **more)',
        hub__core__desk='Button("Ann", "x", translate=False)',
    )
    english = {"hello": "Hello {name}", "wait": "In {after} s", "gone": "Gone"}
    assert wrong_sayings(files, english) == []
    assert never_said(files, english) == ["gone"]
