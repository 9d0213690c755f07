"""The tables this version serves. Knows every key, its default and its line; must not know where values come from."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from hub.domain.model import ProviderKind
from hub.domain.turn import Overlap
from hub.runtime.settings.table import Table, strong


class Server(Table):
    """Where Parley listens."""

    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 for every interface")
    port: int = Field(default=8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    public_url: str = Field(default="", description="address people reach it by, such as https://chat.example.org")
    trusted_proxies: list[str] = Field(
        default_factory=list,
        description="addresses and networks of proxies in front, whose X-Forwarded-For and -Proto are believed",
    )
    max_body: int = Field(default=20 * 1024 * 1024, ge=1024, description="largest request body, in bytes")
    metrics: bool = Field(default=True, description="serve /metrics for Prometheus")

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise ValueError("must begin with https:// (or http://) and name a host")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        from hub.runtime.http_proxy import networks

        networks(value)
        return value


class Database(Table):
    """Where everything is kept."""

    url: str = Field(
        default="sqlite+aiosqlite:///parley.db",
        repr=False,
        description="sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME",
    )
    synchronous: Literal["FULL", "NORMAL"] = Field(
        default="FULL", description="SQLite: FULL survives a power cut, NORMAL may lose the last second"
    )

    @field_validator("url")
    @classmethod
    def _names_a_driver(cls, value: str) -> str:
        scheme, found, rest = value.partition("://")
        drivers = {
            "sqlite": "sqlite+aiosqlite",
            "sqlite+aiosqlite": "sqlite+aiosqlite",
            "postgres": "postgresql+asyncpg",
            "postgresql": "postgresql+asyncpg",
            "postgresql+asyncpg": "postgresql+asyncpg",
        }
        if not found or scheme not in drivers:
            raise ValueError("must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        return f"{drivers[scheme]}://{rest}"


class Provider(Table):
    """One model vendor. Its name is the table's: `[providers.openai]`."""

    kind: str = Field(default="", description="wire it speaks; by default the one its name stands for")
    api_key: SecretStr | None = Field(default=None, description="key of the vendor; better kept in .env")
    base_url: str = Field(default="", repr=False, description="another address than the vendor's own")
    enabled: bool | None = Field(
        default=None, description="on or off; by default on when the key (or address) is there"
    )
    connect_timeout: float = Field(default=5.0, gt=0, description="seconds to reach it")
    read_timeout: float = Field(default=90.0, gt=0, description="longest silence inside an answer, in seconds")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value and value not in set(ProviderKind):
            from providers.table import kinds

            if value not in kinds():
                raise ValueError(f"must be one of {', '.join(kinds())}")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")


class RoutingRule(Table):
    """Another default model for some questions; the first rule that holds counts."""

    model: str = Field(description="model by name")
    plan: str = Field(default="", description="for people on this plan")
    channel: str = Field(default="", description="for this platform")
    max_tokens: int = Field(default=0, ge=0, description="for prompts up to this size; 0 = any")


class Routing(Table):
    """Which model answers."""

    default: str = Field(default="", description="model that answers when nobody chose; empty = the first usable one")
    fallback: list[str] = Field(default_factory=list, description="models tried in order when it does not answer")
    rules: list[RoutingRule] = Field(default_factory=list, description="defaults by plan, channel and size")


class Assistant(Table):
    """What the assistant is told and remembers."""

    prompt: str = Field(
        default="You are Parley, a helpful assistant. Answer in the language of the question, briefly and correctly.",
        description="system prompt",
    )
    prompts: dict[str, str] = Field(default_factory=dict, description="another system prompt by platform")
    window_messages: int = Field(
        default=40, ge=2, description="messages of the conversation the model is shown at most"
    )
    window_tokens: int = Field(
        default=8_000, ge=256, description="tokens of the conversation the model is shown at most"
    )
    summarise: bool = Field(default=True, description="summarise what falls out of that window")
    transcription: str = Field(
        default="", description="model by name that writes voice notes down, such as one with the id whisper-1"
    )


class OverlapByKind(Table):
    """By who can read along."""

    private: Overlap | None = Field(default=None, description="in a private chat")
    group: Overlap | None = Field(default=None, description="in a group")


class OverlapTable(Table):
    """What happens to messages that arrive while an answer is being written: queue, merge or interrupt."""

    default: Overlap = Field(default=Overlap.QUEUE, description="queue, merge or interrupt")
    web: Overlap | OverlapByKind | None = Field(default=None, description="on the web")
    terminal: Overlap | OverlapByKind | None = Field(default=None, description="in the terminal")
    telegram: Overlap | OverlapByKind | None = Field(default=None, description="on Telegram")
    slack: Overlap | OverlapByKind | None = Field(default=None, description="on Slack")
    discord: Overlap | OverlapByKind | None = Field(default=None, description="on Discord")


Manner = Literal["mentions", "always"]


class GroupsTable(Table):
    """Manners in groups: what is answered there, and who may ask; `/group` decides for one of them, and who pays."""

    answer: Manner = Field(
        default="mentions", description="mentions (and threads we answered in), or always: all that is said"
    )
    telegram: Manner | None = Field(default=None, description="the same on Telegram alone")
    slack: Manner | None = Field(default=None, description="on Slack")
    discord: Manner | None = Field(default=None, description="on Discord")
    members: list[str] = Field(
        default_factory=list, description="who may ask, such as telegram:123456 or slack:U0123; none = everybody"
    )

    @field_validator("members")
    @classmethod
    def _name_platforms(cls, members: list[str]) -> list[str]:
        if any(not all(member.partition(":")) for member in members):
            raise ValueError("must be platform:user, such as telegram:123456")
        return members


class LimitsTable(Table):
    """Bounds, each with an answer for when it is reached; 0 = none."""

    text: int = Field(default=32_000, ge=0, description="characters in one message")
    person_per_minute: int = Field(default=60, ge=0, description="messages a person may send in a minute")
    waiting_per_conversation: int = Field(
        default=50, ge=1, description="messages that may wait for an answer in one chat"
    )
    turns_at_once: int = Field(default=512, ge=1, description="answers being written at the same time")
    tries_per_model: int = Field(default=2, ge=1, description="calls to one model before the next is tried")
    lease_seconds: float = Field(
        default=60.0, ge=1, description="seconds until another process takes over from a dead one"
    )
    give_up_seconds: float = Field(default=60.0, gt=0, description="longest search for a model that answers")
    turn_seconds: float = Field(default=600.0, gt=0, description="longest time one answer may take")
    file_size: int = Field(
        default=20 * 1024 * 1024, ge=0, description="largest file taken from a chat platform, in bytes"
    )
    uploads_per_minute: int = Field(
        default=0, ge=0, description="files a website's visitor may send in a minute; unset = as [web] says"
    )
    logins_per_minute: int = Field(
        default=0, ge=0, description="tries to log in to the panel in a minute; kept for a later version"
    )
    key_per_minute: int = Field(
        default=0, ge=0, description="calls with one API key in a minute, where the key itself says nothing"
    )


class Admin(Table):
    """The panel."""

    enabled: bool = Field(default=False, description="serve the panel at /admin/")
    password: SecretStr | None = Field(default=None, description="first password of the panel")

    @field_validator("password")
    @classmethod
    def _is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            strong(value.get_secret_value())
        return value


class Log(Table):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto", description="console or json; auto is console on a terminal, else json"
    )


class RetentionTable(Table):
    """How long things are kept, in days; 0 = for ever."""

    inbox_days: int = Field(default=30, ge=0, description="what people did, once it is answered")
    outbox_days: int = Field(default=30, ge=0, description="answers on their way, once they are delivered")
    message_days: int = Field(default=0, ge=0, description="messages of conversations")
    attempt_days: int = Field(default=400, ge=0, description="calls to models")
    file_days: int = Field(default=30, ge=0, description="files people sent")
    usage_days: int = Field(default=1100, ge=0, description="usage added up by the hour")


class Local(Table):
    """A small language model on this machine, for a first talk without a key; `make local` installs it."""

    enabled: bool = Field(default=False, description="start it with Parley")
