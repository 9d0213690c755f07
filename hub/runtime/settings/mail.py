"""The table of outgoing mail. Knows its keys; must not know who is written to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from hub.runtime.settings.table import Table


class Smtp(Table):
    """Outgoing mail: on when `host` is there."""

    host: str = Field(default="", description="mail server; empty = no mail")
    port: int = Field(default=587, ge=1, le=65535, description="its port")
    user: str = Field(default="", description="user name; empty = no log-in")
    password: SecretStr | None = Field(default=None, description="password; better kept in .env")
    sender: str = Field(
        default="", description="address mail comes from, such as Parley <parley@example.org>; empty = the user"
    )
    tls: Literal["auto", "starttls", "tls", "off"] = Field(
        default="auto",
        description="auto (tls on port 465, starttls on 587, elsewhere where offered), starttls, tls or off",
    )
    timeout: float = Field(default=15.0, gt=0, le=40, description="seconds the server may take for each step")
    operator: str = Field(default="", description="address that alerts for the operator go to; empty = none are sent")

    @model_validator(mode="after")
    def _names_a_sender(self) -> Smtp:
        for key, value in (("sender", self.sender or self.user if self.host else ""), ("operator", self.operator)):
            if value or (key == "sender" and self.host):
                _check(key, value)
        return self


def _check(key: str, value: str) -> None:
    from providers.mail.wire import address

    try:
        address(value)
    except ValueError:
        raise ValueError(f"{key} must be an address such as parley@example.org") from None
