"""Taking turns from a lane and handing them back. Knows order, merging and crashes; must not know what a turn does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from hub.domain.conversation import Conversation, StoredMessage
from hub.domain.inbound import Accepted, Inbound
from hub.domain.tokens import estimate_tokens
from hub.domain.turn import Lease, Taking, Turn, Window
from storage import schema as s
from storage.dialect import clock, number, word
from storage.link import Link, Row
from storage.rows import ACCOUNT, INBOUND, MESSAGE, account_of, album_of, as_spoken, inbound_of, messages_of
from storage.verbs.intake import accept, at_home, find_accepted, put_running
from storage.verbs.leases import FREE, LET_GO, let_go
from storage.verbs.settling import abandon

MERGE_LIMIT = 200
"""Most messages that become one turn; more wait for the next."""

_conversation = (
    s.conversations.c.id,
    s.conversations.c.tenant_id,
    s.conversations.c.account_id,
    s.conversations.c.title,
    s.conversations.c.model,
    s.conversations.c.summary,
    s.conversations.c.summary_upto,
    s.conversations.c.window_after,
)

_taken = {
    "lease_owner": sa.bindparam("owner"),
    "lease_until": clock() + sa.bindparam("lasting", type_=sa.BigInteger()),
    "fence": s.conversations.c.fence + number(1),
}
TAKE = (
    sa.update(s.conversations)
    .where(
        s.conversations.c.id == sa.bindparam("conversation"),
        sa.or_(FREE, s.conversations.c.lease_owner == sa.bindparam("owner")),
        sa.exists(
            sa.select(s.inbox.c.id)
            .where(s.LANE, s.inbox.c.conversation_id == sa.bindparam("conversation"))
            .correlate(None)
        ),
    )
    .values(_taken)
    .returning(s.conversations.c.fence, *_conversation)
)
TAKE_FREE = (
    sa.update(s.conversations)
    .where(s.conversations.c.id == sa.bindparam("conversation"), FREE)
    .values(_taken)
    .returning(s.conversations.c.fence, *_conversation)
)

_open_row = sa.select(
    s.inbox.c.id, s.inbox.c.state, s.inbox.c.tries, s.inbox.c.shown, s.inbox.c.progress, *INBOUND, *ACCOUNT
).select_from(
    sa.join(s.inbox, s.addresses, s.addresses.c.id == s.inbox.c.address_id).join(
        s.accounts, s.accounts.c.id == s.inbox.c.account_id
    )
)
OF_ACCOUNT = slice(5 + len(INBOUND), 5 + len(INBOUND) + len(ACCOUNT))

OLDEST = (
    _open_row.where(s.LANE, s.inbox.c.conversation_id == sa.bindparam("conversation"))
    .order_by(s.inbox.c.state, s.inbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Open rows of a lane: those a dead process left running, then the waiting ones by age. Reads inbox_lane."""

LEFT_RUNNING = _open_row.where(
    s.LANE, s.inbox.c.conversation_id == sa.bindparam("conversation"), s.inbox.c.state == word("running")
).order_by(s.inbox.c.id)

OVERTAKING_ROW = (
    sa.select(*_open_row.selected_columns, *_conversation)
    .select_from(
        sa.join(s.inbox, s.addresses, s.addresses.c.id == s.inbox.c.address_id)
        .join(s.accounts, s.accounts.c.id == s.inbox.c.account_id)
        .join(s.conversations, s.conversations.c.id == s.inbox.c.conversation_id)
    )
    .where(s.OVERTAKING, s.inbox.c.id == sa.bindparam("inbox"))
)

RUN = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == sa.bindparam("inbox"))
    .values(state=word("running"), tries=s.inbox.c.tries + number(1))
)
RUN_OVERTAKING = RUN.where(s.OVERTAKING, s.inbox.c.tries == sa.bindparam("seen", type_=sa.BigInteger()))
"""Of two that have read the same row one takes it."""

WAIT = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == sa.bindparam("inbox"), s.inbox.c.state == word("running"))
    .values(
        state=word("waiting"),
        shown=number(0),
        progress=word(""),
        tries=sa.case((s.inbox.c.tries > number(0), s.inbox.c.tries - number(1)), else_=number(0)),
    )
)
OPEN_ATTEMPTS = sa.select(s.attempts.c.id).where(s.OPEN_ATTEMPT, s.attempts.c.turn_id == sa.bindparam("turn"))
"""Reads attempts_open."""
WINDOW = (
    sa.select(*MESSAGE)
    .where(
        s.CURRENT,
        s.messages.c.conversation_id == sa.bindparam("conversation"),
        s.messages.c.id > sa.bindparam("after"),
    )
    .order_by(s.messages.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""The newest messages of a window, newest first. Reads the primary key backwards, so length costs nothing."""


def accept_and_start(
    link: Link, inbound: Inbound, bound: int, taking: Taking, received: int
) -> tuple[Accepted, Turn | None]:
    """Write one inbox row and take it; see `hub.ports.store.Inbox.accept_and_start`."""
    home = at_home(link, inbound)
    taken = None if home is None or home.open_rows else link.one(TAKE_FREE, _taking(home.conversation_id, taking))
    if home is None or taken is None:
        return accept(link, inbound, False, bound, received), None
    inbox_id = put_running(link, inbound, home, received)
    lease = Lease(home.conversation_id, taking.owner, taken[0])
    if inbox_id is None:
        let_go(link, lease)
        return accept(link, inbound, False, bound, received), None
    conversation = Conversation(*taken[1:9])
    history = read_window(link, conversation, taking.window)
    turn = Turn(inbox_id, lease, as_spoken(inbound, home.account), (), (), conversation, home.account, history)
    return Accepted(inbox_id, home.conversation_id), turn


def find_accepted_only(link: Link, inbound: Inbound, *others: Any) -> tuple[Accepted, None] | None:
    """What an `accept_and_start` with the same arguments wrote; its turn has to be taken again."""
    accepted = find_accepted(link, inbound, *others)
    return (accepted, None) if accepted else None


def start_turn(link: Link, conversation_id: int, taking: Taking, take_all: bool) -> Turn | None:
    """Take the lane and its oldest open row; see `hub.ports.store.Inbox.start_turn`."""
    here = {"conversation": conversation_id}
    taken = link.one(TAKE, _taking(conversation_id, taking))
    if taken is None:
        return None
    owner = taking.owner
    lease = Lease(conversation_id, owner, taken[0])
    rows = link.all(OLDEST, {**here, "most": MERGE_LIMIT if take_all else 1})
    if not rows:
        link.run(LET_GO, {**here, "owner": owner, "held_fence": lease.fence})
        return None
    if rows[0][1] == "running":
        rows = link.all(LEFT_RUNNING, here)
        output = estimate_tokens("".join(row[4] for row in rows))
        for row in rows:
            for attempt in link.all(OPEN_ATTEMPTS, {"turn": row[0]}):
                abandon(link, attempt[0], output)
    else:
        if not take_all and (album := album_of(*rows[0][15:17])):
            rows = link.all(OLDEST, {**here, "most": MERGE_LIMIT})
            rows = list(takewhile(lambda row: album_of(*row[15:17]) == album, rows))
        rows = _one_turn(rows)
    for row in rows:
        link.run(RUN, {"inbox": row[0]})
    conversation = Conversation(*taken[1:9])
    return _turn(rows, lease, conversation, read_window(link, conversation, taking.window))


def _taking(conversation_id: int, taking: Taking) -> dict[str, int | str]:
    return {"conversation": conversation_id, "owner": taking.owner, "lasting": int(taking.lease_seconds * 1000)}


def _one_turn(rows: Sequence[Row]) -> list[Row]:
    """The first row and, if it is a message, the messages of its place that follow it without a command between."""
    found: list[Row] = []
    for row in rows:
        if found and (row[15] != "said" or row[5:11] != found[0][5:11]):
            break
        found.append(row)
        if row[15] != "said":
            break
    return found


def _turn(
    rows: Sequence[Row],
    lease: Lease,
    conversation: Conversation,
    history: tuple[StoredMessage, ...],
) -> Turn:
    lead = rows[-1]
    older, account = rows[:-1], account_of(lead[OF_ACCOUNT])
    return Turn(
        id=lead[0],
        lease=lease,
        inbound=as_spoken(inbound_of(lead[5:17]), account),
        merged=tuple(inbound_of(row[5:17]) for row in older),
        merged_ids=tuple(row[0] for row in older),
        conversation=conversation,
        account=account,
        history=history,
        tries=lead[2] + 1,
        shown=bool(lead[3]),
        progress=lead[4],
    )


def read_window(link: Link, conversation: Conversation, window: Window) -> tuple[StoredMessage, ...]:
    """What of a conversation a turn reads, oldest first."""
    newest = _newest(link, conversation.id, conversation.window_after, window.messages)
    begins, excess = 0, sum([message.tokens for message in newest]) - window.tokens
    while excess > 0:
        excess -= newest[begins].tokens
        begins += 1
    return newest[begins:]


def _newest(link: Link, conversation_id: int, after: int, most: int) -> tuple[StoredMessage, ...]:
    """At most `most` messages above the id `after`, oldest first."""
    windows = link.windows
    kept = windows.get(conversation_id, after, most) if windows is not None else None
    if kept is not None:
        return kept
    rows = link.all(WINDOW, {"conversation": conversation_id, "after": after, "most": most})
    newest = messages_of(rows[::-1])
    if windows is not None:
        windows.keep(conversation_id, after, most, newest)
    return newest


def start_overtaking(link: Link, inbox_id: int) -> Turn | None:
    """Take one overtaking row; see `hub.ports.store.Inbox.start_overtaking`."""
    row = link.one(OVERTAKING_ROW, {"inbox": inbox_id})
    if row is None or not link.run(RUN_OVERTAKING, {"inbox": inbox_id, "seen": row[2]}):
        return None
    conversation = Conversation(*row[OF_ACCOUNT.stop :])
    return _turn([row], Lease(conversation.id, "", row[2] + 1), conversation, ())


def hand_back(link: Link, lease: Lease, turn_id: int, merged_ids: tuple[int, ...]) -> None:
    """Return a turn to the lane as if never taken. Raises LostLease."""
    let_go(link, lease)
    for inbox_id in (*merged_ids, turn_id):
        link.run(WAIT, {"inbox": inbox_id})
