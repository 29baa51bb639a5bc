"""The audit page: who did what, within one's reach, in words."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import SQLModel

from app.accounts.audit_log import words
from app.core import crypto
from app.core.audit import head_message
from app.core.i18n import set_locale
from tests.cast import Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def renamed(visit_as: Visit, cast: Cast) -> Cast:
    director = visit_as("王站长")
    address = f"/communities/{cast.community}"
    director.patch(address, json={"subdistrict": "科教创新区"}, headers={"If-Match": '"1"'})
    return cast


def entries(visitor: Visitor, query: str = "") -> list[dict[str, Any]]:
    answer = visitor.get(f"/audit?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_before_and_after(visit_as: Visit, renamed: Cast) -> None:
    last = entries(visit_as("王站长"), "action=community.update")[0]
    assert (last["actor_name"], last["action_label"]) == ("王站长", "修改社区")
    assert last["changes"] == [{"field": "subdistrict", "label": "街道", "before": "", "after": "科教创新区"}]
    page = visit_as("王站长").page("/audit").text
    assert "修改社区" in page and "<ins>科教创新区</ins>" in page


def test_reach(visit_as: Visit, renamed: Cast) -> None:
    ours, theirs = str(renamed.community), str(renamed.other_community)
    assert {e["community_id"] for e in entries(visit_as("王站长"), "limit=500")} == {ours}
    assert {e["community_id"] for e in entries(visit_as("外主任"), "limit=500")} == {theirs}
    assert {e["community_id"] for e in entries(visit_as("区督导"), "limit=500")} == {ours, theirs}
    assert None in {e["community_id"] for e in entries(visit_as("系统员"), "limit=500")}
    for name in ("李网格", "周代表", "钱会计"):
        assert visit_as(name).get("/audit").status_code == 403
        assert visit_as(name).get("/audit/export").status_code == 403
    assert visit_as(None).get("/audit").status_code == 401


def test_filters(visit_as: Visit, renamed: Cast) -> None:
    director = visit_as("王站长")
    assert {e["actor_name"] for e in entries(director, "actor=站长")} == {"王站长"}
    assert entries(director, f"actor={renamed.users['王站长']}")[0]["actor_name"] == "王站长"
    assert {e["object_type"] for e in entries(director, "action=user_account")} == {"user_account"}
    assert {e["object_id"] for e in entries(director, f"object_id={renamed.community}")} == {str(renamed.community)}
    assert entries(director, "to=2000-01-01") == [] and entries(director, "from=2199-01-01") == []
    assert director.get("/audit?from=0000-01-01").status_code == 422
    assert director.page("/audit?actor=&action=&from=&to=").status_code == 200, "an empty filter is no filter"


def test_pages_and_export(visit_as: Visit, renamed: Cast) -> None:
    director = visit_as("王站长")
    first = director.get("/audit?limit=3").json()
    second = director.get(first["next"].removeprefix("/api/v1")).json()
    numbers = [e["seq"] for e in first["items"] + second["items"]]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 6
    rows = list(csv.reader(io.StringIO(director.get("/audit/export").content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["序号", "时间", "谁", "做了什么"] and "修改社区" in [r[3] for r in rows]
    assert entries(director)[0]["action"] == "audit_entry.export", "taking it away is recorded too"


def test_the_head_is_public_and_signed(visit_as: Visit) -> None:
    stranger = visit_as(None)
    head = stranger.get("/api/v1/audit/head").json()
    assert list(head) == ["size", "hash", "signed_at", "signature", "key_id"]
    key = stranger.get("/api/v1/audit/key").json()
    assert key["key_id"] == head["key_id"] and len(base64.b64decode(key["public_key"])) == 32
    at = datetime.fromisoformat(head["signed_at"])
    message = head_message(head["size"], head["hash"], at)
    assert crypto.signed_by(key["public_key"], head["signature"], message)
    assert not crypto.signed_by(key["public_key"], head["signature"], message + "x")


def test_every_audited_table_has_words() -> None:
    set_locale("zh-CN")
    audited = {
        mapper.local_table.name for mapper in SQLModel._sa_registry.mappers if getattr(mapper.class_, "__audit__", True)
    }
    assert "household" in audited and "audit_entry" not in audited
    assert not {table for table in audited if words.of_object(table) == table}
    assert words.of_action("household.update") == "修改住户"
    assert words.of_action("surprise.happened") == "surprise.happened"
