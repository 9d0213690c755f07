"""What the operator decided, as the core needs it. Knows values and their defaults; must not know settings files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.core.money.shop import Shop
from hub.core.money.stars import StarRules
from hub.domain.address import Address
from hub.domain.model import Model
from hub.domain.plan import Plan
from hub.domain.turn import Overlap, Window
from hub.ports.store import Retention


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds, each with an answer for when it is reached. 0 means none.

    `text` in characters; `lease_seconds`: how long a lane outlives its process; `give_up_seconds`: how long one turn
    may look for a model that answers; `turn_seconds`: the longest a turn may take in all; `file_size`: bytes of the
    largest file that is fetched from a platform.
    """

    text: int = 32_000
    person_per_minute: int = 60
    waiting_per_conversation: int = 50
    turns_at_once: int = 512
    lease_seconds: float = 60.0
    tries_per_model: int = 2
    give_up_seconds: float = 60.0
    turn_seconds: float = 600.0
    file_size: int = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GroupRules:
    """Manners in groups. `always`: platforms on which all that is said is answered, elsewhere what is said to us.

    `members`: who may ask, as `platform:user`; none: everybody."""

    always: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()

    def answers_all(self, platform: str) -> bool:
        """Whether words that were only overheard on `platform` are answered too."""
        return platform in self.always


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Another default model: for people on `plan`, on `platform`, for prompts up to `max_tokens`; empty or 0: any."""

    model: str
    plan: str = ""
    platform: str = ""
    max_tokens: int = 0

    def holds(self, plan: str, platform: str, tokens: int) -> bool:
        """Whether it is for such a question; `tokens` 0: nobody has counted, so that no bound holds."""
        return (
            self.plan in ("", plan)
            and self.platform in ("", platform)
            and (not self.max_tokens or 0 < tokens <= self.max_tokens)
        )


@dataclass(frozen=True, slots=True)
class Spending:
    """The most a day (in UTC) may cost the house, in micro-dollars; None: no ceiling.

    `platforms` by name instead of `platform`. `cheaper`: the model that alone is asked from `step_down` percent of a
    ceiling on; empty: none. `mails`: the operator is written to as well."""

    person: int | None = None
    platform: int | None = None
    platforms: Mapping[str, int] = field(default_factory=dict)
    house: int | None = None
    cheaper: str = ""
    step_down: int = 80
    mails: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """`models` by our name; `default` and `fallback` name models, in order of trying; of `routes`, other defaults, the
    first one that holds counts.

    `prompts` maps a platform to its own system prompt; `overlap` maps `platform` or `platform.kind` (kind: private or
    group) to what happens to messages that arrive while a turn runs. `hearing`: the model that writes recordings down.

    `plans` by name, `default_plan` one of them; `warn_at`: percents of an allowance that are said under an answer.
    `payments`: ways to pay that exist, such as `stripe`; none: nothing is for sale. `shop`: what is for sale by link;
    `stars`: how Telegram's own coin is taken.
    """

    models: Mapping[str, Model]
    default: str
    fallback: tuple[str, ...] = ()
    routes: tuple[RouteRule, ...] = ()
    prompt: str = "You are Parley, a helpful assistant. Answer in the language of the question, briefly and correctly."
    prompts: Mapping[str, str] = field(default_factory=dict)
    window: Window = Window()
    summarise: bool = True
    overlap: Mapping[str, Overlap] = field(default_factory=dict)
    limits: Limits = Limits()
    retention: Retention = Retention()
    hearing: Model | None = None
    groups: GroupRules = GroupRules()
    public_url: str = ""
    plans: Mapping[str, Plan] = field(default_factory=lambda: {"free": Plan("free")})
    default_plan: str = "free"
    warn_at: tuple[int, ...] = (80, 90, 100)
    spending: Spending = Spending()
    payments: frozenset[str] = frozenset()
    shop: Shop = Shop()
    stars: StarRules = StarRules("off")

    def in_stars(self, platform: str) -> bool:
        """Whether people there pay in Stars and no other way: Telegram asks for that."""
        return platform == "telegram" and self.stars.mode == "stars"

    def sells(self, platform: str) -> bool:
        """Whether somebody on `platform` can pay: by Stripe, and on Telegram as its settings say."""
        if self.in_stars(platform):
            return "stars" in self.payments
        return "stripe" in self.payments and not (platform == "telegram" and self.stars.mode == "off")

    def sells_credit(self, platform: str) -> bool:
        """Whether credit beside the plans is for sale on `platform`."""
        priced = self.stars.per_dollar > 0 if self.in_stars(platform) else True
        return self.sells(platform) and priced and bool(self.shop.topups)

    @property
    def all_free(self) -> bool:
        """Whether no model costs anything, so that people need hear nothing of money."""
        return all(model.free for model in self.models.values())

    def prompt_for(self, platform: str) -> str:
        """The system prompt of a platform."""
        return self.prompts.get(platform, self.prompt)

    def overlap_for(self, address: Address) -> Overlap:
        """The overlap policy of an address: its platform and kind, else its platform, else `default`, else queue."""
        for key in (f"{address.platform}.{address.kind}", address.platform, "default"):
            if key in self.overlap:
                return self.overlap[key]
        return Overlap.QUEUE
