"""Long code and tables are taken out whole; the words around them stay as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.text.lift import Lifted, lift
from hub.text.parse import parse
from hub.text.tree import CodeBlock, Table
from tests.unit.text.answers import ANSWERS

CODE = "\n".join(f"print({number})" for number in range(30))
TABLE = "| a | b |\n|---|---|\n" + "\n".join(f'| **{number}** | x, "y" |' for number in range(30))


def mention(lifted: Lifted) -> str:
    return f"(file {lifted.number})"


def test_long_code_and_tables_go_out_and_short_ones_stay() -> None:
    text = f"Before.\n\n```python\n{CODE}\n```\nBetween.\n\n```sh\nls\n```\n\n{TABLE}\n\nAfter."
    words, lifted = lift(text, 100, "characters", mention)
    assert words == "Before.\n\n(file 1)\n\nBetween.\n\n```sh\nls\n```\n\n(file 2)\n\n\nAfter."
    assert lifted[0] == Lifted(1, "python", CODE)
    assert lifted[1].table
    assert lifted[1].content.startswith('a,b\n0,"x, ""y"""\n1,')
    assert lifted[1].content.count("\n") == 31


def test_a_text_within_the_limit_is_not_touched() -> None:
    text = f"```python\n{CODE}\n```"
    assert lift(text, len(text), "characters", mention) == (text, ())
    assert lift(text, len(text) - 1, "characters", mention)[0] == "(file 1)\n"


def test_code_inside_a_list_stays_in_its_place() -> None:
    text = "- item\n\n" + "\n".join(f"      {line}" for line in ("```", *CODE.split("\n"), "```"))
    assert lift(text, 50, "characters", mention) == (text, ())


@given(st.lists(st.sampled_from([*ANSWERS, f"```\n{CODE}\n```", TABLE]), max_size=6), st.integers(20, 400))
def test_nothing_is_lost(pieces: list[str], limit: int) -> None:
    text = "\n\n".join(pieces)
    words, lifted = lift(text, limit, "utf16", mention)
    whole = [block for block in parse(text) if isinstance(block, CodeBlock | Table)]
    left = [block for block in parse(words) if isinstance(block, CodeBlock | Table)]
    assert len(whole) == len(left) + len(lifted)
    codes = [block.code for block in whole if isinstance(block, CodeBlock)]
    assert all(one.content in codes for one in lifted if not one.table)
