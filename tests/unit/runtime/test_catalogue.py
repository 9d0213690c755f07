"""Which models are usable, which one answers, and why the others do not."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.errors import SettingsError
from hub.domain.model import Price
from hub.domain.turn import Overlap, Window
from hub.runtime.catalogue import Catalogue, make_catalogue
from hub.runtime.rules import make_rules
from hub.runtime.settings.root import Settings

KEY = {"api_key": "sk-0123456789abcdef"}


def catalogue(**tables: Any) -> Catalogue:
    return make_catalogue(Settings.model_validate(tables))


def test_without_a_key_the_demo_answers() -> None:
    made = catalogue()
    assert made.default == "demo"
    assert list(made.usable) == ["demo"]
    assert [endpoint.name for endpoint in made.endpoints] == ["demo"]


def test_the_first_real_model_answers_once_there_is_a_key() -> None:
    made = catalogue(providers={"anthropic": KEY})
    assert made.default.startswith("claude")
    assert made.usable[made.default].provider == "anthropic"
    assert "demo" in made.usable


def test_the_operators_own_models_come_first_and_win() -> None:
    made = catalogue(
        providers={"openai": KEY},
        models=[
            {"name": "mine", "provider": "openai", "id": "gpt-x", "price_input": "0.15", "price_output": 0.6},
            {"name": "gpt-6-luna", "provider": "openai", "context": 5},
        ],
    )
    assert made.default == "mine"
    assert made.usable["mine"].price == Price(150_000, 600_000, version="settings")
    assert made.usable["gpt-6-luna"].context == 5
    assert [listed.model.name for listed in made.listed].count("gpt-6-luna") == 1


def test_routing_decides() -> None:
    made = catalogue(providers={"openai": KEY}, routing={"default": "demo", "fallback": ["gpt-6-luna"]})
    assert (made.default, made.fallback) == ("demo", ("gpt-6-luna",))


def test_a_provider_of_ones_own_needs_an_address_only() -> None:
    made = catalogue(
        providers={"box": {"base_url": "http://127.0.0.1:1/v1/"}},
        models=[{"name": "m", "provider": "box", "free": True}],
    )
    assert made.default == "m"
    assert [(each.name, each.kind, each.base_url) for each in made.endpoints if each.name == "box"] == [
        ("box", "openai-compatible", "http://127.0.0.1:1/v1")
    ]


@pytest.mark.parametrize(
    ("tables", "model", "why"),
    [
        ({}, "gpt-6-luna", "no key; set OPENAI_API_KEY"),
        ({"providers": {"openai": {**KEY, "enabled": False}}}, "gpt-6-luna", "[providers.openai] is switched off"),
        ({}, "llama3.2", "not switched on; set OLLAMA_BASE_URL or enabled in [providers.ollama]"),
        ({}, "local", "not switched on; make local"),
        (
            {"providers": {"my-box": {"kind": "anthropic"}}, "models": [{"name": "m", "provider": "my-box"}]},
            "m",
            "no key; set PARLEY_PROVIDERS__MY_BOX__API_KEY",
        ),
        (
            {"providers": {"box": {"kind": "openai-compatible"}}, "models": [{"name": "m", "provider": "box"}]},
            "m",
            "[providers.box] has no base_url",
        ),
    ],
)
def test_what_cannot_be_used_says_why(tables: dict[str, Any], model: str, why: str) -> None:
    made = catalogue(**tables)
    assert {listed.model.name: listed.why_not for listed in made.listed}[model] == why
    assert model not in made.usable


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"providers": {"demo": {"enabled": False}}}, "No model is usable"),
        ({"providers": {"box": KEY}}, r"\[providers.box\] needs a kind"),
        ({"models": [{"name": "a", "provider": "demo"}] * 2}, "Two .* are called `a`"),
        ({"routing": {"default": "claude-sonet-5-5"}}, "Did you mean `claude-sonnet-5-5`"),
    ],
)
def test_what_cannot_be_meant_is_refused(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        catalogue(**tables)


def test_a_key_is_not_in_a_repr() -> None:
    made = catalogue(providers={"openai": KEY})
    assert KEY["api_key"] not in repr(made)


def test_the_core_gets_the_operators_decisions() -> None:
    settings = Settings.model_validate(
        {
            "assistant": {"prompt": "p", "prompts": {"web": "w"}, "window_messages": 7, "window_tokens": 700},
            "overlap": {"default": "merge", "web": "interrupt", "telegram": {"group": "queue"}},
            "limits": {"text": 5, "turns_at_once": 6},
            "retention": {"file_days": 3},
        }
    )
    rules = make_rules(settings, make_catalogue(settings))
    assert (rules.prompt, rules.prompt_for("web"), rules.prompt_for("slack")) == ("p", "w", "p")
    assert rules.window == Window(7, 700)
    assert rules.overlap == {"default": Overlap.MERGE, "web": Overlap.INTERRUPT, "telegram.group": Overlap.QUEUE}
    assert (rules.limits.text, rules.limits.turns_at_once, rules.limits.person_per_minute) == (5, 6, 60)
    assert rules.retention.file_days == 3


def test_defaults_are_those_of_the_core() -> None:
    """Two places state them: the core's own, and settings for people."""
    from hub.core.rules import Rules

    settings = Settings()
    made = make_rules(settings, make_catalogue(settings))
    own = Rules(models=made.models, default=made.default)
    assert made.limits == own.limits
    assert made.window == own.window
    assert made.retention == own.retention
    assert made.prompt == own.prompt
    assert made.summarise == own.summarise
