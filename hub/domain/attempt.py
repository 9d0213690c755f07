"""One call to a provider, as it is kept. Knows states and counts; must not know money."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.domain.completion import Usage


class Purpose(StrEnum):
    """Why a model was called."""

    ANSWER = "answer"
    SUMMARY = "summary"
    TRANSCRIPTION = "transcription"


class AttemptState(StrEnum):
    """OPEN: the call may be running. UNKNOWN: our process died meanwhile; the vendor may have billed."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    CUT = "cut"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """Written before the call. `asked_tokens`: our estimate of the prompt, kept should the vendor never report."""

    tenant: int
    turn_id: int
    conversation_id: int
    account_id: int
    model: str
    provider: str
    asked_tokens: int
    max_output: int
    purpose: Purpose = Purpose.ANSWER


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """Written after the call. `first_word_ms` and `total_ms` from its start; `error` in our words, no secrets."""

    state: AttemptState
    usage: Usage = Usage()
    answered_model: str = ""
    error: str = ""
    first_word_ms: int | None = None
    total_ms: int = 0


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt as `/why` and reports read it."""

    id: int
    model: str
    provider: str
    end: AttemptEnd
