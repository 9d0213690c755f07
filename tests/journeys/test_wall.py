"""At the end of an allowance: what people are told, what they can do, what answers instead, and what begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.api.v1.sinks import Gathering
from hub.core.money.guard import NOTE, read_note
from hub.core.money.shop import Shop
from hub.core.operations.calls import DEFAULT, Answered, Call, Denied, Listening, Why
from hub.core.rules import Limits, RouteRule, Spending
from hub.domain.address import ChatKind
from hub.domain.completion import CompletionRequest, PromptMessage, Role
from hub.domain.conversation import Account
from hub.domain.inbound import Attachment, Called, Said
from hub.domain.key import Key, Scope
from hub.domain.money import MICRO, NewGrant, Source, Unit
from hub.domain.payment import DAY_MS, Goods, Offer, Seen, Standing, SubscriptionSeen
from hub.domain.plan import Period, Plan
from hub.domain.windows import window
from hub.runtime.doctor.finding import Level
from hub.runtime.doctor.spending import look_at_spending
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules
from tests.kit.money import Clock, account, settled, with_plan

ANSWER = Script(text="a priced answer", input=1_000, output=200)
COST = 1_000 * 2 + 200 * 10
SMALL = Plan("small", 1, Unit.MESSAGES)
EMPTY = Plan("small", 0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


def buttons(house: PaperHouse, chat: str = "ann") -> list[tuple[str, str]]:
    """Label and command under the newest message."""
    newest = [shown.part for shown in house.paper.screen.values() if shown.chat == chat][-1]
    return [(button.label, button.command) for button in newest.buttons]


async def gives(store: StoreOn, house: PaperHouse, dollars: float, name: str = "ann") -> None:
    who = await account(house, name)
    await store.grant(1, NewGrant(f"gift-{dollars}", who, Unit.MICRO, int(dollars * MICRO), Source.GIFT))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "does not cover another answer. Your question is kept."),
        ("de", "reicht für keine weitere Antwort. Deine Frage bleibt erhalten."),
        ("es", "no alcanza para otra respuesta. Tu pregunta queda guardada."),
        ("ar", "لا تكفي لإجابة أخرى. سؤالك محفوظ."),
    ],
)
async def test_the_wall_says_what_can_be_done(store: StoreOn, language: str, words: str) -> None:
    async with paper_house(store, with_plan(SMALL)) as house:
        ann = house.person("ann", language=language)
        await ann.says("hi")
        await ann.sees("You said: hi")
        await ann.says("more")
        said = await ann.sees(words)
        assert "**small**" in said
        assert "/plan" not in said, "nothing is for sale here"
        assert [command for _, command in buttons(house)] == ["retry"]
        assert len(house.models.heard) == 1


async def test_the_wall_offers_what_is_for_sale_and_what_is_free(store: StoreOn) -> None:
    plans = {"small": SMALL, "pro": Plan("pro", 20 * MICRO, price=2_000)}
    models = dict(rules().models)
    models["kind"] = replace(models["second"], name="kind", free=True)
    credit = Shop("stripe", "https://chat.example.org", (Offer(Goods.TOPUP, "5", 500, "usd", 5 * MICRO),))
    selling = rules(plans=plans, default_plan="small", payments=frozenset({"stripe"}), models=models, shop=credit)
    async with paper_house(store, selling) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await ann.says("more")
        said = await ann.sees("does not cover")
        assert "(pro): `/plan`" in said
        assert "`/model kind`" in said
        assert "wait until it begins anew on" in said
        assert buttons(house) == [
            ("Upgrade", "plan"),
            ("Buy credit", "plan"),
            ("Use kind", "model"),
            ("Retry", "retry"),
        ]


async def test_a_prepaid_plan_does_not_advise_to_wait(store: StoreOn) -> None:
    async with paper_house(store, with_plan(EMPTY)) as house:
        ann = house.person("ann")
        await ann.says("hi")
        assert "wait" not in await ann.sees("does not cover")


async def test_the_question_at_the_wall_is_answered_once_it_is_paid_for(store: StoreOn) -> None:
    async with paper_house(store, with_plan(EMPTY)) as house:
        ann = house.person("ann")
        await ann.says("what is the sea?")
        await ann.sees("does not cover")
        await gives(store, house, 1)
        await ann.says(Called("resume"))
        await ann.sees("You said: what is the sea?")
        await house.rests()
        shown = list(house.paper.texts("ann"))
        await ann.says(Called("resume"))
        await house.rests()
        assert house.paper.texts("ann") == shown, "it has its answer, so nothing is said"
        assert len(house.models.heard) == 1
        await settled(house)


async def test_after_the_allowance_bought_credit_is_spent(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", 4_100))) as house:
        house.models.default = ANSWER
        ann = house.person("ann")
        await ann.says("one")
        await ann.sees("a priced answer")
        await gives(store, house, 1)
        await ann.says("two")
        await ann.sees("a priced answer", times=2)
        assert await settled(house) == 2 * COST


async def test_a_running_answer_is_always_finished(store: StoreOn) -> None:
    async with paper_house(store, with_plan(SMALL)) as house:
        house.models.default = Script(text="word " * 30 + "end", pace=0.01)
        ann = house.person("ann")
        await ann.says("tell me")
        await ann.sees("word word")
        await ann.says("and more")
        await ann.sees("word end")
        await ann.sees("does not cover")


async def test_afterwards_the_plans_model_goes_on_at_the_houses_cost(store: StoreOn) -> None:
    async with paper_house(store, with_plan(replace(SMALL, afterwards="second"), fallback=())) as house:
        ann = house.person("ann")
        for number in range(3):
            await ann.says(f"question {number}")
            await ann.sees(f"You said: question {number}")
        await house.rests()
        said = house.paper.texts("ann")
        assert "Answered by **second**, because the allowance of your plan is spent." in said[1]
        assert [str(call.body["model"]) for call in house.models.heard] == ["vendor-first"] + ["vendor-second"] * 2
        assert await settled(house, unit=Unit.MESSAGES) == 1


async def test_a_balance_too_small_for_one_model_goes_to_a_cheaper_one_of_the_route(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", 2_500))) as house:
        ann = house.person("ann")
        await ann.says("hi")
        assert "Answered by **second**, because your balance does not cover" in await ann.sees("You said: hi")


async def test_never_to_a_dearer_one(store: StoreOn) -> None:
    async with paper_house(store, with_plan(EMPTY, default="second", fallback=("first",))) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("does not cover")
        assert house.models.heard == []


async def test_each_level_is_said_once_in_a_window(store: StoreOn) -> None:
    clock = Clock()
    async with paper_house(store, with_plan(Plan("small", 10, Unit.MESSAGES)), clock=clock) as house:
        ann = house.person("ann", language="de")
        for number in range(10):
            await ann.says(f"q{number}")
            await ann.sees(f"You said: q{number}")
        await house.rests()
        said = house.paper.texts("ann")
        assert [number for number, text in enumerate(said, 1) if "% vom Kontingent" in text] == [8, 9, 10]
        assert "80 % vom Kontingent deines Tarifs **small**" in said[7]
        assert "100 %" in said[9]


async def test_levels_are_the_operators(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", 4, Unit.MESSAGES), warn_at=(50,))) as house:
        ann = house.person("ann")
        for number in range(4):
            await ann.says(f"q{number}")
            await ann.sees(f"You said: q{number}")
        await house.rests()
        assert ["50 %" in text for text in house.paper.texts("ann")] == [False, True, False, False]


@pytest.mark.parametrize(
    ("period", "days"), [(Period.MONTH, 31.0), (Period.CALENDAR_MONTH, 31.0), (Period.WEEK, 7.0), (Period.DAY, 1.0)]
)
async def test_a_new_window_begins_anew(store: StoreOn, period: Period, days: float) -> None:
    clock = Clock()
    async with paper_house(store, with_plan(replace(SMALL, period=period)), clock=clock) as house:
        ann = house.person("ann")
        await ann.says("one")
        await ann.sees("You said: one")
        await ann.says("two")
        await ann.sees("does not cover")
        clock.passes(days)
        await ann.says("/retry")
        await ann.sees("You said: two")
        await settled(house, unit=Unit.MESSAGES)


async def test_a_plan_that_ran_out_falls_back_to_the_default(store: StoreOn) -> None:
    clock = Clock()
    plans = {"small": EMPTY, "pro": Plan("pro", MICRO)}
    async with paper_house(store, rules(plans=plans, default_plan="small"), clock=clock) as house:
        ann = house.person("ann")
        await ann.says("/help")
        await ann.sees("help")
        await store.set_plan(1, await account(house), "pro", clock.now, clock.now + 10 * 86_400_000)
        await ann.says("one")
        await ann.sees("You said: one")
        clock.passes(11)
        await ann.says("two")
        await ann.sees("plan **small** does not cover")


async def test_a_month_that_nobody_has_paid_for_has_the_allowance_of_the_default_plan(store: StoreOn) -> None:
    """The renewal failed: the plan stays for the days of grace, and nothing of its new month is given away."""
    clock = Clock()
    plans = {"small": SMALL, "pro": replace(SMALL, name="pro", allowance=2)}
    async with paper_house(store, rules(plans=plans, default_plan="small"), clock=clock) as house:
        ann = house.person("ann")
        await ann.says("/help")
        await ann.sees("help")
        who = await account(house)
        begins, ends = window(Period.MONTH, clock.now, clock.now)[1:]

        async def renewal(standing: Standing, starts: int, paid: int, ticket: int) -> None:
            seen = SubscriptionSeen("sub_1", standing, "pro", starts, ends, ends + 40 * DAY_MS, 2_000, account_id=who,
                                    anchor=begins, paid=paid)  # fmt: skip
            await store.apply_seen(1, "stripe", Seen((), seen), ticket, clock.now)

        await renewal(Standing.ACTIVE, begins, ends, 1)
        await ann.says("one")
        await ann.sees("You said: one")
        await ann.says("two")
        await ann.sees("You said: two")
        await ann.says("three")
        await ann.sees("plan **pro** does not cover")
        clock.passes(31)
        await renewal(Standing.BEHIND, ends, ends, 2)
        await ann.says("/retry")
        await ann.sees("You said: three")
        await ann.says("/usage")
        await ann.sees("Plan **pro**")
        await ann.says("four")
        await ann.sees("plan **pro** does not cover", 2)
        await renewal(Standing.ACTIVE, ends, ends + 30 * DAY_MS, 3)
        await ann.says("/retry")
        await ann.sees("You said: four")
        await ann.says("five")
        await ann.sees("You said: five")
        await ann.says("six")
        await ann.sees("plan **pro** does not cover", 3)
        await settled(house, unit=Unit.MESSAGES)


async def test_the_house_steps_down_before_it_refuses_and_tells_its_operator(
    store: StoreOn, caplog: pytest.LogCaptureFixture
) -> None:
    spending = Spending(house=100_000, cheaper="second", step_down=80, mails=True)
    async with paper_house(store, rules(spending=spending, fallback=())) as house:
        house.models.default = Script(text="an answer", input=1_000, output=4_000)
        ann = house.person("ann")
        for number in range(1, 5):
            await ann.says(f"q{number}")
            await house.rests()
        said = house.paper.texts("ann")
        asked = [str(call.body["model"]).removeprefix("vendor-") for call in house.models.heard]
        assert asked == ["first", "second", "second"]
        assert "what this assistant may spend in a day is nearly used up" in said[1]
        assert "has reached what its operator spends in a day" in said[3]
        lines = read_note(await store.read_note(*NOTE))
        assert [(line["scope"], line["outcome"]) for line in lines] == [("house", "stepped down"), ("house", "refused")]
        assert "The daily ceiling of house is reached" in caplog.text
        assert "second is asked until midnight" in caplog.text
        assert [mail.key.partition(":")[0] for mail in await store.mails(9, dead=False)] == ["spending"] * 2
        (finding,) = [found async for found in look_at_spending(store, house.hub.meter.now())]
        assert finding.says == "ceilings met today: house (stepped down), house (refused)"
        (later,) = [found async for found in look_at_spending(store, house.hub.meter.now() + 86_400_000)]
        assert later.level is Level.WELL


async def test_a_ceiling_for_each_person_stops_that_person_alone(store: StoreOn) -> None:
    async with paper_house(store, rules(spending=Spending(person=50_000), fallback=())) as house:
        house.models.default = Script(text="an answer", input=1_000, output=4_000)
        ann, bob = house.person("ann"), house.person("bob")
        await ann.says("one")
        await ann.sees("an answer")
        await ann.says("two")
        await ann.sees("spends for one person in a day")
        await bob.says("one")
        await bob.sees("an answer")


async def test_a_ceiling_for_each_platform(store: StoreOn) -> None:
    async with paper_house(store, rules(spending=Spending(platforms={"paper": 1}), fallback=())) as house:
        ann = house.person("ann")
        await ann.says("one")
        await ann.sees("has reached what its operator spends")


async def test_what_goes_on_afterwards_is_bounded_by_the_house_too(store: StoreOn) -> None:
    plan = replace(EMPTY, afterwards="second")
    async with paper_house(store, with_plan(plan, spending=Spending(house=30_000), fallback=())) as house:
        house.models.default = Script(text="an answer", input=1_000, output=4_000)
        ann = house.person("ann")
        await ann.says("one")
        await ann.sees("an answer")
        await ann.says("two")
        await ann.sees("has reached what its operator spends")
        assert len(house.models.heard) == 1


async def test_models_of_the_plan_are_listed_and_others_refused_in_words(store: StoreOn) -> None:
    plan = Plan("small", MICRO, models=frozenset({"second"}))
    async with paper_house(store, with_plan(plan)) as house:
        ann = house.person("ann")
        await ann.says("/model")
        assert "first" not in await ann.sees("Models you can choose")
        await ann.says("/model first")
        await ann.sees("Your plan **small** does not include `first`. It includes: second.")
        await ann.says("hi")
        await ann.sees("You said: hi")
        assert [str(call.body["model"]) for call in house.models.heard] == ["vendor-second"]


async def test_the_default_model_is_another_by_plan_platform_and_size(store: StoreOn) -> None:
    routes = (RouteRule("second", platform="slack"), RouteRule("second", plan="small", max_tokens=50))
    async with paper_house(store, with_plan(replace(SMALL, allowance=9), routes=routes)) as house:
        ann = house.person("ann")
        await ann.says("short")
        await ann.sees("You said: short")
        await ann.says("long " * 100)
        await ann.sees("You said: long")
        await ann.says("/model second")
        await ann.sees("From now on")
        await ann.says("long " * 100)
        await ann.sees("You said: long", times=2)
        assert [str(call.body["model"]) for call in house.models.heard] == [
            "vendor-second", "vendor-first", "vendor-second"
        ]  # fmt: skip


async def test_a_plan_has_a_pace_of_its_own(store: StoreOn) -> None:
    async with paper_house(store, with_plan(replace(SMALL, allowance=9, per_minute=2), limits=Limits(0, 0))) as house:
        ann = house.person("ann")
        for number in range(3):
            await ann.says(f"q{number}")
        await ann.sees("faster than this assistant may read")
        assert len(house.models.heard) == 2
        assert await settled(house, unit=Unit.MESSAGES) == 2


async def test_one_pace_for_chats_and_the_api(store: StoreOn) -> None:
    async with paper_house(store, with_plan(replace(SMALL, allowance=9, per_minute=2), limits=Limits(0, 0))) as house:
        ann = house.person("ann")
        await ann.says("q")
        await ann.sees("You said: q")
        key = Key(0, Account(await account(house), 1), "", "", Scope(), 0)
        call = Call(key, "gone", CompletionRequest("", (PromptMessage(Role.USER, "hi"),)))
        assert await house.hub.completions.answer(call, Gathering(""), Listening()) == Denied(Why.NO_SUCH_MODEL, "gone")
        call = replace(call, model=DEFAULT)
        assert isinstance(await house.hub.completions.answer(call, Gathering(""), Listening()), Answered)
        late = await house.hub.completions.answer(call, Gathering(""), Listening())
        assert isinstance(late, Denied)
        assert (late.why, 0 < late.after <= 30) == (Why.TOO_FAST, True)
        await ann.says("r")
        await ann.sees("faster than this assistant may read")


async def test_in_a_group_who_asks_pays_and_nobody_reads_balances(store: StoreOn) -> None:
    async with paper_house(store, with_plan(SMALL)) as house:
        ann, bob = (house.person(name, chat="team", kind=ChatKind.GROUP) for name in ("ann", "bob"))
        await ann.says("one")
        await ann.sees("You said: one")
        await ann.says("/usage")
        await ann.sees("shows what is private")
        await ann.says("two")
        await ann.sees("does not cover")
        await bob.says("three")
        assert "100 %" not in await bob.sees("You said: three"), "nobody else reads how much is left"


async def test_many_at_once_on_a_balance_for_ten(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", 10, Unit.MESSAGES))) as house:
        ann = house.person("ann")
        await ann.says("/help")
        await ann.sees("help")
        chats = [house.person(f"ann {number}", chat=f"c{number}") for number in range(40)]
        for one in chats:
            one.name = "ann"
        await asyncio.gather(*(one.says("hi", event=f"c{number}") for number, one in enumerate(chats)))
        await house.rests(20)
        assert len(house.models.heard) == 10
        assert await settled(house, unit=Unit.MESSAGES) == 10


async def test_a_voice_note_at_the_wall_is_heard_once_it_is_paid_for(store: StoreOn) -> None:
    hearing = replace(rules().models["first"], name="hearing", id="whisper-1")
    async with paper_house(store, with_plan(EMPTY, hearing=hearing)) as house:
        house.paper.files["v"] = b"OggS" + b"\0" * 4_000
        ann = house.person("ann")
        await ann.says(Said("", (Attachment("", "audio/ogg", "voice.ogg", 4_004, "v"),)))
        await ann.sees("does not cover")
        assert house.models.heard == []
        await gives(store, house, 1)
        await ann.says(Called("resume"))
        await ann.sees("You said: Good morning, what is new?")
        assert await settled(house) > 0
