"""Codes: how they look, and how they are read."""

import pytest

from hub.core.codes import SIGNS, digest_of, fresh_code, read_code


def test_a_fresh_code_is_two_groups_of_plain_signs() -> None:
    codes = {fresh_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        first, second = code.split("-")
        assert len(first) == len(second) == 4
        assert set(first + second) <= set(SIGNS)
        assert read_code(code) == first + second


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABCDEFGH", " ab cd-efgh ", "ABCD–EFGH", "`abcd-efgh`"])
def test_case_dashes_and_spaces_do_not_matter(typed: str) -> None:
    assert read_code(typed) == "ABCDEFGH"


def test_what_is_easily_confused_is_read_as_meant() -> None:
    assert read_code("oOiI-lL01") == "00111101"


@pytest.mark.parametrize("typed", ["", "list", "off", "ABCD-EFG", "ABCD-EFGHJ", "ABCD-EFGU", "ABCD-EFG🙂", "٠١٢٣٤٥٦٧"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) == ""


def test_a_digest_belongs_to_key_and_tenant() -> None:
    digests = {digest_of(key, tenant, "ABCD-EFGH") for key in (b"one", b"two") for tenant in (1, 2)}
    assert len(digests) == 4
    assert digest_of(b"one", 1, "abcdefgh") == digest_of(b"one", 1, "ABCD-EFGH")
