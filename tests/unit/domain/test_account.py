"""Passwords as they are kept, and e-mail addresses as they are compared."""

import hashlib

import pytest

from hub.domain.account import fold_email
from hub.domain.password import NOBODY, hash_password, verify_password


def test_a_password_is_known_by_its_hash_alone() -> None:
    stored = hash_password("correct horse")
    assert verify_password("correct horse", stored)
    assert not verify_password("correct horsf", stored)
    assert "horse" not in stored
    assert hash_password("correct horse") != stored, "every hash has its own salt"


def test_the_hash_says_how_it_was_made() -> None:
    kind, cost, block, parallel, *_ = hash_password("correct horse").split("$")
    assert (kind, cost, block, parallel) == ("scrypt", "15", "8", "3")
    older = hashlib.scrypt(b"correct horse", salt=b"salt" * 4, n=1 << 10, r=8, p=1, dklen=32)
    import base64

    stored = f"scrypt$10$8$1${base64.b64encode(b'salt' * 4).decode()}${base64.b64encode(older).decode()}"
    assert verify_password("correct horse", stored), "a hash of another cost is still known"


def test_nobody_is_nobody() -> None:
    assert not verify_password("correct horse", "")
    assert not verify_password("", NOBODY)
    with pytest.raises(ValueError, match="unknown"):
        verify_password("x", "md5$1$1$1$x$x")


def test_what_looks_alike_counts_alike() -> None:
    assert verify_password("\ufb01nd the caf\u00e9", hash_password("find the cafe\u0301"))


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_too_short_or_long_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="8 to 1024"):
        hash_password(password)


def test_addresses_are_compared_without_case() -> None:
    assert fold_email("  Ann@Example.ORG ") == "ann@example.org"
    assert fold_email("STRASSE@x.de") == fold_email("straße@x.de")


@pytest.mark.parametrize("email", ["", "ann", "@x", "ann@", "a b@x", "a@b@c", "a@" + "x" * 253, "a\0@x"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="looks like"):
        fold_email(email)
