"""`parley doctor`. Knows the order of the checks and how they are shown; must not check anything itself."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Iterator

from hub.domain.errors import SettingsError
from hub.runtime.catalogue import Catalogue, make_catalogue
from hub.runtime.cli.settings import enter_home, read_settings
from hub.runtime.doctor.finding import Finding, Level, error, warning, well
from hub.runtime.redact import SCRUB
from hub.runtime.rules import make_rules
from hub.runtime.settings.layers import read_env_file
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.wellknown import well_known

_SIGNS = {Level.WELL: "ok", Level.WARNING: "warning", Level.ERROR: "ERROR"}

ALIKE = 0.85
"""How much a name in .env must look like a well-known one to be taken for a slip."""


def visit(*, as_json: bool, fix: bool) -> int:
    """Check everything, print what was found; the worst level as exit code."""
    return report(asyncio.run(_look(fix=fix)), as_json=as_json)


def report(findings: list[Finding], *, as_json: bool) -> int:
    """Print `findings`; the worst level as exit code."""
    worst = max((finding.level for finding in findings), default=Level.WELL)
    if as_json:
        rows = [
            {"check": each.check, "level": each.level.name.lower(), "says": SCRUB(each.says), "mend": SCRUB(each.mend)}
            for each in findings
        ]
        print(json.dumps({"level": worst.name.lower(), "findings": rows}, indent=2))
    else:
        for line in lines(findings):
            print(SCRUB(line))
    return int(worst)


def lines(findings: list[Finding]) -> Iterator[str]:
    """Findings as people read them, with what they come to."""
    width = max(len(each.check) for each in findings)
    for each in findings:
        yield f"{_SIGNS[each.level]:8} {each.check:{width}}  {each.says}"
        if each.mend:
            yield f"{'':8} {'':{width}}  -> {each.mend}"
    errors = sum(each.level == Level.ERROR for each in findings)
    warnings = sum(each.level == Level.WARNING for each in findings)
    yield "All is well." if not errors and not warnings else f"Errors: {errors}, warnings: {warnings}."


async def _look(*, fix: bool) -> list[Finding]:
    from hub.runtime.doctor import (
        database,
        discord,
        guests,
        machine,
        outside,
        prices,
        providers,
        slack,
        stripe,
        telegram,
        work,
    )

    findings = list(machine.look_at_versions())
    folder = enter_home()
    findings += machine.look_at_env_file(folder, fix=fix)
    try:
        loaded = read_settings()
        catalogue = make_catalogue(loaded.settings)
        make_rules(loaded.settings, catalogue)
    except SettingsError as fault:
        return [*findings, *(error("settings", line, "Mend it where it stands.") for line in _faults(fault))]
    findings += _about_settings(loaded, catalogue)
    findings += prices.look_at_prices(catalogue)
    findings += machine.look_at_sqlite(loaded)
    findings += machine.look_at_space(loaded)
    findings += machine.look_at_port(loaded)
    findings += [finding async for finding in database.look_at_database(loaded)]
    findings += [finding async for finding in providers.look_at_providers(catalogue)]
    findings += [finding async for finding in telegram.look_at_telegram(loaded)]
    findings += [finding async for finding in slack.look_at_slack(loaded)]
    findings += [finding async for finding in discord.look_at_discord(loaded)]
    findings += [finding async for finding in stripe.look_at_stripe(loaded, catalogue)]
    findings += [finding async for finding in work.look_at_mail_server(loaded)]
    findings += guests.look_at_guests(loaded)
    findings += [finding async for finding in outside.look_outside(loaded, catalogue)]
    return findings


def _faults(fault: SettingsError) -> list[str]:
    return [line for line in str(fault).splitlines() if line and not line.startswith(("the settings", "After mending"))]


def _about_settings(loaded: Loaded, catalogue: Catalogue) -> Iterator[Finding]:
    yield well("settings", f"every key is known; default model {catalogue.default}")
    for name in loaded.unserved():
        yield warning("settings", f"{name} is set, and this version does not serve it yet.", "Take it out, or wait.")
    known = list(well_known())
    for name in read_env_file(loaded.folder / ".env"):
        near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=ALIKE)
        if near and name.upper() not in known:
            yield warning("settings", f"{name} in .env means nothing to Parley.", f"Did you mean {near[0]}?")
