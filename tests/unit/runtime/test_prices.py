"""Prices from the list and from settings, held against the list's own reckoning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING
from typing import Any

import pytest
from genai_prices import Usage as Listed
from genai_prices import calc_price
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.completion import Usage
from hub.domain.errors import SettingsError
from hub.domain.model import Model, Price, Tier
from hub.domain.tokens import SECOND_TOKENS
from hub.runtime.catalogue import Catalogue, make_catalogue
from hub.runtime.doctor.finding import Level
from hub.runtime.doctor.prices import look_at_prices
from hub.runtime.prices import package
from hub.runtime.settings.load import load
from hub.runtime.settings.root import Settings

KEY = {"api_key": "sk-0123456789abcdef"}
VENDORS = {ours: theirs for ours, theirs in package.VENDORS.items() if ours != "openrouter"}
KNOWN = [
    (ours, theirs, info.id)
    for ours, theirs in VENDORS.items()
    for owner in get_snapshot().providers
    if owner.id == theirs
    for info in owner.models
    if (found := package.find(ours, ours, "", info.id)) is not None and found.price is not None
]


def catalogue(**tables: Any) -> Catalogue:
    return make_catalogue(Settings.model_validate(tables))


def why_not(made: Catalogue, name: str) -> str:
    return next(entry.why_not for entry in made.listed if entry.model.name == name)


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    whole = draw(st.integers(1, 400_000) | st.sampled_from([100_000, 199_999, 200_000, 272_000, 272_001]))
    cached = draw(st.integers(0, whole))
    write = draw(st.integers(0, whole - cached))
    output = draw(st.integers(0, 200_000))
    hour = draw(st.integers(0, write))
    return Usage(whole, cached, write, output, draw(st.integers(0, output)), cache_write_1h=hour)


def listed(usage: Usage) -> Listed:
    return Listed(
        input_tokens=usage.input,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.cache_write,
        cache_write_5m_tokens=usage.cache_write - usage.cache_write_1h,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_tokens=usage.output,
        output_reasoning_tokens=usage.reasoning,
    )


@settings(max_examples=400)
@given(st.sampled_from(KNOWN), usages(), st.integers(0, 800 * 24 * 60))
def test_each_model_costs_to_the_micro_dollar_what_the_list_reckons(
    known: tuple[str, str, str], usage: Usage, minutes: int
) -> None:
    ours, theirs, name = known
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = package.find(ours, ours, "", name)
    assert found is not None
    price = Model("m", ours, name, price=found.price, changes=found.changes).price_at(millis(at))
    assert price is not None
    total = calc_price(listed(usage), model_ref=name, provider_id=theirs, genai_request_timestamp=at).total_price
    assert price.cost(usage) == int((total * 1_000_000).to_integral_value(ROUND_CEILING))


def test_the_list_has_prices_for_every_model_we_suggest() -> None:
    providers = dict.fromkeys((*VENDORS, "openrouter", "qwen"), KEY)
    made = catalogue(providers=providers)
    assert len(KNOWN) > 150
    for entry in made.listed:
        if entry.model.provider in providers:
            assert entry.why_not == "", entry.model.name
            price = entry.model.price
            assert price is not None
            assert price.output > 0
            assert price.version.startswith(f"genai-prices {package.version('genai-prices')} ")
            date.fromisoformat(price.version.rpartition(" ")[2])


def test_a_change_that_the_list_announces_comes_by_itself() -> None:
    model = catalogue(providers={"gemini": KEY}).usable["gemini-3.8-flash"]
    before, after = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    old, new = model.price_at(millis(before)), model.price_at(millis(after))
    assert old is not None
    assert new is not None
    assert (old.input, new.input) == (750_000, 1_500_000)
    assert new.version.endswith("google/gemini-3.8-flash 2027-01-01")


def test_a_cheaper_hour_of_the_day() -> None:
    model = catalogue(providers={"deepseek": KEY}).usable["deepseek-chat"]
    by_day, by_night = (model.price_at(millis(datetime(2026, 11, 21, hour, tzinfo=UTC))) for hour in (12, 20))
    assert by_day is not None
    assert by_night is not None
    assert by_day.input == 2 * by_night.input


def test_a_recording_is_charged_by_its_seconds_or_its_sound() -> None:
    models = [{"name": "hearing", "provider": "openai", "id": "whisper-1"}]
    tables = {"providers": {"openai": KEY}, "models": models}
    assert why_not(catalogue(**tables), "hearing").startswith("its price is unknown")
    hears = catalogue(**tables, assistant={"transcription": "hearing"}).usable["hearing"].price
    assert hears is not None
    assert hears.cost(Usage(60 * SECOND_TOKENS)) == 6_000  # 0.006 dollars a minute
    models[0]["id"] = "gpt-4o-transcribe"
    hears = catalogue(**tables, assistant={"transcription": "hearing"}).usable["hearing"].price
    assert hears is not None
    assert (hears.input, hears.output) == (6_000_000, 10_000_000)


def test_a_vendor_is_known_by_its_address() -> None:
    found = package.find("mine", "openai-compatible", "https://api.perplexity.ai", "sonar")
    assert found is not None
    assert found.price is not None
    assert (found.price.request, found.context) == (12_000, 128_000)
    assert package.find("mine", "openai-compatible", "http://10.0.0.7/v1", "gpt-6-luna") is None
    assert package.find("openai", "openai", "http://10.0.0.7/v1", "gpt-6-luna") is not None
    assert package.find("openai", "openai", "", "gpt-of-tomorrow") is None


def test_what_we_could_count_only_in_part_has_no_price() -> None:
    found = package.find("mine", "openai-compatible", "https://api.perplexity.ai", "sonar-deep-research")
    assert found is not None
    assert found.price is None


def test_an_unknown_price_is_refused_and_says_what_to_set() -> None:
    tables: dict[str, Any] = {"providers": {"openai": KEY}, "models": [{"name": "new", "provider": "openai"}]}
    made = catalogue(**tables)
    assert "new" not in made.usable
    assert 'set [[prices]] with model = "new"' in why_not(made, "new")
    assert [finding.level for finding in look_at_prices(made)] == [Level.WARNING, Level.WELL]
    with pytest.raises(SettingsError, match="its price is unknown"):
        catalogue(**tables, routing={"default": "new"})
    assert "new" in catalogue(**tables, prices=[{"model": "new", "input": 1, "output": 2}]).usable


@pytest.mark.parametrize(
    ("url", "free"),
    [("", True), ("http://192.168.1.5:11434/v1", True), ("http://box.lan/v1", True), ("http://gpu:1/v1", True),
     ("https://ollama.com/v1", False)],
)  # fmt: skip
def test_a_server_at_home_is_free_and_one_elsewhere_is_not(url: str, free: bool) -> None:
    made = catalogue(
        providers={"ollama": {"enabled": True, "base_url": url, "api_key": KEY["api_key"]}},
        models=[{"name": "mine", "provider": "ollama"}],
    )
    assert ("mine" in made.usable) is free


def test_the_operators_prices_win_from_their_day_on() -> None:
    rows = [
        {"model": "gpt-6-luna", "since": "2026-11-01", "input": "0.2", "output": 1},
        {"model": "gpt-6-luna", "since": "2026-11-01", "above": 100_000, "input": "0.4", "output": 2, "cached": "0.1"},
        {"model": "gpt-6-luna", "since": "2027-02-01", "input": 3, "output": 4, "request": "0.001"},
    ]
    model = catalogue(providers={"openai": KEY}, prices=rows).usable["gpt-6-luna"]
    days = [datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)]
    before, now, later = (model.price_at(millis(day)) for day in days)
    assert before is not None
    assert before.version.startswith("genai-prices")
    assert now == Price(
        200_000, 1_000_000, version="settings 2026-11-01",
        tiers=(Tier(100_000, Price(400_000, 2_000_000, 100_000, version="settings 2026-11-01")),),
    )  # fmt: skip
    assert later == Price(3_000_000, 4_000_000, version="settings 2027-02-01", request=1_000)


def test_a_price_that_has_not_begun_is_none() -> None:
    made = catalogue(
        providers={"openai": KEY},
        models=[{"name": "new", "provider": "openai"}],
        prices=[{"model": "new", "since": "2999-01-01", "input": 1, "output": 2}],
    )
    assert why_not(made, "new") == "its price begins on 2999-01-01; set one for today in [[prices]]"


ROW: dict[str, Any] = {"model": "gpt-6-luna", "input": 1, "output": 2}


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"prices": [ROW | {"model": "gpt-6-lunar"}]}, "Did you mean `gpt-6-luna`"),
        ({"prices": [ROW, ROW]}, "two prices of `gpt-6-luna` without a date"),
        ({"prices": [ROW | {"above": 5}]}, "what shorter ones do"),
        ({"models": [{"name": "m", "provider": "openai", "price_input": 1}]}, "half a price: price_output is missing"),
        ({"models": [{"name": "m", "provider": "openai", "free": True}], "prices": [ROW | {"model": "m"}]}, "is free"),
        (
            {
                "models": [{"name": "m", "provider": "openai", "price_input": 1, "price_output": 1}],
                "prices": [ROW | {"model": "m"}],
            },
            r"has a price in \[\[models\]\] and",
        ),
        (
            {"models": [{"name": "gpt-6-luna", "provider": "openai", "max_output": 2_000_000}]},
            "leave no room for a question in a context of 1,050,000",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_in_words(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        catalogue(providers={"openai": KEY}, **tables)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[models]]\nname='m'\nprovider='demo'\nmax_output=-1", "max_output (settings.toml) must be 1 or more"),
        ("[[models]]\nname='m'\nprovider='demo'\nmax_output=1e20", "max_output"),
        ("[[models]]\nname='m'\nprovider='demo'\nmax_output=999999999999", "must be 100000000 or less"),
        ("[[prices]]\nmodel='m'\ninput=-1\noutput=1", "must be 0 or more"),
        ("[[prices]]\nmodel='m'\ninput=nan\noutput=1", "input (settings.toml)"),
        ("[[prices]]\nmodel='m'\ninput=0.0000001\noutput=1", "more than six decimals"),
        ("[[prices]]\nmodel='m'\ninput=1\noutput=1\nsince=20261101", "must be a date such as 2026-11-01"),
        ("[[prices]]\nmodel='m'\ninput=1\noutput=1\nsince='soon'", "must be a date such as 2026-11-01"),
    ],
)
def test_what_is_no_price_is_refused_in_words(tmp_path: Any, text: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, {}, {})
    assert words in str(refused.value)


def test_contexts_are_those_of_the_list_unless_settings_say() -> None:
    made = catalogue(
        providers={"openai": KEY},
        models=[
            {"name": "gpt-6-luna", "provider": "openai"},
            {"name": "small", "provider": "openai", "id": "gpt-6-luna", "context": 9_000},
        ],
    )
    assert [made.usable[name].context for name in ("gpt-6-luna", "small")] == [1_050_000, 9_000]


def test_a_list_of_last_year_is_told_of() -> None:
    made = catalogue(providers={"openai": KEY})
    newest = package.newest_change()
    assert [each.level for each in look_at_prices(made, newest + timedelta(days=183))] == [Level.WELL]
    old = list(look_at_prices(made, newest + timedelta(days=184)))
    assert [each.level for each in old] == [Level.WARNING]
    assert "184 days ago" in old[0].says
    assert not list(look_at_prices(catalogue(), newest + timedelta(days=500)))


def test_fractions_that_were_cut_are_rounded_up() -> None:
    found = package.find("openrouter", "", "", "google/gemini-2.5-flash")
    assert found is not None
    assert found.changes[-1].price.cache_write == 83_334  # of 0.0833333333333333 dollars
