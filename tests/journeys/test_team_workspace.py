"""A Slack workspace is a team: everybody in it is paid for up to a cap, in channels and privately; the Home tab."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.slack.sandbox import SlackSandbox
from hub.domain.money import MICRO, NewGrant, Source, Unit
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import open_store
from tests.kit.hub import HubProcess
from tests.kit.parley import parley_here
from tests.kit.running import settings
from tests.kit.towns import NAMES, comes, town

MONEY = """
[plans.free]
allowance = 0
[[models]]
name = "paid"
provider = "stand-in"
price_input = 2
price_output = 10
[routing]
default = "paid"
"""
SLACK = """
[slack]
bot_token = "{app.bot_token}"
app_token = "{app.app_token}"
api_base = "{slack.api_base}"
"""


@dataclass
class Workspace:
    """The hub, and the workspace with Ann, who runs it."""

    hub: HubProcess
    slack: SlackSandbox
    home: Path

    async def parley(self, *arguments: str) -> str:
        ended = await asyncio.to_thread(parley_here, self.home, *arguments)
        assert ended.code == 0, ended.said
        return ended.out

    async def gives(self, account: int, micro: int) -> None:
        await gives(self.home, account, micro)


async def gives(home: Path, account: int, micro: int) -> None:
    store = await open_store(f"sqlite+aiosqlite:///{home / 'parley.db'}")
    await store.grant(1, NewGrant("bought", account, Unit.MICRO, micro, Source.TOPUP))
    await store.close()


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    async with SlackSandbox() as slack, OpenAISandbox(Script(text="a paid answer", input=20, output=200)) as models:
        hub = HubProcess(tmp_path, settings(models.base_url, more=MONEY + SLACK.format(app=slack.app, slack=slack)))
        await hub.start()
        try:
            yield Workspace(hub, slack, tmp_path)
        finally:
            await hub.kill()


async def test_a_workspace_pays_for_its_people_each_up_to_a_cap(workspace: Workspace) -> None:
    slack = workspace.slack
    ann, bob, cy = (slack.person(name) for name in ("Ann", "Bob", "Cy"))
    slack.world.users[ann.id].admin = True
    room = slack.group("everybody", bob, ann, cy)
    await bob.says("hello?")
    await bob.sees("does not cover", timeout=20)
    await ann.calls("/parley team create The Smiths")
    await ann.sees("The team The Smiths is there", timeout=20)
    team = (await workspace.parley("teams", "list")).split()[0]
    await workspace.gives(int(team), MICRO)
    await bob.calls("/parley team create Mine")
    await bob.sees("The team Mine is there", timeout=20)
    await bob.calls("/parley team bind", in_=room)
    await bob.sees("Only admins of this place", timeout=20)
    await ann.calls("/parley team bind everybody")
    await ann.sees("everybody who asks here becomes a member", timeout=20)
    await workspace.parley("teams", "cap", team, "0.02")
    await bob.says("privately")
    await bob.sees("a paid answer", timeout=20)
    await cy.says("new here")
    await cy.sees("a paid answer", timeout=20)
    for number in range(12):
        await bob.says(f"question {number}", in_=room, mention=True)
        if any("What The Smiths pays for you this month is spent" in text for text in bob.screen()):
            break
        await asyncio.sleep(0.1)
    await bob.sees("What The Smiths pays for you this month is spent", timeout=20)
    await cy.says("I go on", in_=room, mention=True)
    thread = await cy.says("and again", in_=room, mention=True)
    await slack.until(
        lambda: (
            [one for one in room.messages.values() if one.thread_ts == thread.ts and "paid answer" in one.bare] or None
        ),
        20,
        "an answer to Cy",
    )
    shown = await workspace.parley("teams", "show", team)
    assert shown.count("  member  ") == 2, shown
    assert "of $0.02" in shown
    assert "question" not in shown


async def test_the_home_tab_shows_plan_usage_teams_and_ways(workspace: Workspace) -> None:
    ann = workspace.slack.person("Ann")
    await ann.calls("/parley team create The Smiths")
    await ann.sees("The team The Smiths is there", timeout=20)
    team = (await workspace.parley("teams", "list")).split()[0]
    await workspace.parley("teams", "cap", team, "5")
    await ann.opens_home()
    await workspace.slack.until(lambda: "paid answers you" in ann.home() or None, 20, "the Home tab")
    page = ann.home()
    assert "Plan free" in page
    assert "The Smiths (`#" in page
    assert "up to $5.00 a month" in page
    await ann.presses("Settings")
    await workspace.slack.until(lambda: "You are on the plan free" in ann.home() or None, 20, "settings")
    await ann.opens_home()
    await workspace.slack.until(lambda: "paid answers you" in ann.home() or None, 20, "the Home tab")
    await ann.presses("Use stand-in")
    await workspace.slack.until(lambda: "stand-in answers" in ann.home() or None, 20, "the other model")
    await ann.opens_home()
    await workspace.slack.until(lambda: "stand-in answers you" in ann.home() or None, 20, "the Home tab")
    await ann.presses("Linked places")
    await workspace.slack.until(lambda: "Nothing is linked" in ann.home() or None, 20, "what is linked")


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_a_group_or_server_is_a_teams_home(platform: str, tmp_path: Path) -> None:
    async with town(platform) as place, OpenAISandbox(Script(text="a paid answer", input=20, output=200)) as models:
        hub = HubProcess(tmp_path, settings(models.base_url, more=MONEY + place.settings))
        await hub.start()
        try:
            await place.listened()
            maker, other = NAMES[0], NAMES[1]
            await place.tells(maker, "/team create The Smiths")
            await comes(lambda: any("and it is yours" in one for one in place.private(maker)), 20, place.group)
            listed = await asyncio.to_thread(parley_here, tmp_path, "teams", "list")
            await gives(tmp_path, int(listed.out.split()[0]), MICRO)
            await place.asks(other, "/team bind")
            await comes(lambda: any("You are in no team." in one for one in place.group()), 20, place.group)
            await place.asks(maker, "/team bind")
            await comes(lambda: any("home of The Smiths now" in one for one in place.group()), 20, place.group)
            await place.asks(maker, "who pays?")
            await comes(lambda: "a paid answer" in place.group(), 20, place.group)
            await place.asks(other, "and for me?")
            await comes(lambda: any("does not cover" in one for one in place.group()), 20, place.group)
            assert place.group().count("a paid answer") == 1
        finally:
            await hub.kill()
