"""`parley teams` and `parley groups`: what docs/teams.md tells an operator to type, typed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.kit.parley import Ended, parley_here

PAGE = (Path(__file__).parents[2] / "docs" / "teams.md").read_text(encoding="utf-8")

Command = Callable[..., Ended]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`parley ...` in a folder of its own."""
    return partial(parley_here, tmp_path)


def told(command: Command, *arguments: str) -> Any:
    ended = command(*arguments, "--json")
    assert ended.code == 0, ended.said
    return json.loads(ended.out)


def test_every_command_of_the_page_does_what_it_says(command: Command) -> None:
    told(command, "accounts", "create", "Ann")
    told(command, "accounts", "create", "Bob")
    block = re.search(r"```console\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    typed = [line.partition("#")[0].strip() for line in block[1].splitlines()]
    typed = [line for line in typed if line]
    assert len(typed) >= 8
    for line in typed:
        ended = command(*shlex.split(line)[1:])
        assert ended.code == 0, f"{line}: {ended.said}"
    shown = told(command, "teams", "show", "3")
    assert (shown["name"], shown["cap"]) == ("The Smiths", 5_000_000)
    assert [(one["account_id"], one["role"]) for one in shown["members"]] == [(1, "owner"), (2, "admin")]
    assert (shown["members"][1]["cap"], shown["members"][1]["cap_unit"]) == (200, "messages")
    assert shown["places"] == ["telegram/12345/-100987"]
    (group,) = told(command, "groups", "list")
    assert group == {
        "group": "telegram/12345/-100987",
        "overlap": "merge",
        "answer": "",
        "ask": "members",
        "members": "5001",
        "pay": "team 3",
    }


def test_what_cannot_be_done_is_said(command: Command) -> None:
    told(command, "accounts", "create", "Ann")
    told(command, "teams", "create", "Smiths", "--owner", "1")
    told(command, "teams", "create", "Millers")
    assert (told(command, "teams", "bind", "2", "discord/1/2"))["places"] == ["discord/1/2"]
    for arguments, words in (
        (("teams", "show", "9"), "there is no team 9"),
        (("teams", "create", " "), "needs a name"),
        (("teams", "add", "2", "1", "--role", "king"), "king is no role"),
        (("teams", "add", "2", "3"), "cannot be a member"),
        (("teams", "remove", "2", "1"), "a team needs an owner"),
        (("teams", "cap", "2", "lots"), "lots is no cap"),
        (("teams", "bind", "3", "discord/1/2"), "is another team's"),
        (("teams", "bind", "3", "discord/1/2", "--off"), "is not that team's"),
        (("teams", "bind", "3", "discord"), "names no place"),
        (("groups", "set", "discord/1/2", "--overlap", "sideways"), "--overlap is one of"),
        (("groups", "set", "discord/1/2", "--pay", "1"), "there is no team 1"),
    ):
        ended = command(*arguments)
        assert (ended.code, words in ended.err) == (1, True), ended.said
    assert told(command, "groups", "list") == []
