"""Which providers are on and which models there are. Knows presets and routing; must not call any provider."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hub.domain.errors import SettingsError
from hub.domain.model import Endpoint, Model, ProviderKind
from hub.runtime.prices.pricing import Pricing
from hub.runtime.settings.models import ModelEntry
from hub.runtime.settings.root import Settings
from hub.runtime.settings.tables import Provider
from hub.text.alike import nearest
from providers.presets import DEMO, LOCAL, PRESETS

BUILT_IN = {**PRESETS, DEMO.name: DEMO}
"""Providers an operator need not describe."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model of the list; `why_not` says in words why it cannot be used, empty when it can.

    `unpriced`: because nobody knows its price."""

    model: Model
    why_not: str = ""
    unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Endpoints that are on, every model with its usability, and the routing with names checked."""

    endpoints: tuple[Endpoint, ...]
    listed: tuple[Listed, ...]
    default: str
    fallback: tuple[str, ...]
    local: bool = False
    """The small model of this machine is wanted; its endpoint is known once it runs."""

    @property
    def usable(self) -> dict[str, Model]:
        """Usable models by name, in the order of the list."""
        return {entry.model.name: entry.model for entry in self.listed if not entry.why_not}

    def check(self, name: str, place: str) -> str:
        """`name` if that model can be used. Raises SettingsError that names `place` and the nearest model."""
        for entry in self.listed:
            if entry.model.name == name:
                if entry.why_not:
                    raise SettingsError(f"{place} names `{name}`, which cannot be used: {entry.why_not}.")
                return name
        near = nearest(name, [entry.model.name for entry in self.listed])
        raise SettingsError(f"{place} names the model `{name}`, which does not exist. Did you mean `{near}`?")


def make_catalogue(settings: Settings, *, price_all: bool = False) -> Catalogue:
    """Read settings into a catalogue. Raises SettingsError naming the nearest model or provider.

    `price_all`: look up prices of models that cannot be used too, which needs the price list in any case."""
    endpoints, off = _endpoints(settings)
    pricing = Pricing(settings.prices, settings.assistant.transcription)
    listed = tuple(_listed(settings, endpoints, off, pricing, price_all=price_all))
    _check_prices(settings, listed)
    catalogue = Catalogue(tuple(endpoints.values()), listed, "", (), settings.local.enabled)
    wanted, hears = settings.routing.default, settings.assistant.transcription
    if hears:
        catalogue.check(hears, "[assistant] transcription")
        if hears in (wanted, *settings.routing.fallback):
            raise SettingsError(f"[routing] names `{hears}`, which writes voice notes down and answers nobody.")
    default = catalogue.check(wanted, "[routing] default") if wanted else _first(catalogue, hears)
    fallback = tuple(catalogue.check(name, "[routing] fallback") for name in settings.routing.fallback)
    return replace(catalogue, default=default, fallback=fallback)


def _endpoints(settings: Settings) -> tuple[dict[str, Endpoint], dict[str, str]]:
    """Providers that are on, and the others with the reason."""
    on: dict[str, Endpoint] = {}
    off: dict[str, str] = {}
    tables = {**{name: Provider() for name in BUILT_IN}, **settings.providers}
    for name, table in tables.items():
        if why := _why_off(name, table):
            off[name] = why
            continue
        on[name] = Endpoint(
            name=name,
            kind=_kind(name, table),
            api_key=table.api_key.get_secret_value() if table.api_key else "",
            base_url=table.base_url or (BUILT_IN[name].base_url if name in BUILT_IN else ""),
            connect_timeout=table.connect_timeout,
            read_timeout=table.read_timeout,
        )
    return on, off


def _kind(name: str, table: Provider) -> str:
    if table.kind:
        return table.kind
    if name in BUILT_IN:
        return str(BUILT_IN[name].kind)
    if table.base_url:
        return ProviderKind.OPENAI_COMPATIBLE
    raise SettingsError(f"[providers.{name}] needs a kind: {', '.join(ProviderKind)}.")


def _why_off(name: str, table: Provider) -> str:
    if table.enabled is False:
        return f"[providers.{name}] is switched off"
    kind = _kind(name, table)
    if kind == ProviderKind.DEMO:
        return ""
    if kind == ProviderKind.OPENAI_COMPATIBLE and name not in PRESETS and not table.base_url:
        return f"[providers.{name}] has no base_url"
    if table.api_key or table.enabled or (table.base_url and kind == ProviderKind.OPENAI_COMPATIBLE):
        return ""
    preset = PRESETS.get(name)
    if preset and preset.needs_key:
        return f"no key; set {preset.key_env}"
    if preset:
        return f"not switched on; set {preset.url_env} or enabled in [providers.{name}]"
    return f"no key; set PARLEY_PROVIDERS__{name.upper().replace('-', '_')}__API_KEY"


def _listed(
    settings: Settings, on: dict[str, Endpoint], off: dict[str, str], pricing: Pricing, *, price_all: bool
) -> Iterator[Listed]:
    now = int(time.time() * 1000)

    def listed(model: Model, why_not: str, entry: ModelEntry | None = None) -> Listed:
        if why_not and not price_all:
            return Listed(pricing.unpriced(model, entry), why_not)
        priced = pricing.price(model, on.get(model.provider) or _endpoint_off(settings, model.provider), entry)
        unknown = not priced.free and priced.price_at(now) is None
        return Listed(priced, why_not or (pricing.why_unknown(priced, now) if unknown else ""), unknown)

    seen: set[str] = set()
    for entry in settings.models:
        if entry.name in seen:
            raise SettingsError(f"Two [[models]] are called `{entry.name}`.")
        seen.add(entry.name)
        if entry.provider not in on and entry.provider not in off:
            near = nearest(entry.provider, [*on, *off])
            raise SettingsError(
                f"[[models]] `{entry.name}` names the provider `{entry.provider}`, which does not exist. "
                f"Did you mean `{near}`?"
            )
        yield listed(_model(entry), off.get(entry.provider, ""), entry)
    for preset in (*PRESETS.values(), LOCAL, DEMO):
        for model in preset.models:
            if model.name not in seen:
                seen.add(model.name)
                yield listed(model, off.get(preset.name, "") or _why_not_local(preset.name, settings))


def _endpoint_off(settings: Settings, name: str) -> Endpoint:
    """An endpoint that is off, for what its models would cost."""
    table = settings.providers.get(name, Provider())
    return Endpoint(name, _kind(name, table) if name in BUILT_IN or table.kind else "", base_url=table.base_url)


def _why_not_local(name: str, settings: Settings) -> str:
    return "" if name != LOCAL.name or settings.local.enabled else "not switched on; make local"


def _model(entry: ModelEntry) -> Model:
    return Model(
        name=entry.name,
        provider=entry.provider,
        id=entry.id or entry.name,
        images=entry.images,
        tools=entry.tools,
        free=entry.free,
    )


def _check_prices(settings: Settings, listed: tuple[Listed, ...]) -> None:
    names = [entry.model.name for entry in listed]
    for row in settings.prices:
        if row.model not in names:
            near = nearest(row.model, names)
            raise SettingsError(
                f"[[prices]] names the model `{row.model}`, which does not exist. Did you mean `{near}`?"
            )


def _first(catalogue: Catalogue, hears: str) -> str:
    answering = {name: model for name, model in catalogue.usable.items() if name != hears}
    real = [name for name, model in answering.items() if model.provider != DEMO.name]
    name = next(iter([*real, *answering]), "")
    if not name:
        raise SettingsError(
            "No model is usable. Set a provider's key, or take `enabled = false` out of [providers.demo]."
        )
    return name
