"""Reports: every form of the same rows, paged, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.money import Ask, Charge, Hold, NewGrant, Refusal, Source, Unit
from hub.runtime.cli import reports
from hub.runtime.cli.accounts import Desk, NotDone
from hub.runtime.cli.reports import Form
from storage.store import open_store


@pytest.fixture
async def desk(tmp_path: Path) -> object:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    account = await store.create_account(1, "Ann")
    await store.grant(1, NewGrant("g", account, Unit.MICRO, 1_000_000, Source.GIFT))
    for model in ("fast", "=HYPERLINK(1)", "-2+3"):
        call = await store.open_attempt(
            NewAttempt(1, 0, 0, account, model, "openai", 1, 1, hold=Hold(account, (Ask(Unit.MICRO, 10),))),
            None,
        )
        assert not isinstance(call, Refusal)
        await store.close_attempt(call, AttemptEnd(AttemptState.DONE, Usage(3, output=2), charge=Charge(10)))
    yield Desk(store, 1)
    await store.close()


async def test_usage_in_three_forms(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await reports.usage(desk, "1", "", "", Form.CSV, house=False)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sorted(row["model"] for row in rows) == ["'-2+3", "'=HYPERLINK(1)", "fast"]
    assert {row["charged"] for row in rows} == {"10"}
    await reports.usage(desk, "", "", "", Form.JSON, house=True)
    values = json.loads(capsys.readouterr().out)
    assert sorted(value["model"] for value in values) == ["-2+3", "=HYPERLINK(1)", "fast"]
    assert {(value["unit"], value["origin"], value["input"]) for value in values} == {("micro", "house", 3)}
    await reports.usage(desk, "1", "2020-01-01", "2020-01-02", Form.JSON, house=False)
    assert json.loads(capsys.readouterr().out) == []
    await reports.usage(desk, "1", "", "", Form.TABLE, house=False)
    assert "fast           house     1      0       0          3     2        0.00001 USD  0.00001 USD" in (
        capsys.readouterr().out
    )


async def test_statements_add_up_in_every_form(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    month = str(await _month(desk))
    await reports.statement(desk, "1", month, Form.JSON, house=False)
    rows = json.loads(capsys.readouterr().out)
    assert sum(row["amount"] for row in rows if row["what"] not in ("opening", "closing")) == 1_000_000 - 30
    closing = next(row for row in rows if row["what"] == "closing")
    assert (closing["account"], closing["month"], closing["statement"], closing["amount"]) == (1, month, 0, 999_970)
    await reports.statement(desk, "1", "", Form.CSV, house=False)
    assert "settle,micro,'=HYPERLINK(1),1,-10" in capsys.readouterr().out
    await reports.statement(desk, month, "", Form.TABLE, house=True)
    said = capsys.readouterr().out
    assert said.startswith(f"the house, {month}, UTC: so far, ")
    assert ("closing" in said, "MODEL" in said) == (True, True)


async def _month(desk: Desk) -> str:
    from hub.domain.usage import month_name

    (line, *_) = await desk.store.entries(1, 1, 0, 1)
    return month_name(line.created)


@pytest.mark.parametrize(
    "call", [("", "", "", False), ("1", "", "", True), ("1", "x", "", False), ("1", "2026-02-02", "2026-02-01", False)]
)
async def test_what_cannot_be_reported_is_said(desk: Desk, call: tuple[str, str, str, bool]) -> None:
    with pytest.raises(NotDone):
        await reports.usage(desk, *call[:3], Form.CSV, house=call[3])
    with pytest.raises(NotDone):
        await reports.statement(desk, "1", "October", Form.CSV, house=False)
    with pytest.raises(NotDone):
        await reports.statement(desk, "1", "2999-01", Form.CSV, house=False)
