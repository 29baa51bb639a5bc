"""PUT /visits/{id}: once, however often; corrected with history; parallel-safe."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import select

from app.core.audit import AuditEntry, verify
from app.core.clock import add_months, now, today
from app.core.db import Database
from app.core.events import ResidentsMerged, publish
from app.households.residents.models import Residency, Resident
from app.households.visits.models import Need, Visit, VisitPolicy, VisitRevision
from tests.cast import Cast, bearer
from tests.visitor import Visitor
from tests.visits.helpers import audit_size, body, due_of, new_path, plan

Open = Callable[[str | None], Visitor]


def test_first_time_is_201_and_moves_the_due_date(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, people_met=[str(cast.residents["张桂英"])])
    answer = li.put(path, json=sent)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == path
    assert answer.headers["etag"].startswith('"1')
    read = answer.json()
    assert read["worker_id"] == str(cast.users["李网格"])
    assert read["people"] == [{"id": str(cast.residents["张桂英"]), "name": "张桂英"}]
    assert read["household_label"] == "1-1-101"
    assert read["next_due_on"] == (today() + timedelta(days=7)).isoformat()
    assert li.get(path).json()["note"] == "身体不错"


def test_a_new_visit_stands_in_the_audit_log(visit_as: Open, cast: Cast, db: Database) -> None:
    """It is stored without the session's unit of work, so its entry is looked at: whole, masked, and chained."""
    li, path = visit_as("李网格"), new_path()
    note = "张桂英说腿疼,想去县医院看看"
    assert li.put(path, json=body(cast, note=note)).status_code == 201
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.object_id == UUID(path.rsplit("/", 1)[1]))).one()
        assert verify(s) is None
    assert (entry.action, entry.object_type, entry.actor_name) == ("visit.create", "visit", "李网格")
    assert entry.community_id == cast.community
    after = json.loads(entry.changes)["after"]
    assert after["household_id"] == str(cast.households["1-1-101"])
    assert after["outcome"] == "fine"
    assert after["note"] and note not in entry.changes
    assert "content_hash" not in after


def test_a_community_without_stored_rules_goes_by_the_defaults(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    with db.write() as s:
        s.execute(delete(VisitPolicy))
    read = visit_as("李网格").put(new_path(), json=body(cast)).json()
    assert read["next_due_on"] == (today() + timedelta(days=7)).isoformat()


def test_an_old_visit_entered_late_does_not_move_the_clock_back(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li = visit_as("李网格")
    latest = li.put(new_path(), json=body(cast)).json()["next_due_on"]
    for outcome in ("fine", "not_home"):
        earlier = body(cast, outcome=outcome, visited_at=(now() - timedelta(days=20)).isoformat())
        assert li.put(new_path(), json=earlier).json()["next_due_on"] == latest


def test_the_same_again_changes_nothing(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, needs=[{"category": "health", "detail": "药", "urgent": True}])
    first = li.put(path, json=sent).json()
    size = audit_size(db)
    for _time in range(3):
        again = li.put(path, json=dict(reversed(sent.items())))
        assert again.status_code == 200
        assert again.json() == first
    assert audit_size(db) == size


def test_equal_content_in_other_words_is_the_same(visit_as: Open, cast: Cast, db: Database) -> None:
    li, path = visit_as("李网格"), new_path()
    people = [str(cast.residents[n]) for n in ("王小明", "刘芳")]
    needs = [{"category": "health", "detail": "药"}, {"category": "other"}]
    sent = body(
        cast, "1-1-201", visited_at="2026-05-01T10:00:00+08:00", people_met=people, needs=needs, note="好\r\n的 "
    )
    assert li.put(path, json=sent).status_code == 201
    alike = {
        **sent,
        "visited_at": "2026-05-01T02:00:00Z",
        "people_met": [*reversed(people), people[0]],
        "needs": [{"category": "other", "detail": "", "urgent": False}, *needs[:1]],
        "note": " 好\n的",
        "next_due_on": None,
    }
    assert li.put(path, json=alike).status_code == 200


def test_other_content_needs_if_match_and_keeps_history(visit_as: Open, cast: Cast, db: Database) -> None:
    li, path = visit_as("李网格"), new_path()
    sent = body(cast)
    li.put(path, json=sent)
    changed = {**sent, "note": "记错了", "outcome": "helped"}
    assert li.put(path, json=changed).status_code == 428
    assert li.put(path, json=changed, headers={"If-Match": '"7"'}).status_code == 412
    corrected = li.put(path, json=changed, headers={"If-Match": '"1"'})
    assert corrected.status_code == 200
    assert corrected.headers["etag"].startswith('"2')
    detail = li.get(path).json()
    assert (detail["note"], detail["corrections"]) == ("记错了", 1)
    assert [h["content"]["note"] for h in detail["history"]] == ["身体不错"]
    assert detail["history"][0]["replaced_by_name"] == "李网格"


def test_late_copies_of_requests_already_done_change_nothing(visit_as: Open, cast: Cast, db: Database) -> None:
    """A tablet sends, corrects twice, and then its network delivers old copies in any order."""
    li, path = visit_as("李网格"), new_path()
    wordings = [body(cast, note=n, visited_at="2026-05-01T02:00:00Z") for n in ("一", "二", "三")]
    requests: list[tuple[dict[str, Any], dict[str, str]]] = [
        (w, {"If-Match": f'"{i}"'} if i else {}) for i, w in enumerate(wordings)
    ]
    for sent, headers in requests:
        li.put(path, json=sent, headers=headers)
    size = audit_size(db)
    for sent, headers in [requests[1], requests[0], requests[2], requests[0]]:
        answer = li.put(path, json=sent, headers=headers)
        assert answer.status_code == 200
        assert (answer.json()["note"], answer.json()["version"]) == ("三", 3)
    assert audit_size(db) == size
    # going back to the first wording on purpose names the present version
    back = li.put(path, json=wordings[0], headers={"If-Match": '"3"'})
    assert (back.status_code, back.json()["note"], back.json()["version"]) == (200, "一", 4)


def test_if_match_on_a_visit_that_does_not_exist(visit_as: Open, cast: Cast) -> None:
    assert visit_as("李网格").put(new_path(), json=body(cast), headers={"If-Match": '"1"'}).status_code == 412


def test_only_author_and_director_correct(visit_as: Open, cast: Cast, db: Database) -> None:
    director, path = visit_as("王站长"), new_path()
    sent = body(cast)
    director.put(path, json=sent)
    changed = {**sent, "note": "改"}
    refused = visit_as("李网格").put(path, json=changed, headers={"If-Match": '"1"'})
    assert refused.status_code == 403
    assert visit_as("李网格").page(f"{path}/edit").status_code == 403
    assert visit_as("李网格").put(path, json=sent).status_code == 200  # a repeat changes nothing, whoever sends it
    assert director.put(path, json=changed, headers={"If-Match": '"1"'}).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"If-Match": '"1"'}])
def test_an_id_taken_in_another_community_is_404(
    visit_as: Open, cast: Cast, db: Database, headers: dict[str, str]
) -> None:
    path = new_path()
    visit_as("李网格").put(path, json=body(cast))
    foreign = {**body(cast), "household_id": str(cast.other_household)}
    for sent in (foreign, body(cast)):
        answer = visit_as("外社区").put(path, json=sent, headers=headers)
        assert answer.status_code == 404
        assert answer.json()["detail"] == visit_as("外社区").get(new_path()).json()["detail"]
    assert visit_as("外社区").get(path).status_code == 404
    assert visit_as("赵网格").put(path, json=body(cast)).status_code == 404


def test_household_out_of_reach_is_404(visit_as: Open, cast: Cast) -> None:
    assert visit_as("李网格").put(new_path(), json=body(cast, "2-1-101")).status_code == 404
    foreign = {**body(cast), "household_id": str(cast.other_household)}
    assert visit_as("王站长").put(new_path(), json=foreign).status_code == 404
    unknown = {**body(cast), "household_id": str(uuid4())}
    assert visit_as("王站长").put(new_path(), json=unknown).status_code == 404


def test_not_home_does_not_reset_the_clock(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, home = visit_as("李网格"), cast.households["1-1-101"]
    li.put(new_path(), json=body(cast, visited_at=(now() - timedelta(days=10)).isoformat()))
    owed = due_of(db, home).owed_on  # type: ignore[union-attr]
    sent = body(cast, outcome="not_home", people_met=[str(cast.residents["张桂英"])])
    tried = li.put(new_path(), json=sent)
    assert tried.json()["people_met"] == []
    assert tried.json()["next_due_on"] == (today() + timedelta(days=3)).isoformat()
    row = due_of(db, home)
    assert row is not None
    assert (row.owed_on, row.last_attempt_on) == (owed, today())


def test_correcting_the_outcome_moves_the_clock_back(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, path, home = visit_as("李网格"), new_path(), cast.households["1-1-101"]
    before = due_of(db, home)
    sent = body(cast)
    li.put(path, json=sent)
    li.put(path, json={**sent, "outcome": "not_home"}, headers={"If-Match": '"1"'})
    row = due_of(db, home)
    assert row is not None and before is not None
    assert (row.owed_on, row.last_visit_on) == (before.owed_on, None)


def test_a_visit_logged_at_the_wrong_door_is_moved(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, needs=[{"category": "health"}])
    li.put(path, json=sent)
    moved = {**sent, "household_id": str(cast.households["1-1-201"])}
    answer = li.put(path, json=moved, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["household_label"]) == (200, "1-1-201")
    assert answer.json()["needs"][0]["household_id"] == str(cast.households["1-1-201"])
    assert due_of(db, cast.households["1-1-101"]).last_visit_on is None  # type: ignore[union-attr]
    assert due_of(db, cast.households["1-1-201"]).last_visit_on == today()  # type: ignore[union-attr]
    away = {**sent, "household_id": str(cast.households["2-1-101"])}
    assert li.put(path, json=away, headers={"If-Match": '"2"'}).status_code == 404


def test_a_chosen_day_stands(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    day = (today() + timedelta(days=2)).isoformat()
    answer = visit_as("李网格").put(new_path(), json=body(cast, next_due_on=day))
    assert (answer.json()["next_due_on"], answer.json()["next_due_chosen"]) == (day, day)
    bad = visit_as("李网格").put(new_path(), json=body(cast, next_due_on=today().isoformat()))
    assert bad.status_code == 422


def test_people_met_live_there_now_or_lived_there_that_day(visit_as: Open, cast: Cast, db: Database) -> None:
    li = visit_as("李网格")
    stranger = li.put(new_path(), json=body(cast, people_met=[str(cast.residents["王小明"])]))
    assert stranger.status_code == 422
    assert stranger.json()["errors"][0]["field"] == "people_met"
    with db.write() as s:
        home = s.exec(select(Residency).where(Residency.resident_id == cast.residents["张桂英"])).one()
        home.to_on = today() - timedelta(days=30)
        s.add(home)
    met = [str(cast.residents["张桂英"])]
    then = (now() - timedelta(days=40)).isoformat()
    assert li.put(new_path(), json=body(cast, visited_at=then, people_met=met)).status_code == 201
    assert li.put(new_path(), json=body(cast, people_met=met)).status_code == 422


def test_a_merged_duplicate_may_be_named(visit_as: Open, cast: Cast, db: Database) -> None:
    """The tablet knew the record before the desk merged it."""
    with db.write() as s:
        twin = Resident(
            community_id=cast.community, name="张桂英", sort_key="z", merged_into_id=cast.residents["张桂英"]
        )
        s.add(twin)
        s.flush()
        gone = str(twin.id)
    answer = visit_as("李网格").put(new_path(), json=body(cast, people_met=[gone]))
    assert answer.status_code == 201
    assert answer.json()["people_met"] == [str(cast.residents["张桂英"])]


def test_visits_follow_a_merge(visit_as: Open, cast: Cast, db: Database) -> None:
    """Whoever was met under the record that is gone was met under the one that is kept; the visit stays the same."""
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, people_met=[str(cast.residents["张桂英"])])
    li.put(path, json=sent)
    with db.write() as s:
        twin = Resident(community_id=cast.community, name="张桂英", sort_key="z")
        s.add(twin)
        s.flush()
        kept = twin.id
        publish(s, ResidentsMerged(kept=kept, gone=cast.residents["张桂英"]))
    assert li.get(path).json()["people_met"] == [str(kept)]
    assert (li.put(path, json=sent).status_code, li.get(path).json()["version"]) == (200, 1)


def test_closed_household(visit_as: Open, cast: Cast, db: Database) -> None:
    from app.households.models import Household

    with db.write() as s:
        home = s.get_one(Household, cast.households["1-1-301"])
        home.closed_on = today() - timedelta(days=3)
        s.add(home)
    li = visit_as("李网格")
    assert li.put(new_path(), json=body(cast, "1-1-301")).status_code == 409
    earlier = (now() - timedelta(days=5)).isoformat()  # paid before, sent late
    assert li.put(new_path(), json=body(cast, "1-1-301", visited_at=earlier)).status_code == 201


def test_twenty_copies_at_once_are_one_visit(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    visitors = [visit_as("李网格") for _n in range(20)]
    path = new_path()
    sent = body(cast, needs=[{"category": "health", "detail": "药", "urgent": True}, {"category": "safety"}])
    size = audit_size(db)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda v: v.put(path, json=sent), visitors))
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    assert len({a.text for a in answers}) == 1
    with db.read() as s:
        assert len(s.exec(select(Visit)).all()) == 1
        assert sorted(n.serial[-4:] for n in s.exec(select(Need))) == ["0001", "0002"]
    assert audit_size(db) - size == 3  # the visit and two needs


def test_twenty_different_visits_at_once(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    visitors = [visit_as("李网格") for _n in range(20)]
    labels = ["1-1-101", "1-1-201"] * 10
    need = [{"category": "health", "detail": "药"}]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda p: p[0].put(new_path(), json=body(cast, p[1], needs=need)), zip(visitors, labels, strict=True)
            )
        )
    assert {a.status_code for a in answers} == {201}, [a.text for a in answers if a.status_code != 201]
    serials = sorted(a.json()["needs"][0]["serial"] for a in answers)
    assert [s[-4:] for s in serials] == [f"{n:04d}" for n in range(1, 21)]


def test_twenty_corrections_at_once_are_one(visit_as: Open, cast: Cast, db: Database) -> None:
    visitors = [visit_as("李网格") for _n in range(20)]
    path, sent = new_path(), body(cast)
    visitors[0].put(path, json=sent)

    def correct(pair: tuple[int, Visitor]) -> int:
        number, visitor = pair
        changed = {**sent, "note": f"更正 {number}"}
        return visitor.put(path, json=changed, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(20) as pool:
        found = sorted(pool.map(correct, enumerate(visitors)))
    assert found == [200] + [412] * 19
    with db.read() as s:
        assert len(s.exec(select(VisitRevision)).all()) == 1


def test_a_district_client_reads_it_back_and_cannot_write(visit_as: Open, cast: Cast) -> None:
    path = new_path()
    visit_as("李网格").put(path, json=body(cast, people_met=[str(cast.residents["张桂英"])]))
    stranger = visit_as(None)
    read = stranger.get(f"/api/v1{path}", headers=bearer("区平台"))
    assert read.status_code == 200
    assert read.json()["note"] == "身体不错"
    assert read.json()["people"][0]["name"] == "张*英"
    assert stranger.put(f"/api/v1{path}", json=body(cast), headers=bearer("区平台")).status_code == 403


def test_interval_of_a_month_clamps(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    answer = visit_as("李网格").put(new_path(), json=body(cast, "1-1-201", purpose="routine"))
    assert answer.json()["next_due_on"] == add_months(today(), 6).isoformat()
