"""Imports only go down, siblings never import each other, and each package imports only what its table row allows."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .source import STAND_INS, Source, holds, house_of

GROUND = ("hub.domain", "hub.text")
LOW = (*GROUND, "hub.ports")

AIOHTTP = {"aiohttp", "yarl", "multidict"}
"""The library and the two of its own it speaks in: addresses are yarl's, headers are multidict's."""

WIRE = {*AIOHTTP, "msgspec"}
SDKS = {
    "adapters.telegram": {"telegram"},
    "adapters.slack": {"slack_sdk", "slack_bolt"},
    "adapters.discord": {"discord"},
    "providers.llm.openai": {"openai"},
    "providers.llm.anthropic": {"anthropic"},
    "providers.llm.gemini": {"google", "httpx2"},  # the SDK lets errors of its own HTTP library through
    "providers.payments.stripe": {"stripe"},
}

ALLOWED: dict[str, tuple[tuple[str, ...], set[str] | None]] = {
    "hub": ((), set()),
    "hub.domain": ((), set()),
    "hub.text": ((), {"markdown_it", "pygments"}),
    "hub.ports": (("hub.domain",), set()),
    "hub.core": (LOW, set()),
    "hub.api": ((*LOW, "hub.core.operations"), {*WIRE, "jinja2", "pydantic"}),
    "hub.runtime": (("hub", "adapters", "providers", "storage", "admin_web"), None),
    "hub.__main__": (("hub.runtime",), None),
    "admin_web": ((*LOW, "hub.core.operations"), {*AIOHTTP, "jinja2", "pydantic"}),
    "adapters": (LOW, set()),
    "adapters.kit": (LOW, {*WIRE, "pydantic"}),
    "providers": (LOW, set()),
    "providers.kit": (LOW, WIRE),
    "providers.llm": ((*LOW, "providers.kit"), set()),
    "providers.local": ((*LOW, "providers.kit"), {"xllamacpp"}),
    "providers.payments": ((*LOW, "providers.kit"), set()),
    "providers.mail": (LOW, set()),
    "storage": (LOW, {"sqlalchemy", "alembic", "asyncpg"}),
}
"""Package: what of ours it may import besides itself, and what of others besides the standard library (None: all)."""

DOOR = ("hub/runtime/cli/app.py", "hub.runtime.cli.playground.play")
"""The one way to the playground: its command."""

EXEMPT: dict[str, set[str]] = {}
"""Exceptions by file: path to what it may import on top, each with its reason in a comment."""


def room_of(module: str) -> str:
    """The package of the table that `module` lives in; adapters and providers have a room each."""
    parts = module.split(".")
    if parts[0] == "adapters" and len(parts) > 1 and module != "adapters.table":
        return ".".join(parts[:2])
    if parts[0] == "providers" and len(parts) > 2 and parts[1] in {"llm", "payments"}:
        return ".".join(parts[:3])
    for depth in (2, 1):
        if ".".join(parts[:depth]) in ALLOWED:
            return ".".join(parts[:depth])
    return parts[0]


def row_of(room: str) -> tuple[tuple[str, ...], set[str] | None]:
    if room in ALLOWED:
        return ALLOWED[room]
    kind = room.split(".")[0]
    more = SDKS.get(room, set()) | WIRE
    return (*LOW, f"{kind}.kit"), more | ({"pydantic"} if kind == "adapters" else set())


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of whatever `source` imports anywhere, by statement or by a literal name."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = source.package.split(".")
                start = start[: len(start) - node.level + 1]
                base = ".".join([*start, base] if base else start)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func).rpartition(".")[2]
            first = node.args[0]
            if name in {"import_module", "__import__"} and isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def broken_floors(files: list[Source]) -> list[str]:
    found = []
    for source in files:
        room = room_of(source.module)
        own, others = row_of(room)
        for line, name in imports(source):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or within(name, tuple(EXEMPT.get(source.path, ()))):
                continue
            if top in {"hub", "adapters", "providers", "storage", "admin_web"}:
                if not (within(name, own) or (room not in {"hub", "adapters", "providers"} and within(name, (room,)))):
                    found.append(f"{source.path}:{line}: {room} must not import {name}")
            elif others is not None and top not in others:
                found.append(f"{source.path}:{line}: {room} must not import {top}, which is not ours")
    return found


def stand_ins_at_work(files: list[Source]) -> list[str]:
    """Sandboxes are for tests and the playground; what serves people must not import them, nor the playground."""
    return [
        f"{source.path}:{line}: imports the stand-in {name}"
        for source in files
        if not source.stands_in
        for line, name in imports(source)
        if name.split(".")[0] in {"hub", "adapters", "providers"} and STAND_INS & set(name.split("."))
        if (source.path, name) != DOOR
    ]


def marker_imports(files: list[Source]) -> list[str]:
    """`hub/__init__.py` is a docstring and nothing else."""
    return [
        f"{source.path}: holds more than a docstring"
        for source in files
        if source.path == "hub/__init__.py" and len(source.tree.body) != 1
    ]


def test_imports_only_go_down() -> None:
    holds(broken_floors)


def test_nothing_that_serves_people_imports_a_stand_in() -> None:
    holds(stand_ins_at_work)


def test_touching_a_ground_floor_type_never_imports_the_house() -> None:
    holds(marker_imports)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("hub__domain__money", "import hub.text.blocks"),
        ("hub__ports__store", "from hub.core import turn"),
        ("hub__core__turn", "def f():\n    import storage"),
        ("hub__core__turn", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import aiohttp"),
        ("hub__core__turn", "from ..runtime import settings"),
        ("hub__core__turn", "import importlib\nimportlib.import_module('adapters.web')"),
        ("hub__api__chat", "from hub.core import turn"),
        ("adapters__slack__parse", "from adapters.telegram import parse"),
        ("adapters__slack__parse", "import telegram"),
        ("adapters__kit__rate", "import adapters.web"),
        ("providers__llm__gemini__wire", "import openai"),
        ("providers__llm__gemini__wire", "from providers.llm.openai import wire"),
        ("providers__llm__gemini__wire", "from providers.payments import stripe"),
        ("storage__tables", "import hub.core.turn"),
        ("storage__tables", "import pydantic"),
        ("hub__core__turn", "import hub.runtime"),
        ("hub__core__turn", "import hub"),
        ("adapters__web__adapter", "import hub.__main__"),
    ],
)
def test_an_arrow_that_goes_up_or_sideways_is_caught(tmp_path: Path, place: str, line: str) -> None:
    assert len(broken_floors(house_of(tmp_path, **{place: line}))) == 1


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("hub__core__turn", "import asyncio\nfrom hub.domain.turn import Turn\nfrom . import live"),
        ("hub__api__chat", "from hub.core.operations import people\nimport jinja2"),
        ("adapters__slack__parse", "import slack_sdk, aiohttp\nfrom adapters.kit import rate\nfrom .wire import f"),
        ("providers__llm__gemini__wire", "from google import genai\nfrom providers.kit import http"),
        ("storage__tables", "import sqlalchemy as sa\nfrom storage.dialect import claim"),
        ("hub__runtime__house", "import storage, structlog\nfrom adapters.web import create"),
        ("hub__main__", "import this"),
    ],
)
def test_arrows_that_go_down_are_not(tmp_path: Path, place: str, line: str) -> None:
    assert broken_floors(house_of(tmp_path, **{place: line})) == []


def test_a_stand_in_at_work_and_a_marker_that_imports_are_caught(tmp_path: Path) -> None:
    files = house_of(
        tmp_path,
        adapters__web__adapter="from . import sandbox",
        hub__runtime__serve="from hub.runtime.playground import stage",
        hub__runtime__cli__app="from hub.runtime.cli.playground import play",
        hub__init='"""House."""\nfrom hub.domain import turn',
    )
    assert len(stand_ins_at_work(files)) == 2
    assert len(marker_imports(files)) == 1
