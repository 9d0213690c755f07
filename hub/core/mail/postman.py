"""Sends the mails that are due. Knows tries, pauses and when to give up; must not know SMTP or what a mail says.

At least once: a process that dies between a server's yes and our commit leaves the mail due, and it goes again with the
same Message-ID.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace

from hub.core import metrics
from hub.core.failpoints import failpoint
from hub.core.mail.letter import write
from hub.core.operations.refusals import Refusals
from hub.core.waiting import within
from hub.domain.errors import StoreDown
from hub.domain.mail import Mail, Posted, Verdict
from hub.ports.mail import Mailer
from hub.ports.mailbox import Mailbox

LOOK_SECONDS = 3.0
"""How often new mails are looked for; a look is one read of an index that holds only mails on their way."""

PAUSES = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""Seconds until the next try; the last one goes on."""

LIFE_MS = 3 * 86_400_000
"""A mail that could not be sent for so long is dead: nobody wants last week's warning."""

log = logging.getLogger("parley.mail")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`host`: our domain, for the ids of letters. `operator`: whom alerts go to, empty: nobody."""

    host: str
    operator: str = ""


class Postman:
    """Sends one mail after another, the oldest first."""

    def __init__(
        self,
        mailbox: Mailbox,
        mailer: Mailer,
        refusals: Refusals,
        letterhead: Letterhead,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._mailbox, self._mailer, self._refusals, self._letterhead = mailbox, mailer, refusals, letterhead
        self._look_seconds = look_seconds
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for mails."""
        self._task = asyncio.create_task(self._go())

    async def close(self, grace_seconds: float) -> None:
        """Begin no more letters; the one on its way has the grace to arrive."""
        self._stopping.set()
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._mailer.close()

    async def _go(self) -> None:
        pause = 0.0
        while not await within(pause, self._stopping):
            pause = self._look_seconds
            try:
                if (at := await self._mailbox.next_mail_at()) is not None and at <= _now():
                    pause = 0.0 if await self.send_next(_now()) else self._look_seconds
            except StoreDown as error:
                log.warning("mails wait for the database: %s", error)

    async def send_next(self, now: int) -> bool:
        """Send the oldest mail that is due; whether another may follow at once. Raises StoreDown."""
        for mail in await self._mailbox.due_mails(now, 1):
            posted = await self._send(mail, now)
            metrics.MAILS.add(posted.verdict)
            if posted.verdict is Verdict.TAKEN:
                failpoint("after_mail")
                await self._mailbox.mail_sent(mail.id, now)
                log.info("mail %s was handed over", mail.id)
                return True
            again = _again(mail, now) if posted.verdict is Verdict.LATER else None
            await self._mailbox.mail_failed(mail.id, posted.says, again, now)
            log.warning("mail %s was not sent%s: %s", mail.id, "" if again else " and is given up", posted.says)
            return again is None
        return False

    async def _send(self, mail: Mail, now: int) -> Posted:
        addressed = mail if mail.to else replace(mail, to=self._letterhead.operator)
        if not addressed.to:
            return Posted(Verdict.NEVER, "nobody is named as operator: set [smtp] operator")
        if now - mail.created > LIFE_MS:
            return Posted(Verdict.NEVER, "it could not be sent in three days")
        try:
            letter = write(addressed, self._refusals.link(mail), self._letterhead.host)
        except KeyError as missing:
            return Posted(Verdict.NEVER, f"its words lack {missing}")
        return await self._mailer.send(letter)


def _again(mail: Mail, now: int) -> int:
    return now + PAUSES[min(mail.tries, len(PAUSES) - 1)] * 1000


def _now() -> int:
    return time.time_ns() // 1_000_000
