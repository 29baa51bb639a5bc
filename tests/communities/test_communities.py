"""Districts, communities, and the community page with reported figures beside computed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from app.communities import figures
from tests.cast import Cast, bearer
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
REPORT = {"key": "residents", "value": 4501, "as_of": "2013-04-07", "source": "2013 年工作情况汇报"}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the register counts, per figure: a number, or a function of the day."""
    numbers: dict[str, Any] = {}

    def source(key: str) -> figures.Source:
        def count(_s: Any, _community: Any, day: date) -> float | None:
            number = numbers.get(key)
            return number(day) if callable(number) else number

        return count

    monkeypatch.setattr(figures, "_sources", {key: source(key) for key in figures.FIGURES})
    yield numbers


def line(visitor: Visitor, cast: Cast, key: str = "residents", **params: str) -> dict[str, Any]:
    profile = visitor.get(f"/communities/{cast.community}", params=params).json()
    return next(f for f in profile["figures"] if f["key"] == key)


def report(visitor: Visitor, cast: Cast, **changes: Any) -> dict[str, Any]:
    answer = visitor.post(f"/communities/{cast.community}/figures", json={**REPORT, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_administrator_builds_a_district_and_a_community(visit_as: Visit) -> None:
    admin = visit_as("系统员")
    made = admin.post("/districts", json={"name": "新区", "code": "320599"})
    assert made.status_code == 201
    district = admin.get(made.headers["location"]).json()
    assert district["name"] == "新区"
    body = {"district_id": district["id"], "name": "新社区", "code": "320599001001", "founded_on": "2020-01-01"}
    community = admin.post("/communities", json=body)
    assert community.status_code == 201 and community.json()["district_name"] == "新区"
    again = admin.post("/communities", json=body)
    assert again.status_code == 409 and again.json()["errors"][0]["field"] == "code"
    in_use = admin.delete(f"/districts/{district['id']}", headers={"If-Match": '"1"'})
    assert in_use.status_code == 409 and in_use.json()["code"] == "district_in_use"
    empty = admin.post("/districts", json={"name": "空区", "code": "320598"}).headers["location"]
    assert admin.delete(empty, headers={"If-Match": '"1"'}).status_code == 204
    assert admin.get(empty).status_code == 404


def test_a_change_needs_the_version(visit_as: Visit, cast: Cast) -> None:
    director, address = visit_as("王站长"), f"/communities/{cast.community}"
    tag = director.get(address).headers["etag"]
    assert director.patch(address, json={"name": "新名"}).status_code == 428
    changed = director.patch(address, json={"name_en": "Hanlinyuan"}, headers={"If-Match": tag})
    assert changed.status_code == 200 and changed.json()["name"] == "翰林缘社区", "what is left out stays"
    assert director.patch(address, json={"name": "旧"}, headers={"If-Match": tag}).status_code == 412
    code = director.patch(address, json={"code": "1"}, headers={"If-Match": '"2"'})
    assert code.status_code == 403, "only an administrator changes the code"


def test_forms_work_without_javascript(visit_as: Visit, cast: Cast) -> None:
    director, address = visit_as("王站长"), f"/communities/{cast.community}"
    assert 'name="_version" value="1"' in director.page(f"{address}/edit").text
    refused = director.submit(f"{address}?_method=patch", {"_version": "1", "name": "", "name_en": "Typed"})
    assert refused.status_code == 422
    assert 'value="Typed"' in refused.text and 'aria-invalid="true"' in refused.text
    saved = director.submit(f"{address}?_method=patch", {"_version": "1", "name": "翰林缘", "founded_on": ""})
    assert saved.status_code == 303 and saved.headers["location"] == address
    now = director.get(address).json()
    assert now["name"] == "翰林缘" and now["founded_on"] is None
    assert "已保存" in director.page(address).text
    stale = director.submit(f"{address}?_method=patch", {"_version": "1", "name": "另一页"})
    assert stale.status_code == 412 and "另一页" in stale.text, "nothing typed is lost"


def test_reported_beside_computed(visit_as: Visit, cast: Cast, counted: dict[str, Any]) -> None:
    director = visit_as("王站长")
    assert line(director, cast)["explanation"] == "登记簿里还没有可以计算这一项的记录。"
    counted["residents"] = 4501
    assert line(director, cast)["explanation"] == "还没有上报数。"
    report(director, cast)
    same = line(director, cast)
    assert (same["reported"], same["computed"], same["difference"]) == (4501, 4501, 0)
    assert same["reported_as_of"] == "2013-04-07" and same["reported_source"] == REPORT["source"]
    assert same["explanation"] == "登记与上报一致。"
    assert same["source"].startswith("/residents?")


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        (4501, 4513, "登记比上报多 12 人：上报当日（2013年4月7日）两者一致，此后登记净增 12 人。"),
        (4489, 4489, "登记比上报少 12 人：上报当日（2013年4月7日）登记已少 12 人，此后没有变化"),
        (4503, 4499, "登记比上报少 2 人：上报当日（2013年4月7日）登记已多 2 人，此后登记净减 4 人。"),
        (None, 4500, "登记比上报少 1 人：上报当日的登记已无从计算。"),
    ],
)
def test_a_difference_is_explained(
    visit_as: Visit, cast: Cast, counted: dict[str, Any], then: int | None, now: int, words: str
) -> None:
    counted["residents"] = lambda day: then if day <= date(2013, 4, 7) else now
    report(visit_as("王站长"), cast)
    assert line(visit_as("王站长"), cast)["explanation"].startswith(words)


def test_shares_are_compared_as_precisely_as_reported(visit_as: Visit, cast: Cast, counted: dict[str, Any]) -> None:
    director = visit_as("王站长")
    counted["owner_occupied_share"] = 0.5183
    report(director, cast, key="owner_occupied_share", value="52%")
    assert line(director, cast, "owner_occupied_share")["explanation"] == "登记与上报一致（按上报数的精度）。"
    counted["owner_occupied_share"] = 0.5583
    words = line(director, cast, "owner_occupied_share")["explanation"]
    assert words.startswith("登记比上报多 4 个百分点")


def test_figures_as_of_any_day(visit_as: Visit, cast: Cast, counted: dict[str, Any]) -> None:
    director = visit_as("王站长")
    counted["residents"] = lambda day: day.year
    report(director, cast)
    report(director, cast, value=4600, as_of="2014-01-01")
    assert line(director, cast, as_of="2013-12-31")["reported"] == 4501
    assert line(director, cast, as_of="2013-12-31")["computed"] == 2013
    assert line(director, cast, as_of="2015-01-01")["reported"] == 4600
    assert line(director, cast, as_of="2012-01-01")["reported"] is None
    assert director.get(f"/communities/{cast.community}?as_of=0001-01-01").status_code == 422


def test_the_page_shows_it_all(visit_as: Visit, cast: Cast, counted: dict[str, Any]) -> None:
    director = visit_as("王站长")
    counted["residents"] = 4513
    report(director, cast)
    page = director.page(f"/communities/{cast.community}").text
    for words in ("4,501", "4,513", "2013年4月7日", "登记比上报多 12 人", "怎么算：当日住在社区里的人"):
        assert words in page, words


def test_a_figure_is_corrected_and_deleted(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    made = report(director, cast)
    address = f"/communities/{cast.community}/figures/{made['id']}"
    assert director.post(f"/communities/{cast.community}/figures", json=REPORT).json()["code"] == "figure_exists"
    assert director.patch(address, json={"value": 4502}).status_code == 428
    fixed = director.patch(address, json={"value": 4502}, headers={"If-Match": '"1"'})
    assert fixed.json()["value"] == 4502 and fixed.json()["as_of"] == "2013-04-07"
    assert director.delete(address, headers={"If-Match": '"1"'}).status_code == 412
    assert director.delete(address, headers={"If-Match": '"2"'}).status_code == 204
    assert director.get(f"/communities/{cast.community}/figures").json()["items"] == []


@pytest.mark.parametrize(
    "bad",
    [
        {"value": -1},
        {"value": 4501.5},
        {"value": 1e300},
        {"value": "NaN"},
        {"key": "happiness"},
        {"key": "rented_share", "value": 1.5},
        {"as_of": "2999-01-01"},
        {"as_of": "0001-01-01"},
        {"source": "x\x00y"},
        {"surprise": 1},
    ],
)
def test_nonsense_figures_are_refused(visit_as: Visit, cast: Cast, bad: dict[str, Any]) -> None:
    answer = visit_as("王站长").post(f"/communities/{cast.community}/figures", json={**REPORT, **bad})
    assert answer.status_code == 422, answer.text


def test_nobody_sees_another_community(visit_as: Visit, cast: Cast) -> None:
    foreign = visit_as("外主任")
    assert foreign.get(f"/communities/{cast.community}").status_code == 404
    assert foreign.get(f"/communities/{cast.community}/figures").status_code == 404
    assert foreign.post(f"/communities/{cast.community}/figures", json=REPORT).status_code == 404
    assert foreign.patch(f"/communities/{cast.community}", json={}, headers={"If-Match": '"1"'}).status_code == 404
    assert [c["name"] for c in foreign.get("/communities").json()["items"]] == ["外社区"]
    assert len(visit_as("区督导").get("/communities").json()["items"]) == 2
    assert visit_as("周代表").get(f"/communities/{cast.community}").status_code == 200
    assert visit_as("周代表").post(f"/communities/{cast.community}/figures", json=REPORT).status_code == 403
    assert visit_as("王站长").post("/communities", json={}).status_code == 403
    assert visit_as(None).get("/communities").status_code == 401
    program = visit_as(None).get(f"/api/v1/communities/{cast.community}", headers=bearer("区平台"))
    assert program.status_code == 200


@pytest.mark.parametrize(
    ("name", "where"),
    [
        (None, "/sign-in"),
        ("李网格", "/today"),
        ("王站长", "/communities/{community}"),
        ("周代表", "/communities/{community}"),
        ("钱会计", "/communities/{community}"),
        ("区督导", "/communities"),
        ("系统员", "/communities"),
    ],
)
def test_everybody_has_a_first_page(visit_as: Visit, cast: Cast, name: str | None, where: str) -> None:
    answer = visit_as(name).page("/")
    assert answer.status_code == 303
    assert answer.headers["location"] == where.format(community=cast.community)
    assert "Accept" in answer.headers["vary"]


def test_the_first_address_lists_others_for_programs(visit_as: Visit) -> None:
    index = visit_as(None).get("/").json()
    assert index["openapi"] == "/api/v1/openapi.json"


PAGES = [
    ("王站长", "/communities/{c}"),
    ("王站长", "/communities/{c}/edit"),
    ("王站长", "/communities/{c}/figures"),
    ("王站长", "/communities/{c}/figures/new"),
    ("王站长", "/grid-areas"),
    ("王站长", "/grid-areas/new"),
    ("王站长", "/users"),
    ("王站长", "/users/new"),
    ("王站长", "/audit"),
    ("系统员", "/communities"),
    ("系统员", "/communities/new"),
    ("系统员", "/districts"),
    ("系统员", "/districts/new"),
    ("系统员", "/users/new"),
    ("系统员", "/clients"),
    ("系统员", "/clients/new"),
    ("区督导", "/audit"),
    ("周代表", "/communities/{c}"),
    ("王站长", "/docs"),
    (None, "/docs"),
    (None, "/sign-in"),
]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_open_in_both_languages(visit_as: Visit, cast: Cast, language: str) -> None:
    for name, address in PAGES:
        visitor = visit_as(name)
        visitor.client.cookies.set("lang", language)
        page = visitor.page(address.format(c=cast.community))
        assert page.status_code == 200, (name, address, page.status_code)
        assert f'<html lang="{language}">' in page.text


def test_each_figure_opens_the_records_that_it_counts(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    lines = director.get(f"/communities/{cast.community}").json()["figures"]
    assert {f["key"] for f in lines} == set(figures.FIGURES)
    for figure in lines:
        answer = director.get(figure["source"])
        assert answer.status_code == 200, figure["source"]
        if not figure["is_share"]:
            assert answer.json()["total"] == (figure["computed"] or 0), figure["key"]  # no register, no record
