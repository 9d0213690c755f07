"""People seen from the command line, beside a running hub; and one person in the widget and in the terminal."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters.web.sandbox import Person
from hub.domain.password import verify_password
from storage.store import open_store
from tests.contract.adapter.test_web_doors import jwt
from tests.journeys.test_cli import at_a_terminal
from tests.kit.parley import Ended, parley
from tests.kit.running import running_house

SECRET = "correct horse battery"


async def command(home: Path, *arguments: str, typed: str = "", **variables: str) -> Ended:
    return await asyncio.to_thread(parley, home, *arguments, typed=typed, seconds=60, **variables)


async def told(home: Path, *arguments: str, typed: str = "") -> Any:
    """What `parley accounts ... --json` prints."""
    ended = await command(home, "accounts", *arguments, "--json", typed=typed)
    assert ended.code == 0, ended.said
    return json.loads(ended.out)


async def code_of(person: Person) -> str:
    await person.says("/link")
    found = re.search(r"/link (\w{4}-\w{4})", (await person.sees("The code works once"))["text"])
    assert found is not None
    return found[1]


async def test_the_widget_and_the_terminal_are_one_person(tmp_path: Path) -> None:
    async with running_house(tmp_path) as house, Person(house.hub.url) as ann:
        await ann.says("My name is Ann.")
        await ann.sees("My name is Ann.", role="assistant")
        code = await code_of(ann)
        ended = await command(
            tmp_path, "chat", typed=f"/link {code.lower()}\n/link {code} yes\nWho am I?\n/link list\n"
        )
        assert ended.code == 0, ended.said
        assert "Linked with **Web**" in ended.out
        assert "2. **Terminal**" in ended.out
        await ann.sees("**Terminal** is linked with this chat now")
        asked = [message["content"] for message in house.models.heard[-1].body["messages"]]
        assert asked[-3] == "My name is Ann."
        assert asked[-1] == "Who am I?"
        await ann.says("And here?")
        await ann.sees("And here?", role="assistant")
        asked = [message["content"] for message in house.models.heard[-1].body["messages"]]
        assert "Who am I?" in asked
        ended = await command(tmp_path, "chat", typed="/link off\n/link off yes\nWho am I now?\n")
        assert "Take **Terminal** out of your account?" in ended.out
        assert "has an account of its own now" in ended.out
        asked = [message["content"] for message in house.models.heard[-1].body["messages"]]
        assert [words for words in asked if "Ann" in words] == []


async def test_an_operator_sees_blocks_and_joins_people(tmp_path: Path) -> None:
    async with running_house(tmp_path) as house, Person(house.hub.url) as ann, Person(house.hub.url) as bob:
        for person in (ann, bob):
            await person.says("hi")
            await person.sees("hi", role="assistant")
        rows = await told(tmp_path, "list")
        known = [row["identities"][0]["user"] for row in rows]
        assert known == [f"default:{ann.visitor}", f"default:{bob.visitor}"]
        plain = (await command(tmp_path, "accounts", "list")).out.splitlines()
        assert plain[0].split() == ["ACCOUNT", "NAME", "KNOWN", "AS", "CHATS", "STATE"]
        assert plain[1].split() == [str(rows[0]["id"]), f"web:{known[0]}", "1", "active"]
        assert (await told(tmp_path, "list", "--limit", "1", "--after", str(rows[0]["id"])))[0] == rows[1]
        assert (await told(tmp_path, "block", f"web:{known[1]}"))["blocked"] is True
        await bob.says("hello?")
        await bob.sees("This account is blocked.")
        assert (await told(tmp_path, "unblock", str(rows[1]["id"])))["blocked"] is False
        kept = await told(tmp_path, "link", str(rows[0]["id"]), f"web:{known[1]}")
        assert len(kept["identities"]) == kept["conversations"] == 2
        gone = await command(tmp_path, "accounts", "block", str(rows[1]["id"]))
        assert (gone.code, "was joined into 1; name that one" in gone.err) == (1, True)
        again = await command(tmp_path, "accounts", "link", str(rows[0]["id"]), f"web:{known[1]}")
        assert again.code == 1
        await bob.says("/link list")
        await bob.sees("Linked with your account")


async def test_logins_are_set_without_showing_a_password(tmp_path: Path) -> None:
    ann = await told(tmp_path, "create", "Ann")
    number = str(ann["id"])
    ended = await command(tmp_path, "accounts", "login", number, "--email", "Ann@Example.org", typed=f"{SECRET}\n")
    assert ended.code == 0
    assert SECRET not in ended.said
    assert (await told(tmp_path, "show", "ANN@example.org"))["emails"] == ["ann@example.org"]
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    login = await store.find_login(1, "ann@example.org")
    await store.close()
    assert login is not None
    assert verify_password(SECRET, login.password_hash)
    ended = await command(tmp_path, "accounts", "login", number, "--email", "ann@example.org", typed="\n")
    assert (ended.code, "8 to 1024" in ended.err) == (1, True), "an empty password takes nothing away"
    bob = str((await told(tmp_path, "create", "Bob"))["id"])
    for email, words in (("ann@example.org", "another account"), ("nobody", "looks like")):
        ended = await command(tmp_path, "accounts", "login", bob, "--email", email, typed=f"{SECRET}\n")
        assert (ended.code, words in ended.err) == (1, True)
    assert (await told(tmp_path, "login", number, "--email", "ann@example.org", "--remove"))["emails"] == []


async def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    await told(tmp_path, "create", "Ann")
    asked = [("Password (not shown):", SECRET), ("Repeat for confirmation:", "another one")]
    asked += [("Password (not shown):", SECRET), ("Repeat for confirmation:", SECRET)]
    code, shown = await at_a_terminal(tmp_path, asked, "accounts", "login", "1", "--email", "ann@example.org")
    assert code == 0, shown
    assert SECRET not in shown
    assert "ann@example.org" in shown


async def test_what_is_not_there_or_comes_later_is_said_plainly(tmp_path: Path) -> None:
    for arguments, code, words in (
        (("show", "7"), 1, "there is no account 7"),
        (("show", "x@example.org"), 1, "there is no account x@example.org"),
        (("create", "Ann", "--plan", "prp"), 1, "there is no plan prp; there are"),
        (("grant", "7", "100"), 1, "there is no account 7"),
    ):
        ended = await command(tmp_path, "accounts", *arguments)
        assert ended.code == code, ended.said
        assert words in ended.err
    assert await told(tmp_path, "list") == []


async def test_a_signed_visitor_links_with_an_anonymous_one(tmp_path: Path) -> None:
    secret = "sign-visitors-with-this-0123456789"
    site = f'[[web.sites]]\nkey = "default"\nidentity_secret = "{secret}"\n'
    async with (
        running_house(tmp_path, more=site) as house,
        Person(house.hub.url, identity=jwt(secret, aud="default", name="Ann")) as signed,
    ):
        await signed.says("My order is number 7.")
        await signed.sees("My order", role="assistant")
        code = await code_of(signed)
        async with (
            Person(house.hub.url) as nobody,
            Person(house.hub.url, identity=jwt(secret, aud="default", name="Ann")) as again,
        ):
            await nobody.says(f"/link {code}")
            await nobody.sees("Join the account of **Web (Ann)**?")
            await nobody.says(f"/link {code} yes")
            await nobody.sees("Linked with **Web (Ann)**")
            await again.says("/link list")
            await again.sees("1. **Web (Ann)**\n2. Web")
            await nobody.says("Which number?")
            await nobody.sees("Which number?", role="assistant")
            assert "My order is number 7." in str(house.models.heard[-1].body["messages"])


async def test_credits_and_plans_as_an_operator_gives_them(tmp_path: Path) -> None:
    ann = str((await told(tmp_path, "create", "Ann", "--plan", "pro"))["id"])
    given = await told(tmp_path, "grant", ann, "5.25", "--note", "sorry", "--key", "a")
    assert (given["plan"], given["balances"][0]["free"]) == ("pro", 5_250_000)
    assert (await told(tmp_path, "grant", ann, "300", "--unit", "tokens"))["balances"][1]["free"] == 300
    for arguments, words in (
        (("grant", ann, "5", "--key", "a"), "given with the key a before"),
        (("grant", ann, "--", "-3"), "more than nothing"),
        (("plan", ann, "gratis"), "there is no plan gratis; there are"),
    ):
        ended = await command(tmp_path, "accounts", *arguments)
        assert (ended.code, words in ended.err) == (1, True), ended.said
    with closing(sqlite3.connect(tmp_path / "parley.db")) as file, file:
        file.execute("UPDATE accounts SET plan_anchor = 7")
    again = await told(tmp_path, "plan", ann, "pro")
    assert (again["plan"], again["plan_anchor"]) == ("pro", 7), "said twice it opens no second window"
    assert (await told(tmp_path, "plan", ann, "free"))["plan"] == ""
    shown = await command(tmp_path, "accounts", "show", ann)
    assert "free (the default)" in shown.out
    assert "$5.25 free" in shown.out
    assert (await command(tmp_path, "ledger", "verify")).code == 0
    with closing(sqlite3.connect(tmp_path / "parley.db")) as file, file:
        file.execute("UPDATE balances SET used = 7 WHERE unit = 'tokens'")
    ended = await command(tmp_path, "ledger", "verify", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["disagreements"][0]["kept"] == 7
