"""What people type, and what they read."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import RawTestServer
from typer.main import get_command

from adapters.telegram.sandbox import TelegramSandbox
from hub.runtime.cli.app import ORDER, app
from hub.runtime.doctor.finding import Level
from hub.runtime.doctor.outside import look_at_clock
from providers.kit.stand_in import Fault, Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess, free_port
from tests.kit.parley import Ended, environment, parley, parley_here

SECRET = "sk-marked-0123456789abcdef"


async def command(home: Path, *arguments: str, typed: str = "", **variables: str) -> Ended:
    """`parley` while this test's own servers go on serving."""
    return await asyncio.to_thread(parley, home, *arguments, typed=typed, seconds=60, **variables)


def findings(told: Ended) -> dict[str, tuple[str, str]]:
    return {each["check"]: (each["level"], each["says"]) for each in json.loads(told.out)["findings"]}


def test_the_version(tmp_path: Path) -> None:
    told = parley(tmp_path, "--version")
    assert (told.code, told.out.split()[0], told.err) == (0, "parley", "")


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    told = parley(tmp_path, "rnu")
    assert told.code == 2
    assert "No such command 'rnu'" in told.err


def test_help_names_every_command_in_an_order_that_one_can_follow(tmp_path: Path) -> None:
    told = parley_here(tmp_path, "--help")
    assert re.findall(r"^  ([a-z]+) ", told.out.partition("Commands:")[2], re.MULTILINE) == list(ORDER)
    root: Any = get_command(app)
    for name, inner in root.commands.items():
        below = getattr(inner, "commands", {})
        assert not below or sorted(inner.help.partition(": ")[2].rstrip(".").split(", ")) == sorted(below), name


def test_models_as_table_and_as_json(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[[models]]\nname = "mine"\nprovider = "openai"\nprice_input = 0.25\nprice_output = 2\n'
    )
    told = parley(tmp_path, "models")
    lines = [line.split() for line in told.out.splitlines()]
    assert lines[0][:4] == ["NAME", "PROVIDER", "ID", "CONTEXT"]
    assert "no: no key; set OPENAI_API_KEY" in told.out
    assert "$0.25 / $2" in told.out
    assert ["demo", "demo", "demo", "8,192", "free", "yes", "(default)"] in lines
    rows = {row["name"]: row for row in json.loads(parley(tmp_path, "models", "--json", OPENAI_API_KEY=SECRET).out)}
    assert (rows["mine"]["usable"], rows["mine"]["default"], rows["mine"]["price_input"]) == (True, True, 0.25)
    assert rows["demo"]["free"] is True


def test_migrate_twice(tmp_path: Path) -> None:
    assert "from nothing to" in parley(tmp_path, "migrate").out
    assert "is at its newest version" in parley(tmp_path, "migrate").out


def test_a_well_house(tmp_path: Path) -> None:
    port = str(free_port())
    told = parley(tmp_path, "doctor", "--json", PARLEY_SERVER__PORT=port)
    found = findings(told)
    assert found["settings"] == ("well", "every key is known; default model demo")
    assert found["port"] == ("well", f"free: http://127.0.0.1:{port}/")
    assert found["database"] == ("well", "not there yet; parley run makes it")
    assert found["provider demo"] == ("well", "needs no key")
    assert {level for check, (level, _) in found.items() if check != "sqlite"} == {"well"}
    assert told.code == (1 if found["sqlite"][0] == "warning" else 0)
    assert not (tmp_path / "parley.db").exists()


async def test_the_doctor_beside_a_running_hub(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    await hub.start()
    try:
        found = findings(await command(tmp_path, "doctor", "--json", PARLEY_SERVER__PORT=str(hub.port)))
    finally:
        await hub.stop()
    assert found["port"] == ("well", f"Parley is running on port {hub.port}")
    assert found["integrity"] == ("well", "integrity_check ok")
    assert found["schema"][0] == "well"


def test_the_doctor_on_bad_settings(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f'[server]\nprot = "{SECRET}"\nport = "{SECRET}"\n')
    told = parley(tmp_path, "doctor")
    assert told.code == 2
    assert told.out.count("ERROR") == 2
    assert "Did you mean `port`?" in told.out
    assert SECRET not in told.said


def test_the_doctor_on_a_damaged_database(tmp_path: Path) -> None:
    parley(tmp_path, "migrate")
    file = tmp_path / "parley.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 6] = os.urandom(4096 * 3)
    file.write_bytes(content)
    told = parley(tmp_path, "doctor", PARLEY_SERVER__PORT=str(free_port()))
    assert told.code == 2
    assert "the database" in told.out
    assert "Traceback" not in told.said


def test_the_doctor_mends_the_mode_of_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"OPENAI_APIKEY={SECRET}\n")
    file.chmod(0o644)
    told = parley(tmp_path, "doctor", PARLEY_SERVER__PORT=str(free_port()))
    assert told.code == 1
    assert "others can read the keys in it (mode 644)" in told.out
    assert "OPENAI_APIKEY in .env means nothing to Parley." in told.out
    assert "Did you mean OPENAI_API_KEY?" in told.out
    assert SECRET not in told.said
    parley(tmp_path, "doctor", "--fix", PARLEY_SERVER__PORT=str(free_port()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_the_doctor_asks_every_provider(tmp_path: Path) -> None:
    async with OpenAISandbox() as good, OpenAISandbox(Script(fault=Fault.STATUS, status=401)) as bad:
        told = await command(
            tmp_path, "doctor", "--json", OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=good.base_url,
            DEEPSEEK_API_KEY=SECRET, DEEPSEEK_BASE_URL=bad.base_url, PARLEY_SERVER__PORT=str(free_port()),
            MISTRAL_API_KEY=SECRET, MISTRAL_BASE_URL=f"http://127.0.0.1:{free_port()}/v1",
        )  # fmt: skip
    found = findings(told)
    assert found["provider openai"][0] == "well"
    assert "the key works: 2 models in" in found["provider openai"][1]
    assert found["provider mistral"][0] == "error"
    assert "cannot be reached" in found["provider mistral"][1]
    assert told.code == 2
    assert SECRET not in told.said


async def test_the_doctor_looks_outside(tmp_path: Path) -> None:
    """At a clock by whoever answers, and whether the public address leads to this very hub."""
    hub, off = HubProcess(tmp_path), 0.0
    await hub.start()

    async def answer(request: web.BaseRequest) -> web.Response:
        date = formatdate(time.time() + off, usegmt=True)
        return web.json_response({"alive": True, "proof": "another house's"}, headers={"Date": date})

    async with RawTestServer(answer) as vendor:
        other = str(vendor.make_url("")).rstrip("/")
        known = {"TELEGRAM_BOT_TOKEN": "123:abc", "PARLEY_TELEGRAM__API_BASE": other}
        try:
            found = findings(await command(tmp_path, "doctor", "--json", PARLEY_SERVER__PUBLIC_URL=hub.url, **known))
            assert found["clock"] == ("well", "agrees with 127.0.0.1")
            assert found["public address"] == ("well", f"{hub.url} leads to this hub")
            off = 900
            found = findings(await command(tmp_path, "doctor", "--json", PARLEY_SERVER__PUBLIC_URL=other, **known))
        finally:
            await hub.stop()
        assert found["clock"][0] == "error"
        assert "seconds behind 127.0.0.1." in found["clock"][1]
        assert found["public address"] == ("error", f"{other} leads to something else than this hub.")
        off = -60
        nowhere = f"http://127.0.0.1:{free_port()}"
        async with ClientSession() as http:
            clock = await look_at_clock(http, [nowhere, other])
            assert clock is not None
            assert clock.level is Level.WARNING
            assert "seconds ahead of" in clock.says
            assert await look_at_clock(http, [nowhere]) is None, "offline"


async def test_init_without_questions(tmp_path: Path) -> None:
    async with OpenAISandbox() as models:
        known = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": models.base_url}
        told = await command(tmp_path, "init", "--yes", **known)
        assert told.code == 0
        assert "the key works" in told.out
        assert "Default model: gpt-5.4-mini. Now: parley run" in told.out
        text = (tmp_path / "settings.toml").read_text()
        assert "# port = 8080" in text
        (tmp_path / "settings.toml").write_text("[server]\nport = 5\n")
        again = await command(tmp_path, "init", "--yes", **known)
    assert again.code == 0
    assert (tmp_path / "settings.toml").read_text() == "[server]\nport = 5\n"
    assert not (tmp_path / ".env").exists()
    assert SECRET not in told.said + again.said + text


def test_init_without_questions_and_with_a_dead_key(tmp_path: Path) -> None:
    told = parley(
        tmp_path, "init", "--yes", OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=f"http://127.0.0.1:{free_port()}/v1"
    )  # fmt: skip
    assert told.code == 1
    assert "cannot be reached" in told.out


async def at_a_terminal(
    home: Path,
    answers: list[tuple[str, str]],
    *arguments: str,
    meanwhile: tuple[str, Callable[[], Awaitable[object]]] | None = None,
    **variables: str,
) -> tuple[int, str]:
    """Run `parley init` (or `arguments`) on a terminal, answering each question. Exit code and everything shown.

    `meanwhile`: once such words are shown, something happens elsewhere."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *(arguments or ("init",)), cwd=home, env=environment(**variables),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown, waiting = "", list(answers)
    os.set_blocking(ours, False)
    async with asyncio.timeout(60):
        while True:
            try:
                read = os.read(ours, 4096)
            except BlockingIOError:
                await asyncio.sleep(0.02)
                continue
            except OSError:
                break
            shown += read.decode()
            if meanwhile and meanwhile[0] in shown:
                act, meanwhile = meanwhile[1], None
                await act()
            # the space comes last: before it, a hidden question still throws away what is typed
            if waiting and shown.endswith(f"{waiting[0][0]} "):
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
        code = await process.wait()
    os.close(ours)
    assert not waiting, f"never asked {waiting[0][0]!r}:\n{shown}"
    return code, shown


async def test_init_asks_checks_and_writes(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEPT=1\nOPENAI_API_KEY=old\n")
    async with OpenAISandbox() as models:
        code, shown = await at_a_terminal(
            tmp_path,
            [
                ("Add or change one? [y/N]:", "y"),
                ("Provider:", "opnai"),
                ("Provider:", "openai"),
                ("empty = go on without):", SECRET),
                ("Model that answers by default [gpt-5.4-mini]:", "gpt-9"),
                ("Model that answers by default [gpt-5.4-mini]:", "demo"),
                ("Platform:", ""),
            ],
            OPENAI_BASE_URL=models.base_url,
        )
    assert code == 0, shown
    assert "That is none of the list" in shown
    assert "the key works: 2 models" in shown
    assert SECRET not in shown
    assert (tmp_path / ".env").read_text() == f"KEPT=1\nOPENAI_API_KEY={SECRET}\n"
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    text = (tmp_path / "settings.toml").read_text()
    assert 'default = "demo"' in text.splitlines()[text.splitlines().index("[routing]") + 1]
    assert SECRET not in text


async def test_init_and_nothing_chosen(tmp_path: Path) -> None:
    code, shown = await at_a_terminal(tmp_path, [("Provider:", ""), ("Platform:", "")])
    assert code == 0
    assert "Ready. Default model: demo. Now: parley run" in shown
    assert not (tmp_path / ".env").exists()


async def test_init_checks_a_bots_token_and_waits_for_its_first_message(tmp_path: Path) -> None:
    async with TelegramSandbox() as telegram:
        ann = telegram.person("Ann")
        code, shown = await at_a_terminal(
            tmp_path,
            [
                ("Provider:", ""),
                ("Platform:", "telegramm"),
                ("Platform:", "telegram"),
                ("(not shown; empty = not now):", telegram.token),
                ("Platform:", ""),
            ],
            meanwhile=("Waiting for the first message", lambda: ann.says("hello")),
            PARLEY_TELEGRAM__API_BASE=telegram.url,
        )
        assert ann.shown()
    assert code == 0, shown
    assert "That is none of the list" in shown
    assert "Ann wrote, and was answered: Telegram works." in shown
    assert "Platforms that are on: Telegram." in shown
    assert telegram.token not in shown
    assert (tmp_path / ".env").read_text() == f"TELEGRAM_BOT_TOKEN={telegram.token}\n"


async def test_init_says_at_once_that_a_bots_token_is_dead(tmp_path: Path) -> None:
    async with TelegramSandbox() as telegram:
        code, shown = await at_a_terminal(
            tmp_path,
            [
                ("Provider:", ""),
                ("Platform:", "telegram"),
                ("(not shown; empty = not now):", "999:dead"),
                ("Keep it all the same? [y/N]:", "n"),
                ("Platform:", ""),
            ],
            PARLEY_TELEGRAM__API_BASE=telegram.url,
        )
    assert code == 0, shown
    assert "@BotFather" in shown
    assert not (tmp_path / ".env").exists()


async def test_init_says_that_something_is_no_token(tmp_path: Path) -> None:
    code, shown = await at_a_terminal(
        tmp_path,
        [
            ("Provider:", ""),
            ("Platform:", "telegram"),
            ("(not shown; empty = not now):", "hello there"),
            ("Keep it all the same? [y/N]:", "n"),
            ("Platform:", ""),
        ],
    )
    assert code == 0, shown
    assert "no bot's token" in shown
    assert not (tmp_path / ".env").exists()


def test_chat_through_pipes(tmp_path: Path) -> None:
    told = parley(tmp_path, "chat", typed="hello\n")
    assert told.code == 0
    assert "demo" in told.out
    assert told.err == ""
    lines = parley(tmp_path, "chat", "--json", typed="hello\nwhat is Parley?\n").out.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["done", "done"]


async def test_chat_beside_a_running_hub(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    await hub.start()
    try:
        told = await command(tmp_path, "chat", typed="hello\n")
    finally:
        await hub.stop()
    assert told.code == 0, told.err
    assert "demo" in told.out
    assert "Traceback" not in hub.log


async def test_chat_with_a_chosen_model(tmp_path: Path) -> None:
    async with OpenAISandbox(Script("from the stand-in")) as models:
        known = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": models.base_url, "PARLEY_ROUTING__DEFAULT": "demo"}
        told = await command(tmp_path, "chat", "--model", "gpt-6-luna", typed="hello\n", **known)
        unknown = await command(tmp_path, "chat", "--model", "gpt6-luna", typed="hello\n", **known)
        asked = [heard.body["model"] for heard in models.heard]
    assert told.out == "from the stand-in\n"
    assert asked[0] == "gpt-6-luna"
    assert unknown.code == 2
    assert "--model names the model `gpt6-luna`, which does not exist. Did you mean `gpt-6-luna`?" in unknown.err


@pytest.mark.parametrize(
    "arguments", [("run", "--port", "0"), ("chat",), ("doctor",), ("migrate",), ("config", "show")]
)
def test_marked_secrets_never_come_out(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Every secret there is, in every place, on every command, at the chattiest level, with --debug."""
    marked = [f"marked-{number}-0123456789abcdef" for number in range(12)]
    (tmp_path / "settings.toml").write_text(
        f'[providers.box]\nkind = "anthropic"\napi_key = "{marked[0]}"\nbase_url = "http://u:{marked[1]}@127.0.0.1:1"\n'
        f'[[web.sites]]\nkey = "a"\nidentity_secret = "{marked[2] * 2}"\n[admin]\npassword = "{marked[3]}"\n'
        f'[telegram]\ntoken = "{marked[4]}"\nwebhook_secret = "{marked[5]}"\n[smtp]\npassword = "{marked[6]}"\n'
        f'[bus]\nurl = "redis://:{marked[7]}@127.0.0.1:1"\n[stripe]\nsecret_key = "{marked[8]}"\n'
    )
    (tmp_path / ".env").write_text(f"SLACK_APP_TOKEN={marked[9]}\nOPENAI_BASE_URL=http://127.0.0.1:1/v1\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "--debug", *arguments], cwd=tmp_path, text=True,
        env=environment(OPENAI_API_KEY=marked[10], DISCORD_BOT_TOKEN=marked[11], PARLEY_LOG__LEVEL="debug",
                        DATABASE_URL=f"postgresql://ann:{marked[11]}@127.0.0.1:1/parley",),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate("hello\n", timeout=40)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
    assert said
    assert [secret for secret in marked if secret in said] == []
