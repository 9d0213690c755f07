"""adapters/README.md, followed to the letter: its files are written where it says, hello is talked to, suites run."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.kit.hub import HubProcess, free_port

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "adapters/README.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^\*\*`([\w./-]+)`\*\*[^\n]*(?:\n[^`\n][^\n]*)*\n\n```(?:python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)

TINCAN = "A platform with a server behind it"


def part(heading: str) -> str:
    """What stands under a heading of the second order."""
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def written(heading: str, folder: Path) -> Path:
    """A folder with the files of one part of the page."""
    for name, text in BLOCK.findall(part(heading)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def installed(folder: Path) -> str:
    """What `pip install -e` does to a package without dependencies; where Python has to look."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    found = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    found.mkdir()
    (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {place}" for name, place in points.items())])
        for group, points in project["entry-points"].items()
    ]
    (found / "entry_points.txt").write_text("\n".join(groups) + "\n")
    return f"{folder}{os.pathsep}{ROOT}"


def commands(heading: str) -> list[str]:
    """The lines of a part that are typed into a shell."""
    return [line for text in re.findall(r"```sh\n(.*?)```", part(heading), re.DOTALL) for line in text.splitlines()]


def ran(command: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run one of the page's commands from the checkout."""
    command = command.replace(f"../{folder.name}", str(folder))
    before, _, words = command.partition("python ")
    given = dict(each.split("=", 1) for each in before.split())
    return subprocess.run(
        [sys.executable, *words.split(), "-q", "-n", "0", "-p", "no:cacheprovider", *more],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": installed(folder), **given},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_every_block_of_code_is_one_of_these_files() -> None:
    blocks = len(re.findall(r"^```(?:python|toml)$", PAGE, re.MULTILINE))
    assert len(BLOCK.findall(PAGE)) == blocks > 10
    assert commands("Hello") == ["pip install -e ../parley-hello"]


async def test_hello_hears_and_says(tmp_path: Path) -> None:
    """The test is netcat and whoever types into it."""
    folder = written("Hello", tmp_path / "parley-hello")
    hears: asyncio.Queue[str] = asyncio.Queue()
    lines: list[asyncio.StreamWriter] = []

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        async for line in reader:
            hears.put_nowait(line.decode())

    port = free_port()
    settings = (folder / "settings.local.toml").read_text().replace("7007", str(port))
    netcat = await asyncio.start_server(answered, "127.0.0.1", port)
    hub = HubProcess(tmp_path, settings, PYTHONPATH=installed(folder))
    await hub.start()
    try:
        async with asyncio.timeout(20):
            while not lines:
                await asyncio.sleep(0.01)
            lines[0].write(b"hello\n")
            assert "built-in demo" in await hears.get()
            lines[0].write(b"/help\n")
            while "/model" not in await hears.get():
                pass
    finally:
        await hub.stop()
        for line in lines:
            line.close()
        netcat.close()
    assert "Traceback" not in hub.log


async def test_what_is_wrong_with_a_guests_table_is_said_without_its_value(tmp_path: Path) -> None:
    folder = written(TINCAN, tmp_path / "parley-tincan")
    hub = HubProcess(tmp_path, '[platforms.tincan]\ntoken = "hush-hush"\nport = "seven"', PYTHONPATH=installed(folder))
    await hub.start(ready=False)
    assert await hub.died() != 0
    assert "[platforms.tincan] port" in hub.log
    assert "seven" not in hub.log
    assert "hush" not in hub.log
    assert "Traceback" not in hub.log


@pytest.mark.parametrize(("number", "least"), [(1, 32), (2, 4)])
def test_tincan_keeps_the_contract_and_survives_a_crash(tmp_path: Path, number: int, least: int) -> None:
    folder = written(TINCAN, tmp_path / "parley-tincan")
    assert commands(TINCAN)[0] == "pip install -e ../parley-tincan"
    run = ran(commands(TINCAN)[number], folder)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    found = re.search(r"(\d+) passed", run.stdout)
    assert found is not None
    assert int(found[1]) >= least
    assert ("| tincan | 500 characters | by edits, every 0.5 s | yes | yes |" in run.stdout) == (number == 1)


MISTAKES = {
    "acknowledging too early": (
        "adapter", "        try:\n            said",
        "        self._line.heard(event['event'])\n        try:\n            said", "what_could_not_be_kept",
    ),
    "ids of its own": ("parse", 'str(event["event"])', "str(object())", "told_again"),
    "sleeping at a refusal": (
        "wire", "            raise refusal(found)", "            await asyncio.sleep(found['after'])\n"
        "            return await self._ask(do, fields)", "too_much",
    ),
    "escaping the first mention alone": ("markup", '"@\\u2060")', '"@\\u2060", 1)', "never_ring"),
    "hearing itself": ("parse", "if by == me", "if not me", "what_we_say"),
    "taking all for its own": ("parse", "directed=private or ours in text", "directed=True", "group"),
    "forgetting the key": ("adapter", "once=key", "once=str(object())", "repeated_send"),
    "claiming too much room": ("adapter", "text_limit=500", "text_limit=1_001", "longest_part"),
    "trying for ever": ("errors", '"cut off": Forbidden', '"cut off": Unreachable', "no_longer_wanted"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_is_caught(tmp_path: Path, mistake: str) -> None:
    folder = written(TINCAN, tmp_path / "parley-tincan")
    module, right, wrong, test = MISTAKES[mistake]
    file = folder / "parley_tincan" / f"{module}.py"
    assert file.read_text().count(right) == 1
    file.write_text(file.read_text().replace(right, wrong))
    run = ran(commands(TINCAN)[1], folder, "-k", test)
    assert run.returncode == 1, run.stdout[-2000:]
    assert re.search(r"\d+ failed", run.stdout)
    assert " error" not in run.stdout.splitlines()[-1]
