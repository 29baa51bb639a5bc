"""Nobody is registered twice, also when several people do it at the same moment: members, and seats of a term."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.assemblies import holders
from app.assemblies.models import SeatHolder
from app.assemblies.schemas import HolderCreate
from app.core.checks import run_checks
from app.core.db import Database
from app.core.errors import Conflict
from app.members import service
from app.members.models import Affiliation, Member
from app.members.schemas import MemberCreate
from app.operations import invariants
from tests.assemblies.rosters import FIRST, seats_of, sit, term_of
from tests.cast import Cast
from tests.members.access import Visit, member_of
from tests.members.test_imports import sheet, upload
from tests.surveys.rounds.helpers import principal

AT_ONCE = 6
HEADS = ["姓名", "出生日期", "电话", "类别", "所在支部"]


def _all_at_once(db: Database, write: Callable[[Session, int], Any]) -> Counter[str]:
    """What became of each of several writers that begin together."""
    start = Barrier(AT_ONCE)

    def run(number: int) -> str:
        start.wait()
        try:
            with db.write() as s:
                write(s, number)
        except Conflict as refused:
            return refused.code
        return "written"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(run, range(AT_ONCE)))


@pytest.mark.parametrize("known_by", ["resident", "phone"])
def test_a_member_is_registered_once(db: Database, cast: Cast, known_by: str) -> None:
    wang = principal(db, "王站长")
    who: dict[str, Any] = {"phone": "13812345678"}
    if known_by == "resident":
        who = {"resident_id": cast.residents["王小明"]}
    body = MemberCreate(name="王小明", affiliation=Affiliation.resident, home_branch="某公司党支部", **who)
    assert _all_at_once(db, lambda s, _n: service.create(s, wang, body)) == {"written": 1, "already_registered": 5}


def test_a_person_gets_one_seat_of_a_term(db: Database, cast: Cast, visit_as: Visit) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director, seats=AT_ONCE))
    wang = principal(db, "王站长")
    who = HolderCreate(name="王小明", resident_id=cast.residents["王小明"], from_on=date.fromisoformat(FIRST))
    told = _all_at_once(db, lambda s, n: holders.install(s, wang, UUID(seats[n]["id"]), who))
    assert told == {"written": 1, "two_seats": 5}


@pytest.mark.parametrize("same", ["resident_id", "phone_index"])
def test_the_database_itself_refuses(db: Database, cast: Cast, visit_as: Visit, same: str) -> None:
    """The second wall, for whoever forgets the lock; an earlier stay does not count."""
    director = visit_as("王站长")
    member_of(director, "王小明", phone="13812345678", **({"room": "1-1-201"} if same == "resident_id" else {}))
    with db.read() as s:
        twin = s.exec(select(Member)).one().model_dump(exclude={"id", "sort_key", "initials", "phone_sealed"})
    with db.write() as s:
        s.add(Member(**{**twin, "to_on": date(2012, 2, 1)}))
    with pytest.raises(IntegrityError), db.write() as s:
        s.add(Member(**twin))


def test_a_file_registers_nobody_twice(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    member_of(director, "王小明", room="1-1-201", phone="13900000000")
    rows = [
        ["王小明", "", "13812345678", "居民党员", "某公司党支部"],  # another phone: it may be another person
        ["李新", "1980-01-01", "13700000000", "居民党员", "某公司党支部"],
        ["李新", "1990-01-01", "13700000000", "居民党员", "某公司党支部"],
    ]
    checked = upload(director, sheet(rows, HEADS)).json()
    assert [row["fate"] for row in checked["rows"]] == ["new", "new", "refused"]
    assert "重复" in checked["rows"][2]["details"][0]["text"]


def test_the_check_names_one_person_on_two_seats(db: Database, visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    seats = seats_of(director, term_of(director))
    first = sit(director, seats[0], "王小明", room="1-1-201")
    second = sit(director, seats[1], "李二")
    with db.write() as s:
        other = s.exec(select(SeatHolder).where(SeatHolder.name == "李二")).one()
        other.resident_id = cast.residents["王小明"]
        s.add(other)
    invariants.register()
    (found,) = run_checks(db)["roster_seats"]
    assert first["id"] in found and second["id"] in found and "two seats" in found
