"""The feed of district systems: the contract's item, incremental, conditional, compressed, as CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event, update

from app.accounts import authentication
from app.accounts.models import ApiClient
from app.communities.models import Community
from app.core import recent
from app.core.clock import now
from app.core.db import Database
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import service
from tests.cast import Cast, bearer
from tests.operations.server import serving
from tests.surveys.scores.made import facts_of, make_round, publish, scored
from tests.visitor import Visitor

FEED = "/api/v1/scores"
KEYS = {
    "id", "community_code", "community_name", "instrument", "subject_kind", "subject_name", "period", "invited",
    "responses", "valid", "satisfied", "satisfaction_rate", "strict_rate", "interval_low", "interval_high",
    "interval_kind", "mean_score", "response_rate", "method", "suppressed", "published_at", "revision", "supersedes",
    "audit_head",
}  # fmt: skip


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://testserver") as opened:
        opened.headers.update({**bearer("区平台"), "Accept-Encoding": "identity"})
        yield opened


def items(answer: Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_one_item_as_the_contract_has_it(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(48, 9, 3, 1, invited=66))
    (item,) = items(client.get(FEED))
    assert set(item) >= KEYS
    assert {k: item[k] for k in KEYS - {"id", "published_at", "audit_head"}} == {
        "community_code": "320594001001",
        "community_name": "翰林缘社区",
        "instrument": "property_monthly",
        "subject_kind": "property_company",
        "subject_name": "翰林物业",
        "period": "2026-06",
        "invited": 66,
        "responses": 61,
        "valid": 60,
        "satisfied": 57,
        "satisfaction_rate": 0.95,
        "strict_rate": 0.8,
        "interval_low": 0.8636,
        "interval_high": 0.9545,
        "interval_kind": "bounds",
        "mean_score": 92.0,
        "response_rate": 0.9242,
        "method": "satisfied-v1",
        "suppressed": False,
        "revision": 1,
        "supersedes": None,
    }
    assert item["published_at"].endswith("Z") and len(item["audit_head"]) == 64


def test_a_sample_has_a_wilson_interval(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(114, 0, 6, invited=200, population=4501, census=False))
    (item,) = items(client.get(FEED))
    assert (item["interval_kind"], item["interval_low"], item["interval_high"]) == ("wilson", 0.8961, 0.9767)


def test_a_suppressed_score_has_no_figures(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(3, 1, 0))
    (item,) = items(client.get(FEED))
    assert item["suppressed"] is True
    figures = ("valid", "satisfied", "satisfaction_rate", "strict_rate", "interval_low", "interval_high", "mean_score")
    assert [item[k] for k in figures] == [None] * len(figures)
    assert (item["invited"], item["responses"]) == (60, 4)


def test_a_member_is_not_named_to_the_district(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, scored(50, 0, 0, subject=Subject("m", "member", "王小明")))
    (item,) = items(client.get(FEED))
    assert item["subject_name"] == "王*明"


def test_pages_follow_the_order_of_publication(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        for month in range(1, 8):
            publish(s, cast.community, period=f"2026-{month:02d}")
    address, seen = f"{FEED}?limit=3&instrument=property_monthly", []
    while address:
        page = client.get(address).json()
        assert page["total"] is None and len(page["items"]) <= 3
        seen += [item["period"] for item in page["items"]]
        address = page["next"]
    assert seen == [f"2026-{month:02d}" for month in range(1, 8)]


def test_the_last_cursor_is_an_incremental_feed(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, period="2026-01")
    page = client.get(FEED).json()
    assert page["next"] is None
    kept = page["cursor"]
    later = client.get(FEED, params={"cursor": kept}).json()
    assert (later["items"], later["cursor"]) == ([], kept)
    with db.write() as s:
        publish(s, cast.community, period="2026-02")
    assert [i["period"] for i in items(client.get(FEED, params={"cursor": kept}))] == ["2026-02"]


def test_filters(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community, period="2026-01")
        publish(
            s,
            cast.community,
            scored(50, 0, 0, subject=Subject("c", "committee", "居委会")),
            "2026-H1",
            "committee_halfyear",
        )
        (last,) = publish(s, cast.other_community, period="2026-01")

    def found(**params: Any) -> list[tuple[str, str]]:
        return [(i["community_code"][-1], i["period"]) for i in items(client.get(FEED, params=params))]

    assert found() == [("1", "2026-01"), ("1", "2026-H1"), ("2", "2026-01")]
    assert found(community="320594001001") == [("1", "2026-01"), ("1", "2026-H1")]
    assert found(community="999999999999") == []
    assert found(instrument="committee_halfyear") == [("1", "2026-H1")]
    assert found(subject_kind="committee") == [("1", "2026-H1")]
    assert found(period="2026-01") == [("1", "2026-01"), ("2", "2026-01")]
    assert found(updated_since=last.published_at.isoformat()) == [("2", "2026-01")]
    assert found(updated_since="2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    ["period=2026-13", "period=x", "updated_since=2026-01-01", "updated_since=2026-01-01T00:00:00", "limit=0",
     "limit=501", "cursor=x", "cursor=W10", "who=me", "format=xml", "community=%00"],
)  # fmt: skip
def test_bad_questions_are_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"{FEED}?{query}")
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    other = client.get("/api/v1/communities?limit=1").json()["next"].split("cursor=")[1]
    assert client.get(f"{FEED}?cursor={other}").status_code == 422


def test_a_correction_shows_as_a_new_row(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        round_ = make_round(s, cast.community)
        service.store(s, facts_of(round_), scored(57, 0, 3))
    cursor = client.get(FEED).json()["cursor"]
    with db.write() as s:
        service.store(s, facts_of(round_), scored(40, 0, 20), reason="录入错误")
    first, second = items(client.get(FEED))
    assert (second["revision"], second["supersedes"], second["reason"]) == (2, first["id"], "录入错误")
    assert items(client.get(FEED, params={"cursor": cursor})) == [second]


@pytest.fixture
def long_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered outlives the test, however slow the machine is."""
    monkeypatch.setattr(recent, "SECONDS", 600.0)


class TestConditional:
    @pytest.mark.usefixtures("long_memory")
    def test_nothing_new_is_304_and_asks_the_database_nothing(
        self, db: Database, cast: Cast, client: TestClient
    ) -> None:
        with db.write() as s:
            publish(s, cast.community)
        first = client.get(FEED)
        tag = first.headers["etag"]
        assert tag.startswith('"')
        statements: list[str] = []
        event.listen(db._glance_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        again = client.get(FEED, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(FEED).content == first.content
        assert statements == []

    def test_a_publication_ends_it_at_once(self, db: Database, cast: Cast, client: TestClient) -> None:
        with db.write() as s:
            publish(s, cast.community, period="2026-01")
        tag = client.get(FEED).headers["etag"]
        with db.write() as s:
            publish(s, cast.community, period="2026-02")
        answer = client.get(FEED, headers={"If-None-Match": tag})
        assert answer.status_code == 200 and answer.headers["etag"] != tag and len(items(answer)) == 2

    def test_a_renamed_community_ends_it_too(
        self, db: Database, cast: Cast, client: TestClient, visit_as: Callable[[str | None], Visitor]
    ) -> None:
        with db.write() as s:
            for month in range(1, 4):
                publish(s, cast.community, period=f"2026-{month:02d}")
        tag = client.get(f"{FEED}?limit=2").headers["etag"]
        director = visit_as("王站长")
        version = director.get(f"/communities/{cast.community}").headers["etag"]
        renamed = director.patch(
            f"/communities/{cast.community}", json={"name": "新名社区"}, headers={"If-Match": version}
        )
        assert renamed.status_code == 200
        answer = client.get(f"{FEED}?limit=2", headers={"If-None-Match": tag})
        assert {i["community_name"] for i in items(answer)} == {"新名社区"}

    def test_every_question_and_form_has_its_own_tag(self, db: Database, cast: Cast, client: TestClient) -> None:
        with db.write() as s:
            publish(s, cast.community)
        tags = [
            client.get(FEED).headers["etag"],
            client.get(f"{FEED}?limit=7").headers["etag"],
            client.get(FEED, headers={"Accept-Encoding": "gzip"}).headers["etag"],
            client.get(FEED, headers={"Accept": "text/csv"}).headers["etag"],
        ]
        assert len(set(tags)) == 4

    @pytest.mark.parametrize("form", [{}, {"Accept-Encoding": "gzip"}, {"Accept": "text/csv"}])
    def test_each_form_is_304_to_its_own_tag(
        self, db: Database, cast: Cast, client: TestClient, form: dict[str, str]
    ) -> None:
        with db.write() as s:
            publish(s, cast.community)
        tag = client.get(FEED, headers=form).headers["etag"]
        for offered in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            assert client.get(FEED, headers={**form, "If-None-Match": offered}).status_code == 304, offered
        assert client.get(FEED, headers={**form, "If-None-Match": '"other"'}).status_code == 200

    def test_a_question_that_makes_no_sense_is_refused_whatever_tag_comes_with_it(self, client: TestClient) -> None:
        tag = client.get(FEED).headers["etag"]
        for offered in (tag, "*"):
            for query in ("limit=0", "nonsense=1"):
                answer = client.get(f"{FEED}?{query}", headers={"If-None-Match": offered})
                assert answer.status_code == 422, (query, offered)

    def test_tags_say_nothing_of_other_districts(self, db: Database, cast: Cast, client: TestClient) -> None:
        tag = client.get(FEED).headers["etag"]
        with db.write() as s:
            from app.communities.models import District

            far = District(name="远方区", code="999999")
            s.add(far)
            s.flush()
            town = Community(district_id=far.id, name="远方", code="999999000001")
            s.add(town)
            s.flush()
            publish(s, town.id)
        assert client.get(FEED, headers={"If-None-Match": tag}).status_code == 304


def test_gzip(db: Database, cast: Cast, client: TestClient) -> None:
    with db.write() as s:
        publish(s, cast.community)
    with client.stream("GET", FEED, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip" and "Accept-Encoding" in answer.headers["vary"]
    assert json.loads(gzip.decompress(raw)) == client.get(FEED).json()


@pytest.mark.parametrize("how", ["accept", "format"])
def test_csv(db: Database, cast: Cast, client: TestClient, how: str) -> None:
    with db.write() as s:
        for month in (1, 2):
            publish(s, cast.community, scored(50, 0, 0, subject=Subject("c", "committee", "=1+1")), f"2026-0{month}")
    if how == "accept":
        answer = client.get(f"{FEED}?limit=1", headers={"Accept": "text/csv"})
    else:
        answer = client.get(f"{FEED}?limit=1&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert set(row) >= KEYS and row["id"]
    assert (row["satisfaction_rate"], row["suppressed"], row["supersedes"]) == ("1.0", "false", "")
    assert row["subject_name"] == "'=1+1"
    following = answer.headers["link"].split(";")[0].strip("<>")
    assert following.startswith("/api/v1/scores?")
    assert answer.headers["x-cursor"] in following


def test_who_may_pull(db: Database, cast: Cast, app: FastAPI, visit_as: Callable[[str | None], Visitor]) -> None:
    with db.write() as s:
        (ours,) = publish(s, cast.community)
        (other,) = publish(s, cast.other_community)
    seen = {
        "王站长": [ours.id],
        "周代表": [ours.id],
        "钱会计": [ours.id],
        "外主任": [other.id],
        "区督导": [ours.id, other.id],
    }
    for name, wanted in seen.items():
        visitor = visit_as(name)
        assert [UUID(i["id"]) for i in items(visitor.get("/scores"))] == wanted, name
        for score_id in (ours.id, other.id):
            status = visitor.get(f"/scores/{score_id}").status_code
            assert status == (200 if score_id in wanted else 404)
    assert visit_as("系统员").get("/scores").status_code == 403
    assert visit_as(None).get("/scores").status_code == 401
    for client in ("定时任务", "过期"):
        assert visit_as(None).get(FEED, headers=bearer(client)).status_code in (401, 403)


def _within_a_second(ask: Callable[[], httpx.Response], wanted: int) -> httpx.Response:
    """The first answer with this status; a process may be behind for half a second, and a busy machine is slow."""
    until = time.monotonic() + 1
    while (answer := ask()).status_code != wanted and time.monotonic() < until:
        pass
    assert answer.status_code == wanted
    return answer


def test_another_process_shows_a_publication_and_a_revocation_within_a_second(
    db: Database, cast: Cast, database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path) as server, httpx.Client(headers=bearer("区平台")) as there:
        address = f"{server.address}{FEED}"
        first = there.get(address)
        assert first.json()["items"] == []

        def ask() -> httpx.Response:
            return there.get(address, headers={"If-None-Match": first.headers["etag"]})

        assert ask().status_code == 304
        with db.write() as s:
            publish(s, cast.community)
        assert len(_within_a_second(ask, 200).json()["items"]) == 1
        with db.write() as s:
            s.execute(update(ApiClient).values(revoked_at=now()))
        _within_a_second(ask, 401)


@pytest.mark.usefixtures("long_memory")
def test_a_remembered_token_expires_at_its_instant(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get(FEED).status_code == 200
    monkeypatch.setattr(authentication, "now", lambda: now() + timedelta(days=4000))
    assert client.get(FEED).status_code == 401


@pytest.mark.usefixtures("long_memory")
def test_who_writes_is_not_remembered(
    db: Database, cast: Cast, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that another process has revoked may read for half a second more, and never writes."""
    assert client.get(FEED).status_code == 200
    monkeypatch.setattr(db.recent, "forget", lambda: None)
    with db.write() as s:
        s.execute(update(ApiClient).values(revoked_at=now()))
    assert client.get(FEED).status_code == 200
    assert client.post("/api/v1/rounds/run-due").status_code == 401


def test_export(db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]) -> None:
    with db.write() as s:
        for month in range(1, 4):
            publish(s, cast.community, period=f"2026-{month:02d}")
    director = visit_as("王站长")
    text = director.get("/scores/export?format=csv").content.decode("utf-8-sig")
    assert [row["period"] for row in csv.DictReader(io.StringIO(text))] == ["2026-01", "2026-02", "2026-03"]
    assert director.get("/scores/export?format=xlsx").content.startswith(b"PK")
    assert director.get(f"/scores/export?community={quote('外')}").status_code == 200
