"""Who holds a seat: the election, a by-election that keeps history, corrections, accounts, any date."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from app.assemblies import rosters
from app.assemblies.models import SeatHolder, TermBody
from app.core.audit import AuditEntry
from app.core.checks import run_checks
from app.core.db import Database
from app.operations import invariants
from tests.assemblies.rosters import FIRST, LAST, seats_of, sit, term_of
from tests.cast import Cast
from tests.members.access import Visit, nobody_else_reads, only_the_director_writes


def names(db: Database, cast: Cast, day: str, body: TermBody = TermBody.representative_assembly) -> list[str]:
    with db.read() as s:
        return [x.name for x in rosters.sitting(s, cast.community, body, date.fromisoformat(day))]


def test_a_by_election_keeps_the_history(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director))
    sit(director, seats[0], "王一", phone="13812345678")
    sit(director, seats[1], "李二")
    form = {"name": "张三", "from_on": "2012-09-01", "how": "by_election", "reason": "迁出本社区"}
    assert director.submit(f"/seats/{seats[0]['id']}/holders", form).status_code == 303
    assert names(db, cast, FIRST) == names(db, cast, "2012-08-31") == ["王一", "李二"]
    assert names(db, cast, "2012-09-01") == names(db, cast, LAST) == ["张三", "李二"]
    assert names(db, cast, "2011-10-15") == names(db, cast, "2014-10-16") == []
    history = director.get(f"/seats/{seats[0]['id']}").json()["holders"]
    assert [(h["name"], h["to_on"], h["end_reason"]) for h in history] == [
        ("张三", None, ""),
        ("王一", "2012-08-31", "迁出本社区"),
    ]
    page = director.page(f"/seats/{seats[0]['id']}").text
    assert "王一" in page and "补选产生" in page and "13812345678" not in page
    nobody_else_reads(visit_as, f"/seats/{seats[0]['id']}", representative=200)
    hidden = visit_as("区督导").get(f"/seats/{seats[0]['id']}").json()["holders"]
    assert [h["name"] for h in hidden] == ["张*", "王*"] and hidden[1]["end_reason"] == ""
    only_the_director_writes(visit_as, "POST", f"/seats/{seats[0]['id']}/holders", {"name": "赵", "from_on": FIRST})
    invariants.register()
    assert not any(found for name, found in run_checks(db).items() if name.startswith("roster"))


def test_never_two_at_once_and_never_outside_the_term(visit_as: Visit) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director))
    sit(director, seats[0], "王一", from_on="2012-01-01")
    path = f"/seats/{seats[0]['id']}/holders"
    for day in ("2012-01-01", FIRST):
        held = director.post(path, json={"name": "李二", "from_on": day})
        assert held.status_code == 409 and held.json()["code"] == "seat_held", day
    for day in ("2011-10-15", "2014-10-16"):
        outside = director.post(path, json={"name": "李二", "from_on": day})
        assert outside.status_code == 422 and outside.json()["code"] == "outside_term", day
    person = {"room": "1-1-201", "from_on": FIRST}
    sit(director, seats[1], "王小明", **person)
    twice = director.post(f"/seats/{seats[2]['id']}/holders", json={"name": "王小明", **person})
    assert twice.status_code == 409 and twice.json()["code"] == "two_seats"


def test_corrections(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    seat = seats_of(director, term_of(director))[0]
    first = sit(director, seat, "王一", phone="13812345678")
    sit(director, seat, "李二", from_on="2013-01-01", how="by_election")
    path = f"/seats/{seat['id']}/holders/{first['id']}"
    late = director.patch(path, json={"to_on": "2013-06-01"}, headers={"If-Match": '"2"'})
    assert late.status_code == 409 and late.json()["code"] == "seat_held"
    earlier = director.patch(path, json={"to_on": "2012-06-30", "end_reason": "去世"}, headers={"If-Match": '"2"'})
    assert earlier.json()["to_on"] == "2012-06-30" and earlier.json()["phone"] == "138****5678"
    assert names(db, cast, "2012-10-01") == []
    stale = director.submit(
        f"{path}?_method=patch", {"_version": "2", "name": "王一一", "from_on": FIRST, "how": "elected"}
    )
    assert stale.status_code == 412 and "王一一" in stale.text and "现在的内容" in stale.text
    assert director.page(f"{path}/edit").status_code == 200 and director.page(path).status_code == 200
    foreign = f"/seats/{seats_of(director, {'id': director.get('/terms').json()['items'][0]['id']})[1]['id']}"
    assert director.get(f"{foreign}/holders/{first['id']}").status_code == 404
    only_the_director_writes(visit_as, "PATCH", path, {"to_on": "2012-01-01"})
    only_the_director_writes(visit_as, "DELETE", path, {})
    assert director.delete(path, headers={"If-Match": '"3"'}).status_code == 204


def test_a_representative_is_linked_to_an_account(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director))
    user = str(cast.users["周代表"])
    for name in ("李网格", "外社区"):
        wrong = director.post(
            f"/seats/{seats[0]['id']}/holders",
            json={"name": "周代表", "from_on": FIRST, "user_id": str(cast.users[name])},
        )
        assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "user_id"
    holder = sit(director, seats[0], "周代表", user_id=user)
    assert holder["account"] == "zhou"
    with db.read() as s:
        (sitting,) = rosters.sitting(s, cast.community, TermBody.representative_assembly, date(2012, 1, 1))
        assert sitting.user_id == cast.users["周代表"] and sitting.id == s.exec(select(SeatHolder.id)).one()
    again = director.post(f"/seats/{seats[1]['id']}/holders", json={"name": "周", "from_on": FIRST, "user_id": user})
    assert again.json()["code"] == "two_seats"
    assert "zhou" in director.page(f"/seats/{seats[0]['id']}/holders/new").text


def test_a_phone_is_shown_once_with_a_reason_in_the_audit(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    seat = seats_of(director, term_of(director))[0]
    holder = sit(director, seat, "王一", phone="13812345678")
    path = f"/seats/{seat['id']}/holders/{holder['id']}/reveal"
    assert director.page(path).status_code == 200
    shown = director.submit(path, {"reason": "通知开会"})
    assert shown.status_code == 200 and "13812345678" in shown.text
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "seat_holder.reveal")).one()
        assert "通知开会" in entry.changes and "13812345678" not in entry.changes
        changes = " ".join(e.changes for e in s.exec(select(AuditEntry)))
        assert "王一" not in changes and "13812345678" not in changes
    for name, status in (("外主任", 404), ("周代表", 403), ("区督导", 403), (None, 401)):
        assert visit_as(name).post(path, json={"reason": "看看"}).status_code == status


def test_who_sits_on_any_date(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    sit(director, seats_of(director, term_of(director))[0], "王一")
    sit(director, seats_of(director, term_of(director, "committee", seats=2))[0], "陈主任")
    director.post("/staff-posts", json={"name": "孙窗口", "position": "综合窗口", "from_on": "2010-01-01"})
    page = director.page("/rosters?as_of=2012-06-30").text
    assert "王一" in page and "陈主任" in page and "孙窗口" in page
    assert "王一" not in director.page("/rosters").text
    then = visit_as("区督导").get(f"/rosters?as_of=2012-06-30&community_id={cast.community}").json()
    assert [b["sitting"][0]["name"] for b in then["bodies"][:2]] == ["王*", "陈*任"] and then["staff"][0][
        "name"
    ] == "孙*口"
    text = director.get("/rosters/export?as_of=2012-06-30").content.decode()
    assert "王一" in text and "陈主任" in text and "孙窗口" not in text
    assert "陈主任" not in director.get("/rosters/export?as_of=2012-06-30&body=representative_assembly").text
    assert director.get("/rosters?as_of=0000-01-01").status_code == 422
    for name in ("外主任", "外社区"):
        assert visit_as(name).get(f"/rosters?community_id={cast.community}").status_code == 404
        assert "王一" not in visit_as(name).get("/rosters?as_of=2012-06-30").text
    assert visit_as("周代表").get("/rosters").status_code == 200
    for name in ("钱会计", "系统员"):
        assert visit_as(name).get("/rosters").status_code == 403


def test_the_check_names_what_is_broken(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director))
    sit(director, seats[0], "王一")
    second = sit(director, seats[1], "李二", phone="13812345678")
    with db.write() as s:
        first = s.exec(select(SeatHolder).where(SeatHolder.name == "王一")).one()
        first.to_on = date(2013, 1, 1)
        s.add(first)
        s.flush()
        s.add(
            SeatHolder(
                community_id=first.community_id, seat_id=first.seat_id, name="赵", from_on=date(2012, 1, 1),
                to_on=date(2015, 1, 1),
            )
        )  # fmt: skip
        other = s.exec(select(SeatHolder).where(SeatHolder.name == "李二")).one()
        other.phone_index = "0" * 32
        s.add(other)
    invariants.register()
    found = run_checks(db)
    assert any("two holders on 2012-01-01" in text for text in found["roster_seats"])
    assert any("outside the term" in text for text in found["roster_seats"])
    assert any(second["id"] in text for text in found["roster_phones"])
