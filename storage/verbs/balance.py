"""An account's money in one unit, while a verb has it locked. Knows how grants are opened, burnt and lapse.

Must not know attempts, or who asked. What holds between two steps, with `left` of a grant its amount less spent and
lapsed: granted = what grants amount to, less lapsed; used = what is spent of them, and beyond; all that is held is left
somewhere. A hold under a plan without limit is added to granted and to held alike, and belongs to no grant.

A hold names no grant either. What a grant has left when its time comes stays as far as something held needs it for
cover, is spent before everything else by whatever ends next, and lapses once nothing needs it: no order of clocks
decides, only the order of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from hub.domain.money import EntryKind, NewGrant
from storage import money as m
from storage.dialect import insert, insert_new
from storage.link import Link, Row
from storage.rows import clean
from storage.verbs.grants import CHANGE, FOREVER, GIVE, LIVING, Grant, grant_by_id

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_unit = sa.bindparam("unit", type_=sa.Text())

MAKE = insert_new(m.balances, ("tenant_id", "account_id", "unit"), ("tenant_id", "account_id", "unit", "changes_at"))
_row = sa.select(
    m.balances.c.id,
    m.balances.c.tenant_id,
    m.balances.c.account_id,
    m.balances.c.unit,
    m.balances.c.granted,
    m.balances.c.used,
    m.balances.c.held,
    m.balances.c.beyond,
    m.balances.c.changes_at,
    m.balances.c.opened,
    m.balances.c.plan_grant,
).where(m.balances.c.tenant_id == _tenant, m.balances.c.account_id == _account)
READ_ALL = _row.order_by(m.balances.c.unit)
LOCK = _row.where(m.balances.c.unit == _unit).with_for_update()
LOCK_ALL = READ_ALL.with_for_update()
"""In the order of units, as everybody locks them."""

_kept = ("granted", "used", "held", "beyond", "changes_at", "plan_grant")
SAVE = (
    sa.update(m.balances)
    .where(m.balances.c.id == sa.bindparam("balance", type_=_int))
    .values(
        {name: sa.bindparam(f"new_{name}", type_=_int) for name in _kept}
        | {"opened": sa.bindparam("new_opened", type_=sa.Text())}
    )
)

BOOK = insert(
    m.entries,
    (
        "tenant_id",
        "account_id",
        "unit",
        "kind",
        "granted",
        "used",
        "grant_id",
        "attempt_id",
        "key",
        "note",
        "created",
    ),
)


class Balance:
    """A locked row and, once they are asked for, its living grants in the order they are spent."""

    __slots__ = (
        "_grants",
        "account",
        "beyond",
        "changes_at",
        "granted",
        "held",
        "id",
        "link",
        "now",
        "opened",
        "plan_grant",
        "tenant",
        "unit",
        "used",
    )

    def __init__(self, link: Link, row: Row, now: int) -> None:
        self.link, self.now = link, now
        self.id, self.tenant, self.account, self.unit = row[:4]
        self.granted, self.used, self.held, self.beyond, self.changes_at, self.opened, self.plan_grant = row[4:]
        self._grants: list[Grant] | None = None

    @property
    def free(self) -> int:
        """What a hold may take."""
        return int(self.granted - self.used - self.held)

    def grants(self) -> list[Grant]:
        """Those with something left, in the order they are spent."""
        if self._grants is None:
            rows = self.link.all(LIVING, {"account": self.account, "unit": self.unit})
            self._grants = self._in_order(map(Grant, rows))
        return self._grants

    def _in_order(self, grants: Iterable[Grant]) -> list[Grant]:
        now = self.now
        return sorted(grants, key=lambda one: (not one.over(now), one.priority, one.expires or FOREVER, one.id))

    def covered(self) -> int:
        """How much of what is held some grant has to have left: all but what plans without limit added."""
        left = sum(grant.left for grant in self.grants())
        return int(self.held - (self.granted - self.used + self.beyond - left))

    def book(
        self, kind: EntryKind, key: str, granted: int = 0, used: int = 0, *, grant: int = 0, attempt: int = 0,
        note: str = "",
    ) -> None:  # fmt: skip
        """Write a line of the ledger and move the balance with it."""
        self.granted += granted
        self.used += used
        self.link.run(
            BOOK,
            {
                "tenant_id": self.tenant,
                "account_id": self.account,
                "unit": self.unit,
                "kind": kind.value,
                "granted": granted,
                "used": used,
                "grant_id": grant,
                "attempt_id": attempt,
                "key": key,
                "note": note,
                "created": self.now,
            },
        )

    def change(self, grant: Grant) -> None:
        """Save a grant."""
        self.link.run(
            CHANGE,
            {
                "grant": grant.id,
                "new_amount": grant.amount,
                "new_spent": grant.spent,
                "new_lapsed": grant.lapsed,
                "new_expires": grant.expires,
                "new_changes": grant.changes,
                "new_warned": grant.warned,
            },
        )

    def burn(self, amount: int, attempt: int, key: str) -> list[Grant]:
        """Charge `amount` to grants, as far as others' holds leave them, and beyond them; which were burnt."""
        coverable = min(amount, self.free + self.beyond)
        rest, burnt = amount, []
        for grant in self.grants():
            if coverable <= 0:
                break
            taken = min(grant.left, coverable)
            if taken:
                grant.spent += taken
                coverable -= taken
                rest -= taken
                self.change(grant)
                self.book(EntryKind.SETTLE, f"{key}:{grant.id}", used=taken, grant=grant.id, attempt=attempt)
                burnt.append(grant)
        if rest:
            self.beyond += rest
            self.book(EntryKind.SETTLE, f"{key}:0", used=rest, attempt=attempt)
        return burnt

    def give(self, new: NewGrant, kind: EntryKind, key: str) -> int:
        """Open a grant, which pays back what was spent without cover unless it is needed to cover something held; its
        id, 0: the key gave before."""
        back = max(0, min(new.amount, self.beyond, self.free + self.beyond + new.amount))
        made = self.link.one(
            GIVE,
            {
                "tenant_id": self.tenant,
                "account_id": self.account,
                "unit": self.unit,
                "source": new.source.value,
                "key": new.key,
                "amount": new.amount,
                "spent": back,
                "priority": new.priority,
                "expires": new.expires,
                "note": clean(new.note),
                "created": self.now,
            },
        )
        if made is None:
            return 0
        self.beyond -= back
        self._grants = None
        if new.expires:
            self.changes_at = min(self.changes_at, new.expires)
        if new.amount:
            self.book(kind, key, granted=new.amount, grant=made[0], note=clean(new.note))
        return int(made[0])

    def take(self, grant: Grant, amount: int, kind: EntryKind, key: str, note: str = "", owed: int = 0) -> None:
        """Take `amount` of what is left of a grant away, and with it `owed`, which counts as used without cover."""
        grant.lapsed += amount
        grant.changes += 1
        self.change(grant)
        self.beyond += owed
        self.book(kind, key, granted=-amount, used=owed, grant=grant.id, note=note)

    def lapse(self, which: Callable[[Grant], bool]) -> None:
        """End the grants that are meant, then let go what is over."""
        ending = [grant for grant in self.grants() if not grant.over(self.now) and which(grant)]
        for grant in ending:
            grant.expires = self.now
            self.change(grant)
        if ending:
            self._grants = self._in_order(self.grants())
        self.lapse_over()

    def lapse_over(self) -> None:
        """What is left of grants whose time has come lapses, but for what covers something held."""
        going = [grant for grant in self.grants() if grant.over(self.now)]
        cover = self.covered() if going else 0
        for grant in going:
            kept = min(grant.left, cover)
            cover -= kept
            if gone := grant.left - kept:
                self.take(grant, gone, EntryKind.EXPIRE, f"expire:{grant.id}:{grant.changes}")

    def open(self, name: str, grant_id: int) -> None:
        """The window `name` has its allowance in this grant."""
        self.opened, self.plan_grant = name, grant_id

    def look_ahead(self) -> None:
        """Set the time from which a hold has to look at the grants again."""
        current = grant_by_id(self.link, self.plan_grant)
        ends = [grant.expires for grant in (*self.grants(), *filter(None, (current,))) if grant.expires]
        self.changes_at = min(ends, default=FOREVER)

    def forget(self) -> None:
        """Read the grants anew when they are next asked for."""
        self._grants = None

    def save(self) -> None:
        """Write the row."""
        self.link.run(
            SAVE,
            {
                "balance": self.id,
                "new_granted": self.granted,
                "new_used": self.used,
                "new_held": self.held,
                "new_beyond": self.beyond,
                "new_changes_at": self.changes_at,
                "new_opened": self.opened,
                "new_plan_grant": self.plan_grant,
            },
        )


def lock(link: Link, tenant: int, account: int, unit: str, now: int) -> Balance:
    """The balance, made if there was none, and nobody else's until the verb ends."""
    here = {"tenant": tenant, "account": account, "unit": unit}
    row = link.one(LOCK, here)
    if row is None:
        make(link, tenant, account, unit)
        row = link.one(LOCK, here)
        assert row is not None
    return Balance(link, row, now)


def make(link: Link, tenant: int, account: int, unit: str) -> None:
    """See to it that there is a row."""
    link.run(MAKE, {"tenant_id": tenant, "account_id": account, "unit": unit, "changes_at": 0})


def lock_all(link: Link, tenant: int, account: int, now: int) -> dict[str, Balance]:
    """Every balance of an account, by unit."""
    rows = link.all(LOCK_ALL, {"tenant": tenant, "account": account})
    return {row[3]: Balance(link, row, now) for row in rows}
