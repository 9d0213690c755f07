"""Checks of mail and jobs. Knows what a healthy post room and schedule look like; must not send or run anything."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub.core.jobs.runner import wall_ms
from hub.domain.jobs import Cadence, Every, JobRun, RunState, slot_name
from hub.domain.mail import Verdict
from hub.ports.store import Store
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.jobs import CADENCES
from hub.runtime.settings.load import Loaded

LATE_MS = {Every.HOUR: 2 * 3_600_000, Every.DAY: 3 * 3_600_000, Every.MONTH: 24 * 3_600_000}
"""A slot that is due for longer and not run is late."""

MOST_DEAD = 5
"""So many mails are named."""


async def look_at_mail_server(loaded: Loaded) -> AsyncIterator[Finding]:
    """Connect and log in, and send nothing."""
    smtp = loaded.settings.smtp
    if not smtp.host:
        return
    from hub.runtime.mail import smtp_config
    from providers.mail.smtp import SmtpMailer

    mailer = SmtpMailer(smtp_config(smtp))
    posted = await mailer.greet()
    await mailer.close()
    if posted.verdict is Verdict.TAKEN:
        yield well("mail", f"{smtp.host} answers{' and lets us in' if smtp.user else ''}")
    else:
        yield error("mail", f"{smtp.host}: {posted.says}.", "Check [smtp]; then: parley mail test ADDRESS")
    if not loaded.settings.server.public_url:
        mend = "Set [server] public_url to the https address people reach Parley by."
        yield warning("mail", "warnings and summaries cannot carry a link that ends them.", mend)
    if not smtp.operator:
        yield warning("mail", "nobody is told when the house needs a hand.", "Set [smtp] operator to your address.")


async def look_at_work(store: Store, *, mail: bool) -> AsyncIterator[Finding]:
    """Jobs that failed or are late, and mails that were given up."""
    bad = 0
    for name, cadence in CADENCES.items():
        run = await store.newest_run(name)
        if (says := _amiss(run, cadence, wall_ms())) and run is not None:
            bad += 1
            yield warning("jobs", f"{name} {says}", f"parley jobs history {name}; then: parley jobs run {name}")
    if not bad:
        yield well("jobs", f"{len(CADENCES)} jobs, none late")
    dead = await store.mails(MOST_DEAD, dead=True) if mail else []
    if dead:
        named = ", ".join(f"{line.template} to {line.to or 'the operator'} ({line.error})" for line in dead)
        yield warning("mail", f"mails were given up: {named}.", "parley mail list --dead shows them.")


def _amiss(run: JobRun | None, cadence: Cadence, now: int) -> str:
    if run is None:
        return ""
    if run.state is RunState.FAILED:
        return f"failed for {slot_name(run.slot)}: {run.error}."
    if run.error:
        return f"fails for {slot_name(run.slot)}, {run.tries} times so far, and is tried again: {run.error}."
    due = cadence.following(run.slot)
    if now - due > LATE_MS[cadence.every]:
        return f"is late: it was due at {slot_name(due)}. Is parley run at work?"
    return ""
