"""One person on two places of one house: codes, the list, leaving, and what a group never sees."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from hub.domain.address import ChatKind
from hub.domain.inbound import Called, Pressed
from providers.kit.stand_in import Script
from storage.store import open_store
from tests.kit.house import PaperHouse, paper_house
from tests.kit.paper import Person

CODE = re.compile(r"/link ([0-9A-Z]{4}-[0-9A-Z]{4})")


@pytest.fixture
async def store(tmp_path):
    opened = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield opened
    await opened.close()


def asked(house: PaperHouse) -> list[str]:
    """What the newest call to the model carried, without the system prompt."""
    return [m["content"] for m in house.models.heard[-1].body["messages"] if m["role"] != "system"]


async def code_of(person: Person, times: int = 1) -> str:
    """Ask for a code and read it off the screen."""
    await person.says("/link")
    found = CODE.search(await person.sees("The code works once" if person.language == "en" else "Der Code", times))
    assert found is not None
    return found[1]


async def joins(person: Person, code: str) -> str:
    """Type a code, read what it would do, and say yes; what was read."""
    await person.says(f"/link {code}")
    told = await person.sees(f"/link {code.replace('-', '')} yes")
    await person.says(f"/link {code} yes")
    return told


def in_group(house: PaperHouse, name: str) -> Person:
    """The same person, in a group."""
    there = house.person(f"{name} in the group", chat="group", kind=ChatKind.GROUP)
    there.name = name
    return there


def pressed(house: PaperHouse, label: str) -> Pressed:
    """The newest button whose label holds `label`, pressed."""
    buttons = [button for shown in house.paper.screen.values() for button in shown.part.buttons]
    button = next(button for button in reversed(buttons) if label in button.label)
    return Pressed(button.command, button.argument)


async def linked(house: PaperHouse) -> tuple[Person, Person]:
    """Ann and her phone, one person."""
    ann, phone = house.person("ann"), house.person("phone")
    await ann.says("My name is Ann.")
    await ann.sees("You said: My name is Ann.")
    await phone.says("I like tea.")
    await phone.sees("You said: I like tea.")
    await joins(phone, await code_of(ann))
    await phone.sees("Linked with **Paper (ann)**")
    await ann.sees("**Paper (phone)** is linked with this chat now")
    return ann, phone


async def test_a_code_from_one_place_typed_on_another_joins_them(store):
    async with paper_house(store) as house:
        ann, phone = await linked(house)
        await phone.says("Who am I?")
        await phone.sees("You said: Who am I?")
        assert asked(house) == ["My name is Ann.", "You said: My name is Ann.", "Who am I?"]
        await ann.says("And now?")
        await ann.sees("You said: And now?")
        assert asked(house)[-3:] == ["Who am I?", "You said: Who am I?", "And now?"]
        await phone.says("/chats")
        listed = await phone.sees("Your conversations")
        assert "I like tea." in listed
        assert "**My name is Ann.**" in listed
        await phone.says("/chats 1")
        await phone.sees("Back in **I like tea.**")
        await ann.says("/link list")
        assert "1. **Paper (ann)**\n2. Paper (phone)" in await ann.sees("Linked with your account")


async def test_a_strangers_code_says_what_it_would_do_and_can_be_refused(store):
    async with paper_house(store) as house:
        eve, ann = house.person("eve"), house.person("ann")
        await ann.says("My name is Ann.")
        await ann.sees("You said: My name is Ann.")
        code = await code_of(eve)
        await ann.says(f"/link {code} yes")
        told = await ann.sees("Join the account of **Paper (eve)**?")
        assert "read what you said here, and spend your balance" in told
        await ann.says(pressed(house, "Cancel"))
        await ann.sees("Nothing was joined.")
        await house.rests()
        assert not any("is linked with this chat" in text for text in house.paper.texts("eve"))
        await eve.says("/chats")
        assert "My name" not in await eve.sees("Your conversations")


async def test_settings_of_the_place_that_made_the_code_win(store):
    async with paper_house(store) as house:
        ann, phone = house.person("ann"), house.person("phone")
        await phone.says("/model first")
        await phone.sees("From now on")
        await ann.says("/model second")
        await ann.sees("From now on")
        await joins(phone, await code_of(ann))
        await phone.sees("Linked with")
        await phone.says("/new")
        await phone.sees("New conversation")
        await phone.says("hi")
        await phone.sees("You said: hi")
        assert house.models.heard[-1].body["model"] == "vendor-second"


async def test_codes_are_read_however_they_are_typed(store):
    async with paper_house(store) as house:
        ann, phone = house.person("ann"), house.person("phone", language="de")
        code = (await code_of(ann)).lower().replace("-", "").replace("0", "o").replace("1", "l")
        await phone.says(f"/link {code}")
        assert "**Paper (ann)**" in await phone.sees("Mit dem Konto von")
        await phone.says(pressed(house, "Verbinden"))
        await phone.sees("Verbunden mit **Paper (ann)**")
        await ann.sees("**Paper (phone)** is linked")


async def test_wrong_own_used_and_too_many_codes_get_a_plain_word(store, tmp_path):
    async with paper_house(store) as house:
        ann, eve = house.person("ann"), house.person("eve")
        code = await code_of(ann)
        await ann.says(f"/link {code}")
        await ann.sees("from your own account")
        with closing(sqlite3.connect(tmp_path / "parley.db")) as database, database:
            assert code.replace("-", "") not in str(database.execute("SELECT * FROM codes").fetchall())
            database.execute("UPDATE codes SET expires = 1")
        wrong = [code, "ABCD-EFGH", "nonsense", "🙂", "off-list"]
        for number, word in enumerate(wrong, 1):
            await eve.says(f"/link {word}")
            await eve.sees("This code is not valid.", number)
        code = await code_of(ann, 2)
        await eve.says(f"/link {code}")
        await eve.sees("Too many wrong codes. Please try again in 10 minutes.")
        assert len(set(house.paper.texts("eve"))) == 2, "every wrong code gets the same words"


async def test_a_code_shown_in_a_group_is_void(store):
    async with paper_house(store) as house:
        ann, eve = house.person("ann"), house.person("eve")
        there = in_group(house, "ann")
        code = await code_of(ann)
        await there.says("/link", event="g1")
        shown = await there.sees("private chat with me only")
        assert CODE.search(shown) is None
        await there.says(f"/link {code}", event="g2")
        await there.sees("private chat with me only", 2)
        await eve.says(f"/link {code}")
        await eve.sees("This code is not valid.")


async def test_leaving_is_asked_for_shown_and_done(store):
    async with paper_house(store) as house:
        ann, phone = await linked(house)
        await phone.says("/link off")
        asks = await phone.sees("Take **Paper (phone)** out of your account?")
        assert "Everything said until now stays with the shared account" in asks
        assert "`/link off 2 yes`" in asks
        await phone.says("Still one?")
        await phone.sees("You said: Still one?")
        assert asked(house)[0] == "My name is Ann.", "nothing happens before the answer"
        await phone.says(pressed(house, "Take it out"))
        await phone.sees("has an account of its own now")
        await phone.says("Who am I?")
        await phone.sees("You said: Who am I?")
        assert asked(house) == ["Who am I?"]
        await phone.says("/chats")
        assert "tea" not in await phone.sees("Your conversations")
        await ann.says("/chats")
        assert "I like tea." in await ann.sees("Your conversations")
        await phone.says("/link off")
        await phone.sees("Nothing is linked with your account")
        await ann.says("/link list")
        await ann.sees("Nothing is linked with your account")


async def test_a_lost_place_is_taken_out_from_another(store):
    async with paper_house(store) as house:
        ann, phone = await linked(house)
        await ann.says("/link list")
        await ann.sees("Linked with your account")
        await ann.says(pressed(house, "2. Paper (phone)"))
        await ann.sees("Take **Paper (phone)** out of your account?")
        await ann.says("/link off 3")
        await ann.sees("There is no place 3")
        await ann.says("/link off 2 yes")
        await ann.sees("**Paper (phone)** has been taken out.")
        await phone.says("Who am I?")
        await phone.sees("You said: Who am I?")
        assert asked(house) == ["Who am I?"]
        await ann.says("/link off 2 yes")
        await ann.sees("There is no place 2")


async def test_a_group_sees_nothing_of_a_linked_person(store):
    async with paper_house(store) as house:
        ann, phone = await linked(house)
        there = in_group(house, "phone")
        await ann.says("/model second")
        await ann.sees("From now on")
        await there.says("What do you know of me?", event="g1")
        await there.sees("You said: What do you know of me?")
        assert asked(house) == ["What do you know of me?"]
        assert house.models.heard[-1].body["model"] == "vendor-first"
        for number, call in enumerate(("chats", "link list", "link off", "link off yes"), 2):
            command, _, argument = call.partition(" ")
            await there.says(Called(command, argument), event=f"g{number}")
        await there.sees("private chat", 4)
        await there.says("/new", event="g9")
        await there.sees("New conversation.")
        screen = "\n".join(house.paper.texts("group"))
        assert not re.search(r"tea|My name|phone\)|ann\)|/chats. brings", screen)
        await phone.says("Who am I?")
        await phone.sees("You said: Who am I?")
        assert "What do you know of me?" not in asked(house)


async def test_an_answer_that_runs_while_its_person_is_linked_comes_to_its_end(store):
    async with paper_house(store) as house:
        ann, phone = house.person("ann"), house.person("phone")
        await ann.says("hello")
        await ann.sees("You said: hello")
        code = await code_of(ann)
        house.models.next(Script(text="one two three four five six", pace=0.08))
        await phone.says("count")
        await phone.says("and then?")
        await phone.sees("one")
        await joins(phone, code)
        await phone.sees("Linked with")
        await phone.sees("one two three four five six")
        await phone.sees("You said: and then?")
        await phone.says("/chats")
        assert "count (4)" in await phone.sees("Your conversations")
        await phone.says("and here?")
        await phone.sees("You said: and here?")
        assert asked(house) == ["hello", "You said: hello", "and here?"]


async def test_blocked_people_cannot_link_their_way_out(store):
    async with paper_house(store) as house:
        ann, phone = house.person("ann"), house.person("phone")
        code = await code_of(ann)
        await store.block(1, await store.account_of(1, "paper", "ann"), True)
        await phone.says(f"/link {code}")
        await phone.sees("This code is not valid.")
        await ann.says("/link")
        await ann.sees("This account is blocked.")


async def test_names_hold_no_markup(store):
    async with paper_house(store) as house:
        ann, phone = house.person("ann"), house.person("**@all** [x](http://y)")
        await joins(phone, await code_of(ann))
        await ann.sees("**Paper (all x http://y)** is linked")
