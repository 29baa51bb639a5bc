"""The fund in a browser and for programs: from the report to the public statement, and what each reader may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.assistance.fund import steps
from app.assistance.fund.models import State
from app.core.clock import now, today
from app.core.db import Database
from tests.assistance.fund.helpers import ASKS, DECIDES, PAYS, approved, ask, give, move, pay, picture, shown
from tests.cast import Cast, bearer
from tests.surveys.rounds.helpers import principal
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
PUBLIC = "/fund/public/320594001001"


def _upload(visitor: Visitor, relief_id: str) -> str:
    sent = {"_csrf": visitor.csrf, "owner_kind": "relief", "owner_id": relief_id, "caption": "签收单"}
    files = {"file": ("签收单.jpg", picture(), "image/jpeg")}
    answer = visitor.client.post("/attachments", data=sent, files=files, headers=visitor.headers)
    return str(answer.json().get("id", answer.status_code))


def test_urgent_relief_from_the_door_to_the_public_statement(visit_as: Visit, db: Database, cast: Cast) -> None:
    """As a worker, the director and finance do it without JavaScript; each refusal keeps what was typed."""
    li, wang, qian, public = visit_as(ASKS), visit_as(DECIDES), visit_as(PAYS), visit_as(None)
    gift = {"amount_yuan": "500.05", "donor_kind": "member", "donor_name": "李党员", "method": "cash", "note": "<感谢>"}
    dues = qian.submit("/fund/donations", gift)
    assert dues.status_code == 409 and "党费不能进入帮困基金" in dues.text and "&lt;感谢&gt;" in dues.text
    given = qian.submit("/fund/donations", {**gift, "voluntary": "true"})
    receipt = qian.page(given.headers["location"]).text
    assert given.status_code == 303 and "人民币伍佰元零伍分" in receipt and "李党员" in receipt
    need = {"kind": "relief", "room": "1-1-101", "person": "张桂英", "purpose": "家中失火", "amount_yuan": "五百"}
    wrong = li.submit("/fund/relief", {**need, "urgent": "true"})
    assert wrong.status_code == 422 and 'value="五百"' in wrong.text and "checked" in wrong.text
    made = li.submit("/fund/relief", {**need, "urgent": "true", "amount_yuan": "500.05", "situation": "烧坏了厨房"})
    here = made.headers["location"]
    key = here.rsplit("/", 1)[1]
    assert li.submit(f"{here}/moves", {"to": "applied"}).status_code == 303
    undeclared = wang.submit(f"{here}/approval", {"note": "同意帮助"})
    assert undeclared.status_code == 409 and "没有亲属关系" in undeclared.text and "同意帮助" in undeclared.text
    assert wang.submit(f"{here}/approval", {"unrelated": "true"}).status_code == 303
    bare = qian.submit(f"{here}/payment", {"unrelated": "true"})
    assert bare.status_code == 409 and "没有签收单不能发放" in bare.text
    assert "伍佰元零伍分" in qian.page(f"{here}/slip").text
    slip = _upload(qian, key)
    assert f'value="{slip}"' in qian.page(here).text
    assert qian.submit(f"{here}/payment", {"receipt_id": slip, "unrelated": "true"}).status_code == 303
    assert li.client.delete(f"/attachments/{slip}", headers={**li.headers, "If-Match": '"1"'}).status_code == 409
    assert li.submit(f"{here}/moves", {"to": "noticed", "days": "7"}).status_code == 303
    page = public.page(PUBLIC).text
    assert "张*英" in page and "500.05" in page
    assert not re.search("张桂英|李党员|1-1-101|失火|厨房|李网格|钱会计", page)
    told = public.get(PUBLIC).json()["statement"]
    assert (told["opening_fen"], told["in_fen"], told["out_fen"], told["closing_fen"]) == (0, 50_005, 50_005, 0)
    listed = public.get(told["spending"][0]["href"]).json()["items"]
    assert [entry["reference"] for entry in listed] == [f"{today().year}-0001"]
    entry = qian.get("/fund/entries?kind=relief").json()["items"][0]
    assert key in qian.page(f"/fund/entries/{entry['id']}").text


def test_a_statement_adds_up_and_each_figure_has_its_entries(visit_as: Visit, db: Database, cast: Cast) -> None:
    """Year and month, with a donation that bounced and a payment that came back."""
    wang, qian = principal(db, DECIDES), principal(db, PAYS)
    with db.write() as s:
        for year, month, fen in ((2011, 12, 5000), (2012, 1, 3000), (2012, 1, 700), (2012, 3, 100)):
            made = give(s, wang, fen, now().replace(year=year, month=month, day=10))
        steps.take_back(s, qian, made.entry_id, "退票", now().replace(year=2012, month=4, day=2))
    kept, back = approved(db, 2000, kind="condolence", room="", person=""), approved(db, 1500)
    spring = now().replace(year=2012, month=5, day=3)
    pay(db, kept, spring)
    paid = pay(db, back, spring)
    with db.write() as s:
        steps.take_back(s, qian, paid.entry_id, "退回", spring + timedelta(days=40))
    visitor = visit_as(PAYS)
    year = visitor.get("/fund/statement?period=2012").json()
    assert [year[k] for k in ("opening_fen", "in_fen", "out_fen", "closing_fen")] == [5000, 3700, 2000, 6700]
    figures = {(g["kind"], g["reversal"]): g for g in year["income"] + year["spending"]}
    assert {key: (g["amount_fen"], g["entries"]) for key, g in figures.items()} == {
        ("donation", False): (3800, 3), ("donation", True): (100, 1),
        ("relief", False): (1500, 1), ("relief", True): (1500, 1), ("condolence", False): (2000, 1),
    }  # fmt: skip
    for g in figures.values():
        found = visitor.get(g["href"]).json()
        assert (abs(sum(e["amount_fen"] for e in found["items"])), found["total"]) == (g["amount_fen"], g["entries"])
    months = {m["period"]: m for m in year["months"]}
    assert [months["2012-05"][k] for k in ("opening_fen", "in_fen", "out_fen", "closing_fen")] == [8700, 0, 3500, 5200]
    assert months["2012-06"]["out_fen"] == -1500
    may = visitor.get(months["2012-05"]["href"]).json()
    assert (may["opening_fen"], may["closing_fen"], may["months"]) == (8700, 5200, [])
    for period in ("2012", "2012-05"):
        assert visitor.page(f"/fund/statement?period={period}").status_code == 200
    for period in ("2012-13", "12", "2012-5", "abc"):
        assert visitor.get(f"/fund/statement?period={period}").status_code == 422


def test_lists_are_searched_paged_and_exported(visit_as: Visit, db: Database, cast: Cast) -> None:
    wang = principal(db, DECIDES)
    with db.write() as s:
        give(s, wang, 100, donor_name="=SUM(1)")
        give(s, wang, 200, donor_name="张三", donor_kind="organization", anonymous=True)
        for purpose in ("买轮椅", "看病"):
            ask(s, wang, 100, purpose=purpose)
    visitor = visit_as(DECIDES)
    made = visitor.post("/fund/campaigns", json={"name": "七一", "starts_on": "2026-06-01", "ends_on": "2026-07-05"})
    at, version = made.headers["location"], {"If-Match": '"1"'}
    assert visitor.patch(at, json={"goal_yuan": "50"}, headers=version).json()["goal_fen"] == 5000
    assert visitor.patch(at, json={"goal_yuan": "60"}, headers=version).status_code == 412
    for path, count in (
        ("entries?kind=donation", 2), ("entries?q=0002", 1), ("entries?period=2001", 0), ("donations?q=SUM", 1),
        ("donations?donor_kind=organization", 1), ("donations?reversed=true", 0), ("relief?q=轮椅", 1),
        ("relief?state=reported&kind=relief", 2), ("relief?state=", 2),
        ("campaigns?q=七一", 1), ("campaigns?q=八一", 0),
    ):  # fmt: skip
        assert visitor.get(f"/fund/{path}").json()["total"] == count, path
        assert visitor.page(f"/fund/{path}").status_code == 200, path
    first = visitor.get("/fund/donations?limit=1").json()
    assert visitor.get(first["next"].removeprefix("/api/v1")).json()["items"][0]["donor_name"] == "=SUM(1)"
    text = visitor.get("/fund/donations/export?format=csv").text
    assert "'=SUM(1)" in text and "张三" not in text and "匿名" in text
    for name in ("entries", "donations", "relief", "campaigns"):
        assert visitor.get(f"/fund/{name}/export?format=xlsx").content[:2] == b"PK"
        assert visitor.get(f"/fund/{name}?colour=red").status_code == 422


def test_who_sees_what(visit_as: Visit, db: Database, cast: Cast) -> None:
    """A worker the own grid area, the district no names, a representative nothing, another community nothing at all."""
    with db.write() as s:
        gift = give(s, principal(db, DECIDES), 100, donor_name="张三丰", anonymous=True)
    key = shown(db, 100)
    supervisor, program = visit_as("区督导"), visit_as(None)
    detail = supervisor.get(f"/fund/relief/{key}").json()
    assert (detail["person"], detail["room"], detail["situation"], detail["purpose"]) == ("张*英", "", "", "")
    assert detail["checks"] == [] and all(event["text"] == "" for event in detail["events"])
    for ask_ in (supervisor.get, lambda path: program.get(path, headers=bearer("区平台"))):
        assert "张三丰" not in ask_(f"/fund/donations/{gift.id}").text and ask_("/fund").status_code == 200
        assert ask_("/fund/donations?q=三丰").json()["total"] == 0
    for path in ("/fund", "/fund/relief", f"/fund/relief/{key}", "/fund/entries", "/fund/donations", "/fund/statement"):
        assert supervisor.page(path).status_code == 200, path
        assert visit_as("周代表").page(path).status_code == 403, path
    assert visit_as("赵网格").get(f"/fund/relief/{key}").status_code == 404
    assert visit_as("赵网格").get("/fund/relief").json()["total"] == 0
    assert visit_as("外主任").get(f"/fund/relief/{key}").status_code == 404
    assert visit_as("外主任").get(f"/fund/entries/{gift.entry_id}").status_code == 404
    for name, status in (("李网格", 403), ("钱会计", 403), ("外主任", 404)):
        body = {"unrelated": True}
        assert visit_as(name).post(f"/fund/relief/{key}/approval", json=body).status_code == status
    assert visit_as("王站长").post(f"/fund/relief/{key}/payment", json={}).status_code == 403
    assert visit_as("王站长").post(f"/fund/entries/{gift.entry_id}/reversal", json={"reason": "错"}).status_code == 403


@pytest.mark.parametrize("name", [ASKS, DECIDES, PAYS])
def test_every_page_opens_in_every_state(visit_as: Visit, db: Database, cast: Cast, name: str) -> None:
    visitor, wang = visit_as(name), principal(db, DECIDES)
    for empty in ("/fund", "/fund/entries", "/fund/donations", "/fund/relief", "/fund/campaigns"):
        assert "还没有" in visitor.page(empty).text, empty
    with db.write() as s:
        gift = give(s, wang, 10_000)
        reported = ask(s, wang, 100).id
        applied = ask(s, wang, 100)
        move(s, wang, applied.id, State.applied, now())
    ready, paid = approved(db, 100), approved(db, 100)
    entry = pay(db, paid).entry_id
    for key in (reported, applied.id, shown(db, 100), ready, paid):
        assert visitor.page(f"/fund/relief/{key}").status_code == 200
        assert visitor.page(f"/fund/relief/{key}/edit").status_code == 200
    for path in (
        "", "/donations/new", f"/donations/{gift.id}", "/campaigns/new", "/relief/new?kind=condolence",
        f"/relief/new?household_id={cast.households['1-1-101']}", f"/relief/{ready}/slip", f"/entries/{entry}",
    ):  # fmt: skip
        assert visitor.page(f"/fund{path}").status_code == 200, path
    assert visitor.page(f"/fund/entries/{entry}/reversal").status_code == (200 if name == PAYS else 403)
    assert visitor.page(f"/fund/relief/{UUID(int=1)}").status_code == 404


def test_money_is_moved_once_for_one_key(visit_as: Visit, db: Database, cast: Cast) -> None:
    """A press that is sent again, with its key, gets the first answer; the bounced donation is reversed in a form."""
    qian = visit_as(PAYS)
    body, key = {"amount_fen": 100, "voluntary": True, "donor_name": "李党员"}, {"Idempotency-Key": "one"}
    first, again = (qian.post("/fund/donations", json=body, headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"] and qian.get("/fund").json()["balance_fen"] == 100
    entry = first.json()["entry_id"]
    assert qian.submit(f"/fund/entries/{entry}/reversal", {"reason": ""}).status_code == 422
    assert qian.submit(f"/fund/entries/{entry}/reversal", {"reason": "退票"}).status_code == 303
    twice = qian.submit(f"/fund/entries/{entry}/reversal", {"reason": "又退"})
    assert twice.status_code == 409 and "已经冲销过了" in twice.text
    assert "收据作废" in qian.page(f"/fund/donations/{first.json()['id']}").text
    assert qian.get("/fund").json()["balance_fen"] == 0
