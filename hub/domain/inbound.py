"""Something a person did. Knows messages, command calls and button presses; must not know platforms' payloads."""

from __future__ import annotations

from dataclasses import dataclass

from hub.domain.address import Address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on our shelf. `file` is its id there, `size` in bytes."""

    file: str
    media_type: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message."""

    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """A command call, without the slash: `/model demo` is `Called("model", "demo")`."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button press; a button carries a command call."""

    command: str
    argument: str = ""


Content = Said | Called | Pressed


@dataclass(frozen=True, slots=True)
class Sender:
    """`user` is unique on its platform within the tenant; `language` is a BCP 47 tag."""

    user: str
    name: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Inbound:
    """`event_id` is the platform's own id, unique for (tenant, platform, bot): the key against redelivery."""

    address: Address
    sender: Sender
    event_id: str
    content: Content


@dataclass(frozen=True, slots=True)
class Accepted:
    """What intake answers once the row is committed.

    `duplicate`: the row was there already; `changed`: it was there with other content (nothing was written).
    """

    inbox_id: int
    conversation_id: int
    duplicate: bool = False
    changed: bool = False
