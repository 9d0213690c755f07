"""Which platforms are on, and what their adapters are given."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from adapters.table import ADAPTERS
from hub.domain.errors import SettingsError
from hub.runtime.doctor.finding import Level
from hub.runtime.doctor.guests import look_at_guests
from hub.runtime.platforms import TOKENS, guest_config, is_on, platform_config, platform_configs
from hub.runtime.settings.load import Loaded, load
from hub.runtime.settings.root import PLATFORMS, Settings

LANDED = [name for name in PLATFORMS if name in ADAPTERS]
TOKEN = {
    "TELEGRAM_BOT_TOKEN": "123456:AAH-first",
    "SLACK_BOT_TOKEN": "xoxb-first-token",
    "SLACK_APP_TOKEN": "xapp-first-token",
    "DISCORD_BOT_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.first.token-of-a-bot-that-is-long-enough",
}
NOT_AN_ADAPTERS = {"enabled", "bots", "payments", "stars_per_dollar", "support"}


def read(folder: Path, text: str = "", **variables: str) -> Loaded:
    (folder / "settings.toml").write_text(text)
    return load(folder, {"PARLEY_SECRETS_DIR": "/nowhere", **variables})


def test_without_a_token_the_web_alone_is_on(tmp_path: Path) -> None:
    assert set(platform_configs(read(tmp_path))) == {"web"}
    assert set(platform_configs(read(tmp_path, "[web]\nenabled = false"))) == set()
    assert set(TOKENS) == set(PLATFORMS)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_token_switches_a_platform_on(tmp_path: Path, name: str) -> None:
    key, variable = TOKENS[name]
    on = read(tmp_path, **{variable: TOKEN[variable]})
    assert is_on(on.settings, name)
    assert not any(is_on(on.settings, other) for other in PLATFORMS if other != name)
    assert is_on(read(tmp_path, f'[[{name}.bots]]\n{key} = "{TOKEN[variable]}"').settings, name)
    assert not is_on(read(tmp_path, f"[{name}]\nenabled = false", **{variable: TOKEN[variable]}).settings, name)
    with pytest.raises(SettingsError, match=f"has no {key}. Set {variable}"):
        platform_config(read(tmp_path, f"[{name}]\nenabled = true"), name)


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("wrong", ["api.example.org", "ftp://api.example.org", "https://"])
def test_an_address_names_a_host(tmp_path: Path, name: str, wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"api_base .* must begin with https:// and name a host"):
        read(tmp_path, f'[{name}]\napi_base = "{wrong}"')


@pytest.mark.parametrize("name", LANDED)
def test_every_key_of_a_platform_reaches_its_adapter(name: str) -> None:
    module = import_module(f"adapters.{name}.config")
    known = set(getattr(module, f"{name.title()}Config").model_fields)
    of_bot = set(getattr(module, f"{name.title()}Bot").model_fields)
    table: Any = Settings.model_fields[name].annotation
    for key in table.model_fields:
        assert key in NOT_AN_ADAPTERS or (key in known) != (key in of_bot), f"[{name}] {key} must reach one of the two"


@pytest.mark.parametrize("name", LANDED)
def test_an_adapter_is_given_every_bot(tmp_path: Path, name: str) -> None:
    key, variable = TOKENS[name]
    second = TOKEN[variable].replace("first", "other").replace("123456", "654321").replace("MTIz", "MTIx")
    text = f'[server]\npublic_url = "https://chat.example.org"\n[[{name}.bots]]\n{key} = "{second}"\ntenant = 2\n'
    if name == "slack":
        text += 'app_token = "xapp-other-token"\n'
    config = platform_config(read(tmp_path, text, **TOKEN), name)
    assert [getattr(bot, key).get_secret_value() for bot in config.bots] == [TOKEN[variable], second]
    assert [bot.tenant for bot in config.bots] == [1, 2]
    assert TOKEN[variable] not in repr(config)


def test_a_platform_without_an_adapter_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ADAPTERS, "slack", raising=False)
    loaded = read(tmp_path, SLACK_BOT_TOKEN="xoxb-first-token")
    assert loaded.unserved() == ["[slack]"]
    assert set(platform_configs(loaded)) == {"web"}


class Guests:
    """As if a package had brought an adapter called tin-can."""

    def __call__(self, *, group: str, name: str = "") -> list[EntryPoint]:
        point = EntryPoint("tin-can", "tin_can:create", group)
        return [point] if name in ("", point.name) else []


def test_a_platform_of_another_package_gets_its_own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.table.entry_points", Guests())
    text = '[platforms.tin-can]\nhost = "can.example.org"\ntoken = "a string of tin"\nports = [1, 2]\n'
    loaded = read(
        tmp_path, text + "[platforms.off]\nenabled = false\n", PARLEY_PLATFORMS__TIN_CAN__HOST="other.example"
    )
    configs = platform_configs(loaded)
    assert set(configs) == {"web", "tin-can"}
    token = configs["tin-can"].pop("token")
    assert configs["tin-can"] == {"host": "other.example", "ports": [1, 2]}
    assert token.get_secret_value() == "a string of tin"
    assert "a string of tin" in loaded.secrets()
    assert [(each.check, each.level) for each in look_at_guests(loaded)] == [("tin-can", Level.WELL)]


def test_a_platform_that_nobody_brings_is_said(tmp_path: Path) -> None:
    loaded = read(tmp_path, "[platforms.telegram]\nx = 1\n[platforms.nowhere]\nx = 1\n")
    with pytest.raises(SettingsError, match=r"Write \[telegram\] instead"):
        guest_config(loaded.settings, "telegram")
    with pytest.raises(SettingsError, match=r"no package brings an adapter of that name.* There are: web, terminal"):
        guest_config(loaded.settings, "nowhere")
    assert [each.level for each in look_at_guests(loaded)] == [Level.ERROR, Level.ERROR]
