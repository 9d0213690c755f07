"""The built widget: small, and made from the sources beside it."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.browser.payloads import PAYLOADS
from tools import build_widget

LIMIT = 12_000


def test_the_widget_is_small() -> None:
    assert len(gzip.compress(build_widget.BUILT.read_bytes(), 9)) <= LIMIT


def test_the_built_file_was_made_from_these_sources() -> None:
    built = build_widget.BUILT.read_text("utf-8")
    assert built.startswith(build_widget.stamp()), "run python tools/build_widget.py"


@pytest.mark.skipif(not build_widget.TERSER.exists(), reason="rebuilding needs Node; the digest above does not")
def test_building_again_gives_the_same_file() -> None:
    assert build_widget.build() == build_widget.BUILT.read_text("utf-8")


def test_nothing_reads_text_as_html_or_code() -> None:
    words = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML"
        r"|\beval\b|new Function|setAttribute\(\"on"
    )
    for path in (*build_widget.SOURCES.glob("*.js"), build_widget.STATIC / "page.js", build_widget.BUILT):
        assert not re.search(words, path.read_text("utf-8")), path.name
    assert not re.search(
        r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", (build_widget.STATIC / "index.html").read_text()
    )


def test_the_hostile_corpus_is_large_enough() -> None:
    assert len(set(PAYLOADS)) >= 200
