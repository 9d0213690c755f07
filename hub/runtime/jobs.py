"""Which jobs there are and when they are due. Knows every job by name; must not know how one does its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.jobs.chores import Auditing, Erasing, Forgetting, Reconciling, RollingUp, Stating
from hub.core.jobs.runner import Job
from hub.domain.jobs import Cadence, Every
from hub.ports.store import Store
from hub.runtime.rules import make_retention
from hub.runtime.settings.root import Settings

if TYPE_CHECKING:
    from hub.core.operations.sales import Sales

CADENCES = {
    "usage": Cadence(Every.HOUR, minute=7),
    "retention": Cadence(Every.HOUR, minute=20),
    "payments": Cadence(Every.HOUR, minute=50),
    "erasures": Cadence(Every.HOUR, minute=40),
    "ledger": Cadence(Every.DAY, 4, 10),
    "statements": Cadence(Every.MONTH, 5),
    "warnings": Cadence(Every.DAY, 7),
    "summary": Cadence(Every.MONTH, 6),
}
"""Every job by name. Minutes differ, so that they do not all come at once."""


def make_jobs(store: Store, settings: Settings, sales: Sales | None) -> tuple[Job, ...]:
    """The jobs of this house; those that only write mails come where mail is on, payments where something is sold."""
    kept = make_retention(settings.retention)
    jobs = [
        Job("usage", CADENCES["usage"], RollingUp(store)),
        Job("retention", CADENCES["retention"], Forgetting(store, kept)),
        Job("erasures", CADENCES["erasures"], Erasing(store)),
        Job("ledger", CADENCES["ledger"], Auditing(store)),
        # a month without a statement would be missing for ever
        Job("statements", CADENCES["statements"], Stating(store), each=True),
    ]
    if sales is not None:
        jobs.append(Job("payments", CADENCES["payments"], Reconciling(sales)))
    if settings.smtp.host:
        from hub.core.jobs.letters import Summaries, Warnings

        jobs += [
            Job("warnings", CADENCES["warnings"], Warnings(store, settings.accounts.default_plan)),
            Job("summary", CADENCES["summary"], Summaries(store)),
        ]
    return tuple(jobs)
