"""Broad excepts stand in named places only, and are counted."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from .source import ROOT, Source, functions, house_of, ours

PLACES: dict[tuple[str, str], tuple[int, str]] = {
    ("hub/core/lanes.py", "Lanes._run"): (1, "lane loop"),
    ("hub/core/lanes.py", "Lanes._run_overtaking"): (1, "lane loop"),
    ("hub/core/sweep.py", "_survive"): (1, "job runner"),
    ("hub/core/jobs/runner.py", "Runner._ended"): (1, "job runner"),
    ("storage/sqlite/writer.py", "Writer._start"): (1, "store writer"),
    ("storage/sqlite/writer.py", "Writer._verbs"): (1, "store writer"),
    ("storage/sqlite/writer.py", "Writer._commit"): (1, "store writer"),
    ("storage/sqlite/writer.py", "Writer._run"): (1, "store writer"),
    ("storage/sqlite/writer.py", "Writer._replay"): (2, "store writer"),
    ("hub/runtime/supervisor.py", "Supervisor._keep"): (1, "adapter supervisor"),
    ("hub/runtime/http_edge.py", "_edge.edge"): (1, "HTTP edge"),
    ("adapters/telegram/adapter/arrivals.py", "Arrivals.take"): (1, "adapter supervisor"),
    ("adapters/telegram/adapter/reckoning.py", "Reckoning._take"): (1, "adapter supervisor"),
    ("adapters/slack/adapter/arrivals.py", "Arrivals.take"): (1, "adapter supervisor"),
    ("adapters/web/adapter/edge.py", "Edge.door.guarded"): (1, "HTTP edge"),
}
"""(path, function): how many broad excepts stand there, and which of the five named places it is."""

PLAN = re.compile(r"`except Exception` stands in named places only \(([^)]*)\)")
"""Where the plan names the kinds of places; a new kind is a change of the plan."""

BROAD = {"Exception", "BaseException"}


def names_broad(node: ast.expr | None) -> bool:
    """Whether an except clause (or a suppress call's argument) catches everything."""
    if node is None:
        return True
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(ast.unparse(name).rpartition(".")[2] in BROAD for name in names)


def hands_on(handler: ast.ExceptHandler) -> bool:
    """Whether it cleans up and raises on: nothing is swallowed, so nothing is broad about it."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def broad_excepts(files: list[Source]) -> Counter[tuple[str, str]]:
    """How many each function has; the innermost function counts."""
    found: Counter[tuple[str, str]] = Counter()
    for source in files:
        owner = {
            id(node): name
            for name, function in functions(source.tree)
            for node in ast.walk(function)  # inner functions come later and take what is theirs
        }
        for node in ast.walk(source.tree):
            place = (source.path, owner.get(id(node), ""))
            if isinstance(node, ast.ExceptHandler) and names_broad(node.type) and not hands_on(node):
                found[place] += 1
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                found[place] += sum(names_broad(argument) for argument in node.args)
    return +found


def test_broad_excepts_stand_in_named_places_only() -> None:
    assert dict(broad_excepts(list(ours()))) == {place: count for place, (count, _) in PLACES.items()}


def test_the_named_places_are_those_of_the_plan() -> None:
    named = PLAN.search(" ".join((ROOT / "hub" / "DESIGN.md").read_text(encoding="utf-8").split()))
    assert named
    assert {kind for _, kind in PLACES.values()} <= set(named[1].split(", "))


@pytest.mark.parametrize(
    "clause",
    ["except Exception:", "except:", "except BaseException as error:", "except (ValueError, Exception):"],
)
def test_a_broad_except_is_caught(tmp_path: Path, clause: str) -> None:
    files = house_of(tmp_path, hub__core__turn=f"class A:\n  def f():\n    try: g()\n    {clause}\n      pass")
    assert broad_excepts(files) == {("hub/core/turn.py", "A.f"): 1}


def test_a_broad_suppress_is_caught(tmp_path: Path) -> None:
    files = house_of(tmp_path, hub__core__turn="with contextlib.suppress(Exception):\n    f()")
    assert broad_excepts(files) == {("hub/core/turn.py", ""): 1}


def test_a_narrow_except_and_one_that_raises_on_pass(tmp_path: Path) -> None:
    text = "try: f()\nexcept ValueError: pass\ntry: f()\nexcept BaseException:\n    undo()\n    raise"
    assert not broad_excepts(house_of(tmp_path, hub__core__turn=text))
