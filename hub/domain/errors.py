"""Every error the house raises. Knows what went wrong in our words; must not know any vendor's exceptions.

ParleyError
├─ ForPerson (notice key)     QuotaExceeded · BadCommand · TooLarge · NotAllowed · Busy · BadInput
├─ AdapterError               RateLimited(after) · Unreachable · Forbidden · Rejected (LeftBehind)
├─ ProviderError              Overloaded(after) · Down · ContextTooLong · Refused · Broken(usage)
├─ PaymentError               BadSignature · GatewayDown · KeyRefused
└─ OurFault                   LostLease · LedgerMismatch · StoreDown · SettingsError
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.domain.completion import Usage


class ParleyError(Exception):
    """Root of all our errors."""


class ForPerson(ParleyError):
    """Something the person should be told; `key` names the notice, `arguments` fill it."""

    key = "error"

    def __init__(self, key: str | None = None, /, **arguments: str | int) -> None:
        self.key = key or type(self).key
        self.arguments = arguments
        super().__init__(self.key)


class QuotaExceeded(ForPerson):
    """What may be spent is spent; `scope` as in hub.domain.money.Refusal: empty for the payer's balance."""

    key = "quota_exceeded"

    def __init__(self, key: str | None = None, /, *, scope: str = "", **arguments: str | int) -> None:
        super().__init__(key, **arguments)
        self.scope = scope


class BadCommand(ForPerson):
    """A command that does not exist or was called wrongly."""

    key = "bad_command"


class BadInput(ForPerson):
    """Something that cannot be understood as a message."""

    key = "bad_input"


class TooLarge(ForPerson):
    """A message or file over its limit."""

    key = "too_large"


class NotAllowed(ForPerson):
    """Not permitted for this person, site or origin."""

    key = "not_allowed"


class Busy(ForPerson):
    """A bound was reached; `after` is when to try again, in seconds."""

    key = "busy"

    def __init__(self, key: str | None = None, /, *, after: int = 5, **arguments: str | int) -> None:
        super().__init__(key, after=after, **arguments)
        self.after = after


class AdapterError(ParleyError):
    """A platform did not do what we asked."""


class RateLimited(AdapterError):
    """The platform asks us to wait `after` seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"rate limited, retry after {after:g} s")
        self.after = after


class Unreachable(AdapterError):
    """Network or server trouble; the same call may succeed later."""


class Forbidden(AdapterError):
    """We were kicked, blocked or lack a right; repeating is pointless."""


class Rejected(AdapterError):
    """The platform refuses this very content or ref; repeating is pointless."""


class LeftBehind(Rejected):
    """A message cannot be changed any more, for its chat has become another: what it says has to be sent anew."""


class ProviderError(ParleyError):
    """A model vendor did not answer. `retryable`: the same call may succeed later; `status`: by which it said so over
    HTTP, 0 for none."""

    retryable = False
    status = 0


class Overloaded(ProviderError):
    """Too many requests or overload; `after` in seconds where the vendor said so."""

    retryable = True

    def __init__(self, message: str = "overloaded", after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Down(ProviderError):
    """Unreachable, timed out, or a 5xx, before an answer began.

    `sent`: the vendor had the call and never said no: it may have worked on it, and may bill that."""

    retryable = True

    def __init__(self, message: str = "down", *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class ContextTooLong(ProviderError):
    """The prompt does not fit the model."""


class Refused(ProviderError):
    """The vendor refuses: bad key, unknown model, malformed request, policy."""


class Broken(ProviderError):
    """The stream ended without a finish, or made no sense. `usage`: the last the vendor reported, raised to an
    estimate of what came through (then flagged `estimated`), if any."""

    retryable = True

    def __init__(self, message: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.usage = usage


class PaymentError(ParleyError):
    """A payment vendor, or somebody posing as one."""


class BadSignature(PaymentError):
    """Not signed by whom it claims."""


class GatewayDown(PaymentError):
    """The payment vendor cannot be reached."""


class KeyRefused(PaymentError):
    """The payment vendor does not take our key, or not for this: the operator has to mend it."""


class OurFault(ParleyError):
    """A fault of the house, never the person's."""


class LostLease(OurFault):
    """Another process has taken this lane; nothing of ours may be committed."""


class LedgerMismatch(OurFault):
    """Entries and balance disagree."""


class StoreDown(OurFault):
    """The database is locked, full, unreachable or read-only; nothing was written."""


class SettingsError(OurFault):
    """Settings that cannot be used; the message says which and how to mend it, never a value."""
