"""The house's own ceilings. Knows scopes, the day they count and who is told; must not know who pays or for what."""

from __future__ import annotations

import json
import logging

from hub.core import metrics
from hub.core.rules import Spending
from hub.domain.errors import StoreDown
from hub.domain.mail import NewMail, Template
from hub.domain.money import Ceiling, Unit
from hub.domain.windows import day_of
from hub.ports.store import Store

HOUSE, PLATFORM, PERSON = "house", "platform:", "person:"

NOTE = ("house", "spending")
"""Where the ceilings that were met lately are kept, for `parley doctor` and the panel."""

KEPT = 20
"""How many of them."""

log = logging.getLogger("parley.spending")


def ceilings_of(spending: Spending, person: int, platform: str, now: int, *, cheaper: bool) -> tuple[Ceiling, ...]:
    """The ceilings over what `person` (an account) asks on `platform`; all of each is for the `cheaper` model."""
    day, share = day_of(now), 100 if cheaper or not spending.cheaper else spending.step_down
    limits = (
        (f"{PERSON}{person}", spending.person),
        (f"{PLATFORM}{platform}", spending.platforms.get(platform, spending.platform)),
        (HOUSE, spending.house),
    )
    return tuple(Ceiling(scope, day, Unit.MICRO, most * share // 100) for scope, most in limits if most is not None)


def is_guard(scope: str) -> bool:
    """Whether a refusal's scope is one of the house's ceilings, not a payer's own."""
    return scope == HOUSE or scope.startswith((PLATFORM, PERSON))


class Alarm:
    """Tells the operator, once for each scope and day, that a ceiling was met: by log, note and mail."""

    def __init__(self, store: Store, spending: Spending) -> None:
        self._store, self._mails = store, spending.mails
        self._told: set[tuple[str, str]] = set()

    async def met(self, tenant: int, scope: str, now: int, *, stepped: str) -> None:
        """Somebody met the ceiling of `scope`; `stepped`: the model that is asked instead, empty: refused."""
        outcome, day = "stepped down" if stepped else "refused", day_of(now)
        metrics.GUARD.add(outcome)
        if (key := (f"{tenant} {scope} {outcome}", day)) in self._told:
            return
        self._told = {told for told in self._told if told[1] == day} | {key}
        what = f"The daily ceiling of {scope} is reached"
        then = f"Only {stepped} is asked until midnight UTC." if stepped else "What costs more is refused until then."
        log.warning("%s on %s. %s See [spending] in the settings.", what, day, then)
        try:
            await self._keep({"scope": scope, "day": day, "outcome": outcome, "at": now})
            if self._mails:
                details = f"{day}: {then} The ceilings stand in [spending] of the settings."
                alert = {"what": what, "details": details}
                key_of_mail = f"spending:{day}:{scope}:{outcome}"
                await self._store.post_mail(NewMail(key_of_mail, Template.ALERT, alert, tenant=tenant))
        except StoreDown as error:
            log.info("what the guard saw is not kept: %s", error)

    async def _keep(self, line: dict[str, str | int]) -> None:
        lines = read_note(await self._store.read_note(*NOTE))
        same = ("scope", "day", "outcome")
        if not any(all(one[name] == line[name] for name in same) for one in lines):
            await self._store.write_note(*NOTE, json.dumps([*lines, line][-KEPT:]))


def read_note(text: str) -> list[dict[str, str | int]]:
    """The ceilings that were met lately, as `Alarm` keeps them, the newest last."""
    lines = json.loads(text) if text else []
    return list(lines)
