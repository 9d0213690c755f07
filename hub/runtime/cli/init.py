"""`parley init`. Knows the steps and what it writes; must never write a secret anywhere but into .env.

Every step looks first at what is there already, so that it can be broken off and run again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from hub.domain.model import Endpoint
from hub.runtime.catalogue import make_catalogue
from hub.runtime.cli.envfile import write_env
from hub.runtime.cli.platforms import ask_for_platform
from hub.runtime.cli.settings import enter_home, read_settings
from hub.runtime.doctor.finding import Level
from hub.runtime.doctor.providers import look_at
from hub.runtime.redact import SCRUB
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.reference import reference, set_key
from hub.runtime.settings.wellknown import well_known
from providers.presets import DEMO, PRESETS


def set_up(*, yes: bool) -> int:
    """Go through the steps; 0 when Parley can answer with what was chosen, 1 when a key did not work."""
    folder = enter_home()
    _ensure_settings(folder / "settings.toml")
    loaded = read_settings()
    if not yes and not sys.stdin.isatty():
        typer.echo("There is nobody to ask here; going on as with --yes.", err=True)
        yes = True
    if not yes:
        _ask_for_key(folder, loaded)
        loaded = read_settings()
    works = _check(loaded)
    if not yes:
        _ask_for_model(folder / "settings.toml", loaded)
        ask_for_platform(folder, read_settings())
        loaded = read_settings()
    typer.echo(f"\nReady. Default model: {make_catalogue(loaded.settings).default}. Now: parley run")
    return 0 if works else 1


def _ensure_settings(file: Path) -> None:
    if file.exists():
        typer.echo(f"{file} is there and stays as it is.")
        return
    file.write_text(reference(), encoding="utf-8")
    typer.echo(f"{file} written: every key with its default.")


def _real(loaded: Loaded) -> list[Endpoint]:
    return [endpoint for endpoint in make_catalogue(loaded.settings).endpoints if endpoint.kind != DEMO.kind]


def _check(loaded: Loaded) -> bool:
    """Ask every provider that is on for its models; whether all answered."""
    works = True
    for endpoint in _real(loaded):
        finding = asyncio.run(look_at(endpoint))
        typer.echo(SCRUB(f"{finding.check}: {finding.says}"))
        if finding.level == Level.ERROR:
            typer.echo(f"  -> {finding.mend}")
            works = False
    return works


def _ask_for_key(folder: Path, loaded: Loaded) -> None:
    on = _real(loaded)
    if on:
        typer.echo(f"Providers with a key: {', '.join(endpoint.name for endpoint in on)}.")
        if not typer.confirm("Add or change one?", default=False):
            return
    typer.echo(f"Providers: {', '.join(PRESETS)}. Empty = none yet; the demo model needs no key.")
    while True:
        name = typer.prompt("Provider", default="", show_default=False).strip().lower()
        if not name or name == DEMO.name:
            return
        if name in PRESETS:
            break
        typer.echo("That is none of the list. Any other service goes into settings.toml as [providers.<name>].")
    _ask_one(folder, name)


def _ask_one(folder: Path, name: str) -> None:
    preset = PRESETS[name]
    while preset.needs_key:
        key = typer.prompt(
            f"Key of {name} (not shown; empty = go on without)", default="", hide_input=True, show_default=False
        )
        if not key.strip():
            return
        base_url = os.environ.get(_variable_of(name, "base_url"), "") or preset.base_url
        SCRUB.learn({key.strip()})
        finding = asyncio.run(look_at(Endpoint(name, str(preset.kind), key.strip(), base_url)))
        typer.echo(SCRUB(f"{finding.check}: {finding.says}"))
        if finding.mend:
            typer.echo(f"  -> {finding.mend}")
        if finding.level != Level.ERROR or typer.confirm("Keep this key all the same?", default=False):
            _keep(folder, {preset.key_env: key.strip()})
            return
    _keep(folder, {f"PARLEY_PROVIDERS__{name.upper().replace('-', '_')}__ENABLED": "true"})


def _variable_of(name: str, key: str) -> str:
    return next((variable for variable, path in well_known().items() if path == ("providers", name, key)), "")


def _keep(folder: Path, variables: Mapping[str, str]) -> None:
    write_env(folder / ".env", variables)
    typer.echo(f"Written to {folder / '.env'}, which only you can read: {', '.join(variables)}.")


def _ask_for_model(file: Path, loaded: Loaded) -> None:
    catalogue = make_catalogue(loaded.settings)
    names = list(catalogue.usable)
    if len(names) < 2:
        return
    typer.echo(f"Models: {', '.join(names)}.")
    while True:
        name = typer.prompt("Model that answers by default", default=catalogue.default).strip()
        if name in names:
            break
        typer.echo("That is none of the list.")
    if name != catalogue.default:
        file.write_text(set_key(file.read_text(encoding="utf-8"), "routing", "default", name), encoding="utf-8")
        typer.echo(f"Written to {file}: [routing] default.")
