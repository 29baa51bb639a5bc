"""What a press leaves behind: rows of the ballot tables, and nowhere else anything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import MetaData, Table, select

from app.ballots import service
from app.ballots.models import Secrecy
from app.core import logs, middleware
from app.core.config import get_settings
from app.core.db import Database, SessionDep
from app.core.hypermedia import APIRouter
from app.core.schemas import Body, Read
from app.tables import metadata
from tests.ballots.helpers import GOOD, SECRECIES, opened, press
from tests.cast import Cast
from tests.visitor import Visitor

BALLOTS = {"ballot_pass", "sealed_sheet", "sealed_text", "ballot_receipt"}
NAMED = {"ballot_pass", "named_sheet", "ballot_receipt", "invitation"}
router = APIRouter(prefix="/s")


class Pressed(Body):
    once: str
    answers: dict[str, dict[str, str]]


class Receipt(Read):
    receipt: str


@router.post("/press/{token}", status_code=201)
def press_button(s: SessionDep, token: str, data: Pressed) -> Receipt:
    """Put in a sheet, as the answering page does."""
    found = service.find_by_token(s, token)
    if found is None:
        raise service.refusal()
    if data.once == "crash":
        raise RuntimeError("the answering page has a fault")
    texts = {"committee.why": "我有话说"}
    return Receipt(receipt=service.submit(s, found, token, data.once, data.answers, texts))


class Recorder:
    """In the place of the log: keeps every line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __getattr__(self, level: str) -> Any:
        return lambda *args, **kwargs: self.lines.append(f"{level} {args} {kwargs}")


def _content(db: Database) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with db.engine.connect() as connection:
        reflected = MetaData()
        for name in sorted(metadata.tables):
            table = Table(name, reflected, autoload_with=connection)
            found[name] = sorted(map(repr, connection.execute(select(table)).all()))
    return found


def _changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_press_writes_to_no_other_table(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    before = _content(db)
    assert press(db, box.slips[0].token, texts={"committee.why": "我有话说"})
    assert _changed(before, _content(db)) == (NAMED if secrecy == Secrecy.named else BALLOTS)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    recorder = Recorder()
    monkeypatch.setattr(logs, "log", recorder)
    counted = get_settings().model_copy(update={"metrics": True})
    monkeypatch.setattr(middleware, "get_settings", lambda: counted)
    return recorder.lines


def _measured() -> dict[str, float]:
    return {f"{m.name}{sorted(m.labels.items())}": m.value for one in logs.registry.collect() for m in one.samples}


@pytest.mark.parametrize("name", [None, "周代表"])
@pytest.mark.parametrize("door", ["", "/api/v1"])
def test_a_press_over_http_leaves_no_line_no_count_and_no_row(
    app: FastAPI,
    db: Database,
    cast: Cast,
    visit_as: Callable[[str | None], Visitor],
    lines: list[str],
    caplog: pytest.LogCaptureFixture,
    name: str | None,
    door: str,
) -> None:
    """Neither with an Idempotency-Key nor in the browser of somebody who is signed in."""
    app.router.routes[:0] = router.routes
    box, visitor = opened(db, cast, Secrecy.secret), visit_as(name)
    assert visitor.get("/healthz").status_code == 200
    assert len(lines) == 1, "requests elsewhere are logged, so this test can see a line"
    before, measured = _content(db), _measured()
    assert any("/healthz" in key for key in measured)
    caplog.set_level(logging.DEBUG)
    answer = visitor.post(
        f"{door}/s/press/{box.slips[0].token}",
        json={"once": "form-1", "answers": GOOD},
        headers={"Idempotency-Key": "a-key-of-the-browser", "X-Request-Id": "traceable-request"},
    )
    assert answer.status_code == 201 and len(answer.json()["receipt"]) == 12
    assert visitor.post(f"{door}/s/press/wrong", json={"once": "x", "answers": GOOD}).status_code == 404
    assert _changed(before, _content(db)) == BALLOTS
    assert len(lines) == 1 and _measured() == measured
    ours = [r for r in caplog.records if r.name.split(".")[0] not in {"httpx", "httpx2", "httpcore", "asyncio"}]
    assert ours == []


def test_a_crash_does_not_quote_the_ballot(
    app: FastAPI, db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor], lines: list[str]
) -> None:
    app.router.routes[:0] = router.routes
    box = opened(db, cast, Secrecy.secret)
    before = _content(db)
    sent = {"once": "crash", "answers": {"committee": {"overall": "very_dissatisfied"}}}
    answer = visit_as(None).post(f"/s/press/{box.slips[0].token}", json=sent)
    assert answer.status_code == 500 and _changed(before, _content(db)) == set()
    assert len(lines) == 1 and "very_dissatisfied" not in lines[0] and box.slips[0].token not in lines[0]
    assert press(db, box.slips[0].token), "the pass was not spent"


@pytest.mark.parametrize("engine", ["engine", "_write_engine", "_glance_engine"])
def test_a_refused_statement_is_not_quoted_with_its_values(db: Database, engine: str) -> None:
    """Errors of the database end in the log; what somebody entered must not."""
    with pytest.raises(Exception, match="no_such_table") as refused, getattr(db, engine).connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO no_such_table VALUES (?)" if db.is_sqlite else "INSERT INTO no_such_table VALUES (%s)",
            ("very_dissatisfied",),
        )
    assert "very_dissatisfied" not in str(refused.value)
