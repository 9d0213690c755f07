"""Plans, default plan and ceilings as operators write them, and what they are told when it makes no sense."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub.core.rules import RouteRule, Spending
from hub.domain.errors import SettingsError
from hub.domain.money import MICRO, Unit
from hub.domain.plan import Period, Plan
from hub.runtime.catalogue import make_catalogue
from hub.runtime.rules import make_rules
from hub.runtime.settings.load import load
from hub.runtime.settings.root import Settings

KEY = {"api_key": "sk-0123456789abcdef"}


def plans(**tables: Any) -> dict[str, Plan]:
    settings = Settings.model_validate(tables)
    return dict(make_rules(settings, make_catalogue(settings)).plans)


def refused(**tables: Any) -> str:
    with pytest.raises(SettingsError) as told:
        plans(**tables)
    return str(told.value)


def test_three_plans_exist_by_default() -> None:
    made = plans()
    assert made == {
        "free": Plan("free", MICRO // 2),
        "pro": Plan("pro", 15 * MICRO, price=2_000),
        "enterprise": Plan("enterprise"),
    }
    settings = Settings()
    assert make_rules(settings, make_catalogue(settings)).default_plan == "free"


def test_a_single_key_is_changed_and_a_plan_goes_away(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        "[plans.free]\nper_minute = 3\n[plans.pro]\nenabled = false\n"
        '[plans.team-5h]\nallowance = 200\nunit = "messages"\nwindow = "rolling"\nhours = 3\nprice = "9.90"\n'
        'currency = "eur"\ninterval = "year"\n'
    )
    settings = load(tmp_path, {"PARLEY_SECRETS_DIR": "/nowhere", "PARLEY_PLANS__FREE__ALLOWANCE": "1.25"}).settings
    made = make_rules(settings, make_catalogue(settings)).plans
    assert set(made) == {"free", "enterprise", "team-5h"}
    assert made["free"] == Plan("free", 1_250_000, per_minute=3)
    team = Plan("team-5h", 200, Unit.MESSAGES, Period.ROLLING, 3, price=990, currency="eur", interval="year")
    assert made["team-5h"] == team


@pytest.mark.parametrize(
    ("price", "currency", "coins"),
    [("20", "usd", 2_000), ("19.99", "eur", 1_999), ("1500", "jpy", 1_500), ("1.250", "kwd", 1_250)],
)
def test_a_price_is_kept_in_the_smallest_coin(price: str, currency: str, coins: int) -> None:
    assert plans(plans={"pro": {"price": price, "currency": currency}})["pro"].price == coins


def test_an_allowance_can_be_lifted() -> None:
    assert plans(plans={"free": {"allowance": "unlimited"}})["free"].allowance is None


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"allowance": "0.0000001"}, "more than six digits"),
        ({"allowance": "2.5", "unit": "messages"}, "must be a whole number of messages"),
        ({"models": ["demi"]}, "Did you mean `demo`?"),
        ({"models": ["claude-haiku-4.5"]}, "does not exist"),
        ({"afterwards": "demos"}, "Did you mean `demo`?"),
        ({"price": "1.001"}, "more digits behind the point than usd has coins"),
        ({"price": "1.5", "currency": "jpy"}, "than jpy has coins"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(plan: dict[str, Any], words: str) -> None:
    assert words in (told := refused(plans={"free": plan}))
    assert "[plans.free]" in told


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[plans.free]\nallowance = -1", "[plans.free] allowance (settings.toml) must be 0 or more"),
        ("[plans.free]\nallowance = 1e30", "must be 0 or more, at most"),
        ("[plans.free]\nallowance = nan", "[plans.free] allowance"),
        ("[plans.free]\nprice = -1", "[plans.free] price (settings.toml) must be 0 or more"),
        ('[plans.free]\nwindow = "fortnight"', "[plans.free] window (settings.toml) must be one of"),
        ("[plans.free]\nallowence = 1", "Did you mean `allowance`?"),
        ("[plans.Gold]\nallowance = 1", "names a plan `Gold`; a name is small letters"),
        ("[accounts]\nwarn_at = [0]", "must be whole numbers from 1 to 100"),
        ("[spending]\nhouse = -3", "[spending] house (settings.toml) must be 0 or more"),
        ("[spending]\nplatforms = {telegram = -3}", "must be from 0 to"),
    ],
)
def test_numbers_out_of_bounds_are_refused_before_anything_starts(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(table + "\n")
    with pytest.raises(SettingsError) as told:
        load(tmp_path, {"PARLEY_SECRETS_DIR": "/nowhere"})
    assert words in str(told.value)


def test_the_default_plan_must_be_there() -> None:
    assert "Did you mean `free`?" in refused(accounts={"default_plan": "fre"})
    assert "switched off" in refused(plans={"free": {"enabled": False}})
    assert plans(plans={"free": {"enabled": False}}, accounts={"default_plan": "pro"}).keys() == {"pro", "enterprise"}


def test_models_that_lack_a_key_are_simply_not_on_the_plan() -> None:
    made = plans(providers={"anthropic": KEY}, plans={"free": {"models": ["demo", "gpt-5.4-mini"]}})
    assert made["free"].models == {"demo"}
    assert "names none that can be used" in refused(plans={"free": {"models": ["gpt-5.4-mini"]}})


def test_ceilings_of_the_house() -> None:
    table = {"person": "0.5", "platform": 10, "platforms": {"telegram": 20}, "house": 100, "cheaper": "demo"}
    settings = Settings.model_validate({"spending": table})
    made = make_rules(settings, make_catalogue(settings)).spending
    assert made == Spending(MICRO // 2, 10 * MICRO, {"telegram": 20 * MICRO}, 100 * MICRO, "demo", 80)
    assert "Did you mean `demo`?" in refused(spending={"cheaper": "demmo"})
    assert settings.spending.person == Decimal("0.5")


def test_other_defaults_by_plan_platform_and_size() -> None:
    rule = {"model": "demo", "plan": "pro", "channel": "slack", "max_tokens": 9}
    settings = Settings.model_validate({"routing": {"rules": [rule]}})
    assert make_rules(settings, make_catalogue(settings)).routes == (RouteRule("demo", "pro", "slack", 9),)
    assert "Did you mean `demo`?" in refused(routing={"rules": [{"model": "demmo"}]})
    assert "Did you mean `pro`?" in refused(routing={"rules": [{"model": "demo", "plan": "prro"}]})
    assert "Did you mean `slack`?" in refused(routing={"rules": [{"model": "demo", "channel": "slak"}]})
