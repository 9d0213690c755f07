"""Settings of the terminal. Knows who sits there and how it looks; must not know how settings are read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from hub.domain.address import DEFAULT_TENANT


class TerminalConfig(BaseModel):
    """`json_lines`: one JSON object per answer. `color` None: if it is a terminal and NO_COLOR is not set.

    `model`: chosen before the first line, empty for the remembered one. `stdin` and `stdout` are file descriptors;
    `text_limit` in characters.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    json_lines: bool = False
    color: bool | None = None
    language: str = "en"
    model: str = ""
    user: str = "terminal"
    tenant: int = DEFAULT_TENANT
    prompt: str = "you> "
    text_limit: int = Field(default=1_000_000, ge=50)
    stdin: int = 0
    stdout: int = 1
