"""Tracked files carry no registry address, no path of anybody's machine, no secret and no half-done merge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .source import ROOT, tracked

FORBIDDEN = {
    "a registry address": re.compile(
        r"https?://[\w.@:-]*(?:py" + r"pi\.|pythonhosted\.|registry\.npm|registry\.yarn|npmmirror\.)"
        r"|^\s*(?:--(?:extra-)?index-url|--find-links|-i)\s|\"resolved\":\s*\"http",
        re.MULTILINE,
    ),
    "a path of one machine": re.compile(r"(?<![\w.:/-])/(?:root|work|home/\w+|Users/\w+|tmp/\w+)/"),
    "a secret": re.compile(r"\b(?:sk-(?:live|ant|proj)-\w{16,}|xox[bp]-\d{8,}-\w+|AKIA[0-9A-Z]{16})\b"),
    "a half-done merge": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}

BINARY = {".png", ".ico", ".woff2", ".gz", ".jpg", ".gif", ".pdf", ".br"}


def leaks(root: Path, paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        made_up = path.relative_to(root).parts[0] == "tests"  # tests of blanking need something to blank
        for what, pattern in FORBIDDEN.items():
            if made_up and what == "a secret":
                continue
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(root).as_posix()}:{line}: {what}: {match.group().strip()}")
    return found


def test_tracked_files_tell_nothing_of_the_machine_they_were_written_on() -> None:
    paths = tracked()
    assert len(paths) > 20
    found = leaks(ROOT, paths)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "https://files.python" + "hosted.org/x.whl",
        "https://me:secret@py" + "pi.example.org/simple",
        "--index" + "-url https://example.org",
        '"resolved": "' + "https://example.org/x.tgz",
        "open('/ro" + "ot/notes')",
        "see /ho" + "me/ann/notes",
        "sk-" + "ant-0123456789abcdefghij",
        "<" * 7 + " HEAD",
    ],
)
def test_a_leak_is_caught(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"fine\n{line}\n", encoding="utf-8")
    assert [one.split(": ")[0] for one in leaks(tmp_path, [tmp_path / "a.txt"])] == ["a.txt:2"]


def test_ordinary_lines_pass(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("https://example.org/work/\n/data/parley.db\n/usr/bin/env\n", encoding="utf-8")
    assert leaks(tmp_path, [tmp_path / "a.txt"]) == []
