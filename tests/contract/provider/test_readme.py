"""providers/README.md, followed to the letter: its blocks are written where it says, then the suite runs on them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def blocks(part: str) -> list[str]:
    return re.findall(r"```(?:python|text)\n(.*?)```", part, re.DOTALL)


@pytest.fixture
def house(tmp_path):
    """A copy of what the page has one change, beside the rest of the house."""
    skip = shutil.ignore_patterns("__pycache__", "test_readme.py")
    shutil.copytree(ROOT / "providers", tmp_path / "providers", ignore=skip)
    shutil.copytree(ROOT / "tests/contract/provider", tmp_path / "tests/contract/provider", ignore=skip)
    shutil.copytree(ROOT / "tests/kit", tmp_path / "tests/kit", ignore=skip)
    for name in ("tests/__init__.py", "tests/contract/__init__.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "hub").symlink_to(ROOT / "hub")
    return tmp_path


def register(house: Path, table_line: str, subject_line: str) -> None:
    table = house / "providers/table.py"
    table.write_text(
        table.read_text().replace("PROVIDERS: dict[str, str] = {\n", "PROVIDERS: dict[str, str] = {\n" + table_line)
    )
    subjects = house / "tests/contract/provider/subjects.py"
    subjects.write_text(subjects.read_text().replace("    return [\n", "    return [\n" + subject_line))


def suite(house: Path, command: str) -> str:
    words = command.replace("python", sys.executable, 1).split()
    run = subprocess.run(
        [*words, "-q", "-p", "no:cacheprovider"],
        cwd=house,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    return run.stdout


def test_hello_in_ten_lines(house):
    page = (ROOT / "providers/README.md").read_text()
    part = page.split("## A provider in ten lines")[1].split("\n## ")[0]
    code, table_line, subject_line = blocks(part)
    where = house / re.search(r"Write `(providers/llm/hello/__init__.py)`", part).group(1)
    where.parent.mkdir()
    where.write_text(code)
    register(house, table_line, subject_line)
    command = re.search(r"```sh\n(python -m pytest .*)\n```", part).group(1)
    passed = int(re.search(r"(\d+) passed", suite(house, command)).group(1))
    assert passed >= 8


def test_a_provider_with_a_server(house):
    page = (ROOT / "providers/README.md").read_text()
    part = page.split("## A provider with a server behind it")[1].split("\n## ")[0]
    errors, wire, provider, package, sandbox, table_line, subject_line = blocks(part)
    folder = house / "providers/llm/parrot"
    folder.mkdir()
    found = {"errors": errors, "wire": wire, "provider": provider, "__init__": package, "sandbox": sandbox}
    for name, code in found.items():
        assert f"`providers/llm/parrot/{name}.py`" in part
        (folder / f"{name}.py").write_text(code)
    register(house, table_line, subject_line)
    subjects = house / "tests/contract/provider/subjects.py"
    line = "from providers.llm.parrot.sandbox import ParrotSandbox\n"
    subjects.write_text(subjects.read_text().replace("from providers.table", line + "from providers.table"))
    command = re.search(r"```sh\n(python -m pytest .*)\n```", part).group(1)
    passed = int(re.search(r"(\d+) passed", suite(house, command)).group(1))
    assert passed >= 55
