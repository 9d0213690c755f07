"""Settings of the web adapter. Knows sites, limits and appearance; must not know how they are read."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from hub.domain.address import DEFAULT_TENANT

_ORIGIN = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
DEFAULT_SITE = "default"
"""The site of the hub's own pages."""


class Appearance(BaseModel):
    """What the widget of a site looks like; sent to every visitor. `accent` is a CSS hex colour."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    title: str = Field(default="", max_length=80)
    greeting: str = Field(default="", max_length=400)
    accent: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")
    position: Literal["right", "left"] = "right"
    theme: Literal["auto", "light", "dark"] = "auto"
    suggestions: tuple[str, ...] = Field(default=(), max_length=6)


class Site(BaseModel):
    """One website. `origins`: pages that may use it, exact (`https://www.example.com`); none: only the hub's own pages.

    `identity_secret`: at least 32 characters, with which the customer's server signs who a visitor is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    key: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    origins: tuple[str, ...] = ()
    require_identity: bool = False
    identity_secret: SecretStr = SecretStr("")
    tenant: int = DEFAULT_TENANT
    appearance: Appearance = Appearance()

    @field_validator("origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"must be exact, such as https://www.example.com; {origin!r} is not")
        return tuple(map(_as_sent, origins))

    @model_validator(mode="after")
    def _signable(self) -> Site:
        secret = self.identity_secret.get_secret_value()
        if secret and len(secret) < 32:
            raise ValueError("must have an identity_secret of at least 32 characters")
        if self.require_identity and not secret:
            raise ValueError("must have an identity_secret where require_identity is set")
        return self


def _as_sent(origin: str) -> str:
    """`origin` as browsers spell it: without the port that goes with its scheme."""
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


class WebConfig(BaseModel):
    """Widget and chat page. Rates are a minute and 0 = no limit; sizes in characters (`text`) or bytes.

    `public_origin`: where people reach the hub, if that differs from what it is called by (`[server] public_url`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    enabled: bool = True
    sites: tuple[Site, ...] = (Site(key=DEFAULT_SITE),)
    public_origin: str = ""
    sessions_per_minute: int = Field(default=600, ge=0)
    uploads_per_minute: int = Field(default=30, ge=0)
    session_days: int = Field(default=90, ge=1, le=400)
    text_limit: int = Field(default=32_000, ge=1)
    file_limit: int = Field(default=10 * 1024 * 1024, ge=0)
    files_per_message: int = Field(default=8, ge=0)

    @field_validator("sites")
    @classmethod
    def _with_default(cls, sites: tuple[Site, ...]) -> tuple[Site, ...]:
        keys = [site.key for site in sites]
        if len(set(keys)) != len(keys):
            raise ValueError("must each have a key of its own")
        return sites if DEFAULT_SITE in keys else (Site(key=DEFAULT_SITE), *sites)
