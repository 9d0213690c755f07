"""A growing text reads like a whole one."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.text.growing import Growing
from hub.text.parse import parse
from tests.unit.text.answers import ANSWERS, soup


def grown(text, cuts):
    growing, shown = Growing(), []
    for cut in [*sorted(cuts), len(text)]:
        at, blocks = growing.grow(text[:cut])
        shown[at:] = blocks
        assert tuple(shown) == growing.blocks
        assert growing.blocks == parse(text[:cut]), text[:cut]
    return tuple(shown)


def defines_links(text):
    return "]:" in text


@settings(max_examples=250, deadline=None)
@given(soup.filter(lambda text: not defines_links(text)), st.data())
def test_any_chunking_reads_like_the_whole(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12))
    grown(text, cuts)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ANSWERS), st.integers(5, 40), st.integers(0, 40))
@example(ANSWERS[1], 2, 0)
@example(ANSWERS[7], 2, 1)
def test_realistic_answers_in_any_step(text, step, offset):
    grown(text, list(range(offset, len(text), step)))


def test_what_stands_between_two_dollars_is_math_whatever_it_looks_like():
    for text in ("$$\n```\n$$\n", "a\n$$\n- x\n```\ny\n```\n$$\nend", "$$\n# h\n$$", "$$\n# h\n\n$$\n"):
        assert grown(text, list(range(len(text)))) == parse(text)
