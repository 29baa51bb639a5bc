"""The rosters of the demo community: residents' groups, five terms of sixty representatives and a committee of seven,
the community workers since 2009, and a branch with its members, so that the report's day counts 23 and 748.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, Protocol, cast
from uuid import UUID

from app.assemblies.holders import TABLE as HOLDER
from app.assemblies.models import (
    Installed,
    ResidentsGroup,
    Seat,
    SeatHolder,
    SeatPost,
    StaffPost,
    Term,
    TermBody,
)
from app.core.clock import add_months, day_start
from app.demo import joining
from app.demo.history import History
from app.demo.people import People, Person
from app.demo.roster_members import FOUNDED, Registered, register
from app.demo.staff import Staff
from app.households.residents.models import Sex
from app.households.residents.names import sort_key_of
from app.members.models import Branch, Left, Member, MemberStage
from app.members.personal import seal_phone
from app.members.service import TABLE as MEMBER
from app.members.service import set_name

SEED = 20111016
GROUPS, BUILDINGS_IN_GROUP, SEATS_IN_GROUP = 12, 2, 5
# Elected until 2018-12 for three years, since then for five.
TERMS = (
    ("一", date(2011, 10, 16), 3),
    ("二", date(2014, 10, 16), 3),
    ("三", date(2017, 10, 16), 3),
    ("四", date(2020, 10, 16), 5),
    ("五", date(2025, 10, 16), 5),
)
POSTS = (SeatPost.director, *[SeatPost.deputy_director] * 2, *[SeatPost.member] * 4)
_AGES, _KEPT_UNTIL, _REELECTED = (26, 72), 76, 0.6
_BY_ELECTION_DAYS = (35, 110)
_LEFT = {"去世": str(Left.died), "迁出本社区": str(Left.moved)}
_NUMBERS = "一二三四五六七八九十"
# Name (of an account: its username), position, first and last day.
STAFF = (
    ("陈卫国", "党支部书记、主任", date(2009, 8, 1), date(2017, 12, 31)),
    ("朱慧", "综合窗口", date(2009, 8, 1), date(2016, 5, 31)),
    ("周玉芳", "网格员", date(2009, 8, 1), date(2018, 4, 30)),
    ("吴建新", "网格员", date(2009, 8, 1), date(2019, 2, 28)),
    ("许静", "民政", date(2010, 7, 1), date(2020, 6, 30)),
    ("马晓峰", "网格员", date(2011, 3, 1), date(2022, 8, 31)),
    ("@finance", "财务", date(2011, 3, 1), None),
    ("黄莉", "计生和老龄", date(2011, 9, 1), date(2021, 3, 31)),
    ("郑海洋", "文体和宣传", date(2012, 2, 1), date(2023, 6, 30)),
    ("沈佳", "综合窗口", date(2016, 6, 1), None),
    ("@director", "党支部书记、主任", date(2018, 1, 1), None),
    ("@worker3", "网格员", date(2018, 5, 1), None),
    ("@worker1", "网格员", date(2019, 3, 1), None),
    ("@worker2", "民政、网格员", date(2020, 7, 1), None),
    ("@worker5", "老龄、网格员", date(2021, 4, 1), None),
    ("@worker4", "网格员", date(2022, 9, 1), None),
    ("@worker6", "文体、网格员", date(2023, 7, 1), None),
)
Rows = list[dict[str, Any]]


class Made(Protocol):
    """What is needed of the community while it is made."""

    people: People
    day: date
    community_id: UUID
    history: History
    staff: Staff


@dataclass
class Life:
    """How long somebody lived here, and where."""

    person: Person
    building: int
    from_on: date
    to_on: date | None

    def here(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or self.to_on >= day)


def lives(history: History) -> list[Life]:
    """Everybody once; the periods of one person in one household follow on each other."""
    found: dict[UUID, Life] = {}
    for stay in history.stays:
        for member in stay.members:
            life = found.get(member.person.id)
            if life is None:
                building = stay.dwelling.building.number
                found[member.person.id] = Life(member.person, building, member.from_on, member.to_on)
            else:
                life.from_on = min(life.from_on, member.from_on)
                life.to_on = None if None in (life.to_on, member.to_on) else max(life.to_on, member.to_on)  # type: ignore[type-var]
    return list(found.values())


def tables(made: Made) -> list[tuple[Any, Rows]]:
    """Everything, in the order in which it can be stored."""
    everybody = lives(made.history)
    rng = random.Random(SEED)
    maker = _Maker(made, everybody, rng)
    groups = maker.groups()
    maker.terms(groups)
    branch_id, members, stages = maker.members(register(rng, everybody, made.day))
    branch = maker.row(FOUNDED) | {"id": branch_id, "name": "翰林缘社区第一党支部", "founded_on": FOUNDED}
    return [
        (ResidentsGroup, groups),
        (Term, maker.term_rows),
        (Seat, maker.seat_rows),
        (SeatHolder, maker.holder_rows),
        (StaffPost, maker.staff()),
        (Branch, [branch | {"dissolved_on": None}]),
        (Member, members),
        (MemberStage, stages),
        *joining.tables(members, stages, made.day),
    ]


class _Maker:
    """Writes rows; ids come from the demo's own stream, choices from a stream of their own."""

    def __init__(self, made: Made, everybody: Sequence[Life], rng: random.Random) -> None:
        self.made, self.rng = made, rng
        self.accounts = {p.username: p for p in made.staff.people}
        self.term_rows: Rows = []
        self.seat_rows: Rows = []
        self.holder_rows: Rows = []
        self.of_group: dict[int, list[Life]] = {n: [] for n in range(1, GROUPS + 1)}
        for life in everybody:
            self.of_group[(life.building - 1) // BUILDINGS_IN_GROUP + 1].append(life)

    def row(self, since: date) -> dict[str, Any]:
        at = day_start(since)
        return {
            "id": self.made.people.new_id(),
            "created_at": at,
            "updated_at": at,
            "version": 1,
            "community_id": self.made.community_id,
        }

    def groups(self) -> Rows:
        return [
            self.row(TERMS[0][1])
            | {
                "number": n,
                "name": f"第{_NUMBERS[n - 1] if n <= 10 else '十' + _NUMBERS[n - 11]}居民小组",
                "buildings": f"{n * 2 - 1}、{n * 2} 幢",
            }
            for n in range(1, GROUPS + 1)
        ]

    def terms(self, groups: Rows) -> None:
        sitting: dict[int, Life | None] = {}
        for count, starts_on, years in TERMS:
            if starts_on > self.made.day:
                break
            ends_on = add_months(starts_on, 12 * years) - timedelta(days=1)
            source = f"翰林缘社区换届选举结果公告,{starts_on.isoformat()}"
            of_both = {"starts_on": starts_on, "ends_on": ends_on, "source": source}
            assembly = self.row(starts_on) | of_both
            assembly |= {"body": str(TermBody.representative_assembly), "name": f"第{count}届居民代表会议"}
            committee = self.row(starts_on) | of_both
            committee |= {"body": str(TermBody.committee), "name": f"第{count}届居民委员会"}
            self.term_rows += [assembly, committee]
            sitting = self._assembly(assembly, groups, sitting)
            self._committee(committee, count)

    def _assembly(self, term: dict[str, Any], groups: Rows, before: dict[int, Life | None]) -> dict[int, Life | None]:
        """Five seats a group. Returns who held each at the end of the term."""
        now: dict[int, Life | None] = {}
        in_office: set[UUID] = set()
        for number in range(1, GROUPS * SEATS_IN_GROUP + 1):
            group = (number - 1) // SEATS_IN_GROUP + 1
            seat = self._seat(term, number, SeatPost.representative, groups[group - 1]["id"])
            if number == 1 and term["ends_on"] >= self.made.day:
                user = self.accounts["representative"]
                self._holder(seat, term["starts_on"], None, name=user.name, user_id=user.id)
                now[number] = None
                continue
            now[number] = self._fill(seat, term, group, before.get(number), in_office)
        return now

    def _fill(
        self, seat: dict[str, Any], term: dict[str, Any], group: int, before: Life | None, in_office: set[UUID]
    ) -> Life | None:
        """Holders one after the other: elected for the term, by-elections after somebody moved away or died."""
        day, how, chosen = term["starts_on"], Installed.elected, before
        last = min(term["ends_on"], self.made.day)
        kept = chosen is not None and self.rng.random() < _REELECTED and self._fits(chosen, day, in_office, _KEPT_UNTIL)
        if not kept:
            chosen = self._choose(group, day, in_office)
        while chosen is not None:
            in_office.add(chosen.person.id)
            left = chosen.to_on if chosen.to_on is not None and chosen.to_on < term["ends_on"] else None
            reason = "" if left is None else "去世" if chosen.person.died == left else "迁出本社区"
            self._holder(seat, day, left, life=chosen, how=how, reason=reason)
            if left is None:
                return chosen
            day, how = left + timedelta(days=self.rng.randint(*_BY_ELECTION_DAYS)), Installed.by_election
            if day > last:
                return None
            chosen = self._choose(group, day, in_office)
        return None

    def _fits(self, life: Life, day: date, in_office: set[UUID], oldest: int = _AGES[1]) -> bool:
        """Lives here for a month on either side of the day, is of age, and sits nowhere else."""
        stays = life.here(day - timedelta(days=30)) and life.here(day + timedelta(days=45))
        return stays and life.person.id not in in_office and _AGES[0] <= life.person.age(day) <= oldest

    def _choose(self, group: int, day: date, in_office: set[UUID]) -> Life | None:
        fitting = [life for life in self.of_group[group] if self._fits(life, day, in_office)]
        return self.rng.choice(fitting) if fitting else None

    def _committee(self, term: dict[str, Any], count: str) -> None:
        """Seven posts; the present director signs in. Members come from different groups."""
        in_office: set[UUID] = set()
        for number, post in enumerate(POSTS, start=1):
            seat = self._seat(term, number, post, None)
            if post == SeatPost.director:
                present = count in "四五"
                user = self.accounts["director"]
                name, user_id = (user.name, user.id) if present else ("陈卫国" if count in "一二" else user.name, None)
                self._holder(seat, term["starts_on"], None, name=name, user_id=user_id)
                continue
            self._fill(seat, term, number + 2, None, in_office)

    def _seat(self, term: dict[str, Any], number: int, post: SeatPost, group_id: UUID | None) -> dict[str, Any]:
        seat = self.row(term["starts_on"])
        seat |= {"term_id": term["id"], "group_id": group_id, "number": number, "post": str(post)}
        self.seat_rows.append(seat)
        return seat

    def _holder(
        self,
        seat: dict[str, Any],
        from_on: date,
        to_on: date | None,
        *,
        life: Life | None = None,
        name: str = "",
        user_id: UUID | None = None,
        how: Installed = Installed.elected,
        reason: str = "",
    ) -> None:
        person = life.person if life else None
        row = self.row(from_on) | {
            "seat_id": seat["id"],
            "resident_id": person.id if person else None,
            "user_id": user_id,
            "name": person.name if person else name,
            "sort_key": sort_key_of(person.name if person else name),
            "sex": str(person.sex if person else Sex.male),
            "from_on": from_on,
            "to_on": to_on,
            "how": str(how),
            "end_reason": reason,
        }
        self.holder_rows.append(row | _sealed(HOLDER, row["id"], person.phone if person else None))

    def staff(self) -> Rows:
        found = []
        for name, position, from_on, to_on in STAFF:
            account = self.accounts.get(name.removeprefix("@")) if name.startswith("@") else None
            shown = account.name if account else name
            found.append(
                self.row(from_on)
                | {
                    "user_id": account.id if account else None,
                    "name": shown,
                    "sort_key": sort_key_of(shown),
                    "position": position,
                    "from_on": from_on,
                    "to_on": to_on,
                    "end_reason": "调任" if to_on else "",
                }
            )
        return found

    def members(self, found: Sequence[Registered]) -> tuple[UUID, Rows, Rows]:
        branch_id = self.made.people.new_id()
        rows: Rows = []
        stages: Rows = []
        for each in found:
            row = self.row(each.from_on) | _member(each, branch_id)
            rows.append(row | _sealed(MEMBER, row["id"], each.person.phone))
            stages += self._stages(row["id"], each)
        return branch_id, rows, stages

    def _stages(self, member_id: UUID, each: Registered) -> Iterator[dict[str, Any]]:
        for stage, day in each.stages:
            yield {
                "id": self.made.people.new_id(),
                "community_id": self.made.community_id,
                "member_id": member_id,
                "stage": str(stage),
                "from_on": day,
            }


def _sealed(table: str, row_id: UUID, phone: str | None) -> dict[str, Any]:
    cell = SimpleNamespace(id=row_id)
    seal_phone(table, cast(Any, cell), phone)
    return {"phone_sealed": cell.phone_sealed, "phone_index": cell.phone_index}


def _member(each: Registered, branch_id: UUID) -> dict[str, Any]:
    person, named = each.person, SimpleNamespace()
    set_name(cast(Member, named), person.name)
    return {
        **vars(named),
        "resident_id": person.id,
        "sex": str(person.sex),
        "birth_on": person.born,
        "education": str(person.education),
        "affiliation": str(each.affiliation),
        "branch_id": None if each.home_branch else branch_id,
        "home_branch": each.home_branch,
        "from_on": each.from_on,
        "to_on": each.to_on,
        "to_kind": _LEFT.get(each.reason, ""),
        "to_reason": each.reason,
    }
