"""Settings as the core wants them. Knows both shapes; must not decide anything."""

from __future__ import annotations

from collections.abc import Iterator

from hub.core.money.stars import GATEWAY, StarRules, star_offers
from hub.core.rules import GroupRules, Limits, RouteRule, Rules
from hub.domain.errors import SettingsError
from hub.domain.turn import Overlap, Window
from hub.ports.store import Retention
from hub.runtime.catalogue import Catalogue
from hub.runtime.payments import STRIPE, make_shop
from hub.runtime.plans import make_plans, make_spending
from hub.runtime.settings.root import PLATFORMS, Settings
from hub.runtime.settings.tables import GroupsTable, OverlapByKind, OverlapTable, RetentionTable
from hub.text.alike import nearest


def make_rules(settings: Settings, catalogue: Catalogue) -> Rules:
    """The operator's decisions for the core."""
    assistant, limits = settings.assistant, settings.limits
    shop, plans = make_shop(settings), make_plans(settings, catalogue)
    telegram = settings.telegram
    stars = StarRules(telegram.payments, telegram.stars_per_dollar, telegram.support)
    in_stars = next(star_offers(stars, plans, shop.topups), None) is not None
    return Rules(
        models={name: model for name, model in catalogue.usable.items() if name != assistant.transcription},
        hearing=catalogue.usable.get(assistant.transcription),
        default=catalogue.default,
        fallback=catalogue.fallback,
        routes=tuple(_routes(settings, catalogue)),
        prompt=assistant.prompt,
        prompts=dict(assistant.prompts),
        window=Window(assistant.window_messages, assistant.window_tokens),
        summarise=assistant.summarise,
        overlap=dict(_overlap(settings.overlap)),
        groups=_groups(settings.groups),
        public_url=settings.server.public_url,
        limits=Limits(
            text=limits.text,
            person_per_minute=limits.person_per_minute,
            waiting_per_conversation=limits.waiting_per_conversation,
            turns_at_once=limits.turns_at_once,
            tries_per_model=limits.tries_per_model,
            lease_seconds=limits.lease_seconds,
            give_up_seconds=limits.give_up_seconds,
            turn_seconds=limits.turn_seconds,
            file_size=limits.file_size,
        ),
        plans=plans,
        default_plan=settings.accounts.default_plan,
        warn_at=tuple(settings.accounts.warn_at),
        spending=make_spending(settings, catalogue),
        payments=frozenset(([STRIPE] if shop.is_open else []) + ([GATEWAY] if in_stars else [])),
        shop=shop,
        stars=stars,
        retention=make_retention(settings.retention),
    )


def make_retention(kept: RetentionTable) -> Retention:
    """How long things are kept."""
    return Retention(
        kept.inbox_days, kept.outbox_days, kept.message_days, kept.attempt_days, kept.file_days, kept.usage_days
    )


def _routes(settings: Settings, catalogue: Catalogue) -> Iterator[RouteRule]:
    platforms = [*PLATFORMS, *settings.platforms, "web", "terminal", "api"]
    for rule in settings.routing.rules:
        for name, known in ((rule.plan, list(settings.plans)), (rule.channel, platforms)):
            if name and name not in known:
                near = nearest(name, known)
                raise SettingsError(f"[[routing.rules]] names `{name}`, which does not exist. Did you mean `{near}`?")
        model = catalogue.check(rule.model, "[[routing.rules]]")
        yield RouteRule(model, rule.plan, rule.channel, rule.max_tokens)


def _groups(table: GroupsTable) -> GroupRules:
    manners = {name: getattr(table, name) or table.answer for name in PLATFORMS}
    return GroupRules(
        frozenset(name for name, manner in manners.items() if manner == "always"), frozenset(table.members)
    )


def _overlap(table: OverlapTable) -> Iterator[tuple[str, Overlap]]:
    for name in OverlapTable.model_fields:
        chosen = getattr(table, name)
        if isinstance(chosen, Overlap):
            yield name, chosen
        elif isinstance(chosen, OverlapByKind):
            for kind, policy in (("private", chosen.private), ("group", chosen.group)):
                if policy is not None:
                    yield f"{name}.{kind}", policy
