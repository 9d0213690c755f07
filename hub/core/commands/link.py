"""`/link`: one person on several platforms. Knows codes, the list and leaving it; must not know what a store moves."""

from __future__ import annotations

from dataclasses import replace

from hub.core.codes import digest_of, fresh_code, read_code
from hub.core.commands.desk import Desk
from hub.domain.account import AccountLine, CodeOutcome, IdentityLine
from hub.domain.address import ChatKind
from hub.domain.conversation import Account
from hub.domain.errors import BadCommand, NotAllowed
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn
from hub.ports.accounts import CodeRules

RULES = CodeRules()

MINUTES = RULES.life_ms // 60_000

MARKUP = "*_`~[]()<>#|!@&\\"


async def link(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/link`: a code; `/link CODE`: join; `/link list`: what is joined; `/link off`: leave. Both ask first."""
    words = argument.lower().split()
    if turn.inbound.address.kind is ChatKind.GROUP:
        if read_code(argument):
            await desk.store.drop_code(turn.conversation.tenant, await _digest(desk, turn, argument))
        raise NotAllowed("link_privately")
    if not words:
        return await _offer(desk, turn)
    if words[0] == "list":
        return await _list(desk, turn)
    if words[0] == "off":
        return await _off(desk, turn, words[1:])
    if words[-1] == "no":
        return _say(turn, Notice("link_kept_apart"))
    sure = words[-1] == "yes"
    return await _join(desk, turn, " ".join(words[: -1 if sure else None]), sure)


async def _digest(desk: Desk, turn: Turn, code: str) -> str:
    return digest_of(await desk.store.house_secret("link-codes"), turn.conversation.tenant, code)


async def _offer(desk: Desk, turn: Turn) -> Reply:
    code = fresh_code()
    await desk.store.make_code(turn.inbound, await _digest(desk, turn, code), RULES)
    return _say(turn, Notice("link_offer", {"code": code, "minutes": MINUTES}))


async def _join(desk: Desk, turn: Turn, typed: str, sure: bool) -> Reply:
    """Something that cannot be a code counts as a wrong one, so that every wrong code gets the same answer."""
    digest = await _digest(desk, turn, typed)
    if sure:
        told = Notice("link_joined_there", {"place": _place(turn.inbound.address.platform, turn.inbound.sender.name)})
        used = await desk.store.use_code(turn.inbound, turn.id, digest, RULES, told)
    else:
        used = await desk.store.try_code(turn.inbound, digest, RULES)
    if used.maker is not None and used.outcome is CodeOutcome.JOINED:
        return _say(turn, Notice("link_joined", {"place": _name(used.maker)}))
    if used.maker is not None:
        code = read_code(typed)
        notice = Notice("link_sure", {"place": _name(used.maker), "code": code})
        join = Button("button_join", "link", f"{code} yes"), Button("button_cancel", "link", f"{code} no")
        return _say(turn, notice, join)
    if used.outcome is CodeOutcome.OWN:
        raise BadCommand("link_own")
    if used.outcome is CodeOutcome.TOO_MANY:
        raise NotAllowed("link_too_many", minutes=RULES.guesses_ms // 60_000)
    raise BadCommand("link_wrong", minutes=MINUTES)


async def _list(desk: Desk, turn: Turn) -> Reply:
    account = await _account(desk, turn)
    if not _shared(account):
        return _say(turn, Notice("link_alone"))
    names = [_name(place) for place in account.identities]
    lines = [
        f"{number}. {'**' + name + '**' if _is_here(place, turn) else name}"
        for number, (place, name) in enumerate(zip(account.identities, names, strict=True), 1)
    ]
    lines += [f"- {email}" for email in account.emails]
    buttons = tuple(
        Button(f"✕ {number}. {name}"[:40], "link", f"off #{place.id}", translate=False)
        for number, (place, name) in enumerate(zip(account.identities, names, strict=True), 1)
    )
    return _say(turn, Notice("link_list", {"list": "\n".join(lines)}), buttons)


async def _off(desk: Desk, turn: Turn, words: list[str]) -> Reply:
    """`off` (this place), `off 2` (the second of the list), `off #17` (a button's); done with `yes` behind it."""
    sure = words[-1:] == ["yes"]
    which = next(iter(words[: -1 if sure else None]), "")
    account = await _account(desk, turn)
    chosen = _chosen(which, account.identities)
    if sure:
        alone = Account(0, account.tenant, plan_anchor=account.plan_anchor)
        gone = await desk.store.unlink(turn.inbound, account.id, chosen, desk.meter.allowance(alone))
        if gone is not None:
            key = "link_left" if _is_here(gone, turn) else "link_taken_out"
            return _say(turn, Notice(key, {"place": _name(gone)}))
    place = next((one for one in account.identities if one.id == chosen or (not chosen and _is_here(one, turn))), None)
    if which and place is None:
        raise BadCommand("link_no_such_place", number=which[:20])
    if sure or place is None or not _shared(account):
        return _say(turn, Notice("link_alone"))
    notice = Notice("link_off_sure", {"place": _name(place), "number": account.identities.index(place) + 1})
    return _say(turn, notice, (Button("button_unlink", "link", f"off #{place.id} yes"),))


async def _account(desk: Desk, turn: Turn) -> AccountLine:
    """The account as it is now; it may have been joined into another since the turn was accepted."""
    line = await desk.store.find_account(turn.conversation.tenant, turn.account.id)
    if line is not None and line.merged_into:
        line = await desk.store.find_account(line.tenant, line.merged_into)
    assert line is not None, "accounts are never deleted"
    return line


def _shared(account: AccountLine) -> bool:
    return len(account.identities) + len(account.emails) > 1


def _chosen(which: str, places: tuple[IdentityLine, ...]) -> int:
    """The identity that `2` (second in the list) or `#17` (a button's id) names; 0 for this place, -1 for none."""
    if not which:
        return 0
    if which.startswith("#"):
        return int(which[1:18]) if which[1:].isdecimal() else -1
    number = int(which[:9]) if which.isdecimal() else 0
    return places[number - 1].id if 1 <= number <= len(places) else -1


def _is_here(place: IdentityLine, turn: Turn) -> bool:
    return (place.platform, place.user) == (turn.inbound.address.platform, turn.inbound.sender.user)


def _name(place: IdentityLine) -> str:
    return _place(place.platform, place.name)


def _place(platform: str, name: str) -> str:
    """Such as `Telegram (Ann)`; what people call themselves can hold no markup."""
    plain = " ".join("".join(c if c.isprintable() and c not in MARKUP else " " for c in name).split())[:40]
    return f"{platform.title()} ({plain})" if plain else platform.title()


def _say(turn: Turn, notice: Notice, buttons: tuple[Button, ...] = ()) -> Reply:
    return Reply(notice=replace(notice, language=turn.inbound.sender.language), buttons=buttons)
