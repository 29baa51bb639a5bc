"""What people do with a round: schedule, read, extend, close, publish, correct, void; and who may not."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app.ballots.models import BallotBox
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from app.surveys.rounds import running
from app.surveys.rounds.models import Round, RoundCorrection
from app.surveys.scores.models import Score
from tests.cast import Cast
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def opened(db: Database, cast: Cast) -> Round:
    """A round that opened just now, for five days, of twelve representatives; published by a person."""
    today = now().astimezone()
    helpers.ready(
        db, cast.community, publish="manual", opens_day=today.day, opens_hour=0, starts_on=today.date().replace(day=1),
        catch_up=0,
    )  # fmt: skip
    running.run_due(db, None, None)
    made = helpers.the_round(db)
    assert made.state == "open"
    return made


def _json(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_open_round_shows_how_many_and_nothing_else(db: Database, opened: Round, visit_as: Visit) -> None:
    helpers.answer(db, opened, 7, "dissatisfied")
    found = _json(visit_as("周代表").get(f"/rounds/{opened.id}"))
    assert (found["invited"], found["answered"], found["on_paper"]) == (12, 7, 0)
    assert len(found["reminders"]) == 2
    shown = json.dumps(found, ensure_ascii=False)
    assert "dissatisfied" not in shown and found["bundle_sha256"] == ""
    assert visit_as(None).get(f"/rounds/{opened.id}/bundle").status_code == 404
    assert visit_as("周代表").get(f"/rounds/{opened.id}").headers["etag"].startswith(f'"{opened.version}-')


def test_closed_published_and_verified_by_a_neighbour(
    db: Database, opened: Round, visit_as: Visit, tmp_path: Path
) -> None:
    helpers.answer(db, opened, 6, "satisfied")
    helpers.answer(db, opened, 3, "dissatisfied", first=6)
    director = visit_as("王站长")
    early = director.post(f"/rounds/{opened.id}/publish")
    assert (early.status_code, early.json()["code"]) == (409, "round_state")
    closed = _json(director.post(f"/rounds/{opened.id}/close", headers={"Idempotency-Key": "c1"}))
    assert (closed["state"], closed["answered"]) == ("closed", 9)
    again = director.post(f"/rounds/{opened.id}/close", headers={"Idempotency-Key": "c1"})
    assert again.json() == closed and again.headers["Idempotency-Replayed"] == "true"
    assert director.post(f"/rounds/{opened.id}/close").status_code == 409
    with db.read() as s:
        assert s.get_one(BallotBox, opened.box_id).swept
    assert visit_as(None).get(f"/rounds/{opened.id}/bundle").status_code == 404
    published = _json(director.post(f"/rounds/{opened.id}/publish"))
    assert published["state"] == "published"
    assert director.post(f"/rounds/{opened.id}/publish").status_code == 409
    file = visit_as(None).get(f"/rounds/{opened.id}/bundle")
    assert hashlib.sha256(file.content).hexdigest() == published["bundle_sha256"]
    assert "代表1" not in file.text  # nobody is named
    _verify(file.content, tmp_path)


def _verify(bundle: bytes, tmp_path: Path, *, holds: bool = True) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(bundle)
    done = subprocess.run(
        [sys.executable, "app/static/verify.py", str(path), "--en"], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is holds, done.stdout + done.stderr


def test_a_sampled_round_is_verified_too_and_a_forged_one_is_not(
    db: Database, cast: Cast, visit_as: Visit, tmp_path: Path
) -> None:
    helpers.sample_of_residents(db, cast.community, public_number=False, stratify="tenure")
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 7)
    helpers.run(db, "2012-07-01T09:00:00")
    made = helpers.the_round(db)
    assert made.state == "published"
    bundle = visit_as(None).get(f"/rounds/{made.id}/bundle").content
    _verify(bundle, tmp_path)
    forged = json.loads(bundle)
    forged["draws"][0]["picks"][0]["id"] = forged["draws"][0]["picks"][-1]["id"]
    _verify(json.dumps(forged).encode(), tmp_path, holds=False)


def _change(db: Database, opened: Round, was: str, becomes: str | None) -> dict[str, Any]:
    with db.read() as s:
        return {
            "was": helpers.filled(s, opened, was),
            "is": helpers.filled(s, opened, becomes) if becomes else None,
        }


def _confirm(opened: Round, visit_as: Visit) -> Any:
    """By somebody who did not propose it."""
    path = f"/rounds/{opened.id}/correction/confirm"
    return _json(visit_as("李网格").post(path, headers={"If-Match": '"1"'}), 201)


def _publish(db: Database, opened: Round, visit_as: Visit) -> Visitor:
    director = visit_as("王站长")
    _json(director.post(f"/rounds/{opened.id}/close"))
    _json(director.post(f"/rounds/{opened.id}/publish"))
    return director


def test_a_paper_batch_entered_wrongly_becomes_a_new_revision(
    db: Database, opened: Round, visit_as: Visit, tmp_path: Path
) -> None:
    helpers.answer(db, opened, 5, "satisfied")
    helpers.answer(db, opened, 6, "dissatisfied", first=5)
    director = _publish(db, opened, visit_as)
    first = visit_as(None).get(f"/rounds/{opened.id}/bundle").content
    wrong = [_change(db, opened, "dissatisfied", "satisfied")] * 5
    sent = {"reason": "5 张纸质答卷录错", "changes": wrong}
    _json(director.post(f"/rounds/{opened.id}/corrections", json=sent), 201)
    _confirm(opened, visit_as)
    done = _json(director.get(f"/rounds/{opened.id}"))
    assert (done["revision"], done["corrections"][0]["reason"], done["answered"]) == (2, "5 张纸质答卷录错", 11)
    with db.read() as s:
        old, new = s.exec(select(Score).order_by(col(Score.revision))).all()
    assert (old.rate, new.rate, new.supersedes, new.reason) == (4545, 9091, old.id, "5 张纸质答卷录错")
    assert visit_as(None).get(f"/rounds/{opened.id}/bundle?revision=1").content == first
    second = visit_as(None).get(f"/rounds/{opened.id}/bundle").content
    assert second != first
    _verify(first, tmp_path)
    _verify(second, tmp_path)


def test_a_sheet_entered_twice_is_taken_away(db: Database, opened: Round, visit_as: Visit, tmp_path: Path) -> None:
    helpers.answer(db, opened, 12, "satisfied")
    director = _publish(db, opened, visit_as)
    sent = {"reason": "重复录入", "changes": [_change(db, opened, "satisfied", None)] * 5}
    assert _json(director.post(f"/rounds/{opened.id}/corrections", json=sent), 201)["answered_then"] == 7
    again = director.post(f"/rounds/{opened.id}/corrections", json=sent)
    assert (again.status_code, again.json()["code"]) == (409, "correction_pending")
    assert _confirm(opened, visit_as)["answered"] == 7
    _verify(visit_as(None).get(f"/rounds/{opened.id}/bundle").content, tmp_path)


def test_corrections_that_cannot_be(db: Database, opened: Round, visit_as: Visit) -> None:
    helpers.answer(db, opened, 12, "satisfied")
    director = visit_as("王站长")
    one = {"reason": "录错", "changes": [_change(db, opened, "satisfied", "dissatisfied")]}
    assert director.post(f"/rounds/{opened.id}/corrections", json=one).json()["code"] == "round_state"
    _publish(db, opened, visit_as)
    for changes, code in (
        ([_change(db, opened, "dissatisfied", "satisfied")], "no_such_sheet"),
        ([{"was": {"property": {"overall": "nonsense"}}}], "answers_invalid"),
        ([{"was": {"nobody": {}}, "is": None}], "answers_invalid"),
        ([{"was": None, "is": None}], "nothing_changed"),
    ):
        answer = director.post(f"/rounds/{opened.id}/corrections", json={"reason": "录错", "changes": changes})
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    more = {"reason": "漏录", "changes": [{"was": None, "is": {"property": {"overall": "satisfied"}}}]}
    assert director.post(f"/rounds/{opened.id}/corrections", json=more).json()["code"] == "too_many_sheets"
    assert director.post(f"/rounds/{opened.id}/corrections", json={"reason": "", "changes": []}).status_code == 422
    with db.read() as s:
        assert s.exec(select(RoundCorrection)).all() == []
    assert helpers.the_round(db).revision == 1


def test_more_time_before_the_hour_only_and_with_a_reason(db: Database, opened: Round, visit_as: Visit) -> None:
    director, address = visit_as("王站长"), f"/rounds/{opened.id}"
    later = {"closes_at": helpers.minutes_from_now(60 * 24 * 20), "reason": "台风"}
    assert director.patch(address, json=later).status_code == 428
    stale = {"If-Match": f'"{opened.version - 1}"'}
    assert director.patch(address, json=later, headers=stale).status_code == 412
    good = {"If-Match": f'"{opened.version}"'}
    found = _json(director.patch(address, json=later, headers=good))
    assert (found["extension_reason"], found["version"]) == ("台风", opened.version + 1)
    tag = {"If-Match": f'"{found["version"]}"'}
    for wrong in ({**later, "closes_at": helpers.minutes_from_now(5)}, {**later, "closes_at": "2200-01-01T00:00:00Z"}):
        assert director.patch(address, json=wrong, headers=tag).status_code == 422
    assert director.patch(address, json={**later, "reason": ""}, headers=tag).status_code == 422
    with db.write() as s:
        row = s.get_one(Round, opened.id)
        row.opens_at = row.opened_at = helpers.instant("2026-11-01T09:00:00")
        row.closes_at = helpers.instant("2026-11-02T09:00:00")
        s.add(row)
    over = director.patch(address, json=later, headers=tag)
    assert (over.status_code, over.json()["code"]) == (409, "already_over")


def test_voided_with_a_reason_and_nothing_counts(db: Database, opened: Round, visit_as: Visit) -> None:
    helpers.answer(db, opened, 8)
    director = visit_as("王站长")
    assert director.post(f"/rounds/{opened.id}/void", json={}).status_code == 422
    found = _json(director.post(f"/rounds/{opened.id}/void", json={"reason": "问卷印错"}))
    assert (found["state"], found["void_text"]) == ("void", "问卷印错")
    for verb in ("close", "publish"):
        assert director.post(f"/rounds/{opened.id}/{verb}").json()["code"] == "round_state"
    assert director.post(f"/rounds/{opened.id}/void", json={"reason": "再来"}).status_code == 409
    running.run_due(db, None, None)
    assert helpers.the_round(db).state == "void"
    with db.read() as s:
        assert s.get_one(BallotBox, opened.box_id).state == "void"
        assert s.exec(select(Score)).all() == []


def test_what_is_published_is_not_voided(db: Database, opened: Round, visit_as: Visit) -> None:
    director = _publish(db, opened, visit_as)
    assert director.post(f"/rounds/{opened.id}/void", json={"reason": "不好看"}).status_code == 409


def test_by_hand_for_a_period(db: Database, cast: Cast, visit_as: Visit) -> None:
    schedule = str(helpers.ready(db, cast.community))
    director = visit_as("王站长")
    made = _json(director.post("/rounds", json={"schedule_id": schedule, "period": "2011-03"}), 201)
    assert (made["state"], made["period"]) == ("scheduled", "2011-03")
    again = director.post("/rounds", json={"schedule_id": schedule, "period": "2011-03"})
    assert (again.status_code, again.json()["code"]) == (409, "round_exists")
    for bad in ("2011-Q1", "2011", "2011-13", "März", "2011-03-01", ""):
        assert director.post("/rounds", json={"schedule_id": schedule, "period": bad}).status_code == 422, bad
    assert director.post("/rounds", json={"schedule_id": str(cast.community), "period": "2011-04"}).status_code == 422
    assert visit_as("外主任").post("/rounds", json={"schedule_id": schedule, "period": "2011-04"}).status_code == 422
    running.run_due(db, None, None)
    assert {r.period: r.state for r in helpers.rounds(db)}["2011-03"] == "open"


def test_the_list_is_filtered_searched_paged_and_exported(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-10-02T03:00:00")
    reader = visit_as("周代表")
    page = _json(reader.get("/rounds?limit=3"))
    assert [r["period"] for r in page["items"]] == ["2012-09", "2012-08", "2012-07"] and page["total"] == 4
    rest = _json(reader.get(page["next"].removeprefix("/api/v1")))
    assert [r["period"] for r in rest["items"]] == ["2012-06"]
    for query, periods in (
        ("state=void", ["2012-07", "2012-06"]),
        ("period=2012-08", ["2012-08"]),
        ("instrument=property_monthly&state=open", ["2012-09", "2012-08"]),
        ("instrument=integrity_yearly", []),
        ("q=2012-07", ["2012-07"]),
        ("q=%25", []),
        (f"community_id={cast.other_community}", []),
    ):
        assert [r["period"] for r in _json(reader.get(f"/rounds?{query}"))["items"]] == periods, query
    assert reader.get("/rounds?colour=red").status_code == 422
    rows = list(csv.reader(io.StringIO(reader.get("/rounds/export?state=void").text.lstrip("\ufeff"))))
    assert [row[3] for row in rows[1:]] == ["2012-07", "2012-06"] and "错过" in rows[1][-1]
    assert reader.get("/rounds/export?format=xlsx").content[:2] == b"PK"
    assert _json(visit_as("外社区").get("/rounds"))["items"] == []
    assert len(_json(visit_as("区督导").get("/rounds"))["items"]) == 4


def test_another_communitys_rounds_do_not_exist(db: Database, opened: Round, visit_as: Visit) -> None:
    outsider = visit_as("外主任")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"closes_at": helpers.minutes_from_now(99999), "reason": "x"}),
        ("POST", "/void", {"reason": "x"}),
        ("POST", "/close", None),
        ("POST", "/publish", None),
        ("POST", "/corrections", {"reason": "x", "changes": [{"was": {}}]}),
        ("POST", "/announcement", {"source_text": "x"}),
        ("POST", "/public-number", {"public_number": "1"}),
        ("POST", "/redraw", {"reason": "x"}),
        ("POST", "/replacements", {"public_id": "ab", "reason": "moved"}),
        ("GET", "/sample", None),
        ("GET", "/public-number", None),
    ):
        more = {"json": body} if body is not None else {}
        assert outsider.request(method, f"/rounds/{opened.id}{path}", **more).status_code == 404, path


def test_every_step_is_in_the_audit_log(db: Database, opened: Round, visit_as: Visit) -> None:
    helpers.answer(db, opened, 6)
    _publish(db, opened, visit_as)
    with db.read() as s:
        found = s.exec(
            select(AuditEntry.action, AuditEntry.actor_name, AuditEntry.changes).where(
                AuditEntry.object_id == opened.id
            )
        ).all()
    assert {(action, name) for action, name, _changes in found} >= {
        ("evaluation_round.create", "system"),
        ("evaluation_round.update", "王站长"),
    }
    assert "satisfied" not in "".join(changes for _a, _n, changes in found)
