"""Which jobs there are and when they are due. Knows every job by name; must not know how one does its work."""

from __future__ import annotations

from hub.core.jobs.chores import Forgetting
from hub.core.jobs.runner import Job
from hub.domain.jobs import Cadence, Every
from hub.ports.store import Store
from hub.runtime.rules import make_retention
from hub.runtime.settings.root import Settings

CADENCES = {
    "retention": Cadence(Every.HOUR, minute=20),
}
"""Every job by name. Minutes differ, so that they do not all come at once."""


def make_jobs(store: Store, settings: Settings) -> tuple[Job, ...]:
    """The jobs of this house."""
    return (Job("retention", CADENCES["retention"], Forgetting(store, make_retention(settings.retention))),)
