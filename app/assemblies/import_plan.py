"""What the rows of a file of representatives (or committee posts) mean for the seats of a term."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies import holders
from app.assemblies.models import Installed, ResidentsGroup, Seat, SeatHolder, SeatPost, Term, TermBody
from app.assemblies.schemas import MOST_SEATS
from app.assemblies.words import POSTS, WAYS
from app.core.db import touch
from app.core.i18n import N_
from app.households.imports import columns as register
from app.households.imports.columns import Column
from app.households.imports.problems import Problem, problem
from app.households.residents.models import Sex
from app.households.residents.names import sort_key_of
from app.households.residents.personal import phone_index
from app.members import sheets
from app.members.models import RosterUpload
from app.members.people import Known
from app.members.personal import seal_phone
from app.members.uploads import Fate, Planned, Roster

_POSTS = sheets.words(POSTS, {SeatPost.representative: "代表", SeatPost.member: "委员会委员"})
_WAYS = sheets.words(
    WAYS, {Installed.elected: "选举 换届选举", Installed.by_election: "补选", Installed.appointed: "任命 委派"}
)
COLUMNS = (
    Column("number", N_("席位号"), N_("不填按空着的席位依次安排，不够时新设。"), "1", ("序号", "编号"), width=8),
    Column("group", N_("居民小组"), N_("小组的编号；须已在系统中。"), "1", ("小组", "小组号", "居民小组号"), width=12),
    Column("name", N_("姓名"), N_("必填。"), "王示例", ("代表姓名",), required=True),
    Column("sex", N_("性别"), N_("男、女。"), "女", ("gender",), ("男", "女"), width=8),
    Column("phone", N_("电话"), N_("手机 11 位，或带区号的座机。"), "13800000000", ("手机", "联系电话"), width=16),
    Column("post", N_("职务"), N_("居民代表不填；班子填主任、副主任或委员。"), "", ("岗位",), tuple(POSTS.values())),
    Column("from_on", N_("任职日期"), N_("不填按本届开始之日。"), "", ("当选日期",)),
    Column("how", N_("产生方式"), N_("不填按选举产生。"), "", ("方式",), tuple(WAYS.values())),
)
PARSERS: dict[str, sheets.Parser] = {
    "number": sheets.whole_number,
    "group": sheets.whole_number,
    "sex": sheets.choice(register.SEXES),
    "phone": sheets.phone,
    "post": sheets.choice(_POSTS),
    "how": sheets.choice(_WAYS),
}


class _Plan:
    """The term as it will be while its rows are judged one after the other."""

    def __init__(self, s: Session, upload: RosterUpload, rows: list[sheets.Row]) -> None:
        self.s, self.term = s, s.get_one(Term, upload.target_id)
        self.residents = Known(s, upload.community_id, [row.values["name"] for row in rows])
        groups = select(ResidentsGroup).where(col(ResidentsGroup.community_id) == upload.community_id)
        self.groups = {group.number: group.id for group in s.scalars(groups)}
        seats = s.scalars(select(Seat).where(col(Seat.term_id) == self.term.id).order_by(col(Seat.number))).all()
        self.seats = {seat.number: seat for seat in seats}
        of_id = {seat.id: seat for seat in seats}
        self.present: dict[str, list[tuple[SeatHolder, Seat]]] = defaultdict(list)
        self.taken: dict[int, int] = {}
        self.held: set[int] = set()
        for holder in s.scalars(select(SeatHolder).where(col(SeatHolder.seat_id).in_(of_id))):
            self.held.add(of_id[holder.seat_id].number)
            if holder.to_on is None:
                self.present[holder.name].append((holder, of_id[holder.seat_id]))

    def judge(self, row: sheets.Row) -> Planned:
        fault = self._complete(row.values)
        if fault:
            return Planned(row.number, row.values["name"], Fate.refused, [fault])
        same = [pair for pair in self.present[row.values["name"]] if _is(*pair, row.values)]
        if len(same) > 1:
            return self._refused(row, N_("有几位同名的人在任，请填写席位号。"))
        return self._known(row, *same[0]) if same else self._new(row)

    def _refused(self, line: sheets.Row, text: str, column: str = "name", **values: Any) -> Planned:
        return Planned(line.number, line.values["name"], Fate.refused, [problem(text, column, **values)])

    def _complete(self, values: dict[str, Any]) -> Problem | None:
        """Defaults of this term, and what does not fit it."""
        assembly = self.term.body == TermBody.representative_assembly
        values.setdefault("post", SeatPost.representative if assembly else SeatPost.member)
        if (values["post"] == SeatPost.representative) != assembly:
            return problem(N_("这个职务不属于这一组织。"), "post")
        number = values.pop("group", None)
        if number is not None and number not in self.groups:
            return problem(N_("没有编号为 %(number)s 的居民小组。"), "group", number=number)
        values["group_id"] = self.groups.get(number) if number is not None else None
        day = values.setdefault("from_on", self.term.starts_on)
        if not self.term.starts_on <= day <= self.term.ends_on:
            return problem(N_("任职日期不在本届之内。"), "from_on")
        return None

    def _known(self, row: sheets.Row, holder: SeatHolder, seat: Seat) -> Planned:
        if seat.number in self.taken:
            return self._refused(row, N_("与第 %(row)s 行重复。"), row=self.taken[seat.number])
        self.taken[seat.number] = row.number
        values = row.values
        details = []
        sex = values.get("sex")
        if sex and sex != holder.sex:
            details.append(problem(N_("更新"), "sex"))
        phone = values.get("phone")
        new_phone = phone if phone and phone_index(phone) != holder.phone_index else None
        if new_phone:
            details.append(problem(N_("更新"), "phone"))
        group = values["group_id"]
        if group and group != seat.group_id:
            details.append(problem(N_("更新"), "group"))
        if not details:
            return Planned(row.number, holder.name, Fate.unchanged)
        apply = partial(self._change, holder, seat, sex or holder.sex, new_phone, group)
        return Planned(row.number, holder.name, Fate.updated, details, apply)

    def _change(self, holder: SeatHolder, seat: Seat, sex: str, phone: str | None, group: UUID | None) -> None:
        holder.sex = sex
        if phone:
            seal_phone(holders.TABLE, holder, phone)
        touch(holder)
        self.s.add(holder)
        if group and group != seat.group_id:
            seat.group_id = group
            touch(seat)
            self.s.add(seat)

    def _new(self, row: sheets.Row) -> Planned:
        values = row.values
        number = values.get("number") or self._free(values)
        if number in self.taken:
            return self._refused(row, N_("与第 %(row)s 行的席位号相同。"), "number", row=self.taken[number])
        if number in self.held:
            return self._refused(
                row, N_("%(number)s 号席位已有人任职，换人请在席位页登记补选。"), "number", number=number
            )
        if number not in self.seats and len(self.seats.keys() | self.taken.keys()) >= MOST_SEATS:
            return self._refused(row, N_("一届最多 %(n)s 个席位。"), "number", n=MOST_SEATS)
        seat = self.seats.get(number)
        if seat is not None and seat.post != values["post"]:
            return self._refused(row, N_("%(number)s 号席位是别的职务。"), "post", number=number)
        self.taken[number] = row.number
        details = [problem(N_("%(number)s 号席位"), number=number)]
        return Planned(row.number, values["name"], Fate.new, details, partial(self._install, number, values))

    def _free(self, values: dict[str, Any]) -> int:
        """An empty seat of the same post and group, an empty one without a group, or a new one."""
        empty = [n for n, seat in self.seats.items() if n not in self.held and n not in self.taken]
        fitting = [n for n in empty if self.seats[n].post == values["post"]]
        for group in (values["group_id"], None):
            found = [n for n in fitting if self.seats[n].group_id == group]
            if found:
                return found[0]
        used = self.seats.keys() | self.taken.keys()
        return max(used, default=0) + 1

    def _install(self, number: int, values: dict[str, Any]) -> None:
        seat = self.seats.get(number)
        if seat is None:
            seat = Seat(community_id=self.term.community_id, term_id=self.term.id, number=number, post=values["post"])
        seat.group_id = values["group_id"] or seat.group_id
        self.s.add(seat)
        self.s.flush()
        holder = SeatHolder(
            community_id=self.term.community_id,
            seat_id=seat.id,
            resident_id=self.residents.find(values["name"], None, values.get("phone")),
            name=values["name"],
            sort_key=sort_key_of(values["name"]),
            sex=values.get("sex", Sex.unknown),
            from_on=values["from_on"],
            how=values.get("how", Installed.elected),
        )
        seal_phone(holders.TABLE, holder, values.get("phone"))
        holders.check(self.s, self.term, holder)
        self.s.add(holder)
        self.s.flush()


def _is(holder: SeatHolder, seat: Seat, values: dict[str, Any]) -> bool:
    """Whether a row may be whoever sits there under the same name: neither seat, group nor phone contradicts."""
    number, phone = values.get("number"), values.get("phone")
    if number is not None:
        return bool(number == seat.number)
    if phone and holder.phone_index:
        return phone_index(phone) == holder.phone_index
    return values["group_id"] in (None, seat.group_id) or seat.group_id is None


def plan(s: Session, upload: RosterUpload, rows: list[sheets.Row]) -> list[Planned]:
    known = _Plan(s, upload, rows)
    return [known.judge(row) for row in rows]


ROSTER = Roster("seats", N_("代表名册"), COLUMNS, PARSERS, plan)
