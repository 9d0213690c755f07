"""Something a person did. Knows messages, command calls and button presses; must not know platforms' payloads."""

from __future__ import annotations

from hub.domain.address import Address
from hub.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `file` is its id on our shelf, `size` in bytes.

    `source`: where its adapter can fetch it (opaque outside it), for one that is not on the shelf yet; then `file` is
    empty, and the rest is what the platform claims.
    """

    file: str
    media_type: str
    name: str
    size: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message. `album`: what the platform calls several files sent as one, each told as a message of its own."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    album: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """A command call, without the slash: `/model demo` is `Called("model", "demo")`."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button press; a button carries a command call.

    A reaction to one of our messages is the press of a button that is always there: `rate` with `good REF`, `bad REF`
    or `none REF`, REF being that message's `Ref.value`.
    """

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
    """`event_id` is the platform's own id, unique for (tenant, platform, bot): the key against redelivery.

    `directed`: said to us (privately, by mention, as an answer to us), not overheard in a group. Whether what was
    overheard is taken is the house's to decide.
    """

    address: Address
    sender: Sender
    event_id: str
    content: Content
    directed: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """What intake answers once the row is committed.

    `duplicate`: the row was there already; `changed`: it was there with other content (nothing was written).
    `inbox_id` 0: overheard, or an opinion; no row was written and nothing will be said.
    """

    inbox_id: int
    conversation_id: int
    duplicate: bool = False
    changed: bool = False

    @property
    def key(self) -> str:
        """Key of the reply that may follow: the first part is sent with it, part N with `KEY.N`."""
        return f"t{self.inbox_id}"
