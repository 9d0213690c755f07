"""Every rule of docs/money.md names a test, and every test that it names is there."""

from __future__ import annotations

import re

from .source import ROOT

NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def test_the_tests_that_the_rules_of_money_name_are_there() -> None:
    named = set(NAMED.findall((ROOT / "docs/money.md").read_text(encoding="utf-8")))
    assert len(named) > 40
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in DEFINED.findall(path.read_text(encoding="utf-8"))
    }
    assert named - defined == set()


def test_every_row_of_its_tables_names_one() -> None:
    lines = (ROOT / "docs/money.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.endswith("| test |")]
    assert len(rows) > 20
    assert [row for row in rows if not NAMED.search(row)] == []
