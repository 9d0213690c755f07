"""The whole hub as a process in a stand-in workspace: it listens, answers, dies, comes back, and checks its own set-up.

What counts is what the stand-in showed people, never our own tables.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from adapters.slack.sandbox import Message, Person, SlackSandbox
from adapters.slack.sandbox.api import Fault
from adapters.slack.wire.manifest import SCOPES
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.parley import Ended, parley
from tests.kit.running import settings


@dataclass
class SlackHouse:
    hub: HubProcess
    slack: SlackSandbox
    models: OpenAISandbox


def table(slack: SlackSandbox, mode: str = "socket") -> str:
    app = slack.app
    return (
        f'[slack]\nbot_token = "{app.bot_token}"\napp_token = "{app.app_token}"\nmode = "{mode}"\n'
        f'signing_secret = "{app.signing_secret}"\napi_base = "{slack.api_base}"\n'
    )


@asynccontextmanager
async def slack_house(
    home: Path,
    script: Script | None = None,
    *,
    mode: str = "socket",
    start: bool = True,
    limits: str = "",
    more: str = "",
) -> AsyncIterator[SlackHouse]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox())
        slack.courier.minute = 0.5
        models = await stack.enter_async_context(OpenAISandbox(script))
        hub = HubProcess(home, "")
        if mode == "http":
            slack.app.request_url = f"{hub.url}/hooks/slack"
        text = settings(models.base_url, limits=limits, more=f"{table(slack, mode)}{more}")
        (home / "settings.toml").write_text(text)
        stack.push_async_callback(hub.kill)
        if start:
            await hub.start()
        yield SlackHouse(hub, slack, models)
        assert slack.pings == []


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., Any]:
    def make(*args: Any, **named: Any) -> Any:
        return slack_house(tmp_path, *args, **named)

    return make


def answers(ann: Person) -> list[Message]:
    return [each for each in ann.direct().messages.values() if each.app]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_person_asks_and_sees_the_answer_grow(house, mode):
    async with house(Script(text="**One** two three four five six seven.", pace=0.3), mode=mode) as here:
        ann = here.slack.person("Ann", "de-DE")
        root = await ann.says("count")
        shown = await ann.sees("seven", timeout=20)
        assert shown.thread_ts == root.ts
        await here.slack.until(lambda: not shown.streaming.open or None, 10, "the stream is closed")
        assert ann.screen() == ["One two three four five six seven."]
        assert len(shown.seen) > 2
        assert all("One two three four five six seven.".startswith(each) for each in shown.seen)
        await ann.presses("Gute Antwort")
        await ann.says("again", thread=root)
        await here.slack.until(lambda: len(answers(ann)) == 2 or None, 20, "a second answer in the same thread")
        assert {each.thread_ts for each in answers(ann)} == {root.ts}


async def test_a_group_is_answered_in_the_thread_of_its_question(house):
    async with house() as here:
        ann, bob = here.slack.person("Ann"), here.slack.person("Bob")
        room = here.slack.group("team", ann, bob)
        one = await ann.says("one", in_=room, mention=True)
        two = await bob.says("two", in_=room, mention=True)
        await bob.says("lunch?", in_=room)
        first, second = await bob.sees("You said: one", timeout=20), await ann.sees("You said: two", timeout=20)
        assert (first.thread_ts, second.thread_ts) == (one.ts, two.ts)
        await asyncio.sleep(0.3)
        assert len(bob.screen()) == 2


async def test_commands_home_and_buttons(house):
    async with house() as here:
        ann = here.slack.person("Ann")
        room = here.slack.group("team", ann)
        await ann.calls("/parley help", in_=room)
        assert (await ann.sees("/parley model", timeout=20)).only_for == ann.id
        await ann.calls("/parley model stand-in", in_=room)
        await ann.sees("stand-in answers", timeout=20)
        await ann.calls("/parley what is a lane?", in_=room)
        await ann.sees("You said: what is a lane?", timeout=20)
        await ann.opens_messages()
        assert "Hello!" in (await ann.sees("Hello!")).bare


async def test_what_was_said_while_it_was_down_is_answered_in_order(house):
    async with house(start=False) as here:
        here.slack.courier.ack_seconds = 30
        ann = here.slack.person("Ann")
        root = await ann.says("question 0", settle=False)
        for number in range(1, 30):
            await ann.says(f"question {number}", thread=root, settle=False)
        await here.hub.start()
        await ann.sees("You said: question 29", timeout=30)
        await here.slack.until(lambda: len(ann.screen()) == 30 or None, 10, "every answer")
        assert ann.screen() == [f"You said: question {number}" for number in range(30)]


async def test_floods_cuts_and_trouble_delay_and_lose_nothing(house):
    async with house(Script(pace=0.02)) as here:
        ann = here.slack.person("Ann")
        misbehave = here.slack.api.misbehave
        misbehave("chat.startStream", Fault(429, after=1))
        misbehave("chat.appendStream", Fault(502, body="<html>"), 2)
        misbehave("chat.update", Fault(500))
        misbehave("chat.postMessage", Fault(429, after=1))
        root = await ann.says("hello")
        here.slack.courier.drop()
        await ann.says("again", thread=root)
        for text in ("hello", "again"):
            await ann.sees(f"You said: {text}", timeout=30)
        await asyncio.sleep(0.5)
        assert ann.screen() == ["You said: hello", "You said: again"]


async def test_the_stop_button_of_slack_ends_an_answer(house):
    async with house(Script(text="word " * 400, pace=0.05)) as here:
        ann = here.slack.person("Ann")
        root = await ann.says("go on and on")
        await ann.sees("word word", timeout=20)
        await ann.stops(root)
        shown = await ann.sees("Stopped.", timeout=20)
        assert len(ann.screen()) == 1
        await here.slack.until(lambda: ann.direct().sessions.get(root.ts) == "active" or None, 10, "the session rests")
        assert shown.bare.count("word") < 400


async def test_at_slacks_own_pace_nothing_is_refused(house):
    async with house(Script(text="word " * 25, pace=0.1), more='pace = "platform"\n') as here:
        here.slack.api.limits = True
        people = [here.slack.person(f"P{n}") for n in range(8)]
        room = here.slack.group("team", *people)
        for person in people[:6]:
            await person.says("in private", settle=False)
        for person in people[6:]:
            await person.says("in public", in_=room, mention=True, settle=False)
        for person in people[:6]:
            await here.slack.until(lambda person=person: person.screen() or None, 60, "an answer")
        whole = ("word " * 25).strip()
        await here.slack.until(
            lambda: sum(text == whole for text in people[0].screen()) == 3 or None, 60, "every answer, whole"
        )
        refused = [call.method for call in here.slack.calls if call.status == 429]
        assert refused == []


@pytest.mark.parametrize("where", ["a thread", "a channel"])
async def test_a_hundred_kilobytes_arrive_whole_and_in_order(house, where):
    pieces = [
        f"## Section {n}\n\nParagraph {n}: **bold** and `code`, 漢字 and עברית, 👩‍👩‍👧 & <b>{n}</b> <!channel>.\n\n"
        f"| a | b |\n|---|---|\n| cell {n} | x |\n\n```python\nline_{n} = '{'é' * 40}'\n```\n\n- item {n}\n"
        for n in range(480)
    ]
    text = "\n".join(pieces)
    assert len(text.encode()) > 100_000
    async with house(Script(text=text)) as here:
        ann = here.slack.person("Ann")
        room = here.slack.group("team", ann)
        await ann.says("everything", in_=room if where == "a channel" else None, mention=where == "a channel")
        await ann.sees("item 479", timeout=60)
        await here.slack.until(
            lambda: all(not each.streaming or not each.streaming.open for each in answers(ann)) or None, 30, "the end"
        )
        await asyncio.sleep(1.5)
        whole = "\n".join(ann.screen())
        for n in range(480):
            for piece in (f"Section {n}\n", f"Paragraph {n}:", f"line_{n} = ", f"item {n}\n"):
                assert f"{whole}\n".count(piece) == 1, piece
        assert [int(found) for found in re.findall(r"Paragraph (\d+):", whole)] == list(range(480))


async def cli(home: Path, *arguments: str, **variables: str) -> Ended:
    return await asyncio.to_thread(parley, home, *arguments, **variables)


async def test_the_manifest_makes_an_app_for_each_mode(tmp_path: Path) -> None:
    told = json.loads((await cli(tmp_path, "slack", "manifest", "--language", "de", "--commands")).out)
    assert told["settings"]["socket_mode_enabled"] is True
    assert set(told["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    commands = {each["command"]: each["description"] for each in told["features"]["slash_commands"]}
    assert {"/parley", "/parley-new", "/parley-model"} <= commands.keys()
    assert commands["/parley-new"] == "ein neues Gespräch beginnen"
    link = (await cli(tmp_path, "slack", "manifest", "--link")).out
    assert json.loads(unquote(link.partition("manifest_json=")[2]))["features"]["agent_view"]
    (tmp_path / "settings.toml").write_text('[slack]\nmode = "http"\n')
    refused = await cli(tmp_path, "slack", "manifest")
    assert refused.code == 2
    assert "public_url" in refused.err
    (tmp_path / "settings.toml").write_text('[slack]\nmode = "http"\n[server]\npublic_url = "https://p.example"\n')
    told = json.loads((await cli(tmp_path, "slack", "manifest")).out)
    assert told["settings"]["socket_mode_enabled"] is False
    for place in (told["settings"]["event_subscriptions"], told["settings"]["interactivity"]):
        assert place["request_url"] == "https://p.example/hooks/slack"
    assert {each["url"] for each in told["features"]["slash_commands"]} == {"https://p.example/hooks/slack"}


async def test_the_check_names_what_is_wrong_and_its_mending(tmp_path: Path) -> None:
    assert "no bot is set" in (await cli(tmp_path, "slack", "check")).out
    async with SlackSandbox() as slack:
        (tmp_path / "settings.toml").write_text(table(slack))
        well = await cli(tmp_path, "slack", "check")
        assert (well.code, well.out.count("ok ")) == (0, 3)
        assert "slack" in (await cli(tmp_path, "doctor")).out
        slack.app.scopes.discard("files:read")
        less = await cli(tmp_path, "slack", "check")
        assert less.code == 1
        assert "files:read (files that people send)" in less.out
        slack.app.scopes.discard("chat:write")
        assert (await cli(tmp_path, "slack", "check")).code == 2
        secrets = (slack.app.bot_token, slack.app.app_token, slack.app.signing_secret)
        slack.app.bot_token, slack.app.app_token = "other", "another"
        bad = await cli(tmp_path, "slack", "check")
        assert bad.code == 2
        assert "Slack refuses the bot token: invalid_auth." in bad.out
        assert "Slack refuses the app token: invalid_auth." in bad.out
        assert "connections:write" in bad.out
        assert not any(secret in bad.said for secret in secrets)
    gone = await cli(tmp_path, "slack", "check")
    assert gone.code == 2
    assert "cannot be reached" in gone.out
    (tmp_path / "settings.toml").write_text('[slack]\nmode = "http"\nbot_token = "xoxb-x"\n')
    assert "lacks signing_secret" in (await cli(tmp_path, "slack", "check")).out
