"""Residents: registering, changing, sealed data and its reveal."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from app.core.audit import AuditEntry
from app.core.db import Database
from app.households.residents.models import Resident
from tests.cast import Cast
from tests.conftest import ENGINE
from tests.households.access import Visit, in_area_one, newcomer, nobody_else_reads, nobody_else_writes

NUMBER, PHONE = "999999198808154323", "13812345678"


def test_register_reads_sex_and_birth_from_the_number(visit_as: Visit, cast: Cast) -> None:
    worker = visit_as("李网格")
    made = newcomer(worker, cast.households["1-1-101"], name="王小燕", id_number=NUMBER.lower(), phone=PHONE)
    assert (made["sex"], made["birth_on"], made["id_number"], made["phone"]) == (
        "female",
        "1988-08-15",
        "999999********4323",
        "138****5678",
    )
    page = worker.page(f"/residents/{made['id']}")
    assert page.status_code == 200 and "138****5678" in page.text
    assert NUMBER not in page.text and PHONE not in page.text
    nobody_else_reads(visit_as, f"/residents/{made['id']}")
    in_area_one(visit_as, "/residents?q=wxy")
    body = {"name": "某人"}
    nobody_else_writes(visit_as, "POST", f"/households/{cast.households['1-1-101']}/residents", body)


def test_a_disagreement_is_a_warning(visit_as: Visit, cast: Cast) -> None:
    home = cast.households["1-1-101"]
    made = newcomer(visit_as("李网格"), home, name="王某", id_number=NUMBER, sex="male", birth_on="1988-08-16")
    assert made["warnings"] == ["sex_differs", "birth_differs"]
    assert "与身份证号不一致" in visit_as("李网格").page(f"/residents/{made['id']}").text


def test_the_same_number_is_taken_once_in_a_community(visit_as: Visit, cast: Cast) -> None:
    worker, home = visit_as("李网格"), cast.households["1-1-101"]
    newcomer(worker, home, name="王小燕", id_number=NUMBER)
    again = worker.submit(f"/households/{home}/residents", {"name": "王小艳", "id_number": NUMBER})
    assert again.status_code == 409 and "已登记在另一位居民名下" in again.text and "王小艳" in again.text
    elsewhere = visit_as("外社区")
    newcomer(elsewhere, cast.other_household, name="王小燕", id_number=NUMBER)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "string_too_short"),
        ("name", " 。 ", "string_too_short"),
        ("name", "王\x00", "text_forbidden"),
        ("name", "王" * 61, "string_too_long"),
        ("id_number", "999999198808154324", "id_number_check"),
        ("id_number", "99999919880815432", "id_number_format"),
        ("phone", "12345", "phone_format"),
        ("birth_on", "2099-01-01", "date_in_future"),
        ("birth_on", "1899-12-31", "date_too_early"),
        ("from_on", "2099-01-01", "date_in_future"),
        ("relation", "lodger", "enum"),
    ],
)
def test_bad_input(visit_as: Visit, cast: Cast, field: str, value: str, code: str) -> None:
    path = f"/households/{cast.households['1-1-101']}/residents"
    refused = visit_as("李网格").post(path, json={"name": "王小燕", field: value})
    assert refused.status_code == 422
    assert (refused.json()["errors"][0]["field"], refused.json()["errors"][0]["code"]) == (field, code)
    assert value not in refused.text or len(value.strip()) < 4


def test_nobody_lives_here_before_being_born(visit_as: Visit, cast: Cast) -> None:
    path = f"/households/{cast.households['1-1-101']}/residents"
    body = {"name": "王小燕", "birth_on": "2020-01-01", "from_on": "2019-01-01"}
    assert visit_as("李网格").post(path, json=body).json()["errors"][0]["field"] == "from_on"


def test_change_keeps_what_is_not_named(visit_as: Visit, cast: Cast) -> None:
    worker = visit_as("李网格")
    made = newcomer(worker, cast.households["1-1-101"], name="王小燕", id_number=NUMBER, phone=PHONE)
    path = f"/residents/{made['id']}"
    form = {
        "_version": "1",
        "name": "王晓燕",
        "id_number": "",
        "phone": "",
        "note": "会说苏州话",
        "birth_on": "1988-08-15",
    }
    assert worker.submit(f"{path}?_method=patch", form).status_code == 303
    changed = worker.get(path).json()
    assert (changed["name"], changed["id_number"], changed["note"]) == ("王晓燕", "999999********4323", "会说苏州话")
    forgotten = worker.patch(path, json={"forget": ["phone"]}, headers={"If-Match": '"2"'}).json()
    assert forgotten["phone"] is None and forgotten["id_number"]
    late = worker.submit(f"{path}?_method=patch", {"_version": "1", "name": "王小雁"})
    assert late.status_code == 412 and "王小雁" in late.text and "王晓燕" in late.text
    nobody_else_writes(visit_as, "PATCH", path, {"note": "x"})


def test_reveal_shows_once_and_is_audited(visit_as: Visit, cast: Cast, db: Database) -> None:
    worker = visit_as("李网格")
    made = newcomer(worker, cast.households["1-1-101"], name="王小燕", id_number=NUMBER, phone=PHONE)
    path = f"/residents/{made['id']}/reveal"
    shown = worker.post(path, json={"field": "phone", "reason": "电话联系走访"})
    assert shown.json()["value"] == PHONE and shown.headers["cache-control"] == "no-store"
    page = worker.submit(path, {"field": "id_number", "reason": "代办民政业务"})
    assert page.status_code == 200 and NUMBER in page.text
    assert worker.post(path, json={"field": "phone"}).json()["errors"][0]["field"] == "reason"
    with db.read() as s:
        entries = s.exec(select(AuditEntry).where(AuditEntry.action == "resident.reveal")).all()
        assert len(entries) == 2 and {e.actor_name for e in entries} == {"李网格"}
        assert "代办民政业务" in entries[1].changes
        everything = " ".join(e.changes for e in s.exec(select(AuditEntry)))
        assert NUMBER not in everything and PHONE not in everything and "王小燕" not in everything
    nobody_else_writes(visit_as, "POST", path, {"field": "phone", "reason": "好奇"})


def test_nothing_personal_lies_open_in_the_database(visit_as: Visit, cast: Cast, db: Database, tmp_path: Path) -> None:
    newcomer(visit_as("李网格"), cast.households["1-1-101"], name="王小燕", id_number=NUMBER, phone=PHONE)
    with db.read() as s:
        stored = s.exec(select(Resident).where(Resident.name == "王小燕")).one()
        assert NUMBER not in str(stored.model_dump()) and PHONE[-4:] not in str(stored.model_dump()).replace("-", "")
    if ENGINE == "sqlite":
        raw = b"".join(p.read_bytes() for p in tmp_path.glob("test.db*"))
        assert "王小燕".encode() in raw  # the search works
        assert NUMBER.encode() not in raw and PHONE.encode() not in raw


def test_people_of_another_area_cannot_be_seen_through_their_past(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    resident = cast.residents["王小明"]
    body = {"household_id": str(cast.households["2-1-201"])}
    assert director.post(f"/residents/{resident}/move-in", json=body).status_code == 200
    assert visit_as("李网格").get(f"/residents/{resident}").status_code == 404
    assert visit_as("赵网格").get(f"/residents/{resident}").status_code == 200
