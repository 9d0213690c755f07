"""The part of the store port about people, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.account import AccountLine, CodeUsed, IdentityLine, Login, fold_email
from hub.domain.inbound import Inbound
from hub.domain.money import Allowance
from hub.domain.reply import Notice
from hub.ports.accounts import CodeRules


class AccountsOn:
    """`hub.ports.accounts.Accounts` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def make_code(self, inbound: Inbound, digest: str, rules: CodeRules) -> None:
        """Keep the digest of a code."""
        from storage.verbs import codes

        await self._write(codes.make_code, inbound, digest, rules)

    async def try_code(self, inbound: Inbound, digest: str, rules: CodeRules) -> CodeUsed:
        """What a code would do."""
        from storage.verbs import codes

        found: CodeUsed = await self._write(codes.try_code, inbound, digest, rules)
        return found

    async def use_code(self, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules, told: Notice) -> CodeUsed:
        """Join who typed a code into its maker."""
        from storage.verbs import codes

        used: CodeUsed = await self._write(codes.use_code, inbound, turn_id, digest, rules, told)
        return used

    async def drop_code(self, tenant: int, digest: str) -> None:
        """Forget a code."""
        from storage.verbs import codes

        await self._write(codes.drop_code, tenant, digest)

    async def unlink(
        self, inbound: Inbound, account_id: int, identity_id: int, allowance: Allowance | None = None
    ) -> IdentityLine | None:
        """Take an identity out of an account."""
        from storage.verbs import linking

        gone: IdentityLine | None = await self._write(linking.unlink, inbound, account_id, identity_id, allowance)
        return gone

    async def merge(self, tenant: int, kept: int, joined: int) -> bool:
        """Join one account into another."""
        from storage.verbs import linking

        done: bool = await self._write(linking.merge, tenant, kept, joined)
        return done

    async def find_account(self, tenant: int, account_id: int) -> AccountLine | None:
        """One account."""
        from storage.verbs import accounts

        line: AccountLine | None = await self._read(accounts.find_account, tenant, account_id)
        return line

    async def choose_language(self, tenant: int, account_id: int, language: str) -> None:
        """Speak `language` with an account."""
        from storage.verbs import accounts

        await self._write(accounts.choose_language, tenant, account_id, language)

    async def account_of(self, tenant: int, platform: str, user: str) -> int:
        """Whose identity that is."""
        from storage.verbs import accounts

        number: int = await self._read(accounts.account_of, tenant, platform, user)
        return number

    async def accounts(self, tenant: int, after: int, limit: int) -> tuple[AccountLine, ...]:
        """Accounts of people."""
        from storage.verbs import accounts

        lines: tuple[AccountLine, ...] = await self._read(accounts.accounts, tenant, after, limit)
        return lines

    async def create_account(self, tenant: int, name: str) -> int:
        """An account without an identity."""
        from storage.verbs import accounts

        number: int = await self._write(accounts.create_account, tenant, name)
        return number

    async def block(self, tenant: int, account_id: int, blocked: bool) -> bool:
        """Block or unblock."""
        from storage.verbs import accounts

        done: bool = await self._write(accounts.block, tenant, account_id, blocked)
        return done

    async def set_login(self, tenant: int, account_id: int, email: str, password_hash: str) -> bool:
        """Set, change or take away a login. Raises ValueError for what is no e-mail address."""
        from storage.verbs import accounts

        address = fold_email(email)
        done: bool = await self._write(accounts.set_login, tenant, account_id, address, password_hash)
        return done

    async def find_login(self, tenant: int, email: str) -> Login | None:
        """The login of an e-mail address; None also for what is no e-mail address."""
        from storage.verbs import accounts

        try:
            address = fold_email(email)
        except ValueError:
            return None
        found: Login | None = await self._read(accounts.find_login, tenant, address)
        return found
