"""Keys of the API and kept answers. Knows their rows; must not know how a key is spelled, or what an answer says."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hub.domain.key import BudgetWindow, Key, NewKey, Scope
from hub.domain.money import Ceiling
from hub.ports.keys import Replay, ReplayLock, ReplayState
from storage import api as a
from storage import money as m
from storage import schema as s
from storage import teams as t
from storage.dialect import insert, insert_new, number, word
from storage.link import Link, Row
from storage.rows import ACCOUNT, account_of, clean, now_ms

USED_EVERY_MS = 60_000
"""How exactly it is kept when a key was last used: one write a minute, however many calls."""

KEPT_MS = 86_400_000
"""How long an answer is given again for the same call; housekeeping takes it away some time after."""

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_key = sa.bindparam("key", type_=_int)
_account = sa.bindparam("account", type_=_int)
_now = sa.bindparam("now", type_=_int)
_replay = sa.bindparam("replay", type_=_int)

LIVING_ACCOUNT = sa.select(s.accounts.c.id).where(
    s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant, s.accounts.c.merged_into == number(0)
)
PUT_KEY = insert(
    a.api_keys,
    (
        "tenant_id",
        "account_id",
        "name",
        "shown",
        "digest",
        "models",
        "lists_only",
        "budget",
        "renews",
        "per_minute",
        "expires",
        "created",
    ),
).returning(a.api_keys.c.id)
_LINE = sa.select(
    a.api_keys.c.id,
    a.api_keys.c.name,
    a.api_keys.c.shown,
    a.api_keys.c.models,
    a.api_keys.c.lists_only,
    a.api_keys.c.budget,
    a.api_keys.c.renews,
    a.api_keys.c.per_minute,
    a.api_keys.c.expires,
    a.api_keys.c.created,
    a.api_keys.c.used,
    a.api_keys.c.revoked,
    sa.exists().where(t.teams.c.id == a.api_keys.c.account_id).label("is_team"),
    *ACCOUNT,
).select_from(sa.join(a.api_keys, s.accounts, s.accounts.c.id == a.api_keys.c.account_id))
FIND_KEY = _LINE.where(a.api_keys.c.digest == sa.bindparam("hashed", type_=sa.Text()))
"""Reads api_keys_digest."""
_page = (
    a.api_keys.c.tenant_id == _tenant,
    a.api_keys.c.id > sa.bindparam("after", type_=_int),
)
KEYS = _LINE.where(*_page).order_by(a.api_keys.c.id).limit(sa.bindparam("most", type_=sa.Integer()))
KEYS_OF = KEYS.where(a.api_keys.c.account_id == _account)
REVOKE = (
    sa.update(a.api_keys)
    .where(a.api_keys.c.id == _key, a.api_keys.c.tenant_id == _tenant, a.api_keys.c.revoked == number(0))
    .values(revoked=_now)
)
MAY = (
    sa.select(a.api_keys.c.revoked, a.api_keys.c.expires, a.api_keys.c.used, s.accounts.c.blocked)
    .select_from(sa.join(a.api_keys, s.accounts, s.accounts.c.id == a.api_keys.c.account_id))
    .where(a.api_keys.c.id == _key)
)
USED = sa.update(a.api_keys).where(a.api_keys.c.id == _key).values(used=_now)

SPENT = sa.select(m.ceilings.c.used, m.ceilings.c.held).where(
    m.ceilings.c.tenant_id == _tenant,
    m.ceilings.c.scope == sa.bindparam("named", type_=sa.Text()),
    m.ceilings.c.window == sa.bindparam("running", type_=sa.Text()),
    m.ceilings.c.unit == sa.bindparam("counted", type_=sa.Text()),
)

LOCK = insert_new(
    a.replays, ("tenant_id", "key_id", "name"), ("tenant_id", "key_id", "name", "digest", "until", "created")
).returning(a.replays.c.id)
LOCKED = sa.select(
    a.replays.c.id,
    a.replays.c.digest,
    a.replays.c.state,
    a.replays.c.until,
    a.replays.c.status,
    a.replays.c.answer,
    a.replays.c.created,
).where(
    a.replays.c.tenant_id == _tenant,
    a.replays.c.key_id == _key,
    a.replays.c.name == sa.bindparam("called", type_=sa.Text()),
)
_ours = (a.replays.c.id == _replay, a.replays.c.until == sa.bindparam("former", type_=_int))
TAKE_OVER = (
    sa.update(a.replays)
    .where(*_ours)
    .values(
        state=word("open"),
        digest=sa.bindparam("hashed", type_=sa.Text()),
        until=sa.bindparam("later", type_=_int),
        status=number(0),
        answer=sa.null(),
        created=_now,
    )
)
KEEP = (
    sa.update(a.replays)
    .where(*_ours, a.replays.c.state == word("open"))
    .values(
        state=sa.bindparam("outcome", type_=sa.Text()),
        status=sa.bindparam("code", type_=_int),
        answer=sa.bindparam("body", type_=sa.LargeBinary()),
    )
)
DROP = sa.delete(a.replays).where(*_ours, a.replays.c.state == word("open"))


def create_key(link: Link, key: NewKey) -> int:
    """Keep a key; its number. Raises LookupError for an account that is none, or no longer one."""
    if link.one(LIVING_ACCOUNT, {"tenant": key.tenant, "account": key.account_id}) is None:
        raise LookupError(f"there is no account {key.account_id}")
    scope = key.scope
    made = link.one(
        PUT_KEY,
        {
            "tenant_id": key.tenant,
            "account_id": key.account_id,
            "name": clean(key.name),
            "shown": key.shown,
            "digest": key.digest,
            "models": clean(" ".join(sorted(scope.models))),
            "lists_only": int(scope.lists_only),
            "budget": scope.budget,
            "renews": scope.window.value,
            "per_minute": scope.per_minute,
            "expires": scope.expires,
            "created": now_ms(),
        },
    )
    assert made is not None
    return int(made[0])


def find_created(link: Link, key: NewKey) -> int | None:
    """What a `create_key` with the same arguments wrote, if it did."""
    found = link.one(FIND_KEY, {"hashed": key.digest})
    return int(found[0]) if found else None


def _key_of(row: Row) -> Key:
    key_id, name, shown, models, lists_only, budget, window, per_minute, expires, created, used, revoked, team = row[
        :13
    ]
    scope = Scope(frozenset(models.split()), bool(lists_only), budget, BudgetWindow(window), per_minute, expires)
    account = replace(account_of(row[13:]), is_team=bool(team))
    return Key(key_id, account, name, shown, scope, created, used, revoked)


def find_key(link: Link, digest: str) -> Key | None:
    """The key that `digest` stands for."""
    row = link.one(FIND_KEY, {"hashed": digest})
    return _key_of(row) if row else None


def keys(link: Link, tenant: int, account_id: int, after: int, limit: int) -> tuple[Key, ...]:
    """Keys of an account, or (0) of everybody in the tenant."""
    here = {"tenant": tenant, "after": after, "most": limit}
    rows = link.all(KEYS_OF, {**here, "account": account_id}) if account_id else link.all(KEYS, here)
    return tuple(map(_key_of, rows))


def spent_under(link: Link, tenant: int, ceiling: Ceiling) -> int:
    """Used and held under a ceiling in its window."""
    here = {"tenant": tenant, "named": ceiling.scope, "running": ceiling.window, "counted": ceiling.unit.value}
    row = link.one(SPENT, here)
    return int(row[0] + row[1]) if row else 0


def revoke_key(link: Link, tenant: int, key_id: int) -> bool:
    """No call is opened with it any more; False when that was so before."""
    return link.run(REVOKE, {"tenant": tenant, "key": key_id, "now": now_ms()}) > 0


def may_use(link: Link, key_id: int, now: int) -> bool:
    """Whether a call may be opened with the key, in the step that opens it; keeps, now and then, that it was used."""
    row = link.one(MAY, {"key": key_id})
    if row is None or row[0] or 0 < row[1] <= now or row[3]:
        return False
    if now - row[2] >= USED_EVERY_MS:
        link.run(USED, {"key": key_id, "now": now})
    return True


def open_replay(link: Link, lock: ReplayLock) -> Replay:
    """Lock a call, or say what is known of it."""
    now = now_ms()
    if not may_use(link, lock.key_id, now):
        return Replay(ReplayState.SHUT)
    made = link.one(
        LOCK,
        {
            "tenant_id": lock.tenant,
            "key_id": lock.key_id,
            "name": clean(lock.name),
            "digest": lock.digest,
            "until": lock.until,
            "created": now,
        },
    )
    if made is not None:
        return Replay(ReplayState.FRESH, int(made[0]), until=lock.until)
    row = link.one(LOCKED, {"tenant": lock.tenant, "key": lock.key_id, "called": clean(lock.name)})
    if row is None:
        # it was dropped between the two statements, which only PostgreSQL lets happen: the caller may come again
        return Replay(ReplayState.OPEN)
    number_, digest, state, until, status, answer, created = row
    if created <= now - KEPT_MS or (state == "open" and until < now):
        order = {"replay": number_, "former": until, "later": lock.until, "hashed": lock.digest, "now": now}
        taken = link.run(TAKE_OVER, order)
        return Replay(ReplayState.FRESH, number_, until=lock.until) if taken else Replay(ReplayState.OPEN)
    if digest != lock.digest:
        return Replay(ReplayState.OTHER)
    return Replay(ReplayState(state), number_, status, bytes(answer or b""))


def find_opened(link: Link, lock: ReplayLock) -> Replay | None:
    """What an `open_replay` with the same arguments wrote, if it did: its `until` is its own to the millisecond."""
    row = link.one(LOCKED, {"tenant": lock.tenant, "key": lock.key_id, "called": clean(lock.name)})
    ours = row is not None and (row[1], row[2], row[3]) == (lock.digest, "open", lock.until)
    return Replay(ReplayState.FRESH, int(row[0]), until=lock.until) if row is not None and ours else None


def keep_replay(link: Link, ours: Replay, status: int, answer: bytes) -> bool:
    """What was answered, if the lock is ours still."""
    outcome = ReplayState.DONE if answer else ReplayState.LOST
    values = {"replay": ours.id, "former": ours.until, "outcome": outcome.value, "code": status, "body": answer}
    return link.run(KEEP, values) > 0


def drop_replay(link: Link, ours: Replay) -> None:
    """Nothing was answered, if the lock is ours still."""
    link.run(DROP, {"replay": ours.id, "former": ours.until})
