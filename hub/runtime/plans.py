"""Plans and ceilings as the core wants them. Knows settings and coins; must not know who is on a plan."""

from __future__ import annotations

from decimal import Decimal

from hub.core.rules import Spending
from hub.domain.errors import SettingsError
from hub.domain.money import MICRO, Unit
from hub.domain.plan import Period, Plan
from hub.runtime.catalogue import Catalogue
from hub.runtime.settings.money import PlanTable
from hub.runtime.settings.root import Settings
from hub.text.alike import nearest

WITHOUT_COINS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()  # noqa: SIM905 - reads better
)
"""Currencies that Stripe reckons in whole units (docs.stripe.com/currencies, zero-decimal)."""

WITH_THOUSANDTHS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))

UNITS = {"money": Unit.MICRO, "tokens": Unit.TOKENS, "messages": Unit.MESSAGES}


def make_plans(settings: Settings, catalogue: Catalogue) -> dict[str, Plan]:
    """The plans that are on, by name. Raises SettingsError in words that name the nearest model or plan."""
    hearing = settings.assistant.transcription
    plans = {name: _plan(name, table, catalogue, hearing) for name, table in settings.plans.items() if table.enabled}
    default = settings.accounts.default_plan
    if default not in plans:
        off = "which is switched off" if default in settings.plans else "which does not exist"
        near = nearest(default, list(plans))
        hint = f" Did you mean `{near}`?" if near else " At least one plan has to be on."
        raise SettingsError(f"[accounts] default_plan names `{default}`, {off}.{hint}")
    return plans


def make_spending(settings: Settings, catalogue: Catalogue) -> Spending:
    """The house's ceilings. Raises SettingsError for a model that cannot be used."""
    table = settings.spending
    platforms = {name: _micro(dollars, "[spending] platforms") for name, dollars in table.platforms.items()}
    return Spending(
        person=_ceiling(table.person, "person"),
        platform=_ceiling(table.platform, "platform"),
        platforms=platforms,
        house=_ceiling(table.house, "house"),
        cheaper=catalogue.check(table.cheaper, "[spending] cheaper") if table.cheaper else "",
        step_down=table.step_down,
        mails=bool(settings.smtp.host and settings.smtp.operator),
    )


def _plan(name: str, table: PlanTable, catalogue: Catalogue, hearing: str) -> Plan:
    place = f"[plans.{name}]"
    return Plan(
        name=name,
        allowance=_allowance(table, place),
        unit=UNITS[table.unit],
        period=table.window,
        hours=table.hours if table.window is Period.ROLLING else 0,
        models=_models(table, catalogue, place, hearing),
        afterwards=catalogue.check(table.afterwards, f"{place} afterwards") if table.afterwards else "",
        per_minute=table.per_minute,
        file_size=table.file_size,
        files_per_day=table.files_per_day,
        price=_coins(table.price, table.currency, place),
        currency=table.currency,
        interval=table.interval,
        stripe_price=table.stripe_price,
        stars=table.stars,
        grace_days=table.grace_days,
    )


def _allowance(table: PlanTable, place: str) -> int | None:
    if not isinstance(table.allowance, Decimal):
        return None
    if table.unit == "money":
        return _micro(table.allowance, f"{place} allowance")
    if table.allowance != int(table.allowance):
        raise SettingsError(f"{place} allowance must be a whole number of {table.unit}.")
    return int(table.allowance)


def _micro(dollars: Decimal, place: str) -> int:
    micro = dollars * MICRO
    if micro != int(micro):
        raise SettingsError(
            f"{place} has more than six digits behind the point; a micro-dollar is the smallest amount."
        )
    return int(micro)


def _ceiling(dollars: Decimal | None, key: str) -> int | None:
    return None if dollars is None else _micro(dollars, f"[spending] {key}")


def _coins(price: Decimal, currency: str, place: str) -> int:
    """The price in the currency's smallest coin."""
    scale = 1 if currency in WITHOUT_COINS else 1_000 if currency in WITH_THOUSANDTHS else 100
    coins = price * scale
    if coins != int(coins):
        raise SettingsError(f"{place} price has more digits behind the point than {currency} has coins.")
    return int(coins)


def _models(table: PlanTable, catalogue: Catalogue, place: str, hearing: str) -> frozenset[str]:
    """Those of the plan that can be used here; without a vendor's key its models are simply not there."""
    known = [entry.model.name for entry in catalogue.listed]
    for name in table.models:
        if name not in known:
            near = nearest(name, known)
            raise SettingsError(f"{place} models names `{name}`, which does not exist. Did you mean `{near}`?")
    usable = frozenset(table.models) & catalogue.usable.keys() - {hearing}
    if table.models and not usable:
        raise SettingsError(f"{place} models names none that can be used; `parley models` says why.")
    return usable
