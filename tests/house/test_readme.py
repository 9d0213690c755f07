"""Our pages say what is so: every command, setting, route and file named in them exists, and none is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools import readme

from .source import ROOT, Source, house_of, ours

VERBS = {"GET", "POST", "PUT", "DELETE", "PATCH"}

LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)\)")
PLACE = re.compile(r"`((?:hub|adapters|providers|storage|tools|tests)/[\w./-]*)`")
MADE = re.compile(r"^\s*make (\w+)|`make (\w+)", re.MULTILINE)
TARGET = re.compile(r"^(\w+):.*## ", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def dead_places(text: str, root: Path, folder: str = "") -> list[str]:
    """Files that a page of `folder` names or links to and that are not there."""
    linked = {name for name in LINK.findall(text) if not (root / folder / name).exists()}
    return sorted(linked | {name for name in PLACE.findall(text) if not (root / name).exists()})


def dead_targets(text: str, makefile: str) -> list[str]:
    named = {one or other for one, other in MADE.findall(text)}
    return sorted(named - set(TARGET.findall(makefile)))


def routes(files: list[Source]) -> set[str]:
    """Every path that is mounted: beside a method's name, or in `add_get` and its like."""
    found = set()
    for source in files:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call | ast.Tuple) or source.stands_in:
                continue
            texts = [
                one.value
                for one in (node.args if isinstance(node, ast.Call) else node.elts)
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            adds = isinstance(node, ast.Call) and re.search(
                r"\.add_(get|post|put|delete|view)$", ast.unparse(node.func)
            )
            if adds or VERBS & set(texts):
                found |= {text for text in texts if text.startswith("/")}
    return found


def undocumented(paths: set[str], text: str) -> list[str]:
    return sorted(path for path in paths if not re.search(rf"`(?:[A-Z]+ )?{re.escape(path)}(?:\?[^`]*)?`", text))


def test_commands_settings_and_variables_are_those_of_the_code() -> None:
    """Mend it with `make readme`."""
    assert {kind for kinds in readme.PAGES.values() for kind in kinds} == set(readme.GENERATORS)
    for page, kinds in readme.PAGES.items():
        text = text_of(page)
        assert [kind for _, kind, _ in readme.BLOCK.findall(text)] == list(kinds), page
        assert readme.generated(text) == text, page


def test_the_generator_names_every_setting() -> None:
    from hub.runtime.settings.shape import every_key

    lines = readme.settings()
    assert len(list(every_key())) > 50
    assert [path for path in every_key() if f"`{path[-1]}`" not in lines] == []


PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_names_is_there(page: str) -> None:
    assert dead_places(text_of(page), ROOT, str(Path(page).parent)) == []


def test_the_front_page_leads_to_every_other() -> None:
    front = text_of("README.md")
    assert [page for page in PAGES[2:] if f"]({page})" not in front] == []
    assert front.count("\n") < 220


@pytest.mark.parametrize("folder", ["providers", "adapters", "adapters/web"])
def test_every_page_a_tutorial_links_to_is_there(folder: str) -> None:
    """The files that the provider's names are the reader's to write; the platform's reader writes them elsewhere."""
    text = text_of(f"{folder}/README.md")
    assert [name for name in LINK.findall(text) if not (ROOT / folder / name).exists()] == []
    named = PLACE.findall(text) if folder != "providers" else []
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_make_target_a_page_names_is_there(page: str) -> None:
    assert dead_targets(text_of(page), text_of("Makefile")) == []


def test_every_route_is_documented() -> None:
    paths = routes(list(ours()))
    assert "/healthz" in paths
    assert "/web/v1/messages" in paths
    assert undocumented(paths, text_of("docs/http.md")) == []


def test_every_command_in_chat_is_documented() -> None:
    from hub.core.commands.registry import COMMANDS

    assert [name for name in COMMANDS if f"| `/{name}` |" not in text_of("README.md")] == []


def test_a_block_that_drifted_is_caught() -> None:
    text = "<!-- generated: variables -->\nold\n<!-- end -->"
    assert readme.generated(text) != text
    assert "`DATABASE_URL`" in readme.generated(text)
    assert readme.generated(readme.generated(text)) == readme.generated(text)


def test_dead_places_targets_and_routes_are_caught(tmp_path: Path) -> None:
    assert dead_places("[a](gone.md) and `hub/gone.py`, [web](https://example.org)", tmp_path) == [
        "gone.md",
        "hub/gone.py",
    ]
    assert dead_targets("```\nmake run\nmake tea\n```\nor `make cake`", "run: x ## start\n") == ["cake", "tea"]
    files = house_of(
        tmp_path,
        hub__runtime__serve='app.router.add_get("/healthz", f)\nRoute("GET", "/new", f)',
        adapters__web__channel='x = ("POST", "/web/v1/stop", f)',
    )
    assert routes(files) == {"/healthz", "/web/v1/stop", "/new"}
    assert undocumented(routes(files), "`GET /healthz` and `POST /web/v1/stop?now=1`") == ["/new"]
