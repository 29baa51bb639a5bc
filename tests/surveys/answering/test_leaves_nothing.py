"""What a press at the real address leaves behind: rows of the ballot tables, and nowhere else anything."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from app.core.db import Database
from tests.ballots.test_leaves_nothing import BALLOTS, NAMED, _changed, _content, _measured, lines
from tests.cast import Cast
from tests.surveys.answering import made
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
__all__ = ["lines"]
PRESSES = [("secret", None), ("secret", "周代表"), ("confidential", "周代表"), ("named", None)]


@pytest.mark.parametrize("door", ["", "/api/v1"])
@pytest.mark.parametrize(("secrecy", "name"), PRESSES)
def test_a_press_leaves_a_ballot_and_nothing_else(
    db: Database, cast: Cast, visit_as: Visit, lines: list[str], caplog: pytest.LogCaptureFixture,
    secrecy: str, name: str | None, door: str,
) -> None:  # fmt: skip
    round_ = made.begin(db, cast, secrecy=secrecy)
    path, visitor = f"{door}/s/{made.token(db, round_)}", visit_as(name)
    assert visitor.get("/healthz").status_code == 200 and len(lines) == 1, "requests elsewhere are logged"
    before, measured = _content(db), _measured()
    caplog.set_level(logging.DEBUG)
    traced = {"Idempotency-Key": "a-key-of-the-browser", "X-Request-Id": "traceable-request"}
    press = {"once": "a-press-of-mine", "a": made.rated(wishes="我有话说")}
    assert visitor.get(path, headers=traced).status_code == 200
    assert visitor.post(path, json={**press, "then": "keep"}, headers=traced).json()["kept"] is True
    assert _changed(before, _content(db)) == {"answer_draft"}
    for _n in range(2):
        assert len(visitor.post(path, json=press, headers=traced).json()["receipt"]) == 14
    assert visitor.post(f"{door}/s/wrong", json=press, headers=traced).status_code == 404
    assert _changed(before, _content(db)) == (NAMED if secrecy == "named" else BALLOTS)
    assert len(lines) == 1 and _measured() == measured
    ours = [r for r in caplog.records if r.name.split(".")[0] not in {"httpx", "httpx2", "httpcore", "asyncio"}]
    assert ours == []
