"""The bench itself: its HTTP, its stand-in, its verdicts, its full database, and one tiny run against a real hub."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import api, metering, size, turn
from bench.fill import fill
from bench.outcome import QUICK, BenchFailed, Line, middle, share, table
from bench.processes import Child, cpu_seconds, resident
from bench.standin import PIECES, TOKENS, WHOLE, tokens
from bench.wire import Unchunked
from storage import schema as s


def line(**more: object) -> Line:
    return replace(Line("n", "ms", 3.0, 2.0, "b", 1.5, 2.0, "t"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({}, "PASS"),
        ({"limit": 1.4}, "MISS"),
        ({"limit": None}, "-"),
        ({"at_least": True}, "MISS"),
        ({"at_least": True, "limit": 1.5}, "PASS"),
        ({"broken": "two answers are lost"}, "MISS"),
    ],
)
def test_a_figure_is_judged(more: dict[str, object], verdict: str) -> None:
    assert line(**more).verdict == verdict
    shown = table([line(**more)])
    assert "1.50 x" in shown
    assert verdict in shown.splitlines()[1]


def test_middle_and_share() -> None:
    assert middle([3, 1, 2]) == 2
    assert share([float(one) for one in range(1, 101)], 0.99) == 100
    with pytest.raises(BenchFailed):
        middle([])


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(1, 30), min_size=1))
def test_chunks_come_apart_wherever_the_network_cuts(parts: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    unchunked, body, at, turn_ = Unchunked(), b"", 0, 0
    while at < len(wire):
        step = cuts[turn_ % len(cuts)]
        body += unchunked.feed(wire[at : at + step])
        at, turn_ = at + step, turn_ + 1
    assert body == b"".join(parts)
    assert unchunked.ended


def test_the_stand_in_streams_the_same_to_a_bare_reader_and_a_visitor() -> None:
    assert len(tokens()) == TOKENS == len(PIECES) - 1
    body = Unchunked().feed(WHOLE.partition(b"\r\n\r\n")[2])
    assert body.count(b'"content"') == TOKENS
    with Child("bench.standin") as model:
        port = model.hear()["port"]
        with Child("bench.bare", port=port, together=4, reads=8) as reader:
            assert reader.hear()["bytes"] == len(body)
        with Child("bench.visitors", port=0) as visitors:
            assert len(visitors.ask(do="direct", port=port, count=3, rounds=2)["first"]) == 6
        assert cpu_seconds(model.pid) > 0
        assert resident(model.pid) > 1_000_000


def test_a_child_that_dies_says_why() -> None:
    with Child("bench.bare", port=1, together=1, reads=1) as reader, pytest.raises(BenchFailed, match="Connect"):
        reader.hear()


def test_a_database_is_filled_as_the_hub_would(tmp_path: Path) -> None:
    file = tmp_path / "full.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as made:
        s.tables.create_all(made)
        made.execute(sa.insert(s.tenants).values(id=1))
        for one in (1, 2, 3):
            made.execute(sa.insert(s.accounts).values(id=one, tenant_id=1))
            made.execute(sa.insert(s.conversations).values(id=one, tenant_id=1, account_id=one))
            place = {"platform": "web", "bot": "default", "chat": f"c{one}", "conversation_id": one}
            made.execute(sa.insert(s.addresses).values(tenant_id=1, **place))
    engine.dispose()
    assert fill(file, 100) == 300
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT messages FROM conversations").fetchall() == [(100,)] * 3
        windows = database.execute(
            "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id"
            " WHERE m.id > c.window_after GROUP BY c.id"
        ).fetchall()
        assert all(20 <= count <= 40 for (count,) in windows)
        for kept in ("inbox", "attempts", "outbox"):
            assert database.execute(f"SELECT count(*) FROM {kept}").fetchone() == (150,)
        assert database.execute("SELECT count(*) FROM inbox WHERE state IN ('waiting', 'running')").fetchone() == (0,)


def test_an_unused_requirement_is_seen() -> None:
    assert size._imports("def f():\n    from aiohttp.web import Response", {"aiohttp"})
    assert not size._imports("from . import aiohttp\nimport aiohttp_cors", {"aiohttp"})
    assert {"aiohttp", "sqlalchemy", "uvloop"} <= set(size._names("requirements.in"))
    assert "greenlet" in size._names("requirements.txt")


def test_a_tiny_run_against_a_real_hub() -> None:
    cost, rate = turn.measure(QUICK)
    assert not cost.broken
    assert cost.measured > cost.baseline > 0
    assert rate.measured > 0


def test_a_tiny_run_with_and_without_a_hold() -> None:
    (cost,) = metering.measure(QUICK)
    assert not cost.broken
    assert cost.measured > 0
    assert cost.baseline


def test_a_tiny_run_of_the_api_beside_a_bare_gateway() -> None:
    cost, rate = api._load(replace(QUICK, reads=64))
    assert not cost.broken
    assert cost.measured > cost.baseline > 0
    assert rate.measured > 0
