"""All tables together. Knows which tables exist; must not know what is in them."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from adapters.terminal.config import TerminalConfig
from adapters.web.config import WebConfig
from hub.runtime.settings.later import Bus
from hub.runtime.settings.mail import Smtp
from hub.runtime.settings.models import ModelEntry, PriceEntry
from hub.runtime.settings.money import THE_THREE, AccountsTable, PlanTable, SpendingTable, with_defaults
from hub.runtime.settings.platforms import Discord, OtherPlatform, Slack, Telegram
from hub.runtime.settings.stripe import Stripe
from hub.runtime.settings.table import Table
from hub.runtime.settings.tables import (
    Admin,
    Assistant,
    Database,
    GroupsTable,
    LimitsTable,
    Local,
    Log,
    OverlapTable,
    Provider,
    RetentionTable,
    Routing,
    Server,
)

UNSERVED = ("bus", "admin")
"""Tables that are read and checked, and that this version does not act on."""

PLATFORMS = ("telegram", "slack", "discord")
"""Tables of chat platforms with an adapter of ours."""

UNSERVED_KEYS = (("limits", "logins_per_minute"),)
"""The same for single keys of served tables."""


class Settings(Table):
    """Everything an operator can set."""

    server: Server = Field(default_factory=Server)
    database: Database = Field(default_factory=Database)
    bus: Bus = Field(default_factory=Bus)
    web: WebConfig = Field(default_factory=WebConfig)
    terminal: TerminalConfig = Field(default_factory=TerminalConfig)
    telegram: Telegram = Field(default_factory=Telegram)
    slack: Slack = Field(default_factory=Slack)
    discord: Discord = Field(default_factory=Discord)
    platforms: dict[str, OtherPlatform] = Field(default_factory=dict)
    providers: dict[str, Provider] = Field(default_factory=dict)
    models: list[ModelEntry] = Field(default_factory=list)
    prices: list[PriceEntry] = Field(default_factory=list)
    routing: Routing = Field(default_factory=Routing)
    assistant: Assistant = Field(default_factory=Assistant)
    overlap: OverlapTable = Field(default_factory=OverlapTable)
    groups: GroupsTable = Field(default_factory=GroupsTable)
    limits: LimitsTable = Field(default_factory=LimitsTable)
    plans: dict[str, PlanTable] = Field(default_factory=dict, validate_default=True, description=THE_THREE)
    accounts: AccountsTable = Field(default_factory=AccountsTable)
    spending: SpendingTable = Field(default_factory=SpendingTable)
    stripe: Stripe = Field(default_factory=Stripe)
    smtp: Smtp = Field(default_factory=Smtp)
    admin: Admin = Field(default_factory=Admin)
    log: Log = Field(default_factory=Log)
    retention: RetentionTable = Field(default_factory=RetentionTable)
    local: Local = Field(default_factory=Local)

    @field_validator("plans", mode="before")
    @classmethod
    def _begin_with_ours(cls, given: Any) -> Any:
        return with_defaults(given)
