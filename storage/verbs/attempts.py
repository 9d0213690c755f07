"""Calls to providers and what was seen of them. Knows attempts, progress and refs; must not know how one is settled."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.attempt import AttemptEnd, AttemptLine, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.errors import LostLease
from hub.domain.key import KEY_SCOPE
from hub.domain.model import Price
from hub.domain.money import Charge, Refusal, Unit
from hub.domain.turn import Lease
from storage import schema as s
from storage.dialect import insert, insert_or_replace, number, word
from storage.link import Link
from storage.rows import clean
from storage.verbs.holds import Taken, take
from storage.verbs.leases import hold

OPEN = insert(
    s.attempts,
    (
        "tenant_id",
        "turn_id",
        "conversation_id",
        "account_id",
        "model",
        "provider",
        "purpose",
        "asked_tokens",
        "max_output",
        "opened",
        "owner",
        "mark",
        "key_id",
        "payer_id",
        "unit",
        "held",
        "grant_id",
        "ceilings",
        "price_version",
        "price_input",
        "price_output",
        "price_request",
    ),
).returning(s.attempts.c.id)

FIND = sa.select(s.attempts.c.id).where(
    s.OPEN_ATTEMPT,
    s.attempts.c.turn_id == sa.bindparam("turn"),
    s.attempts.c.opened == sa.bindparam("began"),
    s.attempts.c.mark == sa.bindparam("marked"),
)
"""Reads attempts_open."""

NOTHING = Taken(0, "micro", 0)
FREE = Price(0, 0)

MARK_SHOWN = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == sa.bindparam("turn"), s.inbox.c.state == word("running"))
    .values(shown=number(1), progress=sa.bindparam("words", type_=sa.Text()))
)
SAVE_PROGRESS = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == sa.bindparam("turn"), s.inbox.c.state == word("running"))
    .values(progress=sa.bindparam("words", type_=sa.Text()))
)
SAVE_REF = insert_or_replace(s.refs, ("tenant_id", "turn_id", "ordinal"), ("tenant_id", "turn_id", "ordinal", "ref"))
LAST_TURNS = (
    sa.select(s.messages.c.turn_id)
    .where(
        s.CURRENT,
        s.messages.c.conversation_id == sa.bindparam("conversation"),
        s.messages.c.turn_id < sa.bindparam("before"),
    )
    .order_by(s.messages.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads the primary key backwards."""
LINES = (
    sa.select(
        s.attempts.c.id,
        s.attempts.c.model,
        s.attempts.c.provider,
        s.attempts.c.state,
        s.attempts.c.input,
        s.attempts.c.cached,
        s.attempts.c.cache_write,
        s.attempts.c.output,
        s.attempts.c.reasoning,
        s.attempts.c.estimated,
        s.attempts.c.answered_model,
        s.attempts.c.error,
        s.attempts.c.first_word_ms,
        s.attempts.c.total_ms,
        s.attempts.c.cost,
        s.attempts.c.unit,
        s.attempts.c.charged,
        s.attempts.c.price_version,
        s.attempts.c.cache_write_1h,
    )
    .where(s.attempts.c.turn_id == sa.bindparam("turn"), s.attempts.c.purpose == word("answer"))
    .order_by(s.attempts.c.id)
)
"""Reads attempts_turn."""


def open_attempt(link: Link, attempt: NewAttempt, lease: Lease | None, opened: int, mark: int) -> int | Refusal:
    """Write the row before the call, with its hold; its id. Raises LostLease, LookupError for an unknown payer."""
    if lease is not None:
        hold(link, lease)
    if attempt.key_id and not _may_use(link, attempt.key_id, opened):
        return Refusal(KEY_SCOPE)
    taken = take(link, attempt.tenant, attempt.hold, opened) if attempt.hold else NOTHING
    if isinstance(taken, Refusal):
        return taken
    made = link.one(OPEN, _values(attempt, taken, opened, mark))
    assert made is not None
    return int(made[0])


def find_attempt(link: Link, attempt: NewAttempt, lease: Lease | None, opened: int, mark: int) -> int | None:
    """What an `open_attempt` with the same arguments wrote, if it did; `mark` is in no other call's."""
    found = link.one(FIND, {"turn": attempt.turn_id, "began": opened, "marked": mark})
    return int(found[0]) if found else None


def _values(attempt: NewAttempt, taken: Taken, opened: int, mark: int) -> dict[str, int | str | None]:
    price = attempt.price or FREE
    rates = price.at(attempt.asked_tokens)
    return {
        "tenant_id": attempt.tenant,
        "turn_id": attempt.turn_id,
        "conversation_id": attempt.conversation_id or None,
        "account_id": attempt.account_id,
        "model": attempt.model,
        "provider": attempt.provider,
        "purpose": attempt.purpose.value,
        "asked_tokens": attempt.asked_tokens,
        "max_output": attempt.max_output,
        "opened": opened,
        "owner": attempt.owner,
        "mark": mark,
        "key_id": attempt.key_id,
        "payer_id": taken.payer,
        "unit": taken.unit,
        "held": taken.amount,
        "grant_id": taken.grant_id,
        "ceilings": taken.ceilings,
        "price_version": price.version,
        "price_input": rates.input,
        "price_output": rates.output,
        "price_request": price.request,
    }


def mark_shown(link: Link, turn_id: int, lease: Lease, text: str) -> None:
    """`text` is about to be seen. Raises LostLease."""
    hold(link, lease)
    if not link.run(MARK_SHOWN, {"turn": turn_id, "words": clean(text)}):
        raise LostLease


def save_progress(link: Link, turn_id: int, text: str) -> None:
    """Keep the words seen so far; nothing happens once the turn is over."""
    link.run(SAVE_PROGRESS, {"turn": turn_id, "words": clean(text)})


def save_ref(link: Link, tenant: int, turn_id: int, ordinal: int, ref: str) -> None:
    """Keep the handle of a part."""
    link.run(SAVE_REF, {"tenant_id": tenant, "turn_id": turn_id, "ordinal": ordinal, "ref": clean(ref)})


def attempts_of_turn(link: Link, conversation_id: int, before_turn: int, back: int) -> list[AttemptLine]:
    """Attempts of the turn `back` steps before `before_turn`, oldest first."""
    # a turn says two things at most
    rows = link.all(LAST_TURNS, {"conversation": conversation_id, "before": before_turn, "most": 2 * back})
    turns = list(dict.fromkeys(row[0] for row in rows))
    if len(turns) < back:
        return []
    return [
        AttemptLine(
            row[0],
            row[1],
            row[2],
            AttemptEnd(
                AttemptState(row[3]),
                Usage(row[4], row[5], row[6], row[7], row[8], bool(row[9]), row[18]),
                answered_model=row[10],
                error=row[11],
                first_word_ms=row[12],
                total_ms=row[13],
                charge=Charge(row[14]),
            ),
            Unit(row[15]),
            row[16],
            row[17],
        )
        for row in link.all(LINES, {"turn": turns[back - 1]})
    ]


def _may_use(link: Link, key_id: int, now: int) -> bool:
    from storage.verbs.keys import may_use

    return may_use(link, key_id, now)
