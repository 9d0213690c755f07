"""Setting Discord up from the command line: links, commands, and what is wrong with its mend."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.discord.sandbox import DiscordSandbox
from hub.domain.errors import Unreachable
from hub.runtime.doctor.discord import findings
from hub.runtime.doctor.finding import Level
from tests.kit.parley import Ended, parley


async def run(home: Path, platform: DiscordSandbox, *arguments: str) -> Ended:
    variables = {"DISCORD_BOT_TOKEN": platform.token, "PARLEY_DISCORD__API_BASE": platform.api_base}
    ended = await asyncio.to_thread(parley, home, "discord", *arguments, **variables)
    assert platform.token not in ended.said
    assert "Traceback" not in ended.said
    return ended


async def checked(home: Path, platform: DiscordSandbox) -> tuple[int, list[dict[str, Any]]]:
    ended = await run(home, platform, "check", "--json")
    return ended.code, json.loads(ended.out)["findings"]


async def test_the_links_ask_for_what_the_bot_needs_and_no_more(tmp_path: Path) -> None:
    async with DiscordSandbox() as platform:
        ended = await run(tmp_path, platform, "invite", "--json")
        assert ended.code == 0
        row = json.loads(ended.out)[0]
        asked = parse_qs(urlsplit(row["server"]).query)
        assert asked["client_id"] == [platform.parley.id]
        assert asked["scope"] == ["bot applications.commands"]
        assert asked["integration_type"] == ["0"]
        alone = parse_qs(urlsplit(row["person"]).query)
        assert alone["scope"] == ["applications.commands"]
        assert alone["integration_type"] == ["1"]
        shown = await run(tmp_path, platform, "invite")
        assert row["server"] in shown.out


async def test_commands_are_printed_and_published(tmp_path: Path) -> None:
    async with DiscordSandbox() as platform:
        printed = await run(tmp_path, platform, "commands")
        names = {command["name"] for command in json.loads(printed.out)}
        assert {"help", "model", "ask", "Ask about this"} <= names
        assert platform.parley.commands == []
        published = await run(tmp_path, platform, "commands", "--publish")
        assert published.code == 0
        assert {command["name"] for command in platform.parley.commands} == names


async def test_a_bot_that_is_well_is_said_to_be_well(tmp_path: Path) -> None:
    async with DiscordSandbox() as platform:
        await run(tmp_path, platform, "commands", "--publish")
        code, found = await checked(tmp_path, platform)
        assert (code, {each["level"] for each in found}) == (0, {"well"})
        assert platform.parley.identifies == 0
        assert "hello" in str(found)


@pytest.mark.parametrize(
    ("what", "code", "mend"),
    [
        ("revoked", 2, "Reset Token"),
        ("intent", 1, "Message Content Intent"),
        ("private", 1, "Public Bot"),
        ("commands", 1, "parley discord commands --publish"),
        ("gateway", 2, "WebSocket"),
        ("sessions", 1, "starts anew so often"),
        ("network", 2, "api_base"),
    ],
)
async def test_what_is_wrong_is_named_with_its_mend(tmp_path: Path, what: str, code: int, mend: str) -> None:
    async with DiscordSandbox() as platform:
        if what != "commands":
            await run(tmp_path, platform, "commands", "--publish")
        bot = platform.parley
        bot.revoked, bot.content_intent, bot.public = what == "revoked", what != "intent", what != "private"
        bot.identifies = 990 if what == "sessions" else 0
        if what == "gateway":
            platform.directory.gateway_url = "ws://127.0.0.1:9/"
        if what == "network":
            platform.api_base = "http://127.0.0.1:9/api/v10"
        ended, found = await checked(tmp_path, platform)
        assert ended == code
        assert mend in str([each["mend"] for each in found])


async def test_the_doctor_looks_at_discord_and_init_can_go_without(tmp_path: Path) -> None:
    async with DiscordSandbox() as platform:
        variables = {"DISCORD_BOT_TOKEN": platform.token, "PARLEY_DISCORD__API_BASE": platform.api_base}
        ended = await asyncio.to_thread(parley, tmp_path, "doctor", "--json", **variables)
        assert any(each["check"] == "discord parley" for each in json.loads(ended.out)["findings"])
        off = await asyncio.to_thread(parley, tmp_path, "doctor", "--json")
        assert not any("discord" in each["check"] for each in json.loads(off.out)["findings"])


async def test_without_a_token_the_commands_say_what_to_set(tmp_path: Path) -> None:
    for command in ("check", "invite"):
        ended = await asyncio.to_thread(parley, tmp_path, "discord", command)
        assert ended.code == 2
        assert "DISCORD_BOT_TOKEN" in ended.said


def test_every_fact_that_hurts_has_a_mend() -> None:
    from adapters.discord.inspection import Facts

    facts = Facts(
        "1", "bot", "1", needs_code=True, for_persons=False, endpoint="https://example.com", sessions_left=900
    )
    found = findings(facts)
    assert all(each.mend for each in found if each.level is not Level.WELL)
    assert sum(each.level is Level.ERROR for each in found) == 2
    assert findings(Facts("1", trouble=Unreachable("nobody")))[0].level is Level.ERROR
