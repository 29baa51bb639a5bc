"""Documents: drafted, adopted by a resolution, in force from a day, revised by the next version; what changed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlmodel import select

from app.assemblies.documents.models import DocumentVersion
from app.assemblies.votes.models import Method, State, Vote
from app.core.clock import now, today, zone
from app.core.db import Database
from tests.cast import Cast

TEXT = "翰林缘社区居民自治章程\n第一章 总则\n第一条 居民代表大会每年召开四次。\n第二条 决议须公示七日。"
REVISED = (
    "翰林缘社区居民自治章程\n第一章 总则\n第一条 居民代表大会每年至少召开四次。\n第三条 本章程由居民代表大会解释。"
)
CITED = {"source": "2010 年第一次居民代表大会", "adopted_on": "2010-03-20", "effective_on": "2010-04-01"}


def _draft(office, **fields: Any) -> dict[str, Any]:
    answer = office.post("/documents", json={"kind": "charter", "title": "居民自治章程", "text": TEXT, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _version(office, document: dict[str, Any], place: int = 0) -> dict[str, Any]:
    history = office.get(f"/documents/{document['id']}").json()["history"]
    return dict(office.get(f"/documents/{document['id']}/versions/{history[place]['id']}").json())


def _send(office, method: str, version: dict[str, Any], body: Any, expected: int = 200, path: str = "") -> Any:
    address = f"/documents/{version['document_id']}/versions/{version['id']}{path}"
    sent = {} if body is None else {"json": body}
    answer = office.request(method, address, headers={"If-Match": f'"{version["version"]}"'}, **sent)
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


def _adopt(office, version: dict[str, Any], body: dict[str, Any], expected: int = 200) -> Any:
    return _send(office, "PUT", version, body, expected, "/adoption")


def _resolution(db: Database, community_id: UUID, at: datetime, number: str = "2026-01") -> str:
    """A carried vote, as the room of votes leaves it."""
    with db.write() as s:
        vote = Vote(
            community_id=community_id, body="owners", question="通过章程修订", matter="ordinary", method=Method.owners,
            state=State.declared, outcome="carried", declared_at=at, resolution_number=number,
        )  # fmt: skip
        s.add(vote)
        s.flush()
        return str(vote.id)


def test_from_the_old_charter_to_its_revision(visit_as, cast: Cast, db: Database) -> None:
    office, stranger = visit_as("王站长"), visit_as(None)
    document = _draft(office)
    public = f"/documents/public/320594001001/{document['id']}"
    assert stranger.get(public).status_code == 404
    first = _adopt(office, _version(office, document), CITED)
    assert (first["standing"], first["sha256"]) == ("in_force", hashlib.sha256(TEXT.encode()).hexdigest())
    assert office.post(f"/documents/{document['id']}/versions").status_code == 201
    assert office.post(f"/documents/{document['id']}/versions").json()["code"] == "draft_exists"
    draft = _version(office, document)
    assert (draft["number"], draft["text"]) == (2, TEXT)
    draft = _send(office, "PATCH", draft, {"text": REVISED, "note": "改为至少四次"})
    assert stranger.get(public).json()["text"] == TEXT
    vote_id = _resolution(db, cast.community, now())
    tomorrow = today() + timedelta(days=1)
    second = _adopt(office, draft, {"vote_id": vote_id, "effective_on": tomorrow.isoformat()})
    assert (second["standing"], second["resolution_number"]) == ("coming", "2026-01")
    assert second["adopted_on"] == now().astimezone(zone()).date().isoformat()
    assert stranger.get(public).json()["text"] == TEXT
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        shown = stranger.get(public).json()
        assert (shown["text"], shown["resolution_number"]) == (REVISED, "2026-01")
        assert [b["kind"] for b in shown["changes"]] == ["same", "same", "changed", "deleted", "inserted"]
        listed = stranger.get("/documents/public/320594001001").json()["documents"]
        assert [(d["title"], d["effective_on"]) for d in listed] == [("居民自治章程", tomorrow.isoformat())]
        page = stranger.page(public).text
        assert "<del>" in page and "<ins>" in page and "决议 2026-01" in page


REFUSED = [
    ({"effective_on": "2026-01-01"}, 422, "which_resolution"),
    ({"source": "旧决议", "effective_on": "2026-01-01"}, 422, "adopted_when"),
    ({**CITED, "effective_on": "2010-03-19"}, 422, "effective_before"),
    ({**CITED, "adopted_on": "2099-01-01", "effective_on": "2099-01-02"}, 422, "date_in_future"),
    ({"vote_id": "0189c0de-0000-7000-8000-000000000000", "effective_on": "2026-01-01"}, 422, "no_such_resolution"),
    ({"vote_id": "foreign", "effective_on": "2099-01-01"}, 422, "no_such_resolution"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED)
def test_adoptions_that_are_refused(
    body: dict[str, Any], status: int, code: str, visit_as, cast: Cast, db: Database
) -> None:
    office = visit_as("王站长")
    version = _version(office, _draft(office))
    sent = dict(body)
    if sent.get("vote_id") == "foreign":
        sent["vote_id"] = _resolution(db, cast.other_community, now())
    refusal = _adopt(office, version, sent, status)
    assert code in (refusal["code"], *[e["code"] for e in refusal["errors"]])
    assert _version(office, {"id": version["document_id"]})["state"] == "draft"


def test_a_revision_needs_a_resolution_of_this_system_and_comes_after_the_last(
    visit_as, cast: Cast, db: Database
) -> None:
    office = visit_as("王站长")
    document = _draft(office)
    _adopt(office, _version(office, document), {**CITED, "adopted_on": "2020-01-01", "effective_on": "2020-01-01"})
    office.post(f"/documents/{document['id']}/versions")
    draft = _version(office, document)
    assert _adopt(office, draft, CITED, 409)["code"] == "resolution_needed"
    early = _resolution(db, cast.community, datetime(2019, 5, 1, 3, tzinfo=zone()), "2019-01")
    refusal = _adopt(office, draft, {"vote_id": early, "effective_on": "2020-02-01"}, 422)
    assert refusal["code"] == "adopted_before"


def test_what_was_adopted_never_changes(visit_as, db: Database) -> None:
    office = visit_as("王站长")
    document = _draft(office)
    adopted = _adopt(office, _version(office, document), CITED)
    assert _send(office, "PATCH", adopted, {"text": "别的"}, 409)["code"] == "version_adopted"
    assert _send(office, "DELETE", adopted, None, 409)["code"] == "version_adopted"
    assert _adopt(office, adopted, CITED, 409)["code"] == "version_adopted"
    with db.read() as s:
        assert s.exec(select(DocumentVersion)).one().text == TEXT


def test_a_draft_may_go_and_the_only_one_takes_the_document_with_it(visit_as) -> None:
    office = visit_as("王站长")
    document = _draft(office)
    _send(office, "DELETE", _version(office, document), None, 204)
    assert office.get(f"/documents/{document['id']}").status_code == 404
    document = _draft(office)
    _adopt(office, _version(office, document), CITED)
    office.post(f"/documents/{document['id']}/versions")
    _send(office, "DELETE", _version(office, document), None, 204)
    assert [v["number"] for v in office.get(f"/documents/{document['id']}").json()["history"]] == [1]


def test_two_desks_titles_and_lists(visit_as) -> None:
    office = visit_as("王站长")
    document = _draft(office)
    draft = _version(office, document)
    _send(office, "PATCH", draft, {"note": "甲"})
    assert _send(office, "PATCH", draft, {"note": "乙"}, 412)["code"] == "stale_version"
    again = office.post("/documents", json={"kind": "other", "title": "居民自治章程", "text": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "title_taken")
    _draft(office, kind="assessment", title="居委会考核制度", text="每半年考核一次。")
    assert [d["title"] for d in office.get("/documents?q=考核一次").json()["items"]] == ["居委会考核制度"]
    assert office.get("/documents?kind=charter").json()["total"] == 1
    assert "居委会考核制度" in office.get("/documents/export?format=csv").content.decode("utf-8-sig")


def test_pages_and_who_may(visit_as) -> None:
    office = visit_as("王站长")
    document = _draft(office)
    version = _version(office, document)
    here = f"/documents/{document['id']}"
    mine = (
        f"{here}/edit",
        "/documents/new",
        f"{here}/versions/{version['id']}/edit",
        f"{here}/versions/{version['id']}/adoption",
    )
    for path in ("/documents", here, f"{here}/diff", f"{here}/versions/{version['id']}"):
        assert all(visit_as(name).page(path).status_code == 200 for name in ("王站长", "周代表", "区督导")), path
    for path in mine:
        assert office.page(path).status_code == 200 and visit_as("周代表").page(path).status_code == 403, path
    assert visit_as("外主任").get(here).status_code == 404
    assert visit_as("系统员").get(here).status_code == 403
    form = office.submit("/documents", {"kind": "charter", "title": "公约", "text": ""})
    assert form.status_code == 422 and 'value="公约"' in form.text
    stale = {"text": "第一条 新的", "note": "试", "_version": "7"}
    kept = office.submit(f"{here}/versions/{version['id']}?_method=patch", stale)
    assert kept.status_code == 412 and "第一条 新的" in kept.text
