"""Mails in words: every template in every language, in both forms, and nothing in an argument but words."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.mail.letter import write
from hub.core.notices import LANGUAGES
from hub.domain.mail import Letter, Mail, Template

ARGUMENTS: dict[Template, dict[str, str | int]] = {
    Template.WELCOME: {"email": "ann@example.org"},
    Template.WARNING: {"percent": 80, "plan": "free", "until": "2026-12-01"},
    Template.RECEIPT: {"amount": "20.00 USD", "what": "pro", "reference": "in_1"},
    Template.RENEWAL: {"amount": "20.00 USD", "plan": "pro", "until": "2026-12-01"},
    Template.SUMMARY: {"month": "2026-10", "spent": "1.20 USD", "answers": 12, "lines": "- `demo`: 1.20 USD"},
    Template.ALERT: {"what": "The day's ceiling is met", "details": "100 of 100 dollars"},
    Template.TEST: {},
}


ISOLATES = {0x2068: None, 0x2069: None}


def mail(template: Template, language: str = "en", **changes: str | int) -> Mail:
    arguments = {**ARGUMENTS[template], **changes}
    return Mail(7, 1, "key", 3, "ann@example.org", 5, template, arguments, language, 0, 1_795_000_000_000)


class Page(HTMLParser):
    """Tags that are open, words, and every address a page would load or lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.loads, self.leads, self.tags = "", [], [], set[str]()  # type: ignore[var-annotated]
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "br", "hr", "wbr"):
            self.open.append(tag)
        given: dict[str, Any] = dict(attrs)
        self.loads += [value for name, value in given.items() if name in ("src", "background", "srcset")]
        if tag == "a":
            self.leads.append(given["href"])
        assert not any(name.startswith("on") for name in given)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", Template)
def test_every_template_in_every_language(template: Template, language: str) -> None:
    letter = write(
        mail(template, language, link="https://parley.test/x?a=1&b=2"), "https://parley.test/out", "parley.test"
    )
    page = Page(letter.html)
    assert page.open == []
    assert page.loads == []
    assert set(page.leads) == {"https://parley.test/x?a=1&b=2", "https://parley.test/out"}
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in letter.html
    for name, value in ARGUMENTS[template].items():
        if name == "until":
            said = {"en": "1 December", "de": "1. Dezember", "es": "1 de diciembre", "ar": "1 ديسمبر"}[language]
            assert said in page.words.replace("\u00a0", " ")
        elif value != "- `demo`: 1.20 USD":
            assert str(value) in page.words
            assert str(value) in letter.plain
    assert f"<title>{escape(letter.subject)}</title>" in letter.html
    assert letter.subject.translate(ISOLATES) in page.words
    assert "{" not in letter.subject + letter.plain + page.words
    assert "**" not in letter.plain + page.words
    assert "https://parley.test/out" in letter.plain


def test_a_missing_argument_is_told() -> None:
    with pytest.raises(KeyError, match="until"):
        write(Mail(1, 1, "k", 0, "a@b", 0, Template.WARNING, {"percent": 80, "plan": "x"}, "en", 0, 0), "", "h")


def test_the_id_is_the_same_at_every_try_and_unlike_any_other() -> None:
    def number(**changes: Any) -> str:
        from dataclasses import replace

        return write(replace(mail(Template.TEST), **changes), "", "parley.test").message_id

    assert number() == number(tries=3, id=8)
    assert len({number(), number(key="other"), number(tenant=2), number(created=1)}) == 4


def test_only_safe_addresses_become_buttons() -> None:
    for link in ("javascript:alert(1)", "data:text/html,x", "", "//evil"):
        assert Page(write(mail(Template.WELCOME, link=link), "", "h").html).leads == []


@given(st.text(max_size=80))
def test_what_stands_in_an_argument_is_words(text: str) -> None:
    letter: Letter = write(
        mail(Template.ALERT, what="The ceiling", details=text + "[x](https://evil.test) <b>"), "", "h"
    )
    page = Page(letter.html)
    assert page.leads == []
    assert "b" not in page.tags
    assert page.open == []
    assert "\n" not in letter.subject
    assert "<b>" in letter.plain
    subject = write(mail(Template.ALERT, what=text + " end"), "", "h").subject
    assert "\n" not in subject
    assert "\r" not in subject


def test_a_long_reference_breaks_on_a_telephone_and_amounts_keep_their_sign() -> None:
    reference = "cs_test_" + "a1b2c3" * 8
    page = write(mail(Template.RECEIPT, "ar", reference=reference), "", "parley.test")
    assert "<wbr>" in page.html
    assert reference in Page(page.html).words
    assert reference in page.plain
    lines = "| x | y |\n|---|---|\n| a | -0.20\u00a0$ |"
    shown = write(mail(Template.SUMMARY, "ar", spent="-1.20 $", lines=lines), "", "parley.test").html
    assert '<bdi dir="ltr">-0.20\u00a0$</bdi>' in shown
    assert '<bdi dir="ltr">-1.20 $</bdi>' in shown
