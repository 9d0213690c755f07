"""docs/api.md says what is so: commands, options, fields, codes and examples are those of the code."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

import openai
import pytest
import typer.main

from hub.api.v1 import once, parse
from hub.api.v1.problem import CODES
from hub.runtime.cli.app import app
from hub.runtime.cli.keys import budget_of, expires_of
from tests.kit.api import api_house

from .source import ROOT, ours

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def codes_of_the_code() -> set[str]:
    """Every literal that a problem is made with, and those of errors that no route wrote."""
    calls = (
        node
        for source in ours()
        if source.path.startswith("hub/api/v1/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Problem", "invalid")
    )
    literals = [one.value for call in calls for one in ast.walk(call) if isinstance(one, ast.Constant)]
    return {one for one in literals if isinstance(one, str)} | set(CODES.values())


def test_every_command_and_option_is_one_and_none_is_missing() -> None:
    root: Any = typer.main.get_command(app)
    for line in "\n".join(blocks("sh")).replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["parley"]:
            continue
        command = root.commands[words[1]].commands[words[2]]
        given = [word for word in words if word.startswith("--")]
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(given) <= known, line
    options = {option for parameter in root.commands["keys"].commands["create"].params for option in parameter.opts}
    shown = set(re.findall(r"^\| `(--[a-z-]+)`", section("Keys"), re.MULTILINE))
    assert shown == options - {"--tenant", "--json"}


def test_budgets_and_expiries_of_the_page_can_be_typed() -> None:
    for text in re.findall(r"--budget (\S+)", PAGE):
        assert budget_of(text)[0] > 0
    for text in [*re.findall(r"--expires (\S+)", PAGE), "30d", "12w", "6m", "1y"]:
        assert expires_of(text, 1_800_000_000_000) > 1_800_000_000_000


def test_every_field_of_the_page_is_read_and_every_field_that_is_read_is_on_it() -> None:
    shown = set(re.findall(r"`([a-z_]+)[`.]", section("What a call may hold")))
    assert shown >= parse.READ | parse.HARMLESS
    assert {"n", "logprobs", "modalities"} <= parse.NEUTRAL.keys() & shown


def test_every_code_of_the_page_is_one_that_is_sent() -> None:
    shown = set(re.findall(r"`([a-z_]{8,40})`", section("Errors"))) - {"Retry-After"}
    sent = codes_of_the_code()
    assert len(shown) > 20
    assert shown <= sent, shown - sent


def test_what_the_page_says_of_repeats_is_so() -> None:
    text = section("Once, however often it is sent")
    assert f"1 to {once.LONGEST_KEY} characters" in text
    assert f"more than {once.LARGEST_ANSWER // 1024 // 1024} MiB" in text
    assert once.LOCK_SECONDS == 120
    assert not {400, 404, 422} & once.NOT_KEPT
    assert {401, 403, 429} <= once.NOT_KEPT


async def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    async with api_house(tmp_path) as house:
        key = await house.key()
        body = re.search(r"-d '(.*?)'", "\n".join(blocks("sh")))
        assert body
        assert (await house.post(key, json.loads(body[1])))[0] == 200
        (example,) = blocks("python")
        source = example.replace("https://chat.example.org/v1", house.url).replace("PARLEY_KEY", repr(key))
        printed: list[object] = []
        run = compile(source, "api.md", "exec")
        await asyncio.to_thread(exec, run, {"print": printed.append, "openai": openai})
        assert printed[0] == "You said: Hello"
        assert "".join(one for one in printed[1:] if isinstance(one, str)) == "You said: Tell me more"
        assert printed[-1].total_tokens > 0  # type: ignore[attr-defined]
