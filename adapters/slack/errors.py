"""Slack's errors as ours, in one table. Knows error codes; must not know what was being called for whom."""

from __future__ import annotations

from collections.abc import Mapping

from hub.domain.errors import AdapterError, Forbidden, RateLimited, Rejected, Unreachable

SPARE_WAIT = 1.0
"""Seconds to wait where a 429 does not say."""

FORBIDDEN = frozenset(
    [
        "account_inactive",
        "token_revoked",
        "no_permission",
        "missing_scope",
        "access_denied",
        "org_login_required",
        "team_access_not_granted",
        "ekm_access_denied",
        "not_in_channel",
        "is_archived",
        "channel_not_found",
        "user_not_found",
        "user_not_in_channel",
        "cannot_dm_bot",
        "user_disabled",
        "messages_tab_disabled",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "channel_type_not_supported",
        "enterprise_is_restricted",
        "not_enabled",
        "feature_not_enabled",
        "not_an_agent",
        "two_factor_setup_required",
        "link_disabled",
        "app_uninstalled",
    ]
)
"""We were kicked, blocked, or lack a right."""

UNREACHABLE = frozenset(
    [
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "accesslimited",
        "streaming_state_conflict",
        "too_many_websockets",
        "external_channel_migrating",
    ]
)
"""The same call may succeed later. Everything that stands in neither set is about this very content."""

BAD_TOKEN = frozenset(["not_authed", "invalid_auth", "token_expired", "not_allowed_token_type"])
"""The token is no good. What waits to be sent goes out once there is a good one."""

TOKENS = BAD_TOKEN | {"account_inactive", "token_revoked"}
"""The same, or we were taken out of the workspace."""


class Refused(Rejected):
    """Slack answered `ok: false`; `code` is its word for why."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(f"{method}: {code}" + (f" (needs {needed})" if needed else ""))
        self.code = code


class Barred(Forbidden):
    """The same for what we may not do. `needed`: the scope that is missing."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(f"{method}: {code}" + (f" (needs the scope {needed})" if needed else ""))
        self.code = code
        self.needed = needed


class Unsettled(Unreachable):
    """Slack cannot do it now; `code` is its word for why."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.code = code


def refusal(method: str, status: int, headers: Mapping[str, str], answer: Mapping[str, object]) -> AdapterError:
    """The error behind an answer that is not ok. Nothing of what was sent is in it."""
    code = str(answer.get("error", "") or "")
    if status == 429 or code in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return RateLimited(_seconds(headers.get("Retry-After")))
    if status >= 500 or code in UNREACHABLE | BAD_TOKEN:
        return Unsettled(method, code or f"HTTP {status}")
    needed = str(answer.get("needed", "") or "")
    return Barred(method, code, needed) if code in FORBIDDEN else Refused(method, code or f"HTTP {status}", needed)


def code_of(error: AdapterError) -> str:
    """Slack's own word for what went wrong, empty where it did not say one."""
    return error.code if isinstance(error, Refused | Barred | Unsettled) else ""


def _seconds(told: str | None) -> float:
    try:
        return max(float(told or SPARE_WAIT), 0.0)
    except ValueError:
        return SPARE_WAIT
