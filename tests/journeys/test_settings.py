"""An operator gets settings wrong, in every place they can stand, and reads what is meant instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.parley import parley, parley_here

SECRET = "sk-marked-0123456789abcdef"
"""Must never be printed."""

BAD_FILES = {
    "unknown key": ("[server]\nprot = 1", "Unknown setting `prot` in [server] (settings.toml). Did you mean `port`?"),
    "unknown table": ('[sever]\nhost = "x"', "Unknown table [sever] (settings.toml). Did you mean [server]?"),
    "unknown key of a provider": (
        f'[providers.openai]\napi_kye = "{SECRET}"',
        "Unknown setting `api_kye` in [providers.openai] (settings.toml). Did you mean `api_key`?",
    ),
    "unknown key of a site": (
        '[[web.sites]]\nkey = "a"\norigin = ["https://a.example"]',
        "Unknown setting `origin` in [web.sites] (settings.toml). Did you mean `origins`?",
    ),
    "unknown key of a model": (
        '[[models]]\nname = "a"\nprovider = "demo"\nprice = 1',
        "Unknown setting `price` in [models] (settings.toml). Did you mean `price_input`?",
    ),
    "key in a wrong table": (
        '[database]\npublic_url = "x"',
        "Unknown setting `public_url` in [database] (settings.toml). Did you mean `public_url` in [server]?",
    ),
    "unknown key of a later table": (
        f'[telegram]\ntokn = "{SECRET}"',
        "Unknown setting `tokn` in [telegram] (settings.toml). Did you mean `token`?",
    ),
    "no number": ('[server]\nport = "many"', "[server] port (settings.toml) must be a whole number."),
    "number too large": ("[server]\nport = 70000", "[server] port (settings.toml) must be 65535 or less."),
    "number too small": ("[limits]\ntext = -1", "[limits] text (settings.toml) must be 0 or more."),
    "no choice": (
        '[log]\nlevel = "loud"',
        "[log] level (settings.toml) must be one of 'debug', 'info', 'warning' or 'error'.",
    ),
    "no policy": (
        '[overlap]\nweb = "drop"',
        "[overlap] web (settings.toml) must be one of 'queue', 'merge' or 'interrupt'.",
    ),
    "no kind": (
        f'[providers.x]\nkind = "opnai"\napi_key = "{SECRET}"',
        "[providers.x] kind (settings.toml) must be one",
    ),
    "missing": ('[[models]]\nname = "a"', "[models] provider (settings.toml) is missing."),
    "secret of a wrong type": (
        "[providers.openai]\napi_key = 12345",
        "[providers.openai] api_key (settings.toml) must be text.",
    ),
    "value for a table": ("server = 1", "server (settings.toml) must be a table."),
    "no TOML": ("[server\nport = 1", "settings.toml is not valid TOML at line 1, column 8."),
    "no driver": ('[database]\nurl = "mysql://a:b@c/d"', "[database] url (settings.toml) must begin with sqlite"),
    "known password": ('[admin]\npassword = "changeme"', "[admin] password (settings.toml) is a secret that everybody"),
    "short password": (
        '[admin]\npassword = "x7Hq9p"',
        "[admin] password (settings.toml) is shorter than 16 characters",
    ),
    "unknown model": (
        '[routing]\ndefault = "dmo"',
        "[routing] default names the model `dmo`, which does not exist. Did you mean `demo`?",
    ),
    "unknown fallback": (
        '[routing]\nfallback = ["gpt-5.4-mni"]',
        "[routing] fallback names the model `gpt-5.4-mni`, which does not exist. Did you mean `gpt-5.4-mini`?",
    ),
    "model without its key": (
        '[routing]\ndefault = "gpt-5.4-mini"',
        "[routing] default names `gpt-5.4-mini`, which cannot be used: no key; set OPENAI_API_KEY.",
    ),
    "unknown provider": (
        '[[models]]\nname = "a"\nprovider = "opnai"',
        "[[models]] `a` names the provider `opnai`, which does not exist. Did you mean `openai`?",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    told = parley(tmp_path, "run") if SECRET in text else parley_here(tmp_path, "config", "validate")
    assert told.code == 2
    assert words in told.err
    assert told.out == ""
    assert "Traceback" not in told.said
    assert "pydantic" not in told.said
    assert SECRET not in told.said
    assert not (tmp_path / "parley.db").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PARLEY_SERVER__PROT": "1"}, "PARLEY_SERVER__PROT (environment). Did you mean PARLEY_SERVER__PORT?"),
        ({"PARLEY_TELEGRAM__TOKN": SECRET}, "PARLEY_TELEGRAM__TOKN (environment). Did you mean PARLEY_TELEGRAM__TOK"),
        ({"PARLEY_SEVER__PORT": "1"}, "PARLEY_SEVER__PORT (environment). Did you mean PARLEY_SERVER__PORT?"),
        ({"PARLEY_PROT": "1"}, "Unknown setting PARLEY_PROT (environment)"),
        ({"PARLEY_SERVER__PORT": "many"}, "PARLEY_SERVER__PORT (environment) must be a whole number."),
        ({"DATABASE_URL": f"mysql://u:{SECRET}@h/d"}, "DATABASE_URL (environment) must begin with sqlite"),
        ({"PARLEY_MODELS": "gpt"}, "PARLEY_MODELS must be JSON"),
        ({"PARLEY_WEB__SITES": "[{"}, "PARLEY_WEB__SITES must be JSON"),
        ({"PARLEY_HOME": "/nowhere/at/all"}, "PARLEY_HOME names a folder that cannot be entered"),
    ],
)  # fmt: skip
def test_a_bad_variable_is_told_in_words(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    run = parley if SECRET in str(variables) else parley_here
    told = run(tmp_path, "config", "validate", **variables)
    assert told.code == 2
    assert words in told.err
    assert SECRET not in told.said


def test_the_env_file_and_secrets_files_are_held_to_the_same(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"PARLEY_SLACK__BOT_TOKN={SECRET}\nCOMPOSE_PROJECT_NAME=x\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "parley_server__prot").write_text(SECRET)
    (secrets / "tls.key").write_text("not ours")
    told = parley(tmp_path, "config", "validate", PARLEY_SECRETS_DIR=str(secrets))
    assert told.code == 2
    assert "PARLEY_SLACK__BOT_TOKN (.env). Did you mean PARLEY_SLACK__BOT_TOKEN?" in told.err
    assert "PARLEY_SERVER__PROT (secrets file). Did you mean PARLEY_SERVER__PORT?" in told.err
    assert SECRET not in told.said


def test_a_broken_env_file_names_the_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{SECRET} what is this\n")
    told = parley(tmp_path, "config", "validate")
    assert told.code == 2
    assert ".env cannot be understood at line 2" in told.err
    assert SECRET not in told.said


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[server]\nprot = 1\nport = "x"\n[lgo]\nlevel = "info"\n')
    told = parley(tmp_path, "run", PARLEY_WEB__SITS="[]")
    assert told.err.count("Did you mean") == 3
    assert "must be a whole number" in told.err
    assert "After mending: parley config validate" in told.err


def test_each_place_wins_over_the_one_before_key_by_key(tmp_path: Path) -> None:
    """settings.toml < settings.local.toml < secrets files < .env < environment < flags, without losing a table."""
    (tmp_path / "settings.toml").write_text('[limits]\ntext = 1\nperson_per_minute = 1\ntries_per_model = 1\n'
        'turns_at_once = 1\nwaiting_per_conversation = 1\n[server]\nport = 1\n')  # fmt: skip
    (tmp_path / "settings.local.toml").write_text(
        "[limits]\nperson_per_minute = 2\ntries_per_model = 2\nturns_at_once = 2\nwaiting_per_conversation = 2\n"
    )
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("TRIES_PER_MODEL", "TURNS_AT_ONCE", "WAITING_PER_CONVERSATION"):
        (secrets / f"parley_limits__{name.lower()}").write_text("3\n")
    (tmp_path / ".env").write_text("PARLEY_LIMITS__TURNS_AT_ONCE=4\nPARLEY_LIMITS__WAITING_PER_CONVERSATION=4\n")
    told = parley_here(
        tmp_path,
        "config",
        "show",
        "--json",
        PARLEY_LIMITS__WAITING_PER_CONVERSATION="5",
        PARLEY_SECRETS_DIR=str(secrets),
    )
    rows = {row["key"]: (row["value"], row["source"]) for row in json.loads(told.out)}
    assert rows["limits.text"] == (1, "settings.toml")
    assert rows["limits.person_per_minute"] == (2, "settings.local.toml")
    assert rows["limits.tries_per_model"] == (3, "secrets file PARLEY_LIMITS__TRIES_PER_MODEL")
    assert rows["limits.turns_at_once"] == (4, ".env PARLEY_LIMITS__TURNS_AT_ONCE")
    assert rows["limits.waiting_per_conversation"] == (5, "environment PARLEY_LIMITS__WAITING_PER_CONVERSATION")
    assert rows["limits.give_up_seconds"] == (60.0, "default")


def test_a_flag_wins_over_everything(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[server]\nport = 1\n")
    told = parley(tmp_path, "run", "--host", "256.1.1.1", "--port", "5", PARLEY_SERVER__HOST="127.0.0.1")
    assert told.code == 2
    assert "`256.1.1.1` is no address of this machine" in told.err


def test_well_known_names_switch_things_on(tmp_path: Path) -> None:
    told = parley(
        tmp_path, "config", "show", "--json", OPENAI_API_KEY=SECRET, OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        DATABASE_URL="postgres://ann:pass%40word@db.example/parley", TELEGRAM_BOT_TOKEN=SECRET, GEMINI_API_KEY="",
    )  # fmt: skip
    rows = {row["key"]: (row["value"], row["source"]) for row in json.loads(told.out)}
    assert rows["providers.openai.api_key"] == ("********", "environment OPENAI_API_KEY")
    assert rows["providers.openai.base_url"] == ("http://127.0.0.1:9/v1", "environment OPENAI_BASE_URL")
    assert rows["telegram.token"] == ("********", "environment TELEGRAM_BOT_TOKEN")
    assert rows["database.url"][0] == "postgresql+asyncpg://ann:********@db.example/parley"
    assert "providers.gemini.api_key" not in rows
    assert SECRET not in told.said
    assert "pass%40word" not in told.said
    assert json.loads(parley(tmp_path, "models", "--json", OPENAI_API_KEY=SECRET).out)[0]["default"] is True


def test_what_is_not_served_yet_is_accepted_and_said(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[bus]\nurl = "redis://:pw@r"\n[limits]\nlogins_per_minute = 3\n')
    told = parley(tmp_path, "config", "validate", SLACK_SIGNING_SECRET=SECRET)
    assert told.code == 0
    assert "[bus] is set, and this version does not serve it yet." in told.out
    assert "[limits] logins_per_minute is set" in told.out
    assert "[admin]" not in told.out
    assert SECRET not in told.said


def test_variables_that_an_orchestrator_sets_do_no_harm(tmp_path: Path) -> None:
    told = parley_here(
        tmp_path, "config", "validate", PARLEY_PORT="tcp://10.0.0.1:80", PARLEY_SERVICE_HOST="10.0.0.1",
        PARLEY_PORT_80_TCP_ADDR="10.0.0.1",
    )  # fmt: skip
    assert told.code == 0, told.err


def test_the_schema_describes_every_table(tmp_path: Path) -> None:
    schema = json.loads(parley_here(tmp_path, "config", "schema").out)
    assert {"server", "web", "providers", "models", "telegram"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
