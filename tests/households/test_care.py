"""Care categories: begun with a reason, ended with a day, never twice at once; certificates leave type and level."""

from __future__ import annotations

from sqlmodel import select

from app.core.audit import AuditEntry
from app.core.clock import today
from app.core.db import Database
from app.core.events import HouseholdsChanged
from tests.cast import Cast
from tests.households.access import Told, Visit, newcomer, nobody_else_reads, nobody_else_writes

NUMBER = "999999198808154323"


def test_add_shows_on_household_and_list(visit_as: Visit, cast: Cast, told: Told) -> None:
    heard = told(HouseholdsChanged)
    worker, who = visit_as("李网格"), cast.residents["张桂英"]
    assert worker.page(f"/residents/{who}/care").status_code == 200
    form = {"category": "severe_ill", "reason": "走访核实", "detail": "透析", "from_on": "2026-01-05"}
    assert worker.submit(f"/residents/{who}/care", form).status_code == 303
    assert heard[-1].household_ids == (cast.households["1-1-101"],)
    page = worker.page(f"/residents/{who}")
    assert "重病" in page.text and "走访核实" in page.text and "李网格" in page.text
    assert "重病" in worker.page(f"/households/{cast.households['1-1-101']}").text
    assert worker.get("/households?care=severe_ill").json()["items"][0]["label"] == "1-1-101"
    outside = visit_as("区督导").get(f"/residents/{who}").json()["care"]
    assert {c["reason"] for c in outside} == {None} and {c["detail"] for c in outside} == {None}
    nobody_else_reads(visit_as, f"/residents/{who}")
    nobody_else_writes(visit_as, "POST", f"/residents/{who}/care", {"category": "orphan", "reason": "x"})


def test_not_twice_at_once(visit_as: Visit, cast: Cast) -> None:
    path = f"/residents/{cast.residents['张桂英']}/care"
    again = visit_as("李网格").submit(path, {"category": "living_alone", "reason": "又来"})
    assert again.status_code == 409 and "同一时期已经登记" in again.text and "又来" in again.text
    for body, field in (({"category": "living_alone"}, "reason"), ({"category": "rich", "reason": "x"}, "category")):
        assert visit_as("李网格").post(path, json=body).json()["errors"][0]["field"] == field


def test_end_and_correct(visit_as: Visit, cast: Cast) -> None:
    worker, who = visit_as("李网格"), cast.residents["张桂英"]
    record = worker.get(f"/residents/{who}").json()["care"][0]
    path = f"/residents/{who}/care/{record['id']}"
    assert worker.page(path).status_code == 200
    assert worker.patch(path, json={"to_on": "2026-03-01"}).status_code == 428
    assert worker.patch(path, json={"to_on": "2014-03-01"}, headers={"If-Match": '"1"'}).status_code == 422
    ended = worker.patch(path, json={"to_on": "2026-03-01"}, headers={"If-Match": '"1"'})
    assert ended.status_code == 200 and ended.json()["to_on"] == "2026-03-01"
    assert worker.get("/households?care=living_alone").json()["items"] == []
    assert "已结束的关爱类别" in worker.page(f"/residents/{who}").text
    late = worker.submit(f"{path}?_method=patch", {"_version": "1", "reason": "迟了", "from_on": "2015-01-01"})
    assert late.status_code == 412 and "迟了" in late.text
    other = worker.patch(f"/residents/{cast.residents['王小明']}/care/{record['id']}", json={})
    assert other.status_code == 404
    nobody_else_writes(visit_as, "PATCH", path, {"reason": "x"})


def test_a_certificate_leaves_only_type_and_level(visit_as: Visit, cast: Cast, db: Database) -> None:
    worker = visit_as("李网格")
    who = newcomer(worker, cast.households["1-1-101"], name="王小燕", id_number=NUMBER)["id"]
    body = {"category": "disabled", "reason": "残疾证", "certificate": NUMBER + "44"}
    made = worker.post(f"/residents/{who}/care", json=body)
    assert made.status_code == 201 and (made.json()["disability_type"], made.json()["disability_level"]) == (4, 4)
    assert "肢体残疾 4 级" in worker.page(f"/residents/{who}").text
    with db.read() as s:
        assert NUMBER not in " ".join(e.changes for e in s.exec(select(AuditEntry)))
    for certificate, code in (
        ("99999919880815432444", "certificate_format"),
        (NUMBER + "84", "certificate_format"),
        ("99999920000229001944", "certificate_differs"),
    ):
        refused = worker.post(f"/residents/{who}/care", json={**body, "certificate": certificate})
        assert refused.json()["errors"][0]["field"] == "certificate" and refused.json()["code"] == code, certificate
    wrong = worker.post(f"/residents/{who}/care", json={**body, "category": "veteran"})
    assert wrong.json()["code"] == "not_disabled"


def test_elder_is_computed(visit_as: Visit, cast: Cast) -> None:
    worker, home = visit_as("李网格"), cast.households["1-1-301"]
    born = today().replace(year=today().year - 60)
    assert newcomer(worker, home, name="六十", birth_on=born.isoformat())["elder"] is True
    younger = born.replace(year=born.year + 1)
    assert newcomer(worker, home, name="五九", birth_on=younger.isoformat())["elder"] is False
    assert [i["name"] for i in worker.get("/residents?care=elder&q=1-1-301").json()["items"]] == ["六十"]
