"""Image, Compose file, workflow and set-up refer to what is there. Without a container engine: files and names only."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .source import ROOT

PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==\S+", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(name))
    return found


def copied(dockerfile: str) -> list[str]:
    """What an image takes out of the checkout."""
    lines = [line.split()[1:] for line in dockerfile.splitlines() if line.startswith("COPY") and "--from" not in line]
    return [name for words in lines for name in words[:-1]]


def let_in(name: str, ignore: str) -> bool:
    """Whether a deny-all .dockerignore lets `name` in again."""
    lines = ignore.split()
    return lines[0] == "*" and any(
        name == line[1:] or name.startswith(f"{line[1:]}/") for line in lines if line[0] == "!"
    )


def unpinned(text: str) -> list[str]:
    """Requirements without a hash."""
    blocks = re.split(r"\n(?=\S)", text.strip())
    return [block.split()[0] for block in blocks if PIN.match(block) and "--hash=sha256:" not in block]


def test_everything_the_image_copies_is_there_and_let_in() -> None:
    names = copied(text_of("Dockerfile"))
    assert {"hub", "adapters", "providers", "storage", "requirements.txt"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert [name for name in names if not let_in(name, text_of(".dockerignore"))] == []


def test_the_image_has_every_package_of_the_product() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "tools"}
    assert packages <= set(copied(text_of("Dockerfile")))


def test_the_image_runs_as_nobody_special_and_stops_by_sigterm() -> None:
    text = text_of("Dockerfile")
    assert re.search(r"^USER parley$", text, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", text, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", text, re.MULTILINE)
    assert "/healthz" in text[text.index("HEALTHCHECK") :]
    assert "PARLEY_SERVER__PORT" in text[text.index("HEALTHCHECK") :], "asked where it listens"
    assert len(set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))) == 1, "built on what it runs on"
    assert re.search(r"^ARG BASE=python:\d+\.\d+-slim-\w+$", text, re.MULTILINE), "a base with version and release"
    assert text.index("compileall") < text.index("\nUSER "), "compiled while it may be written"
    assert not re.search(r"(?i)(key|token|secret|password)\s*=", text)


def test_a_container_has_no_more_rights_than_it_needs() -> None:
    services = parsed("compose.yaml")["services"]
    parley = services["parley"]
    assert parley["read_only"] is True
    assert parley["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in parley["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in parley["ports"]), "others come through a proxy"
    assert "ports" not in services["postgres"]
    assert "-h" in services["postgres"]["healthcheck"]["test"], "not the server that is there while the tables are made"
    assert re.fullmatch(r"postgres:\d+", services["postgres"]["image"])


def test_the_compose_file_offers_sqlite_and_postgresql() -> None:
    services = parsed("compose.yaml")["services"]
    assert "profiles" not in services["parley"]
    assert services["postgres"]["profiles"] == ["postgres"]
    assert "sqlite+aiosqlite:////data/" in services["parley"]["environment"]["DATABASE_URL"]
    assert services["parley"]["depends_on"]["postgres"]["required"] is False
    named = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert named == set(parsed("compose.yaml")["volumes"])


def test_compose_itself_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed here")
    done = subprocess.run([docker, "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_workflow_runs_what_we_run_on_the_oldest_python_too() -> None:
    jobs = parsed(".github/workflows/ci.yml")["jobs"]
    assert ".ci/run" in [step.get("run") for step in jobs["test"]["steps"]]
    assert jobs["test"]["strategy"]["matrix"]["python"][0] == "3.11"
    uses = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert [action for action in uses if not re.search(r"@[0-9a-f]{40}$", action)] == [], (
        "actions by commit, not by name"
    )
    assert "secrets." not in text_of(".github/workflows/ci.yml")
    assert parsed(".github/workflows/ci.yml")["permissions"] == {"contents": "read"}
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make check" in script.read_text()
    assert "make test" in script.read_text()


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    text = text_of(name)
    assert PIN.search(text)
    assert unpinned(text) == []


def test_the_tests_use_the_very_versions_people_get() -> None:
    given = set(re.findall(r"^\S+==\S+", text_of("requirements.txt"), re.MULTILINE))
    tested = set(re.findall(r"^\S+==\S+", text_of("requirements-dev.txt"), re.MULTILINE))
    assert len(given) > 20
    assert given - tested == set()


def venv_with(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up with nothing on PATH but a `python3` that says it is `version` and does no more."""
    folder.mkdir(exist_ok=True)
    pretender = folder / "python3"
    pretender.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit 1\n')
    pretender.chmod(0o755)
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, str(ROOT / "tools" / "venv.sh"), str(folder / "venv")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
    )


def test_a_python_that_is_too_old_is_refused_in_words(tmp_path: Path) -> None:
    done = venv_with(tmp_path, "3.9.2")
    assert done.returncode == 1
    assert "Parley needs Python 3.11 or newer; Python 3.9.2 (python3) was found on PATH." in done.stderr
    assert not (tmp_path / "venv").exists()


def test_what_is_missing_is_caught() -> None:
    assert copied("COPY hub /app/hub\nCOPY --from=build /a /b\nCOPY A B /c/") == ["hub", "A", "B"]
    assert let_in("tools/launcher.py", "*\n!tools")
    assert not let_in("storage", "*\n!hub")
    assert not let_in("hub", "!hub")
    assert unpinned("a==1 \\\n    --hash=sha256:00\nb==2\n    # via a\n") == ["b==2"]
