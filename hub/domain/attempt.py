"""One call to a provider. Knows states, counts, hold and charge as they are kept; must not know who decides them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from hub.domain.completion import Usage
from hub.domain.model import Price
from hub.domain.money import Charge, Hold, Unit
from hub.domain.value import dataclass


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


class NewAttempt(NamedTuple):
    """Written before the call. `asked_tokens`: our estimate of the prompt, kept should the vendor never report.

    `turn_id` and `conversation_id` 0: asked over the API, with the key `key_id`. `price`: what it is charged at; None:
    free. `hold` None: nothing is set aside. `owner`: this process, as in leases; what it leaves open is closed for it.
    """

    tenant: int
    turn_id: int
    conversation_id: int
    account_id: int
    model: str
    provider: str
    asked_tokens: int
    max_output: int
    purpose: Purpose = Purpose.ANSWER
    price: Price | None = None
    hold: Hold | None = None
    owner: str = ""
    key_id: int = 0


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """Written after the call. `first_word_ms` and `total_ms` from its start; `error` in our words, no secrets."""

    state: AttemptState
    usage: Usage = Usage()
    answered_model: str = ""
    error: str = ""
    first_word_ms: int | None = None
    total_ms: int = 0
    charge: Charge = Charge()


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt as `/why` and reports read it. `charged` of `unit` was taken from who paid; `price_version` names
    what `end.charge.micro` was reckoned with."""

    id: int
    model: str
    provider: str
    end: AttemptEnd
    unit: Unit = Unit.MICRO
    charged: int = 0
    price_version: str = ""
