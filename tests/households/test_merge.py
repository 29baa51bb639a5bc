"""Duplicates: found, merged without losing history, and the old id answers with the record that lives on."""

from __future__ import annotations

from app.core.db import Database
from app.core.events import ResidentsMerged
from tests.cast import Cast
from tests.households.access import Told, Visit, newcomer, nobody_else_writes

NUMBER, PHONE = "999999198808154323", "13812345678"


def test_found_by_name_and_birth_and_by_sound(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    newcomer(director, cast.households["1-1-301"], name="张桂英", birth_on="1938-03-05")
    for name in ("李晓明", "李小鸣"):
        newcomer(director, cast.households["1-1-301"], name=name, birth_on="1990-01-01")
    found = director.get("/residents/duplicates").json()["items"]
    assert [(g["kind"], {r["name"] for r in g["residents"]}) for g in found] == [
        ("same_name_birth", {"张桂英"}),
        ("similar", {"李晓明", "李小鸣"}),
    ]
    page = director.page("/residents/duplicates")
    assert page.status_code == 200 and "姓名和出生日期相同" in page.text and "/merge?other_id=" in page.text
    assert director.get("/residents/duplicates?kind=similar").json()["total"] == 1
    assert visit_as("外主任").get("/residents/duplicates").json()["items"] == []
    assert visit_as("赵网格").get("/residents/duplicates").json()["items"] == []
    assert visit_as("周代表").get("/residents/duplicates").status_code == 403


def test_people_with_different_numbers_are_no_duplicates(visit_as: Visit, cast: Cast) -> None:
    director, home = visit_as("王站长"), cast.households["1-1-301"]
    one = newcomer(director, home, name="王小燕", birth_on="1988-08-15", id_number=NUMBER)
    other = newcomer(director, home, name="王小燕", birth_on="1988-08-15", id_number="99999919700615006X")
    assert director.get("/residents/duplicates").json()["items"] == []
    refused = director.post(f"/residents/{one['id']}/merge", json={"other_id": other["id"], "confirm_name": "王小燕"})
    assert refused.json()["code"] == "id_numbers_differ"


def test_the_same_number_in_two_communities_shows_to_the_district(visit_as: Visit, cast: Cast) -> None:
    newcomer(visit_as("王站长"), cast.households["1-1-301"], name="王小燕", id_number=NUMBER)
    newcomer(visit_as("外社区"), cast.other_household, name="王小燕", id_number=NUMBER)
    found = visit_as("区督导").get("/residents/duplicates?kind=same_id_number").json()["items"]
    assert len(found) == 1 and {r["name"] for r in found[0]["residents"]} == {"王*燕"}
    assert visit_as("王站长").get("/residents/duplicates?kind=same_id_number").json()["items"] == []


def test_merge_moves_everything_over(visit_as: Visit, cast: Cast, db: Database, told: Told) -> None:
    heard = told(ResidentsMerged)
    director = visit_as("王站长")
    kept = cast.residents["张桂英"]  # 1-1-101 since 2010, living alone since 2015
    particulars = {"id_number": NUMBER, "phone": PHONE, "education": "primary", "from_on": "2020-01-01"}
    gone = newcomer(director, cast.households["2-1-201"], name="张贵英", **particulars)["id"]
    for category, begin in (("living_alone", "2012-06-01"), ("veteran", "2020-01-01")):
        care = {"category": category, "reason": "民政名单", "from_on": begin}
        assert director.post(f"/residents/{gone}/care", json=care).status_code == 201
    page = director.page(f"/residents/{kept}/merge?other_id={gone}")
    assert page.status_code == 200 and "请输入“张贵英”以确认" in page.text and "2-1-201" in page.text
    done = director.submit(f"/residents/{kept}/merge", {"other_id": gone, "confirm_name": " 张贵英"})
    assert done.status_code == 303, done.text
    merged = director.get(f"/residents/{kept}").json()
    assert merged["phone"] == "138****5678" and merged["id_number"] and merged["education"] == "primary"
    assert [(r["label"], r["from_on"], r["to_on"]) for r in merged["residencies"]] == [
        ("2-1-201", "2020-01-01", None),
        ("1-1-101", "2010-01-01", "2019-12-31"),
    ]
    assert {(c["category"], c["from_on"], c["to_on"]) for c in merged["care"]} == {
        ("living_alone", "2012-06-01", None),
        ("veteran", "2020-01-01", None),
    }
    assert merged["merged_ids"] == [gone]
    assert director.get(f"/residents/{gone}").json()["id"] == str(kept)
    assert director.page(f"/residents/{gone}").status_code == 200
    assert heard == [ResidentsMerged(kept, heard[0].gone)] and str(heard[0].gone) == gone
    assert director.get("/residents?q=张贵英&state=all").json()["items"] == []
    assert (
        director.post(f"/residents/{kept}/reveal", json={"field": "phone", "reason": "核对"}).json()["value"] == PHONE
    )
    again = director.post(f"/residents/{kept}/merge", json={"other_id": gone, "confirm_name": "张贵英"})
    assert again.json()["code"] == "same_record"


def test_chains_end_at_the_record_that_lives_on(visit_as: Visit, cast: Cast) -> None:
    director, home = visit_as("王站长"), cast.households["1-1-301"]
    a, b, c = (newcomer(director, home, name="王小燕", birth_on="1988-08-15")["id"] for _ in range(3))
    for kept, gone in ((b, a), (c, b)):
        said = {"other_id": gone, "confirm_name": "王小燕"}
        assert director.post(f"/residents/{kept}/merge", json=said).status_code == 200
    assert {director.get(f"/residents/{x}").json()["id"] for x in (a, b, c)} == {c}
    assert len(director.get(f"/residents/{c}").json()["residencies"]) == 1


def test_who_may_merge(visit_as: Visit, cast: Cast) -> None:
    path, other = f"/residents/{cast.residents['王小明']}/merge", str(cast.residents["刘芳"])
    body = {"other_id": other, "confirm_name": "刘芳"}
    assert visit_as("李网格").post(path, json=body).status_code == 403
    assert visit_as("外主任").post(path, json=body).status_code == 404
    foreign = visit_as("王站长").submit(path, {**body, "other_id": str(cast.residents["外来人"])})
    assert foreign.status_code == 422 and "没有找到" in foreign.text
    nobody_else_writes(visit_as, "POST", path, body, hidden=403)


def test_a_merge_is_confirmed_by_the_name_of_what_goes(visit_as: Visit, cast: Cast) -> None:
    director, kept = visit_as("王站长"), cast.residents["张桂英"]
    gone = newcomer(director, cast.households["2-1-201"], name="张贵英")["id"]
    path = f"/residents/{kept}/merge"
    for typed in ({}, {"confirm_name": ""}, {"confirm_name": "张桂英"}):
        refused = director.submit(path, {"other_id": gone, **typed})
        assert refused.status_code == 422 and gone in refused.text and "f-confirm_name" in refused.text
        assert '<details class="confirm" open' in refused.text
    assert director.post(path, json={"other_id": gone, "confirm_name": "张桂英"}).json()["code"] == "name_differs"
    assert director.post(path, json={"other_id": gone}).status_code == 422
    assert director.get(f"/residents/{gone}").json()["id"] == gone
    for named in ("", "nobody", str(cast.residents["外来人"]), str(kept)):
        page = director.page(f"{path}?other_id={named}")
        assert page.status_code == 200 and "confirm_name" not in page.text
        assert ("没有找到要合并的居民" in page.text) == bool(named)
