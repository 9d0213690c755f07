"""What `parley groups` does. Knows how groups are named and what can be decided; must not know flags or tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from hub.domain.address import Address, ChatKind
from hub.domain.group import Asking, GroupLine, GroupPolicy
from hub.domain.money import Cap
from hub.domain.payer import PaidBy
from hub.domain.turn import Overlap
from hub.runtime.cli.accounts import Desk, NotDone
from hub.runtime.cli.team_work import place_of

ANSWERS = {"always": True, "addressed": False}


@dataclass(frozen=True, slots=True)
class Choices:
    """What is to be decided; empty: left as it is."""

    overlap: str = ""
    answer: str = ""
    ask: str = ""
    allow: str = ""
    pay: str = ""


async def listed(desk: Desk, after: int, limit: int, *, as_json: bool) -> None:
    """Print groups that something was decided for."""
    lines = await desk.store.groups(desk.tenant, 0, after, limit)
    if as_json:
        print(json.dumps([_values(line) for line in lines], indent=2))
        return
    for line in lines:
        told = "  ".join(f"{name} {value}" for name, value in _values(line).items() if value and name != "group")
        print(f"{line.platform}/{line.bot}/{line.chat}  {told}".rstrip())
    if len(lines) == limit:
        print(f"There may be more: --after {lines[-1].policy.id}")


def _values(line: GroupLine) -> dict[str, str]:
    policy = line.policy
    answers = {None: "", True: "always", False: "addressed"}[policy.always]
    payer = f" {policy.payer}" if policy.payer else ""
    return {
        "group": f"{line.platform}/{line.bot}/{line.chat}",
        "overlap": policy.overlap or "",
        "answer": answers,
        "ask": policy.asking or "",
        "members": ",".join(sorted(policy.members)),
        "pay": f"{policy.paid_by or ''}{payer}",
    }


async def decided(desk: Desk, group: str, choices: Choices, *, as_json: bool) -> None:
    """Decide for a group. Raises NotDone."""
    platform, bot, chat = place_of(group)
    here = Address(desk.tenant, platform, bot, chat, kind=ChatKind.GROUP)
    policy = await _with(desk, await desk.store.group_policy(here), choices)
    await desk.store.set_group_policy(here, policy)
    line = GroupLine(desk.tenant, platform, bot, chat, policy)
    print(json.dumps(_values(line), indent=2) if as_json else f"{group} is decided.")


async def _with(desk: Desk, policy: GroupPolicy, choices: Choices) -> GroupPolicy:
    if choices.overlap:
        _among("overlap", choices.overlap, [one.value for one in Overlap])
        policy = replace(policy, overlap=None if choices.overlap == "default" else Overlap(choices.overlap))
    if choices.answer:
        _among("answer", choices.answer, list(ANSWERS))
        policy = replace(policy, always=ANSWERS.get(choices.answer))
    if choices.ask:
        _among("ask", choices.ask, [one.value for one in Asking])
        policy = replace(policy, asking=None if choices.ask == "default" else Asking(choices.ask))
    if choices.allow:
        policy = replace(policy, members=policy.members | {choices.allow})
    if choices.pay in ("default", "sender"):
        paid_by = PaidBy.SENDER if choices.pay == "sender" else None
        policy = replace(policy, paid_by=paid_by, payer=0, cap=Cap())
    elif choices.pay:
        team = int(choices.pay[:18]) if choices.pay.isdecimal() else 0
        if not team or await desk.store.team(desk.tenant, team) is None:
            raise NotDone(f"there is no team {choices.pay}. parley teams list shows them.")
        policy = replace(policy, paid_by=PaidBy.TEAM, payer=team, cap=Cap())
    return policy


def _among(what: str, typed: str, known: list[str]) -> None:
    if typed != "default" and typed not in known:
        raise NotDone(f"--{what} is one of {', '.join(known)} or default.")
