"""`/openapi.json` describes every route that is mounted, and none that is not; `/docs` shows it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from hub.api.describe.document import described, document, mounted
from hub.api.describe.page import page
from hub.api.describe.tables import TABLES
from hub.runtime.house import open_house
from hub.runtime.http_edge import Gate
from hub.runtime.platforms import platform_configs
from hub.runtime.serve import _app
from hub.runtime.settings.load import load
from hub.runtime.supervisor import Supervisor

EVERYTHING = """
[telegram]
mode = "webhook"
token = "123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
webhook_secret = "a-secret-of-telegram"
[slack]
mode = "http"
bot_token = "xoxb-1-2-abcdefgh"
signing_secret = "0123456789abcdef0123456789abcdef"
[stripe]
secret_key = "sk_test_0123456789abcdefghijklmn"
webhook_secret = "whsec_0123456789abcdefghijklmnopqrstuv"
[server]
public_url = "https://chat.example.org"
"""


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[web.Application]:
    """All that `parley run` mounts with every platform on that has routes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_text(EVERYTHING)
    loaded = load(tmp_path, {})
    house = await open_house(loaded, platform_configs(loaded), alone=True)
    gate = Gate()
    supervisor = Supervisor(house.adapters, house.store, house.owner, loaded.settings.limits.lease_seconds)
    yield _app(loaded.settings, house, gate, supervisor)
    await house.close_adapters()
    await house.close()


def whole() -> dict[str, Any]:
    return document(described(), "1", "https://chat.example.org")


async def test_what_is_mounted_is_described_and_the_other_way_round(app: web.Application) -> None:
    """Describe a new route in a table of hub/api/describe, named in its tables.py."""
    here = mounted(app)
    assert len(here) > 20
    assert sorted(here - described()) == []
    assert sorted(described() - here) == []


def test_the_document_is_openapi() -> None:
    OpenAPIV31SpecValidator(whole()).validate()  # type: ignore[arg-type]


def test_what_is_not_mounted_is_left_out_of_a_valid_document() -> None:
    found = document({("get", "/healthz")}, "1", "/")
    OpenAPIV31SpecValidator(found).validate()  # type: ignore[arg-type]
    assert list(found["paths"]) == ["/healthz"]
    assert [tag["name"] for tag in found["tags"]] == ["Operating"]


def test_every_name_that_is_referred_to_exists_and_no_two_tables_use_one() -> None:
    names = [name for table in TABLES for name in (*table.schemas, *table.security)]
    assert len(set(names)) == len(names)
    for table in TABLES:
        for methods in table.paths.values():
            for spec in methods.values():
                assert all(name in table.security for need in spec["security"] for name in need)


def test_the_page_shows_every_route_and_needs_no_script() -> None:
    shown = page(whole())
    for path in whole()["paths"]:
        assert f"<code>{path}</code>" in shown
    assert "<script" not in shown
    assert not re.search(r"""(?:src|href)=["'](?!/docs\.css|/openapi\.json|#)""", shown)
    assert " style=" not in shown
    ids = re.findall(r' id="([^"]+)"', shown)
    assert len(ids) == len(set(ids))


def test_what_a_table_says_cannot_become_markup() -> None:
    found = whole()
    found["info"] = {"title": "<b>", "version": "<i>", "description": "<script>"}
    assert "<script>" not in page(found)
    assert "<b>" not in page(found).partition("<main>")[0]
