"""What is drawn is what is there: the tree of errors, the failpoints, the table of packages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from .source import ROOT, Source, house_of, ours

BRANCH = re.compile(r"^[├└]─ (\w+)(?: \([^)]*\))?\s{2,}(.+)$", re.MULTILINE)


def drawn(text: str) -> dict[str, set[str]]:
    """Kind of error to its members, as the drawing in `text` has them; what an error carries is left out."""
    members = {kind: re.sub(r"\([^)]*\)", "", listed) for kind, listed in BRANCH.findall(text)}
    return {kind: {name.strip() for name in listed.split("·")} for kind, listed in members.items()}


def built(source: Source) -> dict[str, set[str]]:
    """The same of the classes in a module."""
    parents = {
        node.name: ast.unparse(node.bases[0])
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and node.bases
    }
    kinds = [name for name, parent in parents.items() if parent == "ParleyError"]
    return {kind: {name for name, parent in parents.items() if parent == kind} for kind in kinds}


def failpoints(files: list[Source]) -> tuple[list[str], list[str]]:
    """Names in the list of failpoints, and names that code passes."""
    listed: list[str] = []
    passed: list[str] = []
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("FAILPOINTS"):
                listed += ast.literal_eval(node.value)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "failpoint":
                passed += [one.value for one in node.args if isinstance(one, ast.Constant)]
    return listed, passed


def test_the_tree_of_errors_is_the_drawn_one() -> None:
    source = next(one for one in ours() if one.path == "hub/domain/errors.py")
    assert built(source)
    assert drawn(ast.get_docstring(source.tree) or "") == built(source)
    assert drawn((ROOT / "hub" / "DESIGN.md").read_text(encoding="utf-8")) == built(source)


def test_every_failpoint_is_listed_passed_and_documented() -> None:
    listed, passed = failpoints(list(ours()))
    assert sorted(listed) == sorted(set(passed))
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in listed if f"`{name}`" not in contributing] == []


def test_every_package_of_the_plan_is_ruled_by_the_floors() -> None:
    """A row of the plan's table without a row in the test would be a rule that nobody holds."""
    from .test_floors import ALLOWED

    design = (ROOT / "hub" / "DESIGN.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in design.splitlines() if line.startswith("| `")]
    named = [name.removesuffix(".<x>") for row in rows for name in re.findall(r"`([\w.<>]+)`", row)]
    assert len(named) >= 9
    assert [name for name in named if name not in ALLOWED] == []


def test_a_tree_that_differs_is_seen(tmp_path: Path) -> None:
    text = "class Money(ParleyError): ...\nclass Gone(Money): ...\nclass Lost(Money): ..."
    (source,) = house_of(tmp_path, hub__domain__errors=text)
    assert built(source) == {"Money": {"Gone", "Lost"}}
    assert drawn("ParleyError\n└─ Money (key)     Gone(after) · Lost\n") == built(source)
    assert drawn("ParleyError\n└─ Money (key)     Gone(after)\n") != built(source)


def test_a_failpoint_that_nobody_passes_is_seen(tmp_path: Path) -> None:
    files = house_of(tmp_path, hub__core__failpoints='FAILPOINTS = ("a", "b")', hub__core__turn='failpoint("a")')
    assert failpoints(files) == (["a", "b"], ["a"])
