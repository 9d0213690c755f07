"""The default house imports no vendor's SDK: what is not switched on costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.kit.parley import environment

from .source import ROOT, ours

SDKS = (
    "openai",
    "anthropic",
    "google.genai",
    "stripe",
    "telegram",
    "aiogram",
    "slack_sdk",
    "slack_bolt",
    "discord",
    "genai_prices",
    "bpe_openai",
)

SCRIPT = """
import importlib, sys
for name in sys.argv[1].split():
    importlib.import_module(name)
print(*sorted(name for name in sys.argv[2].split() if name in sys.modules))
"""


def imported(modules: list[str], folder: Path = ROOT) -> list[str]:
    """Which SDKs a fresh interpreter has loaded after importing `modules`."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, " ".join(modules), " ".join(SDKS)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def default_house() -> list[str]:
    """Everything a start without a key may import: the hub, the store, web, terminal and the demo provider."""
    always = (
        "hub.",
        "storage.",
        "adapters.kit",
        "adapters.web",
        "adapters.terminal",
        "providers.kit",
        "providers.llm.demo",
    )
    return [
        source.module
        for source in ours()
        if (source.module.startswith(always) or source.module in {"adapters", "adapters.table", "providers", "storage"})
        and not {"migrations", "sandbox"} & set(source.module.split("."))
        and source.module != "hub.__main__"
    ]


def test_the_default_house_imports_no_sdk() -> None:
    modules = default_house()
    assert len(modules) > 20
    assert imported(modules) == []


def test_the_domain_imports_nothing_but_itself() -> None:
    script = (
        "import sys, hub.domain.turn; print(*(name for name in sys.modules if name.startswith(('hub.', 'aiohttp'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "hub.domain.turn" in done.stdout.split()
    assert {name.split(".")[1] for name in done.stdout.split()} == {"domain"}


def test_a_house_without_a_paid_model_reads_no_price_list() -> None:
    script = (
        "import sys; from hub.runtime.catalogue import make_catalogue; from hub.runtime.settings.root import Settings;"
        "made = make_catalogue(Settings.model_validate(eval(sys.argv[1]))); print(made.default, 'genai_prices' in "
        "sys.modules)"
    )
    local = "{'providers': {'ollama': {'enabled': True}}}"
    paid = "{'providers': {'openai': {'api_key': 'sk-0123456789abcdef'}}}"
    for settings, said in (("{}", "demo False"), (local, "llama3.2 False"), (paid, "gpt-5.4-mini True")):
        done = subprocess.run(
            [sys.executable, "-c", script, settings], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.strip() == said, done.stderr


def test_an_sdk_that_is_imported_is_seen(tmp_path: Path) -> None:
    (tmp_path / "stripe.py").write_text("")
    (tmp_path / "eager.py").write_text("def f():\n    import stripe\nf()")
    assert imported(["eager"], tmp_path) == ["stripe"]


NOT_AT_REST = (
    *("typer", "click", "hub.runtime.cli.app", "difflib"),  # the command line: `parley run` has nothing to read from it
    *("dotenv", "alembic", "sqlalchemy.ext.asyncio", "aiosqlite"),
    *("hub.api.v1.routes", "hub.core.operations.completions", "hub.core.operations.calls", "hub.api.describe.document"),
    *("hub.api.pay", "hub.ports.gateway", "hub.core.operations.sales", "hub.core.operations.paying"),
    *("hub.core.mail.postman", "hub.core.jobs.letters", "providers.mail"),
)
"""What a hub with default settings, ready and waiting, must not have loaded; each is 0.1 MiB at least."""


def test_a_hub_that_waits_has_loaded_only_what_it_needs(tmp_path: Path) -> None:
    loaded = at_rest(tmp_path)
    assert {"hub.runtime.serve", "adapters.web.adapter", "providers.llm.demo", "storage.sqlite.writer"} <= loaded
    assert loaded & set(NOT_AT_REST) == set()


WAITING = """
import sys
from hub.__main__ import main
sys.argv = ["parley", "run"]
try:
    main()
finally:
    print(*sys.modules)
"""


def at_rest(folder: Path) -> set[str]:
    """Every module that `parley run` has loaded when it was ready and was stopped."""
    hub = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=folder,
        env=environment(PARLEY_SERVER__PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert hub.stdout is not None
    assert "ready" in hub.stdout.readline()
    hub.terminate()
    return set(hub.communicate(timeout=30)[0].split())
