"""What `parley mail` does. Knows how a test is sent and mails are said; must not know flags or SMTP."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from datetime import UTC, datetime

import typer

from hub.core.mail.letter import write
from hub.domain.account import fold_email
from hub.domain.mail import Letter, Mail, Posted, Template, Verdict
from hub.ports.store import Store
from hub.runtime.cli.settings import read_settings
from hub.runtime.mail import letterhead, make_mailer
from hub.runtime.redact import SCRUB
from hub.text.clean import clean

FAILED, MEND = 1, 2


def send_test(to: str, language: str) -> int:
    """Send a test mail past the database and say what became of it; the exit code. Raises SettingsError."""
    smtp = read_settings().settings.smtp
    mailer = make_mailer(smtp)
    if mailer is None:
        typer.echo("Error: there is no mail server: set [smtp] host and sender.", err=True)
        return MEND
    try:
        address = fold_email(to)
    except ValueError as error:
        typer.echo(f"Error: {error}.", err=True)
        return MEND
    now = time.time_ns() // 1_000_000
    mail = Mail(0, 1, f"test:{now}", 0, address, 0, Template.TEST, {}, language, 0, now)
    letter = write(mail, "", letterhead(smtp).host)

    async def send(letter: Letter) -> Posted:
        try:
            return await mailer.send(letter)
        finally:
            await mailer.close()

    posted = asyncio.run(send(letter))
    if posted.verdict is Verdict.TAKEN:
        print(f"{smtp.host} took the mail for {address}.")
        return 0
    typer.echo(SCRUB(f"Error: {smtp.host} did not take it: {posted.says}"), err=True)
    return FAILED


async def listed(store: Store, limit: int, *, dead: bool, as_json: bool) -> int:
    """Print mails."""
    lines = await store.mails(limit, dead=dead)
    if as_json:
        print(json.dumps([dataclasses.asdict(line) for line in lines], indent=2))
        return 0
    for line in lines:
        at = datetime.fromtimestamp(line.created / 1000, UTC)
        says = f"  {clean(line.error)}" if line.error else ""
        print(
            f"{line.id:6}  {at:%Y-%m-%d %H:%M}  {line.state:8}  {line.template:8}  {clean(line.to) or 'operator'}{says}"
        )
    return 0
