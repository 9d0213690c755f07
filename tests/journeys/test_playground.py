"""`parley playground` over a real process: it starts, shows, takes part, and ends as it should."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import aiohttp

from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.parley import parley
from tests.kit.playground import Onlooker, PlaygroundProcess, at_play
from tests.kit.running import settings

PRIVATE = [("telegram", "ann"), ("slack", "ann"), ("discord", "ann")]


async def test_it_starts_answers_on_every_platform_and_ends_on_a_signal_without_a_trace(tmp_path: Path) -> None:
    # Tokens of real bots in the environment are not for here.
    real = {"TELEGRAM_BOT_TOKEN": "1:real", "PARLEY_DISCORD__BOTS": '[{"token": "real"}]', "OPENAI_API_KEY": "sk-real"}
    async with at_play(tmp_path, **real) as (playground, ann):
        async with aiohttp.ClientSession() as session, session.get(playground.url) as page:
            assert page.status == 200
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
        for pane, place in PRIVATE:
            assert await ann.does(pane, place, text="What is Parley?") == ""
        for pane, place in PRIVATE:
            said = await ann.sees(pane, place, "no language model is connected yet")
            assert said["who"] == "bot"
        for pane, place in PRIVATE:
            assert await ann.does(pane, place, "breaks") == ""
            assert await ann.does(pane, place, text="What does it cost?") == ""
        for pane, place in PRIVATE:
            await ann.sees(pane, place, "Parley itself is free", 30)
        await asyncio.sleep(1)
        for pane, place in PRIVATE:
            costs = [one for one in ann.shown(pane, place) if "Parley itself is free" in one["words"]]
            assert len(costs) == 1
        began = time.monotonic()
        assert await playground.end() == 0
        assert time.monotonic() - began < 10
        assert "Traceback" not in playground.said
        assert "Error" not in playground.said
        assert "sk-real" not in playground.said
    assert list(tmp_path.iterdir()) == []


async def test_words_grow_and_buttons_reactions_and_commands_work(tmp_path: Path) -> None:
    async with at_play(tmp_path) as (playground, ann):
        frames: set[int] = set()

        def grows() -> bool:
            lengths = (len(one["words"]) for one in ann.shown("telegram", "ann") if one.get("state") == "draft")
            frames.update(lengths)
            return len(frames) > 1

        await ann.does("telegram", "ann", text="Give me a long answer")
        await ann.until(grows, 10, lambda: f"growing: {frames}")
        await ann.does("telegram", "ann", text="/stop")
        await ann.sees("telegram", "ann", "Stopped.")
        await ann.does("slack", "ann", text="Give me a long answer")

        def stoppable() -> str:
            return next((one["id"] for one in ann.place("slack", "ann").get("threads", []) if one.get("stops")), "")

        root = await ann.until(stoppable, 10, lambda: str(ann.place("slack", "ann")))
        await ann.does("slack", "ann", "stops", thread=root)
        stopped = await ann.sees("slack", "ann", "Stopped.")
        assert stopped["thread"] == root
        await ann.does("discord", "ann", text="/help")
        called = await ann.sees("discord", "ann", "You can simply write")
        assert called["answers"] == "Ann used /help"
        assert await ann.does("discord", "ann", "reacts", message=called["id"], emoji="👍") == ""
        await ann.until(
            lambda: ann.shown("discord", "ann")[-1].get("reactions") == {"👍": ["ann"]}, 5, lambda: "the reaction"
        )
        assert await ann.does("telegram", "ann", "presses", message="1", button="9.9") == (
            "This button is not there any more."
        )
        assert await ann.does("telegram", "nowhere", "reacts", message="99", emoji="👍") == (
            "This message is not there any more."
        )
        assert await ann.does("discord", "ann", "types", text="/model demo-") == "demo-paid"
        await ann.does("telegram", "ann", text="/model")
        offer = await ann.sees("telegram", "ann", "Models you can choose")
        assert offer["buttons"] == [[{"id": "0.0", "label": "demo-paid"}]]
        await ann.does("telegram", "ann", "presses", message=offer["id"], button="0.0")
        await ann.sees("telegram", "ann", "From now on demo-paid answers")
        await files_come_back_as_files_only(playground, ann)
        await ann.does("discord", "ann", text="Give me a long answer")
        await ann.sees("discord", "ann", "paragraph 1")
        began = time.monotonic()
        assert await playground.end() == 0
        assert time.monotonic() - began < 6


async def test_two_people_share_groups_and_one_is_the_same_everywhere(tmp_path: Path) -> None:
    async with at_play(tmp_path) as (_, page):
        for pane, place, call in (
            ("telegram", "group", "@parley_bot"),
            ("slack", "channel", "@Parley"),
            ("discord", "channel", "@Parley"),
        ):
            await page.does(pane, place, text="we only talk to each other")
            await page.does(pane, place, text=f"{call} What is Parley?")
            await page.does(pane, place, person="omar", text=f"{call} What does it cost?")
            await page.sees(pane, place, "one assistant wherever")
            await page.sees(pane, place, "Parley itself is free")
            answers = [one for one in page.shown(pane, place) if one["who"] == "bot"]
            assert len(answers) == 2
            if pane != "telegram":
                about = page.shown(pane, place)[0]
                assert about["words"] == "we only talk to each other"
                assert await page.does(pane, place, "asks", person="omar", message=about["id"]) == ""
        told = await page.sees("discord", "channel", "I understood")
        assert told["answers"] == "Omar used Ask about this"
        await page.does("telegram", "ann", text="/link")
        offer = await page.sees("telegram", "ann", "Your code")
        code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", offer["words"])
        assert code
        await page.does("discord", "ann", text=f"/link {code[0]}")
        await page.sees("discord", "ann", "Join the account of")
        await page.does("discord", "ann", text=f"/link {code[0]} yes")
        await page.sees("discord", "ann", "Linked with")
        assert not any("Linked" in one["words"] for one in page.shown("discord", "omar"))


async def files_come_back_as_files_only(playground: PlaygroundProcess, ann: Onlooker) -> None:
    origin = {"Origin": playground.url.removesuffix("/playground/")}
    async with aiohttp.ClientSession() as session:
        for pane, place in PRIVATE:
            asked = {"person": "ann", "place": place, "name": "<b>.html", "type": "text/html", "text": "read this"}
            async with session.post(
                f"{playground.url}files/{pane}", params=asked, data=b"<script>alert(1)</script>", headers=origin
            ) as sent:
                assert sent.status == 204
            mine = await ann.sees(pane, place, "read this")
            assert mine["files"][0]["name"] == "<b>.html"
            async with session.get(f"{playground.url}files/{pane}/{mine['files'][0]['id']}") as got:
                assert await got.read() == b"<script>alert(1)</script>"
                assert got.content_type == "application/octet-stream"
                assert got.headers["Content-Disposition"].startswith("attachment")
                assert got.headers["X-Content-Type-Options"] == "nosniff"
        async with session.get(f"{playground.url}files/telegram/no-such") as gone:
            assert gone.status == 404


FOREIGN = {
    "another page": {"Origin": "https://elsewhere.example"},
    "no page": {},
    "another name": {"Host": "rebound.example", "Origin": "http://rebound.example"},
}

UNDOABLE = (
    "",
    "[]",
    '{"pane": "telegram"}',
    '{"pane": "mars", "person": "ann", "place": "ann", "does": "says"}',
    '{"pane": "slack", "person": "eve", "place": "ann", "does": "says"}',
    '{"pane": "discord", "person": "ann", "place": "ann", "does": "says", "thread": "7"}',
    '{"pane": "slack", "person": "ann", "place": "home:ann", "does": "says", "text": "hi"}',
    '{"pane": "discord", "person": "ann", "place": "ann", "does": "presses", "message": "7", "button": "0.0"}',
)


async def test_a_page_from_elsewhere_can_do_nothing_and_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    async with at_play(tmp_path) as (playground, ann), aiohttp.ClientSession() as session:
        deed = '{"pane": "telegram", "person": "ann", "place": "ann", "does": "says", "text": "hi"}'
        for who, headers in FOREIGN.items():
            async with session.post(f"{playground.url}act", data=deed, headers=headers) as answer:
                assert answer.status == 403, who
            for path in ("", "people", "events") if headers else ():
                async with session.get(f"{playground.url}{path}", headers=headers) as answer:
                    assert answer.status == 403, (who, path)
        origin = {"Origin": playground.url.removesuffix("/playground/")}
        for deed in UNDOABLE:
            async with session.post(f"{playground.url}act", data=deed, headers=origin) as answer:
                assert answer.status == 400, deed
                assert (await answer.json())["error"], deed
        await asyncio.sleep(0.1)
        assert ann.shown("telegram", "ann") == []
        assert await playground.end() == 0
        assert "Traceback" not in playground.said


async def test_a_real_model_answers_when_it_is_asked_for(tmp_path: Path) -> None:
    async with OpenAISandbox() as models:
        (tmp_path / "settings.toml").write_text(settings(models.base_url))
        async with at_play(tmp_path, "--model", "stand-in") as (playground, ann):
            await ann.does("telegram", "ann", text="Are you real?")
            await ann.until(lambda: [one for one in ann.shown("telegram", "ann") if one["who"] == "bot"], 10, str)
            assert [models.question(call.body) for call in models.heard] == ["Are you real?"]
            await playground.end()
            assert "model      stand-in" in playground.said


def test_a_model_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    ended = parley(tmp_path, "playground", "--no-open", "--model", "demmo")
    assert ended.code == 2
    assert "--model names the model `demmo`" in ended.err
    assert "`demo`" in ended.err


async def test_the_database_is_kept_in_a_new_file_only(tmp_path: Path) -> None:
    async with at_play(tmp_path, "--keep", "kept.db") as (playground, ann):
        await ann.does("telegram", "ann", text="hi")
        await ann.sees("telegram", "ann", "Hello!")
        assert await playground.end() == 0
    listed = parley(tmp_path, "accounts", "list", DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/kept.db")
    assert (
        "telegram"
        in listed.out
        + parley(tmp_path, "accounts", "show", "1", DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/kept.db").out
    )
    again = parley(tmp_path, "playground", "--no-open", "--keep", "kept.db")
    assert again.code == 2
    assert "name a new file" in again.err


async def test_who_runs_out_buys_a_plan_where_no_money_moves_and_gets_the_answer(tmp_path: Path) -> None:
    async with at_play(tmp_path) as (_, ann), aiohttp.ClientSession() as browser:
        for pane in ("telegram", "discord"):
            for text in ("/model demo-paid", "Give me a long answer", "What is Parley?", "/plan"):
                await ann.does(pane, "ann", text=text)
        for pane in ("telegram", "discord"):
            await ann.sees(pane, "ann", "does not cover another answer", 30)
        stars = await ann.sees("telegram", "ann", "Telegram Stars", 20)
        assert [row[0]["label"] for row in stars["buttons"]][:2] == ["Plan pro, 1,500 ⭐", "$5.00 of credit, 375 ⭐"]
        assert await ann.does("telegram", "ann", "presses", message=stars["id"], button="0.0") == ""
        await ann.sees("telegram", "ann", "You paid ⭐ 1,500")
        offered = await ann.sees("discord", "ann", "Plan pro", 20)
        link = re.search(r"http://127\.0\.0\.1:\d+/pay/[\w-]+", json.dumps(offered))
        assert link
        async with browser.post(link[0]) as stripe:
            assert "Stand-in for Stripe" in await stripe.text()
            page = stripe.url
        async with browser.post(page, data={"how": "card"}) as back:
            assert back.status == 200
        for pane in ("telegram", "discord"):
            await ann.sees(pane, "ann", "You are on the plan", 20)
            await ann.sees(pane, "ann", "one assistant wherever", 20)
