"""Minutes write themselves from the record, are signed by two people over the same words, and never change again."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from docx import Document
from sqlmodel import select

from app.assemblies.meetings import conduct
from app.assemblies.meetings.models import Assembly
from app.assemblies.minutes import checks, paper, service
from app.assemblies.minutes.models import Minutes, MinutesSignature, SignerRole
from app.assemblies.models import SeatHolder
from app.assemblies.votes.models import Vote
from app.core import audit
from app.core.audit import AuditEntry
from app.core.clock import now, today
from app.core.db import Database
from tests.assemblies.meetings.helpers import WHO, House, house, opened, person
from tests.assemblies.votes.helpers import Room, choices, declared, hands, tap_all, vote
from tests.cast import PASSWORD, Cast
from tests.conftest import Template, again, copied
from tests.visitor import Visitor


@dataclass
class Held:
    """An assembly of yesterday with ten seats: seven came, one left, one motion was carried and one was lost."""

    home: House
    assembly: UUID
    carried: UUID


def _hold(db: Database) -> Held:
    home = house(db, Cast.load(db))
    met = opened(home, present=7, day=today() - timedelta(days=1))
    room = Room(met.id, home.holders)
    carried = vote(db, room, "roll_call")
    tap_all(db, carried, choices(5, 1, 1))
    declared(db, carried)
    hands(db, vote(db, room, "hands", question="是否停办夜市"), 3, 4)
    home.go(met, [7], now())
    home.act(conduct.close, WHO, met, now())
    return Held(home, met.id, carried)


@pytest.fixture(scope="module")
def yesterday(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Held]]:
    """Held once; each test writes the minutes of a copy."""
    with copied(template, tmp_path_factory.mktemp("held")) as url:
        db = Database(url)
        made = _hold(db)
        db.close()
        yield url, made


@pytest.fixture
def database_url(yesterday: tuple[str, Held], tmp_path: Path) -> Iterator[str]:
    with copied(again(yesterday[0]), tmp_path) as url:
        yield url


@pytest.fixture
def held(yesterday: tuple[str, Held], db: Database) -> Held:
    made = yesterday[1]
    return replace(made, home=replace(made.home, db=db))


def _draft(office: Visitor, held: Held) -> dict[str, Any]:
    answer = office.post(f"/assemblies/{held.assembly}/minutes")
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _send(
    who: Visitor, method: str, minutes: dict[str, Any], path: str = "", body: Any = None, expected: int = 200
) -> Any:
    tag = {"If-Match": f'"{minutes["version"]}"'}
    sent = {} if body is None else {"json": body}
    answer = who.request(method, f"/minutes/{minutes['id']}{path}", headers=tag, **sent)
    assert answer.status_code == expected, answer.text
    return answer.json()


def _sign(who: Visitor, minutes: dict[str, Any], role: str, expected: int = 201, password: str = PASSWORD) -> Any:
    return _send(who, "POST", minutes, "/signatures", {"role": role, "password": password}, expected)


def _words(minutes: dict[str, Any], key: str) -> str:
    part = next(p for p in minutes["parts"] if p["key"] == key)
    rows = part["table"]["rows"] if part["table"] else []
    return "\n".join([*part["lines"], *["|".join(row) for row in rows], part["remark"]])


def test_the_draft_says_what_the_record_says(visit_as, held: Held) -> None:
    minutes = _draft(visit_as("王站长"), held)
    assert minutes["title"] == "居民代表会议记录" and minutes["state"] == "draft"
    said = _words(minutes, "attendance")
    assert "应到 10 人，开会时到会 7 人；法定人数 6 人，符合。" in said
    assert "全程出席 6 人：周代表、代表02、代表03、代表04、代表05、代表06。" in said
    assert "缺席 3 人：代表08、代表09、代表10。" in said and "7|代表07|12:00–" in said
    said = _words(minutes, "votes")
    assert "1. 是否改建儿童乐园（唱名表决）" in said and "赞成 5，反对 1，弃权 1。" in said
    assert "赞成：周代表、代表02、代表03、代表04、代表05。" in said and "反对：代表06。" in said
    assert "2. 是否停办夜市（举手表决）" in said and "赞成 3，反对 4" in said
    assert "停办夜市" not in _words(minutes, "resolutions") and "：是否改建儿童乐园" in _words(minutes, "resolutions")
    course = _words(minutes, "course")
    assert "会议开始，到会 7 人，应到 10 人" in course and "宣布表决结果：是否改建儿童乐园" in course
    assert "1. 〔报告〕报告1" in _words(minutes, "agenda")


def test_the_draft_is_chinese_whoever_presses(visit_as, held: Held) -> None:
    office = visit_as("王站长")
    office.client.cookies.set("locale", "en")
    said = str([(p["title"], p["lines"]) for p in _draft(office, held)["parts"]])
    assert "会议概况" in said and "应到 10 人" in said and "carried" not in said.lower()


def test_two_people_sign_and_then_it_is_locked(visit_as, held: Held, db: Database) -> None:
    office, clerk = visit_as("王站长"), visit_as("李网格")
    minutes = _draft(office, held)
    minutes = _send(office, "PATCH", minutes, body={"agenda": "代表们谈了夜间噪声。", "other": "散会。"})
    assert _sign(office, minutes, "chair", 422, "wrong-password")["code"] == "wrong_password"
    minutes = _sign(office, minutes, "chair")
    assert (minutes["state"], minutes["signatures"]) == ("draft", 1)
    assert _sign(office, minutes, "clerk", 409)["code"] == "same_signer"
    assert _sign(clerk, minutes, "chair", 409)["code"] == "role_signed"
    minutes = _sign(clerk, minutes, "clerk")
    assert minutes["state"] == "confirmed" and minutes["sha256"] == minutes["current_sha256"]
    assert office.get(f"/assemblies/{held.assembly}").json()["state"] == "minutes_confirmed"
    for method, path, body in (("PATCH", "", {"other": "改"}), ("POST", "/redraw", None)):
        assert _send(office, method, minutes, path, body, 409)["code"] == "minutes_locked"
    minutes = _send(office, "PUT", minutes, "/published")
    assert (minutes["state"], bool(minutes["published_at"])) == ("published", True)
    assert _send(office, "PUT", minutes, "/published", expected=409)["code"] == "minutes_state"
    assert office.post(f"/minutes/{minutes['id']}/notes", json={"text": "到会应为 8 人。"}).status_code == 201
    after = office.get(f"/minutes/{minutes['id']}").json()
    assert [n["text"] for n in after["notes"]] == ["到会应为 8 人。"] and after["sha256"] == minutes["sha256"]
    with db.read() as s:
        assert s.get_one(Assembly, held.assembly).state == "published" and audit.verify(s) is None
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "minutes.confirm")).one()
        assert minutes["sha256"] in entry.changes and PASSWORD not in entry.changes
    assert list(checks.locked(db)) == []


def test_other_words_end_a_signature(visit_as, held: Held) -> None:
    office, clerk = visit_as("王站长"), visit_as("李网格")
    minutes = _sign(office, _draft(office, held), "chair")
    changed = _send(office, "PATCH", minutes, body={"other": "补充一句。"})
    assert changed["signatures"] == 0
    changed = _sign(clerk, changed, "clerk")
    assert changed["state"] == "draft"
    back = _send(office, "PATCH", changed, body={"other": ""})
    assert back["signatures"] == 1 and [x["role"] for x in back["signed"]] == ["chair"]  # the words are those again


def test_what_the_record_says_by_now_must_be_in_it(visit_as, held: Held, db: Database) -> None:
    office = visit_as("王站长")
    minutes = _draft(office, held)
    with db.write() as s:
        holder = s.get_one(SeatHolder, held.home.holders[9])
        holder.name = "代表拾"
        s.add(holder)
    assert office.get(f"/minutes/{minutes['id']}").json()["stale"] is True
    assert _sign(office, minutes, "chair", 409)["code"] == "minutes_stale"
    minutes = _send(office, "POST", minutes, "/redraw")
    assert "代表拾" in _words(minutes, "attendance") and _sign(office, minutes, "chair")["signatures"] == 1


def test_nobody_signs_while_a_result_is_missing(visit_as, held: Held, db: Database) -> None:
    office = visit_as("王站长")
    minutes = _draft(office, held)
    with db.write() as s:
        lost = s.get_one(Vote, held.carried)
        lost.state = "closed"
        s.add(lost)
    assert office.get(f"/minutes/{minutes['id']}").json()["pending"] == ["是否改建儿童乐园"]
    assert _sign(office, minutes, "chair", 409)["code"] == "undeclared"


def test_only_after_the_assembly_and_only_once(visit_as, held: Held, db: Database, cast: Cast) -> None:
    office = visit_as("王站长")
    _draft(office, held)
    again = office.post(f"/assemblies/{held.assembly}/minutes")
    assert (again.status_code, again.json()["code"]) == (409, "assembly_state")
    running = opened(held.home)
    early = office.submit(f"/assemblies/{running.id}/minutes", {})
    assert early.status_code == 409 and "会议结束以后才能起草会议记录" in early.text


TAMPERING: list[tuple[str, Callable[[Any], None]]] = [
    ("facts", lambda m: setattr(m, "facts", {**m.facts, "title": "别的会议记录"})),
    ("remarks", lambda m: setattr(m, "remarks", {"other": "后来加的"})),
    ("hash", lambda m: setattr(m, "sha256", "0" * 64)),
]


@pytest.mark.parametrize(("what", "change"), TAMPERING, ids=[what for what, _change in TAMPERING])
def test_a_change_behind_the_rules_is_found(what: str, change: Callable[[Any], None], held: Held, db: Database) -> None:
    with db.write() as s:
        director, worker = person(s, "王站长"), person(s, "李网格")
        audit.set_actor(s, director)
        minutes = service.draft(s, director, held.assembly)
        service.sign(s, director, minutes.id, SignerRole.chair, minutes.version)
        service.sign(s, worker, minutes.id, SignerRole.clerk, minutes.version)
    assert list(checks.locked(db)) == []
    with db.write() as s:
        row = s.exec(select(Minutes)).one()
        change(row)
        s.add(row)
    assert len(list(checks.locked(db))) == 1
    with pytest.raises(Exception, match="append-only"), db.write() as s:
        s.delete(s.exec(select(MinutesSignature)).first())


def _signed(visit_as, held: Held) -> dict[str, Any]:
    office = visit_as("王站长")
    minutes = _send(office, "PATCH", _draft(office, held), body={"votes": "<b>逐一宣读</b>\n没有异议。"})
    return dict(_sign(visit_as("李网格"), _sign(office, minutes, "chair"), "clerk"))


def test_the_word_file_reads_back_as_the_minutes(visit_as, held: Held) -> None:
    minutes = _signed(visit_as, held)
    answer = visit_as("周代表").get(f"/minutes/{minutes['id']}/docx")
    assert answer.headers["content-type"] == paper.DOCX and "filename*=UTF-8''" in answer.headers["content-disposition"]
    document = Document(io.BytesIO(answer.content))
    paragraphs = [p.text for p in document.paragraphs]
    for part in minutes["parts"]:
        assert not set(part["lines"]) - set(paragraphs)
    assert {"<b>逐一宣读</b>", "没有异议。", f"校验值（SHA-256）：{minutes['sha256']}"} <= set(paragraphs)
    assert [p[:7] for p in paragraphs if p.startswith(("主持人：", "记录人："))] == ["主持人：王站长", "记录人：李网格"]
    attendance = next(p["table"] for p in minutes["parts"] if p["key"] == "attendance")
    read = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert read == [attendance["columns"], *attendance["rows"]]


def test_the_pdf_is_typeset_and_says_so_where_it_cannot_be(visit_as, held: Held, monkeypatch) -> None:
    minutes = _signed(visit_as, held)
    office = visit_as("王站长")
    answer = office.get(f"/minutes/{minutes['id']}/pdf")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
    streams = re.findall(rb"stream\n(.*?)\nendstream", answer.content, re.DOTALL)
    inside = b"".join(zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"x")
    assert b"/Type /Page" in inside and minutes["title"].encode("utf-16-be").hex() in inside.decode("latin-1").lower()
    for missing in (ImportError("no weasyprint"), OSError("cannot load library 'pango'")):

        def refuse(_name: str, missing: Exception = missing) -> None:
            raise missing

        monkeypatch.setattr(paper.importlib, "import_module", refuse)
        refusal = office.get(f"/minutes/{minutes['id']}/pdf")
        assert (refusal.status_code, refusal.json()["code"]) == (503, "pdf_unavailable")
        assert "Word" in refusal.json()["detail"]


def test_pages_lists_and_who_may(visit_as, held: Held) -> None:
    office, representative = visit_as("王站长"), visit_as("周代表")
    assert "起草记录" in office.page("/minutes").text
    minutes = _draft(office, held)
    here = f"/minutes/{minutes['id']}"
    assert office.page(here).status_code == 200 and office.page(f"{here}/edit").status_code == 200
    assert representative.get(here).status_code == 404 and representative.get("/minutes").json()["total"] == 0
    assert visit_as("外主任").get(here).status_code == 404 and visit_as("系统员").get(here).status_code == 403
    kept = office.submit(f"{here}?_method=patch", {"agenda": "x" * 8001, "other": "留下我", "_version": "1"})
    assert kept.status_code == 422 and "留下我" in kept.text
    refused = office.submit(f"{here}/signatures", {"role": "chair", "password": "错", "_version": "1"})
    assert (
        refused.status_code == 422 and "密码不对" in refused.text and "错" not in refused.text.split("密码不对")[1][:80]
    )
    signed = _sign(visit_as("李网格"), _sign(office, minutes, "chair"), "clerk")
    assert signed["sha256"] in representative.page(here).text and "加更正说明" not in representative.page(here).text
    assert representative.get("/minutes?q=居民代表&state=confirmed").json()["total"] == 1
    assert "居民代表会议" in office.get("/minutes/export?format=csv").content.decode("utf-8-sig")
    assert representative.post(f"{here}/notes", json={"text": "x"}).status_code == 403
