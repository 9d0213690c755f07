"""Parts that fit, stand alone, and together carry the whole."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.capabilities import TextUnit
from hub.text.clean import clean
from hub.text.measure import between_graphemes, fitting, measure
from hub.text.parse import parse
from hub.text.split import split
from hub.text.tree import CodeBlock, Strong, Table
from tests.unit.text.answers import ANSWERS, CODE, EMOJI, LONG, TABLES, anything
from tests.unit.text.test_parse import leaves

units = st.sampled_from(list(TextUnit))


def letters(text):
    return [character for character in text if character.isalnum()]


def in_order(few, many):
    rest = iter(many)
    return all(character in rest for character in few)


@settings(max_examples=200, deadline=None)
@given(anything, st.integers(50, 400), units)
def test_parts_fit_and_carry_every_letter_in_order(text, limit, unit):
    parts = split(text, limit, unit)
    assert all(measure(part, unit) <= limit and part.strip() for part in parts)
    assert in_order(letters(clean(text)), letters("".join(parts)))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab ,.!?é日👍🏽‍👨\u0301\n"), max_size=400), st.integers(50, 90), units)
def test_parts_of_plain_words_are_exactly_the_words(text, limit, unit):
    bare = re.sub(r"\s", "", clean(text))
    assert re.sub(r"\s", "", "".join(split(text, limit, unit))) == bare


@pytest.mark.parametrize("text", [CODE, EMOJI, LONG])
@pytest.mark.parametrize("limit", [60, 100, 4096])
def test_parts_read_as_the_whole_reads(text, limit):
    def words(blocks):
        return re.sub(r"\s", "", "".join(leaf for leaf in leaves(blocks) if leaf not in ("python",)))

    assert "".join(words(parse(part)) for part in split(text, limit, TextUnit.UTF16)) == words(parse(text))


def test_a_cut_code_block_is_closed_and_opened_again():
    code = "\n".join(f"line_{n} = {n}" for n in range(40))
    parts = split(f"Look:\n\n```python\n{code}\n```\n\nDone.", 120, TextUnit.CHARACTERS)
    blocks = [block for part in parts for block in parse(part) if isinstance(block, CodeBlock)]
    assert len(blocks) > 3
    assert all(block.closed and block.language == "python" for block in blocks)
    assert "\n".join(block.code for block in blocks) == code


def test_a_code_block_cut_inside_a_list_is_closed_and_opened_again():
    code = "\n".join(f"   line_{n} = {n}" for n in range(20))
    parts = split(f"1. Run\n   ```sh\n{code}\n   ```\n2. Done", 100, TextUnit.CHARACTERS)
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all("```sh" in part for part in parts if "line_" in part)


def test_a_cut_table_repeats_its_head():
    rows = "\n".join(f"| {n} | value {n} |" for n in range(30))
    parts = split(f"| n | v |\n|--:|---|\n{rows}", 150, TextUnit.CHARACTERS)
    tables = [parse(part) for part in parts]
    assert len(tables) > 2
    assert all(
        len(blocks) == 1 and isinstance(blocks[0], Table) and blocks[0].aligns == ("right", "") for blocks in tables
    )
    assert sum(len(blocks[0].rows) for blocks in tables) == 30


def test_cut_emphasis_goes_on():
    parts = split(f"**{'important words ' * 10}end**", 60, TextUnit.CHARACTERS)
    assert len(parts) > 2
    assert all(isinstance(inline, Strong) for part in parts for inline in parse(part)[0].inlines)


def test_cuts_fall_between_blocks_then_sentences_then_words():
    assert split("a" * 30 + "\n\n" + "b" * 30, 50, TextUnit.CHARACTERS) == ["a" * 30, "b" * 30]
    assert split("One sentence is here, not too long. Another one follows it here.", 50, TextUnit.CHARACTERS) == [
        "One sentence is here, not too long.",
        "Another one follows it here.",
    ]
    assert split("word " * 15, 50, TextUnit.CHARACTERS) == [("word " * 10).strip(), ("word " * 5).strip()]


def test_nothing_to_say_is_no_part():
    assert split(" \n\n\u200b", 50, TextUnit.BYTES) == []


def test_a_family_is_never_parted():
    family = "👨‍👩‍👧‍👦"
    for unit in TextUnit:
        parts = split(family * 30, 50, unit)
        assert all(part == family * (len(part) // len(family)) for part in parts)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(4, 60), units)
def test_what_fits_is_measured_in_the_unit(text, room, unit):
    count = fitting(text, room, unit)
    assert measure(text[:count], unit) <= room
    assert count > 0 or not text


@pytest.mark.parametrize(
    ("text", "at"), [("e\u0301", 1), ("🇩🇪🇫🇷", 1), ("👍🏽", 1), ("क्ष", 1), ("\u1100\u1161", 1), ("\r\n", 1)]
)
def test_graphemes_stay_whole(text, at):
    assert not between_graphemes(text, at)


def test_flags_part_between_flags():
    assert between_graphemes("🇩🇪🇫🇷", 2)


def test_a_hundred_kilobytes_cost_little():
    text = ("\n".join(ANSWERS) + TABLES) * 12
    start = time.process_time()
    assert len(split(text[:100_000], 2000, TextUnit.UTF16)) > 20
    split("word " * 20_000, 60, TextUnit.BYTES)
    split("**word** " * 10_000, 400, TextUnit.BYTES)
    assert time.process_time() - start < 6
