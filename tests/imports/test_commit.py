"""The real import: what it writes, that it writes it once, and that nothing is left of one that broke."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from app.communities.models import GridArea
from app.core import audit
from app.core.audit import AuditEntry
from app.core.clock import today
from app.core.db import Database
from app.core.events import HouseholdsChanged, _handlers, subscribe
from app.households.imports import prepared, work, worker
from app.households.imports.columns import COLUMNS
from app.households.imports.models import ImportJob, ImportPart
from app.households.models import Building, Household, HouseholdTenure
from app.households.residents import personal
from app.households.residents.models import CareRecord, Residency, Resident, ResidentTerm
from app.households.visits.models import VisitDue
from tests.imports.files import (
    WOMAN,
    X,
    check,
    commit,
    csv_of,
    household,
    job,
    people_in,
    person,
    rows,
    texts,
    upload,
    xlsx_of,
)

HEADERS = [column.label for column in COLUMNS]
FULL = [
    ["8", "2", "301", "89.50", "第2网格", "翰林路8号", "出租", "李小华", X, "", "", "138-1234-5678", "户主", "本科",
     "2012-06-03", "独居、肢体残疾4级", "子女在外地", "喜欢\\下棋\t和\n钓鱼"],
    ["8", "2", "302", "120", "2", "", "空置", *[""] * 10, "房主在国外"],
]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_everything_that_a_row_says_is_written(visit_as, db, cast, kind: str) -> None:
    wang = visit_as("王站长")
    content = csv_of(FULL, HEADERS) if kind == "csv" else xlsx_of(FULL, HEADERS)
    found = commit(db, wang, check(db, wang, content, f"a.{kind}")["id"])
    assert found["state"] == "done", found
    home, empty = household(db, "8-2-301", cast.community), household(db, "8-2-302", cast.community)
    assert home and (home.tenure, home.floor_area_cm2, home.unit, home.room) == ("rented", 8950, "2", "301")
    assert home.grid_area_id == cast.areas[2] and home.walk_key == "000008-000008-000002-000301"
    assert empty and (empty.tenure, empty.floor_area_cm2, empty.note) == ("vacant", 12000, "房主在国外")
    resident, stay = people_in(db, "8-2-301")["李小华"]
    assert (resident.sex, resident.birth_on, resident.education) == ("female", date(1970, 6, 15), "bachelor")
    assert personal.id_number_of(resident) == X and personal.phone_of(resident) == "13812345678"
    assert resident.note == "喜欢\\下棋\t和\n钓鱼" and resident.sort_key.startswith("li xiao hua")
    assert (stay.relation, stay.from_on, stay.to_on) == ("head", date(2012, 6, 3), None)
    with db.read() as s:
        building = s.exec(select(Building).where(Building.number == "8")).one()
        assert (building.address, building.grid_area_id) == ("翰林路8号", cast.areas[2])
        tenure = s.exec(select(HouseholdTenure).where(HouseholdTenure.household_id == home.id)).one()
        assert (tenure.tenure, tenure.from_on, tenure.to_on) == ("rented", date(2012, 6, 3), None)
        care = {c.category: c for c in s.exec(select(CareRecord).where(CareRecord.resident_id == resident.id))}
        assert set(care) == {"living_alone", "disabled"}
        assert (care["disabled"].disability_type, care["disabled"].disability_level) == (4, 4)
        assert care["living_alone"].reason == "子女在外地"
        terms = {t.term for t in s.exec(select(ResidentTerm).where(ResidentTerm.resident_id == resident.id))}
        assert {"李小华", "小华", "lxh", "h"} <= terms


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_same_file_twice_adds_nothing(visit_as, db, encoding: str) -> None:
    wang = visit_as("王站长")
    content = csv_of(FULL, HEADERS, encoding)
    first = commit(db, wang, check(db, wang, content)["id"])
    assert first["totals"]["new_people"] == 1
    second = check(db, wang, content)
    assert second["fates"] == {"unchanged": 2} and second["totals"] == {} and second["writes"] == 0
    before = snapshot(db)
    assert commit(db, wang, second["id"])["state"] == "done"
    assert snapshot(db) == before


def snapshot(db: Database) -> list[tuple[str, list[tuple[str, int]]]]:
    """Every row of the register with its version."""
    with db.read() as s:
        return [
            (model.__tablename__, sorted((str(row.id), row.version) for row in s.exec(select(model))))
            for model in (Building, Resident, Residency, CareRecord)
        ]


def test_confirming_twice_writes_once(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    at = f"/imports/{found['id']}/commit"
    assert wang.post(at, json={}).status_code == 202
    assert wang.post(at, json={}).status_code == 202
    assert work.drain(db) == 1
    assert wang.post(at, json={}).json()["state"] == "done"
    assert work.drain(db) == 0
    assert len(people_in(db, "1-1-901")) == 1


def test_all_or_nothing_unless_the_person_chooses(visit_as, db, cast) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲"), person("902", "乙", 身份证号="1")]))
    at = f"/imports/{found['id']}/commit"
    refusal = wang.post(at, json={})
    assert refusal.status_code == 409 and refusal.json()["code"] == "rows_refused"
    assert household(db, "1-1-901", cast.community) is None
    done = commit(db, wang, found["id"], allow_partial=True)
    assert done["state"] == "done" and done["totals"] == {"new_households": 1, "new_people": 1}
    assert household(db, "1-1-901", cast.community) and not household(db, "1-1-902", cast.community)


def test_an_empty_cell_blanks_nothing(visit_as, db) -> None:
    wang = visit_as("王站长")
    commit(db, wang, check(db, wang, csv_of(FULL, HEADERS))["id"])
    bare = [["8", "2", "301", "", "", "", "", "李小华", *[""] * 10]]
    found = check(db, wang, csv_of(bare, HEADERS))
    assert found["fates"] == {"unchanged": 1}
    resident, stay = people_in(db, "8-2-301")["李小华"]
    assert resident.note and resident.phone_sealed and stay.relation == "head"


def test_what_differs_is_updated_and_named(visit_as, db, cast) -> None:
    wang = visit_as("王站长")
    commit(db, wang, check(db, wang, csv_of(FULL, HEADERS))["id"])
    new = list(FULL[0])
    new[3], new[6], new[11], new[13], new[16] = "90", "自住", "13900000000", "研究生", "子女出国"
    new[5] = "翰林路8-1号"
    found = check(db, wang, csv_of([new], HEADERS))
    said = texts(wang, found["id"], "updated")
    assert "更新住户：使用情况、建筑面积" in said and "更新楼栋：地址" in said
    assert "更新居民：电话、文化程度、关爱原因" in said
    assert commit(db, wang, found["id"])["state"] == "done"
    home = household(db, "8-2-301", cast.community)
    resident, _stay = people_in(db, "8-2-301")["李小华"]
    assert home and (home.tenure, home.floor_area_cm2, home.version) == ("owner_occupied", 9000, 2)
    assert personal.phone_of(resident) == "13900000000" and resident.education == "postgraduate"
    with db.read() as s:
        periods = s.exec(
            select(HouseholdTenure).where(HouseholdTenure.household_id == home.id).order_by(HouseholdTenure.from_on)
        ).all()
        assert [(p.tenure, p.to_on) for p in periods] == [
            ("rented", today() - timedelta(days=1)),
            ("owner_occupied", None),
        ]
        reasons = {c.reason for c in s.exec(select(CareRecord).where(CareRecord.resident_id == resident.id))}
        assert reasons == {"子女出国"}


def test_somebody_moves_in_from_another_household(visit_as, db) -> None:
    wang = visit_as("王站长")
    commit(db, wang, check(db, wang, csv_of([person("901", "甲", 身份证号=WOMAN, 入住日期="2012-01-01")]))["id"])
    found = check(db, wang, csv_of([person("902", "甲", 身份证号=WOMAN, 入住日期="2020-05-01", 与户主关系="配偶")]))
    assert found["fates"] == {"moves_in": 1} and found["totals"]["moves"] == 1
    said = texts(wang, found["id"], "moves_in")
    assert "从 1-1-901 迁来，2020-05-01 起住在这里（原住处到 2020-04-30 为止）" in said
    commit(db, wang, found["id"])
    assert people_in(db, "1-1-901") == {}
    resident, stay = people_in(db, "1-1-902")["甲"]
    assert (stay.from_on, stay.relation) == (date(2020, 5, 1), "spouse")
    with db.read() as s:
        old = s.exec(select(Residency).where(Residency.resident_id == resident.id, Residency.to_on.is_not(None))).one()
        assert old.to_on == date(2020, 4, 30)
    back = check(db, wang, csv_of([person("901", "甲", 身份证号=WOMAN, 入住日期="2019-01-01")]))
    assert "迁入日期须晚于 2020-05-01" in texts(wang, back["id"], "refused")


def test_a_crash_in_the_middle_leaves_nothing(visit_as, db, cast, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of(FULL, HEADERS))
    before, entries = snapshot(db), audit_size(db)
    wang.post(f"/imports/{found['id']}/commit", json={})
    original = prepared.Prepared.write

    def crash(self: prepared.Prepared, *args: Any) -> None:
        original(self, *args)
        raise RuntimeError("the power went")

    monkeypatch.setattr(prepared.Prepared, "write", crash)
    job_id = work.claim(db, "first")
    assert job_id is not None
    with pytest.raises(RuntimeError):
        work.Work(db, job_id, "first").run()
    assert snapshot(db) == before and audit_size(db) == entries
    assert job(wang, found["id"])["state"] == "running"
    monkeypatch.setattr(prepared.Prepared, "write", original)
    monkeypatch.setattr(work, "now", lambda: audit.now() + timedelta(minutes=10))
    assert work.drain(db, "second") == 1
    assert job(wang, found["id"])["state"] == "done"
    assert household(db, "8-2-301", cast.community)


@pytest.mark.sqlite
def test_a_crash_before_what_is_derived_is_made_good(visit_as, db, cast, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of(FULL, HEADERS))
    wang.post(f"/imports/{found['id']}/commit", json={})
    with monkeypatch.context() as m:
        m.setattr(work.Work, "_derive", lambda *_: 1 / 0)
        assert worker.do_next(db, "first")
    assert job(wang, found["id"])["state"] == "running"
    home = household(db, "8-2-301", cast.community)
    assert home and people_in(db, "8-2-301") and not terms(db) and not is_due(db, home)
    monkeypatch.setattr(work, "now", lambda: audit.now() + timedelta(minutes=10))
    assert worker.do_next(db, "second")
    assert job(wang, found["id"])["state"] == "done" and "lxh" in terms(db) and is_due(db, home)
    assert check(db, wang, csv_of(FULL, HEADERS))["fates"] == {"unchanged": 2}


def is_due(db: Database, home: Household) -> bool:
    with db.read() as s:
        return s.get(VisitDue, home.id) is not None


def terms(db: Database) -> set[str]:
    with db.read() as s:
        return {term.term for term in s.exec(select(ResidentTerm))}


def audit_size(db: Database) -> int:
    with db.read() as s:
        return int(audit.head(s)["size"])


def test_a_worker_that_fails_says_so(visit_as, db, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    wang.post(f"/imports/{found['id']}/commit", json={})
    monkeypatch.setattr(prepared.Prepared, "write", lambda *_: 1 / 0)
    assert worker.do_next(db, "w")
    failed = job(wang, found["id"])
    assert failed["state"] == "failed" and "没有写入任何内容" in failed["message"]


def test_a_locked_database_leaves_the_job_for_later(visit_as, db, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    wang.post(f"/imports/{found['id']}/commit", json={})

    def locked(*_args: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    with monkeypatch.context() as m:
        m.setattr(prepared.Prepared, "write", locked)
        assert worker.do_next(db, "w")
    assert job(wang, found["id"])["state"] == "running"
    monkeypatch.setattr(work, "now", lambda: audit.now() + timedelta(seconds=1))
    assert worker.do_next(db, "w")
    assert job(wang, found["id"])["state"] == "done"


def test_what_changed_after_the_check_is_checked_again(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲", 身份证号=WOMAN)]))
    other = check(db, wang, csv_of([person("901", "甲", 身份证号=WOMAN, 电话="13812345678")]))
    commit(db, wang, other["id"])
    late = commit(db, wang, found["id"])
    assert late["state"] == "checked" and "有了变动" in late["message"]
    assert late["fates"] == {"unchanged": 1}
    assert commit(db, wang, found["id"])["state"] == "done"


def test_the_file_is_read_once(visit_as, db, monkeypatch) -> None:
    """What the check read serves the import too, down to hints, care and refused rows."""
    wang = visit_as("王站长")
    content = csv_of([*FULL, FULL[0], ["8", "2", "303", *[""] * 4, "某人", "1", *[""] * 9]], HEADERS)
    found = check(db, wang, content)
    assert found["fates"] == {"new_household": 2, "unchanged": 1, "refused": 1}
    monkeypatch.setattr(work, "open_table", lambda *_: 1 / 0)
    assert commit(db, wang, found["id"], allow_partial=True)["state"] == "done"
    resident, _stay = people_in(db, "8-2-301")["李小华"]
    assert resident.note == "喜欢\\下棋\t和\n钓鱼" and personal.id_number_of(resident) == X


def test_a_grid_area_made_after_the_check_counts(visit_as, db, cast) -> None:
    """Only what the file says is kept; what the register makes of it is found anew."""
    wang = visit_as("王站长")
    of_nine = ["9", "", "901", "", "第9网格", "", "自住", "甲", *[""] * 10]
    found = check(db, wang, csv_of([of_nine, ["1", "1", "902", *[""] * 3, "自住", "乙", *[""] * 10]], HEADERS))
    assert found["fates"] == {"new_household": 1, "refused": 1}
    with db.write() as s:
        s.add(GridArea(community_id=cast.community, number=9, name="第9网格"))
    late = commit(db, wang, found["id"], allow_partial=True)
    assert late["state"] == "checked" and "有了变动" in late["message"]
    assert late["fates"] == {"new_household": 2}


def test_a_change_between_the_plan_and_the_lock_is_seen(visit_as, db, monkeypatch) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("101", "张桂英", 出生日期="1938-03-05", 电话="13812345678")]))
    wang.post(f"/imports/{found['id']}/commit", json={})
    original, times = work.Work._write, []

    def late(self: work.Work, *args: Any) -> None:
        if not times:
            with db.write() as s:
                resident = s.exec(select(Resident).where(Resident.name == "张桂英")).one()
                resident.note, resident.version = "改过了", resident.version + 1
        times.append(1)
        original(self, *args)

    monkeypatch.setattr(work.Work, "_write", late)
    work.drain(db)
    assert len(times) == 2 and job(wang, found["id"])["state"] == "done"
    resident, _stay = people_in(db, "1-1-101")["张桂英"]
    assert resident.note == "改过了" and resident.phone_sealed


def test_one_note_in_the_audit_log_without_personal_data(visit_as, db, cast) -> None:
    wang = visit_as("王站长")
    found = commit(db, wang, check(db, wang, csv_of(FULL, HEADERS))["id"])
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "import.commit")).one()
        assert audit.verify(s) is None
        resident = s.exec(select(Resident).where(Resident.name == "李小华")).one()
    details = json.loads(entry.changes)["details"]
    assert entry.actor_name == "王站长" and str(entry.object_id) == found["id"] == details["import_job_id"]
    assert details["sha256"] == found["sha256"] and details["totals"]["new_people"] == 1
    assert details["written_at"] == resident.created_at.isoformat()
    for secret in ("李小华", X, "13812345678"):
        assert secret not in entry.changes


def test_higher_rooms_hear_of_every_household_once(visit_as, db) -> None:
    heard: list[HouseholdsChanged] = []

    def listen(_s, event: HouseholdsChanged) -> None:
        heard.append(event)

    subscribe(HouseholdsChanged, listen)
    wang = visit_as("王站长")
    try:
        commit(db, wang, check(db, wang, csv_of([person(str(n), "甲") for n in range(100, 1300)]))["id"])
    finally:
        _handlers[HouseholdsChanged].remove(listen)
    ids = [i for event in heard for i in event.household_ids]
    assert len(heard) == 3 and len(ids) == len(set(ids)) >= 1199


def test_the_file_is_erased_and_sealed_until_then(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "很特别的姓名")]))
    with db.read() as s:
        parts = s.exec(select(ImportPart)).all()
    assert {p.kind for p in parts} == {"lines", "new_household"}
    assert all("很特别的姓名".encode() not in p.data for p in parts)
    commit(db, wang, found["id"])
    with db.read() as s:
        assert {p.kind for p in s.exec(select(ImportPart))} == {"new_household"}
    with db.write() as s:
        kept = s.exec(select(ImportJob)).one()
        kept.updated_at = kept.updated_at - timedelta(days=8)
    worker.tidy(db)
    with db.read() as s:
        assert s.exec(select(ImportPart)).all() == []
    assert rows(wang, found["id"], "new_household") == []


def test_an_import_that_nobody_confirms_is_closed(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "甲")]))
    with db.write() as s:
        kept = s.exec(select(ImportJob)).one()
        kept.updated_at = kept.updated_at - timedelta(days=8)
    worker.tidy(db)
    closed = job(wang, found["id"])
    assert closed["state"] == "failed" and "7 天" in closed["message"]


def test_too_many_at_once(visit_as, db) -> None:
    wang = visit_as("王站长")
    for _ in range(5):
        assert upload(wang, csv_of([person()])).status_code == 201
    refusal = upload(wang, csv_of([person()]))
    assert refusal.status_code == 429 and refusal.headers["Retry-After"]
