"""A person's running exchange. Knows accounts, conversations, their messages; must not know how they are stored."""

from __future__ import annotations

from typing import NamedTuple

from hub.domain.completion import PromptMessage, Role
from hub.domain.inbound import Attachment
from hub.domain.reply import Button
from hub.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays and remembers. `model` is the remembered choice, empty for the house's default; so is `plan`, whose
    windows begin on the day of `plan_anchor` and which ends at `plan_until` (0: never), in milliseconds since 1970.
    `plan_paid`: windows that begin from then on are not paid for yet, 0: all are; `plan_returned`: the part of its
    price that was given back, in millionths.

    `speaks`: the language that was chosen, empty: whatever the platform says. `teams`: how many it is a member of;
    `is_team`: it is one itself."""

    id: int
    tenant: int
    name: str = ""
    language: str = "en"
    model: str = ""
    blocked: bool = False
    plan: str = ""
    plan_anchor: int = 0
    plan_until: int = 0
    teams: int = 0
    is_team: bool = False
    plan_paid: int = 0
    plan_returned: int = 0
    speaks: str = ""


class StoredMessage(NamedTuple):
    """One message of a conversation: `said` as a model is shown it; `tokens` is our estimate, `attachments` only with
    role user.

    A turn goes through up to 40 of them: a tuple costs a quarter of a frozen dataclass."""

    id: int
    said: PromptMessage
    tokens: int
    attachments: tuple[Attachment, ...] = ()

    @property
    def role(self) -> Role:
        """Who said it."""
        return self.said.role

    @property
    def text(self) -> str:
        """Its words."""
        return self.said.text


@dataclass(frozen=True, slots=True)
class Conversation:
    """`summary` tells what the messages up to and including id `summary_upto` said.

    The window begins after `window_after`: nothing up to that id is read for a turn.
    """

    id: int
    tenant: int
    account_id: int
    title: str = ""
    model: str = ""
    summary: str = ""
    summary_upto: int = 0
    window_after: int = 0


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One line of a person's list of conversations; `messages` counted as they are written."""

    id: int
    title: str
    messages: int
    current: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """What stands on the screen of an address. `state`: streaming, done or failed. `at`: milliseconds since 1970.

    `id` is `p<inbox id>` for what the person said and the outbox key for what we said.
    """

    id: str
    role: str
    text: str
    state: str
    at: int
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
