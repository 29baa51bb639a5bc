"""The members' register of the demo counted anew from its rows, in plain Python, against what the pages say."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlmodel import Session, select

from app.accounts.permissions import Principal
from app.members import listing, tallies
from app.members.joining import reading
from app.members.listing import Filters
from app.members.models import Member, MemberStage
from app.members.schemas import AgeBand

DAYS = (date(2012, 6, 30), date(2012, 10, 31), date(2016, 2, 29), date(2021, 12, 31))
BANDS = ((35, AgeBand.up_to_35), (45, AgeBand.from_36_to_45), (59, AgeBand.from_46_to_59), (69, AgeBand.from_60_to_69))


def _age(born: date, day: date) -> int:
    years = day.year - born.year
    return years if (born.month, born.day) <= (day.month, day.day) else years - 1


def _band(born: date | None, day: date) -> str:
    if born is None:
        return str(AgeBand.unknown)
    return str(next((band for most, band in BANDS if _age(born, day) <= most), AgeBand.from_70))


def _recount(s: Session, day: date) -> dict[str, Counter[str]]:
    stages: dict[Any, list[tuple[date, str]]] = defaultdict(list)
    for x in s.exec(select(MemberStage)):
        stages[x.member_id].append((x.from_on, x.stage))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for member in s.exec(select(Member)):
        reached = max((x for x in stages[member.id] if x[0] <= day), default=None)
        if reached is None or member.from_on > day or (member.to_on is not None and member.to_on < day):
            continue
        found["stages"][reached[1]] += 1
        if reached[1] in ("probationary", "full"):
            found["kinds"][member.affiliation] += 1
            found["sexes"][member.sex] += 1
            found["educations"][member.education] += 1
            found["ages"][_band(member.birth_on, day)] += 1
    return found


def check(s: Session, who: Principal) -> None:
    for day in DAYS:
        wanted, said = _recount(s, day), tallies.counts(s, who, day, None)
        assert {"direct": said["direct"], "resident": said["resident"]} == {
            kind: wanted["kinds"][kind] for kind in ("direct", "resident")
        }
        for group in ("stages", "sexes", "educations", "ages"):
            assert {str(k): n for k, n in said[group].items() if n} == dict(wanted[group]), (day, group)
        for band, n in said["ages"].items():
            wanted_list = Filters(stage="member", as_of=day, age=AgeBand(band))
            assert len(list(listing.rows(s, who, wanted_list))) == n, "the list behind the figure"
    of_month = reading.movements(s, who, date(2012, 10, 1), date(2012, 10, 31), None)
    assert {str(k): n for k, n in of_month.reached.items() if n} == {"probationary": 1, "activist": 3}
    assert sorted(str(x.stage) for x in of_month.reached_by) == ["activist"] * 3 + ["probationary"]
    year = reading.movements(s, who, date(2012, 1, 1), date(2012, 12, 31), None)
    direct = {m.id: m for m in s.exec(select(Member)) if m.affiliation == "direct"}
    reached = Counter(
        x.stage
        for x in s.exec(select(MemberStage))
        if x.member_id in direct and x.from_on.year == 2012 and x.from_on >= direct[x.member_id].from_on
    )
    assert {str(k): n for k, n in year.reached.items() if n} == dict(reached)
