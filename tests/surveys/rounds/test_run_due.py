"""A round by the clock: opened, reminded, closed, published; late, missed, blocked; and what a run may not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.assemblies.models import SeatHolder, StaffPost
from app.ballots import service as ballots
from app.ballots.models import BallotBox, Invitation
from app.core.config import Settings
from app.core.db import Database
from app.surveys.instruments.models import Instrument, InstrumentVersion
from app.surveys.rounds import opening, running, triggers
from app.surveys.rounds.models import Round, RoundReminder
from app.surveys.scores.models import Score
from tests.cast import Cast, bearer
from tests.surveys.rounds import helpers
from tests.visitor import Visitor


def _scores(db: Database) -> list[Score]:
    with db.read() as s:
        return list(s.exec(select(Score)))


def test_a_month_runs_by_itself(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    assert helpers.run(db, "2012-06-25T08:59:59") == running.Done()
    assert helpers.rounds(db) == []
    opened = helpers.run(db, "2012-06-25T09:00:00")
    made = helpers.the_round(db)
    assert opened == running.Done(opened=[made.id])
    assert (made.state, made.period, made.invited, made.population, made.late) == ("open", "2012-06", 12, 12, False)
    assert made.closes_at - made.opens_at == timedelta(days=5)
    helpers.answer(db, made, 9)
    assert helpers.run(db, "2012-06-27T09:00:00") == running.Done(reminded=[made.id])
    assert helpers.run(db, "2012-06-27T09:00:00") == running.Done()
    assert helpers.run(db, "2012-06-29T10:00:00") == running.Done(reminded=[made.id])
    done = helpers.run(db, "2012-06-30T09:00:00")
    assert done == running.Done(closed=[made.id], published=[made.id])
    (score,) = _scores(db)
    assert (score.subject_name, score.invited, score.responses, score.rate) == ("安居物业", 12, 9, 10_000)
    assert score.period == "2012-06"
    assert helpers.run(db, "2012-06-30T09:00:01") == running.Done()
    assert helpers.the_round(db).state == "published"


def test_confidential_reminders_go_to_those_who_did_not_answer(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 9)
    helpers.run(db, "2012-06-27T09:00:00")
    with db.read() as s:
        first, second = s.exec(select(RoundReminder).order_by(col(RoundReminder.number))).all()
    assert (first.audience, second.sent_at) == (3, None)


def test_secret_reminders_go_to_everybody(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, secrecy="secret")
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 9)
    helpers.run(db, "2012-06-27T09:00:00")
    with db.read() as s:
        assert s.exec(select(RoundReminder.audience).where(RoundReminder.number == 1)).one() == 12
        assert not s.exec(select(Invitation).where(col(Invitation.answered))).all()


def test_reminders_that_piled_up_go_out_once(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    assert len(helpers.run(db, "2012-06-29T20:00:00").reminded) == 1
    with db.read() as s:
        sent = s.exec(select(RoundReminder).order_by(col(RoundReminder.number))).all()
    assert [(r.audience, r.sent_at is not None) for r in sent] == [(0, True), (12, True)]


def test_a_round_that_is_over_is_closed_and_not_reminded(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    done = helpers.run(db, "2012-07-10T09:00:00")
    assert (len(done.closed), len(done.published), done.reminded) == (1, 1, [])


def test_cron_that_did_not_run_for_months(db: Database, cast: Cast) -> None:
    """The newest due period and the one before it open late, for their full time; older ones are recorded as missed."""
    helpers.ready(db, cast.community)
    done = helpers.run(db, "2012-10-02T03:00:00")
    found = {r.period: r for r in helpers.rounds(db)}
    assert sorted(found) == ["2012-06", "2012-07", "2012-08", "2012-09"]
    assert {p: found[p].state for p in ("2012-06", "2012-07")} == {"2012-06": "void", "2012-07": "void"}
    assert found["2012-06"].void_reason == "missed"
    for period in ("2012-08", "2012-09"):
        assert found[period].state == "open" and found[period].late
        assert found[period].closes_at == helpers.instant("2012-10-07T03:00:00")
    assert set(done.opened) == {found["2012-08"].id, found["2012-09"].id}


def test_a_little_late_is_not_late(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T15:00:00")
    made = helpers.the_round(db)
    assert not made.late and made.closes_at == helpers.instant("2012-06-30T09:00:00")


def test_nobody_to_ask_waits_for_the_roster(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, count=0)
    assert helpers.run(db, "2012-06-25T09:00:00") == running.Done()
    blocked = helpers.the_round(db)
    assert (blocked.state, blocked.blocked) == ("scheduled", "nobody")
    with db.write() as s:
        helpers.add_representatives(s, cast.other_community, 5)  # another community's do not count
    assert helpers.run(db, "2012-06-25T10:00:00") == running.Done()
    with db.write() as s:
        helpers.add_representatives(s, cast.community, 3)
    assert len(helpers.run(db, "2012-06-26T10:00:00").opened) == 1
    assert (helpers.the_round(db).blocked, helpers.the_round(db).invited) == ("", 3)


def test_a_round_that_never_could_open_is_missed_in_the_end(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, count=0)
    for month in ("06", "07", "08"):
        helpers.run(db, f"2012-{month}-25T09:00:00")
    states = {r.period: (r.state, r.blocked, r.void_reason) for r in helpers.rounds(db)}
    assert states == {
        "2012-06": ("void", "", "missed"),
        "2012-07": ("scheduled", "nobody", ""),
        "2012-08": ("scheduled", "nobody", ""),
    }


def test_three_representatives_answer_and_their_answers_are_not_shown(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, count=3)
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 3)
    helpers.run(db, "2012-07-01T09:00:00")
    (score,) = _scores(db)
    assert (score.suppressed, score.valid, score.rate) == ("few", None, None)


def test_manual_rounds_wait_for_a_person(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, publish="manual")
    helpers.run(db, "2012-06-25T09:00:00")
    helpers.answer(db, helpers.the_round(db), 6)
    assert helpers.run(db, "2012-07-01T09:00:00").published == []
    assert helpers.run(db, "2012-07-02T09:00:00") == running.Done()
    assert helpers.the_round(db).state == "closed" and _scores(db) == []


def test_a_paused_schedule_rests(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community, paused=True)
    assert helpers.run(db, "2012-06-26T09:00:00") == running.Done()
    assert helpers.rounds(db) == []


def test_an_instrument_edited_while_a_round_is_open_changes_nothing(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    before = helpers.the_round(db).version_id
    with db.write() as s:
        instrument = s.exec(select(Instrument).where(Instrument.key == "property_monthly")).one()
        old = s.get_one(InstrumentVersion, before)
        s.add(
            InstrumentVersion(
                instrument_id=instrument.id,
                number=2,
                definition={**old.definition, "title": "新版"},
                hash="0" * 64,
                state="published",
                published_at=old.published_at,
            )
        )
    helpers.answer(db, helpers.the_round(db), 6)
    helpers.run(db, "2012-06-30T09:00:00")
    assert helpers.the_round(db).version_id == before and len(_scores(db)) == 1
    helpers.run(db, "2012-07-25T09:00:00")
    assert helpers.rounds(db)[1].version_id != before


def test_a_subject_who_leaves_office_stays_in_the_round(db: Database, cast: Cast) -> None:
    with db.write() as s:
        helpers.add_staff(s, cast.community, "甲", "乙")
    helpers.ready(db, cast.community, instrument="committee_halfyear", subject_kinds=["committee", "staff"])
    helpers.run(db, "2012-06-25T09:00:00")
    with db.write() as s:
        post = s.exec(select(StaffPost).where(StaffPost.name == "甲")).one()
        post.to_on = date(2012, 6, 26)
        s.add(post)
    helpers.answer(db, helpers.the_round(db), 8)
    helpers.run(db, "2012-07-01T09:00:00")
    assert {score.subject_name for score in _scores(db)} == {"翰林缘社区居民委员会", "甲", "乙"}


def test_the_frame_is_of_the_opening_day(db: Database, cast: Cast) -> None:
    """Whoever left the day before is not asked; whoever comes the day after is not added."""
    helpers.ready(db, cast.community, count=6)
    with db.write() as s:
        gone = s.exec(select(SeatHolder).where(SeatHolder.name == "代表1")).one()
        gone.to_on = date(2012, 6, 24)
        s.add(gone)
    helpers.run(db, "2012-06-25T09:00:00")
    made = helpers.the_round(db)
    with db.read() as s:
        invited = set(s.exec(select(Invitation.voter_name).where(Invitation.box_id == made.box_id)))
    assert invited == {f"代表{n}" for n in range(2, 7)}


def test_a_client_runs_what_it_may_see(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    with db.write() as s:
        helpers.add_representatives(s, cast.other_community, 4)
        helpers.add_schedule(s, cast.other_community)
    director = helpers.principal(db, "外主任")
    done = running.run_due(db, director, helpers.instant("2012-06-25T09:00:00"))
    assert len(done.opened) == 1
    assert helpers.the_round(db).community_id == cast.other_community


def test_answers_at_the_second_of_closing_count_or_are_refused(db: Database, cast: Cast) -> None:
    helpers.ready(db, cast.community)
    helpers.run(db, "2012-06-25T09:00:00")
    made = helpers.the_round(db)
    with db.read() as s:
        token = ballots.slips(s, s.get_one(BallotBox, made.box_id))[0].token
    helpers.answer(db, made, 6, first=1)
    helpers.run(db, "2012-06-30T09:00:00")
    with db.read() as s:
        assert ballots.find_by_token(s, token) is None
    assert helpers.the_round(db).answered == 6


def test_one_broken_round_does_not_stop_the_others(db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    helpers.ready(db, cast.community)
    with db.write() as s:
        helpers.add_representatives(s, cast.other_community, 4)
        helpers.add_schedule(s, cast.other_community)
    real = opening.advance

    def broken(s: Session, round_: Round, *rest: Any) -> object:
        if round_.community_id == cast.community:
            raise RuntimeError("boom")
        return real(s, round_, *rest)

    monkeypatch.setattr(opening, "advance", broken)
    assert len(helpers.run(db, "2012-06-25T09:00:00").opened) == 1
    found = {r.community_id: (r.state, r.blocked) for r in helpers.rounds(db)}
    assert found == {cast.community: ("scheduled", "failed"), cast.other_community: ("open", "")}
    monkeypatch.undo()
    assert len(helpers.run(db, "2012-06-25T09:15:00").opened) == 1
    assert {r.blocked for r in helpers.rounds(db)} == {""}


def test_over_the_api(db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]) -> None:
    helpers.ready(db, cast.community)
    stranger = visit_as(None)
    answer = stranger.post("/api/v1/rounds/run-due", headers=bearer("定时任务"), json={"as_of": "2012-06-25"})
    assert answer.status_code == 200, answer.text
    made = helpers.the_round(db)
    assert answer.json() == {"opened": [str(made.id)], "reminded": [], "closed": [], "published": []}
    again = stranger.post(
        "/api/v1/rounds/run-due", headers=bearer("定时任务"), json={"as_of": "2012-06-25T21:00:00+08:00"}
    )
    assert again.json() == {"opened": [], "reminded": [], "closed": [], "published": []}
    wrong: tuple[Any, ...] = ({"as_of": "yesterday"}, {"as_of": "2012-06-25", "more": 1}, {"as_of": "0001-01-01"}, [])
    for bad in wrong:
        assert stranger.post("/api/v1/rounds/run-due", headers=bearer("定时任务"), json=bad).status_code == 422
    assert visit_as("李网格").post("/rounds/run-due").status_code == 403
    assert visit_as("周代表").post("/rounds/run-due").status_code == 403
    assert visit_as(None).post("/rounds/run-due").status_code == 401


def test_an_empty_body_runs_at_the_present_instant(
    db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]
) -> None:
    helpers.ready(db, cast.community, cadence="yearly", opens_day=1, starts_on=date(2025, 1, 1))
    answer = visit_as("王站长").post("/rounds/run-due")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["opened"]) == 2  # this year's and, caught up, the year's before
    assert visit_as("王站长").post("/rounds/run-due", json={}).json()["opened"] == []


def test_the_same_key_gets_the_same_answer(db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]) -> None:
    helpers.ready(db, cast.community)
    visitor, key = visit_as("王站长"), {"Idempotency-Key": "cron-1"}
    first = visitor.post("/rounds/run-due", headers=key, json={"as_of": "2012-06-25"})
    again = visitor.post("/rounds/run-due", headers=key, json={"as_of": "2012-06-25"})
    assert first.json()["opened"] and again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = visitor.post("/rounds/run-due", headers=key, json={"as_of": "2012-06-26"})
    assert other.status_code == 422


def test_production_has_no_other_clock(
    cast: Cast, visit_as: Callable[[str | None], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    production = Settings.model_validate(
        {
            "APP_ENV": "production",
            "APP_SECRET": "k7Jq2mXw9ZpL4vRt8bNc3hYd6gFs1aEu",
            "APP_ALLOWED_HOSTS": "example.org",
            "APP_BASE_URL": "https://example.org",
        }
    )
    monkeypatch.setattr(triggers, "get_settings", lambda: production)
    answer = visit_as("王站长").post("/rounds/run-due", json={"as_of": "2012-06-25"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "as_of"
    assert visit_as("王站长").post("/rounds/run-due", json={}).status_code == 200


def test_an_expired_client_is_refused(visit_as: Callable[[str | None], Visitor]) -> None:
    assert visit_as(None).post("/api/v1/rounds/run-due", headers=bearer("过期")).status_code == 401
