"""What storage offers about people. Knows accounts, identities, codes and logins; must not know commands or words.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hub.domain.account import AccountLine, CodeUsed, IdentityLine, Login
from hub.domain.inbound import Inbound
from hub.domain.money import Allowance
from hub.domain.reply import Notice


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Bounds of codes, times in milliseconds: how long one lives, how many of an account live, wrong ones a while."""

    life_ms: int = 600_000
    living: int = 5
    guesses: int = 5
    guesses_ms: int = 600_000


class Accounts(Protocol):
    """People over all their platforms."""

    async def make_code(self, inbound: Inbound, digest: str, rules: CodeRules) -> None:
        """Keep the digest of a code for who wrote `inbound`, made where they wrote; the account's oldest make room."""
        ...

    async def try_code(self, inbound: Inbound, digest: str, rules: CodeRules) -> CodeUsed:
        """What a code would do for who wrote `inbound`, who alone can use it from now on, and only in that chat.

        A wrong code counts against who typed it."""
        ...

    async def use_code(self, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules, told: Notice) -> CodeUsed:
        """Join the account of who wrote `inbound` into the account that made the code, once; `try_code`, where they
        have not tried it before.

        Its identities, conversations and logins become the maker's; it stays as a row that names the maker's. The
        address of `inbound` goes on in the conversation of the code's place (or the other way round, when nothing was
        said there yet), and that place is sent `told`, in its own language. A wrong code counts against who typed it.
        The same turn twice joins once and says so twice."""
        ...

    async def drop_code(self, tenant: int, digest: str) -> None:
        """Forget a code that others could read."""
        ...

    async def unlink(
        self, inbound: Inbound, account_id: int, identity_id: int, allowance: Allowance | None = None
    ) -> IdentityLine | None:
        """Take an identity (0: that of who wrote `inbound`) out of an account into one of its own; who was taken out.

        It keeps the settings and nothing that was said; of `allowance`, the default plan's, it has nothing in the
        window that is running, so that nobody who leaves and joins is given one each time. When it wrote `inbound`,
        that address begins a fresh conversation now; every other private address of it does so when it next writes
        there. None: it is not of that account, or nobody else is. The same turn twice takes out once and says so
        twice."""
        ...

    async def merge(self, tenant: int, kept: int, joined: int) -> bool:
        """Join account `joined` into `kept`, as `use_code` does, telling nobody. False: same, unknown or joined."""
        ...

    async def find_account(self, tenant: int, account_id: int) -> AccountLine | None:
        """One account by number."""
        ...

    async def choose_language(self, tenant: int, account_id: int, language: str) -> None:
        """Speak `language` with an account from now on; empty: whatever its platform says."""
        ...

    async def account_of(self, tenant: int, platform: str, user: str) -> int:
        """Whose identity that is; 0 for nobody's."""
        ...

    async def accounts(self, tenant: int, after: int, limit: int) -> tuple[AccountLine, ...]:
        """Accounts of people (not of group chats, not joined ones) with numbers greater than `after`, in order."""
        ...

    async def create_account(self, tenant: int, name: str) -> int:
        """An account without an identity; its number."""
        ...

    async def block(self, tenant: int, account_id: int, blocked: bool) -> bool:
        """Block an account and those joined into it, or unblock them; False when there is none."""
        ...

    async def set_login(self, tenant: int, account_id: int, email: str, password_hash: str) -> bool:
        """Let `email` log in to the account, or change its password; an empty hash takes the login away.

        False: the address is another account's, or the account is unknown or joined into another."""
        ...

    async def find_login(self, tenant: int, email: str) -> Login | None:
        """The login of an e-mail address, whatever its case."""
        ...
