"""What we say. Knows replies, parts, buttons, refs and notices; must not know how any platform shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from hub.domain.value import dataclass

LONGEST_URL = 500
"""Characters of a link; Discord takes 512 and is the strictest."""

_LINK = re.compile(
    r"(?:https://(?P<host>[\w.-]+|\[[0-9a-f:]+\])|http://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]))"
    r"(?::\d{1,5})?(?:[/?#][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Anything we say that no model wrote: stored as key, arguments and language, never as text."""

    key: str
    arguments: Mapping[str, str | int] = field(default_factory=dict)
    language: str = "en"


def is_link(url: str) -> bool:
    """Whether people may be shown `url`: https, or http to this machine, without a name or password before the host."""
    return len(url) <= LONGEST_URL and _LINK.fullmatch(url) is not None


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a reply. `label` is a notice key if `translate`, else literal text; pressing calls the command.

    With a `url` it opens that page instead and calls nothing. Raises ValueError: no `is_link`, or a command as well.
    """

    label: str
    command: str = ""
    argument: str = ""
    translate: bool = True
    url: str = ""

    def __post_init__(self) -> None:
        if self.url and (self.command or self.argument or not is_link(self.url)):
            raise ValueError("a button opens an https page or calls a command")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as the core keeps it.

    `text` is CommonMark (model words; may be empty); `notice` stands alone or as a footnote under the text;
    `failed`: the answer did not come to its end.
    """

    text: str = ""
    notice: Notice | None = None
    buttons: tuple[Button, ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class PartFile:
    """A file that goes out with a part; only where the capabilities say `files`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a reply as an adapter gets it: final text (CommonMark, notices rendered), labels translated.

    `role` is `assistant` or `notice`: a notice is no model's words. With a `file`, `text` stands under it and is short.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    role: str = "assistant"
    failed: bool = False
    file: PartFile | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """Handle of something already sent; `value` is opaque outside its adapter."""

    value: str


class Delivery(StrEnum):
    """State of an outbox row."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
