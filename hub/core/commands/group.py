"""`/group`: how a group is served. Knows what its admins decide and who volunteers to pay; must not know platforms."""

from __future__ import annotations

from dataclasses import replace

from hub.core.commands.desk import Desk
from hub.core.commands.sums import UNITS, cap_text, read_cap
from hub.core.money.payers import buys_for
from hub.core.notices import words
from hub.domain.address import Address, ChatKind
from hub.domain.errors import BadCommand, NotAllowed
from hub.domain.group import MOST_MEMBERS, Asking, GroupPolicy
from hub.domain.money import Cap
from hub.domain.payer import PaidBy
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Overlap, Turn

LISTED = 20
"""Groups that are listed to who pays for them."""

LONGEST_USER = 64

OVERLAPS = {one.value: one for one in Overlap}
ASKING = {one.value: one for one in Asking}
ANSWERS = {"always": True, "addressed": False}


async def group(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/group`: what holds here; `/group WHAT HOW`: decide, for admins; `/group sponsor 5`: pay; `/group off #3`, in
    private: pay no more."""
    asked = argument.split()
    here = desk.policies.group_of(turn.inbound.address)
    if here.kind is ChatKind.PRIVATE:
        return await _in_private(desk, turn, asked)
    policy = await desk.store.group_policy(here)
    if not asked:
        return await _shown(desk, turn, here, policy)
    if len(asked) != 2 + (asked[-1].lower() in UNITS):
        raise BadCommand("group_usage")
    what, how = asked[0].lower(), " ".join(asked[1:])
    if what == "sponsor":
        decided = await _sponsored(desk, turn, here, policy, how.lower())
    elif await desk.policies.is_admin(here, turn.inbound.sender.user):
        decided = _decided(policy, what, how)
        if what == "pay" and decided.paid_by is PaidBy.TEAM:
            decided = await _with_team(desk, turn, here, decided)
    else:
        raise NotAllowed("group_for_admins")
    await desk.policies.decide(here, decided)
    return await _shown(desk, turn, here, decided)


def _decided(policy: GroupPolicy, what: str, how: str) -> GroupPolicy:
    """`policy` with one thing decided otherwise. Raises BadCommand."""
    word = how.lower()
    default = word == "default"
    if what == "overlap" and (default or word in OVERLAPS):
        return replace(policy, overlap=OVERLAPS.get(word))
    if what == "answer" and (default or word in ANSWERS):
        return replace(policy, always=ANSWERS.get(word))
    if what == "ask" and (default or word in ASKING):
        return replace(policy, asking=ASKING.get(word))
    if what == "allow" and len(how) <= LONGEST_USER and len(policy.members) < MOST_MEMBERS:
        return replace(policy, members=policy.members | {how})
    if what == "deny":
        return replace(policy, members=policy.members - {how})
    if what == "pay" and (default or word in (PaidBy.SENDER, PaidBy.TEAM)):
        return replace(policy, paid_by=None if default else PaidBy(word), payer=0, cap=Cap())
    raise BadCommand("group_usage")


async def _with_team(desk: Desk, turn: Turn, here: Address, policy: GroupPolicy) -> GroupPolicy:
    """The team that is to pay: that of the place, else the one that is run by who says so. Raises BadCommand."""
    place = await desk.policies.workspace(here)
    purse = await desk.store.purse(here, place, turn.account.id)
    if purse.home:
        return policy
    run = await buys_for(desk.store, turn.conversation.tenant, turn.account.id)
    if len(run) != 1:
        raise BadCommand("group_team_how")
    return replace(policy, payer=run[0].id)


async def _sponsored(desk: Desk, turn: Turn, here: Address, policy: GroupPolicy, how: str) -> GroupPolicy:
    """Whoever offers to pay does, unless somebody else is paying; whoever pays may stop, and so may an admin."""
    mine = policy.paid_by is PaidBy.SPONSOR and policy.payer == turn.account.id
    others = policy.paid_by in (PaidBy.SPONSOR, PaidBy.TEAM) and not mine
    if others and not await desk.policies.is_admin(here, turn.inbound.sender.user):
        raise NotAllowed("group_is_paid")
    if how == "off":
        return replace(policy, paid_by=None, payer=0, cap=Cap())
    cap = read_cap(how.split())
    if cap is None:
        raise BadCommand("group_sponsor_how")
    return replace(policy, paid_by=PaidBy.SPONSOR, payer=turn.account.id, cap=cap)


async def _shown(desk: Desk, turn: Turn, here: Address, policy: GroupPolicy) -> Reply:
    """What holds here. Nobody's name stands in it: whoever pays is told in private."""
    language = turn.inbound.sender.language
    overlap = policy.overlap or desk.rules.overlap_for(here)
    groups = desk.rules.groups
    always = groups.answers_all(here.platform) if policy.always is None else policy.always
    asking = policy.asking or (Asking.MEMBERS if groups.members else Asking.EVERYBODY)
    home = (await desk.store.purse(here, await desk.policies.workspace(here), turn.account.id)).home
    paid_by = policy.paid_by or (PaidBy.TEAM if home else PaidBy.SENDER)
    lines = (
        words(f"group_overlap_{overlap}", language),
        words("group_answer_always" if always else "group_answer_addressed", language),
        words(f"group_ask_{asking}", language, count=len(policy.members)),
        words(f"group_pay_{paid_by}", language, amount=cap_text(policy.cap, language)),
    )
    listed = "\n".join(f"- {line}" for line in lines)
    return Reply(notice=Notice("group_shown", {"list": listed}, language))


async def _in_private(desk: Desk, turn: Turn, asked: list[str]) -> Reply:
    """Groups that the person pays for, and the way out."""
    language, tenant, me = turn.inbound.sender.language, turn.conversation.tenant, turn.account.id
    if len(asked) == 2 and asked[0].lower() == "off" and asked[1].lstrip("#").isdecimal():
        await desk.store.stop_paying(tenant, int(asked[1].lstrip("#")[:18]), me)
    elif asked:
        raise BadCommand("group_only_there")
    lines = await desk.store.groups(tenant, me, 0, LISTED)
    if not lines:
        return Reply(notice=Notice("group_none_paid", {}, language))
    names = [f"{line.platform.title()} {line.chat}" for line in lines]
    sums = [cap_text(line.policy.cap, language) for line in lines]
    listed = "\n".join(f"- **{name}** ({most})" for name, most in zip(names, sums, strict=True))
    buttons = tuple(
        Button(f"✕ {name}"[:40], "group", f"off #{line.policy.id}", translate=False)
        for name, line in zip(names, lines, strict=True)
    )
    return Reply(notice=Notice("group_paid", {"list": listed}, language), buttons=buttons)
