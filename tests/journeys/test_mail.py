"""Mail from the whole house: a login is welcomed, a kill repeats and never loses, and one press ends warnings."""

from __future__ import annotations

import asyncio
import json
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest

from hub.domain.mail import NewMail, Template
from storage.store import StoreOn, open_store
from tests.kit.hub import HubProcess
from tests.kit.parley import parley
from tests.kit.post import Post, part, post


def settings(box: Post, more: str = "") -> str:
    return (
        '[server]\npublic_url = "https://parley.test"\n[smtp]\nhost = "127.0.0.1"\ntls = "off"\n'
        f'port = {box.port}\nsender = "Parley <parley@example.org>"\n{more}'
    )


async def database(home: Path) -> StoreOn:
    return await open_store(f"sqlite+aiosqlite:///{home / 'parley.db'}")


async def add_login(home: Path) -> None:
    made = await asyncio.to_thread(parley, home, "accounts", "create", "Ann")
    assert made.code == 0
    told = await asyncio.to_thread(
        parley, home, "accounts", "login", "1", "--email", "ann@example.org", typed="a long password of hers\n"
    )
    assert told.code == 0, told.said


async def test_a_login_is_welcomed_and_one_press_ends_warnings(tmp_path: Path) -> None:
    async with post() as box:
        hub = HubProcess(tmp_path, settings(box, 'operator = "op@example.org"\n'))
        await hub.start()
        await add_login(tmp_path)
        (welcome,) = await box.gets(1, 20)
        assert welcome["Subject"] == "Welcome to Parley"
        assert "ann@example.org" in part(welcome, "plain")
        assert welcome["List-Unsubscribe"] is None, "it is sent once, and comes of what she did"

        store = await database(tmp_path)
        told = {"percent": 80, "plan": "free", "until": "2026-12-01"}
        await store.post_mail(NewMail("w1", Template.WARNING, told, 1, language="ar"))
        await store.post_mail(NewMail("a1", Template.ALERT, {"what": "x", "details": "y"}))
        mails = {str(mail["To"]): mail for mail in (await box.gets(3, 30))[1:]}
        assert mails["op@example.org"]["Subject"] == "Parley: x"
        link = str(mails["ann@example.org"]["List-Unsubscribe"]).strip("<>")
        assert link.startswith("https://parley.test/mail/unsubscribe?word=")
        path = link.removeprefix("https://parley.test")
        async with aiohttp.ClientSession(hub.url) as browser:
            async with browser.get(path, headers={"Accept-Language": "ar"}) as page:
                text = await page.text()
                assert (page.status, 'dir="rtl"' in text, "<form" in text) == (200, True, True)
            assert await store.post_mail(NewMail("w2", Template.WARNING, told, 1)), "opening it changes nothing"
            for forged in ("", path[-10:], path[:-1] + "0", path.replace("1.1.", "2.1."), path.replace("warning", "x")):
                word = forged if forged.startswith("/") else f"/mail/unsubscribe?word={forged}"
                if word != path:
                    async with browser.post(word) as page:
                        assert page.status == 404
            async with browser.post(path, data={"List-Unsubscribe": "One-Click"}) as page:
                assert page.status == 200
        assert not await store.post_mail(NewMail("w3", Template.WARNING, told, 1))
        assert await store.post_mail(NewMail("s1", Template.SUMMARY, told, 1)), "of that kind alone"
        await store.close()
        assert await hub.stop() == 0


async def test_a_kill_after_the_servers_yes_repeats_one_mail_with_its_id(tmp_path: Path) -> None:
    async with post() as box:
        hub = HubProcess(tmp_path, settings(box))
        await hub.start("after_mail")
        await add_login(tmp_path)
        await hub.died()
        assert len(box.arrived) == 1
        store = await database(tmp_path)
        (line,) = await store.mails(9, dead=False)
        assert line.state == "pending"
        await store.ground.write(_due_now)
        await store.close()
        await hub.start()
        first, second = await box.gets(2, 20)
        assert same(first, second)
        assert await hub.stop() == 0
        store = await database(tmp_path)
        assert [line.state for line in await store.mails(9, dead=False)] == ["sent"]
        await store.close()


def _due_now(link: object) -> None:
    """As after the minute for which the dead process had claimed it."""
    import sqlalchemy as sa

    from storage import mail as m

    link.run(sa.update(m.mails).values(due_at=sa.literal_column("0")))  # type: ignore[attr-defined]


def same(first: EmailMessage, second: EmailMessage) -> bool:
    return first["Message-ID"] == second["Message-ID"] and part(first, "html") == part(second, "html")


async def test_the_command_line_of_mail_and_jobs(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        told = parley(tmp_path, *arguments)
        return told.code, told.said

    async with post() as box:
        (tmp_path / "settings.toml").write_text(settings(box))
        code, said = await asyncio.to_thread(run, "mail", "test", "ann@example.org", "--language", "de")
        assert (code, said) == (0, "127.0.0.1 took the mail for ann@example.org.\n")
        assert box.arrived[0]["Subject"] == "Parley kann E-Mails senden"
        box.refuses["bob@example.org"] = "550 who is that"
        code, said = await asyncio.to_thread(run, "mail", "test", "bob@example.org")
        assert code == 1
        assert "the recipient was refused: 550 who is that" in said
        code, said = await asyncio.to_thread(run, "jobs", "run", "retention")
        assert (code, said.split(": ")[1]) == (0, "nothing was past its time\n")
        code, said = await asyncio.to_thread(run, "jobs", "history", "retention", "--json")
        (went,) = json.loads(said)
        assert (went["state"], went["result"]) == ("done", "nothing was past its time")
        code, said = await asyncio.to_thread(run, "jobs")
        (line,) = [line for line in said.splitlines() if line.startswith("retention")]
        host_and_process = went["owner"].rpartition("-")[0]
        assert ("hourly at :20" in line, "done" in line, host_and_process in line) == (True, True, True)
        assert (await asyncio.to_thread(run, "jobs", "run", "retention", "--slot", "2026-01-01T00:01Z"))[0] == 2
        code, said = await asyncio.to_thread(run, "doctor", "--json")
        checks = [(each["check"], each["level"], each["says"]) for each in json.loads(said)["findings"]]
        assert ("mail", "well", "127.0.0.1 answers") in checks
        assert any(check == "jobs" and level == "well" for check, level, _ in checks)


@pytest.mark.parametrize("text", ['host = "mail.test"', 'host = "m"\nsender = "a@b\\nBcc: c@d"'])
def test_settings_that_cannot_send_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(f"[smtp]\n{text}\n")
    told = parley(tmp_path, "config", "validate")
    assert told.code == 2
    assert "must be an address such as parley@example.org" in told.said
