"""What is past its time goes. Knows rules and batches; must not know what anything was for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.ports.store import Retention
from storage import api as a
from storage import mail as m
from storage import money
from storage import people as p
from storage import platforms as f
from storage import schema as s
from storage import work as w
from storage.dialect import number, word
from storage.link import Link

DAY_MS = 86_400_000

NOTE_DAYS = 90
"""Days after which an adapter's note that nobody wrote anew is forgotten."""

RUN_DAYS = 90
"""Days that it is remembered how a job went; the newest run of each is kept."""

CODE_DAYS = 1
"""Days that a dead code is kept, so that a turn which used it and is run again after a crash knows so."""

REPLAY_DAYS = 1
"""Days that the answer to a call of the API is kept for one that repeats it."""

CEILING_DAYS = 32
"""Days that what was spent under a ceiling is kept at least: no window but `total` is longer."""

RETAIN_BATCH = 500
"""Rows of one table that one step looks at, so that no step holds the writer for long."""


def _oldest(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.Delete:
    """Deletes those of a table's oldest rows that `conditions` hold for; walks the primary key, so needs no index.

    Never the newest row: SQLite numbers on from the largest id that is left, and an id must not come twice."""
    first = sa.select(table.c.id).order_by(table.c.id).limit(number(RETAIN_BATCH)).subquery()
    newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    return sa.delete(table).where(table.c.id.in_(sa.select(first.c.id)), table.c.id < newest, *conditions)


_before = sa.bindparam("before", type_=sa.BigInteger())


def _oldest_by(when: sa.Column[int], *key: sa.Column[Any]) -> sa.Delete:
    """A batch of what is past its time, of rows that are known by more than one column."""
    oldest = sa.select(*key).where(when < _before).order_by(when).limit(number(RETAIN_BATCH))
    return sa.delete(when.table).where(sa.tuple_(*key).in_(oldest))


FORGET_INBOX = _oldest(s.inbox, sa.not_(s.OPEN), s.inbox.c.received < _before, s.inbox.c.finished < _before)
FORGET_OUTBOX = _oldest(s.outbox, s.outbox.c.state != word("pending"), s.outbox.c.created < _before)
FORGET_REFS = _oldest(s.refs, sa.not_(sa.exists().where(s.inbox.c.id == s.refs.c.turn_id).correlate(s.refs)))
FORGET_MESSAGES = _oldest_by(s.messages.c.created, s.messages.c.conversation_id, s.messages.c.id)
"""Reads messages_created."""
FORGET_ATTEMPTS = _oldest(s.attempts, s.attempts.c.state != word("open"), s.attempts.c.opened < _before)
FORGET_CEILINGS = _oldest(
    money.ceilings,
    money.ceilings.c.held == number(0),
    money.ceilings.c.window != word("total"),
    money.ceilings.c.touched < _before,
)
"""Never what a budget that does not begin anew has spent: the key would have it a second time."""
FORGET_NOTES = _oldest_by(f.notes.c.written, f.notes.c.platform, f.notes.c.name)
"""Reads notes_written."""
FORGET_FEEDBACK = _oldest(f.feedback, f.feedback.c.created < _before)
FORGET_DOUBTS = _oldest(f.doubts, f.doubts.c.created < _before)
UNSENT_DAYS = 7
"""Days that a mail waits for a server, should nobody have set one up."""

FORGET_UNSENT = _oldest(m.mails, m.mails.c.state == word("pending"), m.mails.c.created < _before)
FORGET_MAILS = _oldest(m.mails, m.mails.c.state != word("pending"), m.mails.c.created < _before)
_later = w.job_runs.alias("later")
FORGET_RUNS = sa.delete(w.job_runs).where(
    w.job_runs.c.started < _before,
    w.job_runs.c.state != word("open"),
    sa.exists().where(_later.c.job == w.job_runs.c.job, _later.c.slot > w.job_runs.c.slot),
)
"""Reads job_runs_started; at most some thousand rows after a long absence, else a day's."""
FORGET_REPLAYS = _oldest(a.replays, a.replays.c.created < _before)
FORGET_USAGE = sa.delete(w.usage_hours).where(
    w.usage_hours.c.tenant_id.in_(sa.select(s.tenants.c.id)), w.usage_hours.c.hour < _before
)
"""Reads usage_hours_hour; an hour or a few, for the job comes round every hour."""
FORGET_FILES = _oldest(s.files, s.files.c.created < _before)
FORGET_CODES = _oldest(p.codes, p.codes.c.expires < _before)
FORGET_FORGOTTEN = sa.delete(p.forgotten).where(p.forgotten.c.expires < _before)
"""The newest one too: nothing refers to any. Few rows, read whole."""
FORGET_GUESSES = _oldest(p.guesses, p.guesses.c.since < _before)


def retain(link: Link, retention: Retention, now: int) -> int:
    """Delete a bounded batch of what is past its time; how many rows went."""
    rules = (
        (FORGET_INBOX, retention.inbox_days),
        (FORGET_OUTBOX, retention.outbox_days),
        (FORGET_MESSAGES, retention.message_days),
        (FORGET_ATTEMPTS, retention.attempt_days),
        (FORGET_CEILINGS, retention.attempt_days and max(retention.attempt_days, CEILING_DAYS)),
        (FORGET_FILES, retention.file_days),
        (FORGET_NOTES, NOTE_DAYS),
        (FORGET_RUNS, RUN_DAYS),
        (FORGET_USAGE, retention.usage_days),
        (FORGET_DOUBTS, retention.outbox_days),
        (FORGET_MAILS, retention.outbox_days),
        (FORGET_UNSENT, UNSENT_DAYS),
        (FORGET_FEEDBACK, retention.attempt_days),
        (FORGET_CODES, CODE_DAYS),
        (FORGET_GUESSES, CODE_DAYS),
        (FORGET_REPLAYS, REPLAY_DAYS),
    )
    gone = sum(link.run(statement, {"before": now - days * DAY_MS}) for statement, days in rules if days > 0)
    return gone + link.run(FORGET_REFS) + link.run(FORGET_FORGOTTEN, {"before": now})
