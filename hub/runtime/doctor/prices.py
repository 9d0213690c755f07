"""Checks of prices: does every model have one, how old is the list. Knows an age; must not know any price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from hub.runtime.catalogue import Catalogue
from hub.runtime.doctor.finding import Finding, warning, well
from hub.runtime.prices.package import NAME, newest_change

OLD_DAYS = 183
"""Age from which on the list is called old: vendors change prices several times in half a year."""


def look_at_prices(catalogue: Catalogue, today: date | None = None) -> Iterator[Finding]:
    """The list, where a model is charged by it, and models that nobody may use for want of a price."""
    for entry in catalogue.listed:
        if entry.unpriced:
            says = f"`{entry.model.name}` cannot be used: nobody knows its price."
            mend = f'Set [[prices]] with model = "{entry.model.name}", or free = true in its [[models]].'
            yield warning("prices", says, mend)
    versions = [entry.model.price.version for entry in catalogue.listed if entry.model.price and not entry.why_not]
    if not any(version.startswith(NAME) for version in versions):
        return
    today = today or datetime.now(UTC).date()
    newest = newest_change()
    says = f"{NAME} knows of changes until {newest}, {(today - newest).days} days ago"
    if (today - newest).days > OLD_DAYS:
        yield warning("prices", f"{says}.", "Install a newer list, or set [[prices]] of what you use.")
    else:
        yield well("prices", says)
