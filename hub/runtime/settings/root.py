"""All tables together. Knows which tables exist; must not know what is in them."""

from __future__ import annotations

from pydantic import Field

from adapters.terminal.config import TerminalConfig
from adapters.web.config import WebConfig
from hub.runtime.settings.later import Accounts, Bus, Discord, Plan, Slack, Smtp, Stripe, Telegram
from hub.runtime.settings.table import Table
from hub.runtime.settings.tables import (
    Admin,
    Assistant,
    Database,
    Limits,
    Local,
    Log,
    ModelEntry,
    OverlapTable,
    Provider,
    RetentionTable,
    Routing,
    Server,
)

UNSERVED = ("bus", "telegram", "slack", "discord", "plans", "accounts", "admin", "stripe", "smtp")
"""Tables that are read and checked, and that this version does not act on."""

UNSERVED_KEYS = (
    ("routing", "rules"),
    ("limits", "uploads_per_minute"),
    ("limits", "logins_per_minute"),
    ("limits", "key_per_minute"),
)
"""The same for single keys of served tables."""


class Settings(Table):
    """Everything an operator can set."""

    server: Server = Server()
    database: Database = Database()
    bus: Bus = Bus()
    web: WebConfig = WebConfig()
    terminal: TerminalConfig = TerminalConfig()
    telegram: Telegram = Telegram()
    slack: Slack = Slack()
    discord: Discord = Discord()
    providers: dict[str, Provider] = Field(default_factory=dict)
    models: list[ModelEntry] = Field(default_factory=list)
    routing: Routing = Routing()
    assistant: Assistant = Assistant()
    overlap: OverlapTable = OverlapTable()
    limits: Limits = Limits()
    plans: dict[str, Plan] = Field(default_factory=dict)
    accounts: Accounts = Accounts()
    stripe: Stripe = Stripe()
    smtp: Smtp = Smtp()
    admin: Admin = Admin()
    log: Log = Log()
    retention: RetentionTable = RetentionTable()
    local: Local = Local()
