"""Rule packs: built in, one's own, edited as drafts, published with their sources, and chosen from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.assemblies.rules import checks, service
from app.assemblies.rules.builtins import BUILT_IN, EXAMPLE, LAW_1989, LAW_2025, OWNERS, ensure_builtins, pack_id
from app.assemblies.rules.definition import hash_of
from app.assemblies.rules.models import RulePackVersion
from app.core.db import Database
from app.core.errors import Conflict
from tests.cast import Cast
from tests.members.access import Visit, only_the_director_writes
from tests.visitor import Visitor

SOURCE = "章程第九条"
REPRESENTATIVES = "representative_assembly"


def half(count: str, base: str, source: str = SOURCE) -> dict[str, Any]:
    return {"count": count, "base": base, "num": 1, "den": 2, "strict": True, "source": source}


def charter(**changes: Any) -> dict[str, Any]:
    """A whole draft that can be published."""
    rules = {
        "body": REPRESENTATIVES,
        "quorum": [half("present", "entitled")],
        "adoption": {"ordinary": [half("for", "present")], "special": []},
        "callers": [{"who": "representatives", "num": 1, "den": 5, "source": SOURCE}],
    }
    plain = {"title": "翰林缘章程", "citation": "居民自治章程", "effective_from": "2012-04-01", "op": "publish"}
    return {**plain, "sets": [{**rules, **changes.pop("rules", {})}], **changes}


def own_pack(director: Visitor, **body: Any) -> str:
    made = director.post("/rule-packs", json={"title": "翰林缘章程", **body})
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


def write(director: Visitor, path: str, body: dict[str, Any]) -> Any:
    version = director.get(f"{path}/draft").json()["version"]
    return director.put(f"{path}/draft", json=body, headers={"If-Match": f'"{version}"'})


def published(director: Visitor, **changes: Any) -> str:
    path = own_pack(director)
    answer = write(director, path, charter(**changes))
    assert answer.status_code == 200 and answer.json()["state"] == "published", answer.text
    return path


def test_the_built_in_packs_are_there_once_and_say_what_is_an_example(visit_as: Visit, db: Database) -> None:
    with db.write() as s:
        ensure_builtins(s)  # as at every start
        for version in s.exec(select(RulePackVersion)):
            assert hash_of(service.document_of(s, version)) == version.hash
    director = visit_as("王站长")
    found = {pack["key"]: pack for pack in director.get("/rule-packs").json()["items"]}
    assert found.keys() == BUILT_IN.keys()
    assert [key for key, pack in found.items() if pack["example"]] == [EXAMPLE]
    for page in (f"/rule-packs/{pack_id(EXAMPLE)}", f"/rule-packs/{pack_id(EXAMPLE)}/versions/1", "/rule-packs"):
        assert "这是示例，不是本社区的章程" in director.page(page).text
    assert "这是示例" not in director.page(f"/rule-packs/{pack_id(OWNERS)}").text
    unread = director.page(f"/rule-packs/{pack_id(LAW_2025)}").text
    assert "未写明" in unread and "未能读到" in unread
    path = f"/rule-packs/{pack_id(EXAMPLE)}"
    assert director.post(f"{path}/draft").json()["code"] == "built_in"
    for name in ("李网格", "钱会计", "周代表", "区督导"):
        assert visit_as(name).get(path).status_code == 200
    assert visit_as("系统员").get(path).status_code == 403 and visit_as(None).get(path).status_code == 401


def test_the_check_finds_a_version_that_is_not_what_it_was(visit_as: Visit, db: Database) -> None:
    own_pack(visit_as("王站长"))
    assert [*checks.versions(db)] == []
    with db.write() as s:
        s.execute(text("UPDATE rule_pack_version SET citation = 'x' WHERE state = 'draft'"))
    assert len([*checks.versions(db)]) == 1


def test_what_is_published_never_changes(db: Database) -> None:
    for statement in ("UPDATE rule_pack_version SET citation = 'x'", "DELETE FROM rule_pack_version"):
        with pytest.raises(DBAPIError), db.write() as s:
            s.execute(text(statement))


@pytest.mark.parametrize(
    ("key", "body", "day", "found"),
    [
        (LAW_1989, "committee", date(2011, 10, 16), 3),
        (LAW_1989, "committee", date(2018, 12, 28), 3),
        (LAW_1989, "committee", date(2018, 12, 29), 5),
        (LAW_2025, "committee", date(2026, 1, 1), 5),
    ],
)
def test_rules_hold_by_the_day(db: Database, key: str, body: str, day: date, found: int) -> None:
    with db.read() as s:
        version = service.effective(s, pack_id(key), day)
        assert version is not None and service.rules_of(version, body).term_years == found


def test_rules_that_ended_hold_no_more(db: Database, cast: Cast) -> None:
    with db.read() as s:
        assert service.pack_for(s, cast.community, "residents_assembly", date(2025, 12, 31)).number == 2
        with pytest.raises(Conflict) as refused:
            service.pack_for(s, cast.community, "residents_assembly", date(2026, 1, 1))
        assert refused.value.code == "no_rules" and "2026-01-01" in refused.value.message


UNCITED: list[tuple[dict[str, Any], str]] = [
    ({"citation": ""}, "citation"),
    ({"effective_from": None}, "effective_from"),
    ({"sets": []}, "sets"),
    ({"rules": {"quorum": [half("present", "entitled", "")]}}, "sets.0.quorum.0.source"),
    ({"rules": {"notice_days": 5}}, "sets.0.sources.notice_days"),
    ({"rules": {"proxy": {"allowed": True, "per_holder": 1}}}, "sets.0.sources.proxy"),
    ({"rules": {"callers": [{"who": "committee"}]}}, "sets.0.callers.0.source"),
    ({"rules": {"callers": [{"who": "residents", "num": 1, "source": "x"}]}}, "sets.0.callers.0.num"),
    ({"rules": {"quorum": []}}, "sets.0.quorum"),
    ({"rules": {"adoption": {"ordinary": [], "special": []}}}, "sets.0.adoption.ordinary"),
    ({"rules": {"quorum": [{**half("present", "entitled"), "num": 2}]}}, "sets.0.quorum.0.num"),
    ({"rules": {"quorum": [half("present", "area_entitled")]}}, "sets.0.quorum.0.base"),
    ({"effective_to": "2012-03-31"}, "effective_to"),
    ({"source_url": "javascript:alert(1)"}, "source_url"),
    ({"source_url": "http://[x"}, "source_url"),
    ({"op": "add:sets.7.quorum"}, "op"),
    ({"op": "remove:sets.0.quorum.9"}, "op"),
    ({"op": "add_set:representative_assembly"}, "op"),
    ({"op": "remove_set:x"}, "op"),
    ({"op": "anything"}, "op"),
]


def test_nothing_is_published_without_its_source(visit_as: Visit) -> None:
    director = visit_as("王站长")
    path = own_pack(director)
    for changes, field in UNCITED:
        body = charter(**changes)
        refused = write(director, path, body)
        assert refused.status_code == 422, (field, refused.text)
        assert field in [error["field"] for error in refused.json()["errors"]], refused.text
    assert director.get(f"{path}/draft").json()["state"] == "draft"
    twice = charter()
    twice["sets"] *= 2
    assert "sets.1.body" in [error["field"] for error in write(director, path, twice).json()["errors"]]
    answer = write(director, path, charter(source_url="https://example.org/charter"))
    assert answer.json()["state"] == "published"
    assert 'href="https://example.org/charter"' in director.page(path).text
    assert director.get(f"{path}/draft").status_code == 404


def test_a_copy_says_anew_where_it_is_written(visit_as: Visit) -> None:
    director = visit_as("王站长")
    path = own_pack(director, from_pack_id=str(pack_id(EXAMPLE)))
    draft = director.get(f"{path}/draft").json()
    assert not draft["definition"]["example"] and "（示例）" not in director.get(f"{path}/draft").text
    assert draft["definition"]["sets"][0]["quorum"][0] == half("present", "entitled", "")
    page = director.page(f"{path}/draft").text
    assert 'name="sets.0.quorum.0.source"' in page
    foreign = own_pack(visit_as("外主任"))
    assert director.post("/rule-packs", json={"title": "x", "from_pack_id": foreign[-36:]}).status_code == 404


def test_the_editor_keeps_everything_with_each_step(visit_as: Visit) -> None:
    """As a browser sends it: a form, one button pressed, and a refused form shown again with what was typed."""
    director = visit_as("王站长")
    path = own_pack(director)
    form = {
        "title": "新章程", "citation": "", "sets.0.body": REPRESENTATIVES, "sets.0.notice_days": "7",
        "sets.0.election.list_days": "20",
    }  # fmt: skip
    address = f"{path}/draft?_method=put"
    for op in ("add:sets.0.quorum", "add:sets.0.callers", "add:sets.0.election.valid", "add_set:owners_assembly"):
        version = director.get(f"{path}/draft").json()["version"]
        kept = director.submit(address, {**form, "_version": str(version), "op": op})
        assert kept.status_code == 303 and kept.headers["Location"].startswith(f"{path}/draft"), kept.text
    draft = director.get(f"{path}/draft").json()
    first, second = draft["definition"]["sets"]
    assert (first["notice_days"], first["election"]["list_days"], second["body"]) == (7, 20, "owners_assembly")
    refused = director.submit(address, {**form, "_version": str(draft["version"]), "op": "publish", "title": "改了的"})
    assert refused.status_code == 422 and 'value="改了的"' in refused.text and "没有出处的规则不能发布" in refused.text
    stale = director.put(f"{path}/draft", json=charter(), headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    gone = director.delete(f"{path}/draft", headers={"If-Match": f'"{draft["version"]}"'})
    assert gone.status_code == 204 and director.get(path).status_code == 404


def test_a_pack_is_chosen_from_a_day_on(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    path = published(director)
    choose = f"{path}/choose"
    early = director.post(choose, json={"body": REPRESENTATIVES, "from_on": "2012-03-31"})
    assert early.status_code == 409 and early.json()["code"] == "no_rules"
    assert director.post(choose, json={"body": "committee", "from_on": "2012-05-01"}).json()["code"] == "no_rules"
    empty = f"/rule-packs/{pack_id(LAW_2025)}/choose"
    refused = director.post(empty, json={"body": REPRESENTATIVES, "from_on": "2026-02-01"})
    assert refused.json()["code"] == "rules_incomplete"
    for _again in range(2):
        assert director.post(choose, json={"body": REPRESENTATIVES, "from_on": "2012-05-01"}).status_code == 200
    with db.read() as s:
        before = service.pack_for(s, cast.community, REPRESENTATIVES, date(2012, 4, 30))
        after = service.pack_for(s, cast.community, REPRESENTATIVES, date(2012, 5, 1))
        elsewhere = service.pack_for(s, cast.other_community, REPRESENTATIVES, date(2012, 5, 1))
        assert before.pack_id == elsewhere.pack_id == pack_id(EXAMPLE) and after.pack_id == UUID(path[-36:])
    chosen = {c["body"]: c for c in director.get("/rule-choices").json()["items"]}
    assert chosen[REPRESENTATIVES]["from_on"] == "2012-05-01" and not chosen[REPRESENTATIVES]["example"]
    assert chosen["residents_assembly"]["pack_id"] is None
    only_the_director_writes(visit_as, "POST", choose, {"body": REPRESENTATIVES, "from_on": "2012-05-01"})


def test_a_new_version_leaves_the_old_one_in_force_until_its_day(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    path = published(director)
    assert director.post(f"{path}/draft").status_code == 201
    assert director.post(f"{path}/draft").json()["number"] == 2, "the draft there is, not another one"
    stricter = charter(rules={"quorum": [{**half("present", "entitled"), "num": 2, "den": 3, "strict": False}]})
    assert write(director, path, {**stricter, "effective_from": "2100-01-01"}).status_code == 200
    with db.read() as s:
        wanted = UUID(path[-36:])
        held = [service.effective(s, wanted, day) for day in (date(2099, 12, 31), date(2100, 1, 1))]
        assert [v.number for v in held if v] == [1, 2]
    assert director.get(path).json()["shown"]["number"] == 1
    assert "三分之二" in director.page(f"{path}/versions/2").text
    assert visit_as("外主任").get(path).status_code == visit_as("外主任").get(f"{path}/try").status_code == 404
    only_the_director_writes(visit_as, "PUT", f"{path}/draft", charter())


TRIED: list[tuple[str, str]] = [
    ("", "赞成票 20，须超过实到人数 40 的二分之一，即至少 21，不符合"),
    ("?entitled=60&present=40&in_favour=21&against=15&abstain=4", "至少 21，符合；因此表决通过"),
    ("?entitled=60&present=61&in_favour=21&against=15&abstain=4", "实到人数不能多于应到人数"),
    ("?entitled=60&present=40&in_favour=21&against=15&abstain=4&valid=39&returned=40", "应等于有效票数"),
    ("?body=owners_assembly", "这个规则包没有这个组织的规则"),
]


def test_rules_are_tried_on_counts(visit_as: Visit) -> None:
    worker = visit_as("李网格")
    path = f"/rule-packs/{pack_id(EXAMPLE)}/try"
    for query, said in TRIED:
        assert said in worker.page(path + query).text, query
    other = worker.get(path).json()["decision"]["others"]
    assert [o["outcome"] for o in other if o["base"] == "for_against"] == ["carried"]
    owners = worker.get(f"/rule-packs/{pack_id(OWNERS)}/try?special=true").json()
    assert owners["matter"] == "owners_special" and owners["decision"]["outcome"] == "rejected"
    assert owners["counts"]["area_for"] == 8_060_001
    nothing = worker.page(f"/rule-packs/{pack_id(LAW_2025)}/try")
    assert nothing.status_code == 200 and "不能据此作出决定" in nothing.text
    for wrong in ("?present=x", "?present=-1", "?area_for=0.001", "?area_for=NaN", "?body=nobody", "?present=1e9"):
        assert worker.get(path + wrong).status_code == 422, wrong
