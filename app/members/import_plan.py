"""What the rows of a members' file mean: somebody new, somebody known with changes, or somebody as known."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.core.clock import today
from app.core.db import touch
from app.core.errors import DomainError
from app.core.i18n import N_
from app.households.imports import columns as register
from app.households.imports.columns import Column
from app.households.imports.problems import Problem, problem
from app.households.residents.models import Education, Sex
from app.households.residents.personal import phone_index
from app.households.words import EDUCATIONS
from app.members import service, sheets
from app.members.joining import service as joining
from app.members.models import Affiliation, Branch, Member, MemberStage, RosterUpload, Stage
from app.members.people import Known
from app.members.personal import seal_phone
from app.members.uploads import Fate, Planned, Roster
from app.members.words import AFFILIATIONS, STAGES

_AFFILIATIONS = sheets.words(AFFILIATIONS, {Affiliation.direct: "直管", Affiliation.resident: "居民 双报到 双报到党员"})
_STAGES = sheets.words(
    STAGES,
    {
        Stage.applicant: "申请人 入党申请",
        Stage.activist: "积极分子",
        Stage.development_target: "发展",
        Stage.probationary: "预备",
        Stage.full: "正式 党员 中共党员",
    },
)
COLUMNS = (
    Column("name", N_("姓名"), N_("必填。"), "王示例", ("党员姓名",), required=True),
    Column("sex", N_("性别"), N_("男、女。"), "女", ("gender",), ("男", "女"), width=8),
    Column(
        "birth_on", N_("出生日期"), N_("如 1988-08-15。与电话至少填一项，重名时用来辨认。"), "1988-08-15", ("生日",)
    ),
    Column("education", N_("文化程度"), N_("从列表中选择。"), "本科", ("学历",), tuple(EDUCATIONS.values())),
    Column("phone", N_("电话"), N_("手机 11 位，或带区号的座机。"), "13800000000", ("手机", "联系电话"), width=16),
    Column(
        "affiliation",
        N_("类别"),
        N_("必填。直管党员或居民党员。"),
        "居民党员",
        ("党员类别",),
        tuple(AFFILIATIONS.values()),
        required=True,
    ),
    Column(
        "branch",
        N_("所在支部"),
        N_("直管党员填本社区的支部名称；居民党员填组织关系所在的党组织。"),
        "某某公司党支部",
        ("支部", "党支部", "所在党支部", "所在党组织"),
        width=24,
    ),
    Column("stage", N_("阶段"), N_("不填按正式党员。"), "正式党员", ("党员身份",), tuple(STAGES.values())),
    Column(
        "stage_on",
        N_("阶段日期"),
        N_("到达这个阶段的日期，如 2008-07-01；不填按登记日期。"),
        "2008-07-01",
        ("入党日期",),
    ),
    Column(
        "from_on", N_("登记日期"), N_("在本社区登记的日期；不填按导入当天。"), "2012-06-03", ("报到日期", "转入日期")
    ),
)
PARSERS: dict[str, sheets.Parser] = {
    "sex": sheets.choice(register.SEXES),
    "education": sheets.choice(register.EDUCATIONS),
    "phone": sheets.phone,
    "affiliation": sheets.choice(_AFFILIATIONS),
    "stage": sheets.choice(_STAGES),
}
_KEPT = ("sex", "birth_on", "education", "affiliation")


class _Plan:
    """What is known of the community's members while the rows are judged."""

    def __init__(self, s: Session, upload: RosterUpload, rows: list[sheets.Row]) -> None:
        self.s, self.community_id = s, upload.community_id
        self.branches = {
            b.name: b for b in s.scalars(select(Branch).where(col(Branch.community_id) == upload.community_id))
        }
        here = select(Member).where(col(Member.community_id) == upload.community_id, col(Member.to_on).is_(None))
        self.members: dict[str, list[Member]] = defaultdict(list)
        self.registered: set[UUID | None] = set()
        for member in s.scalars(here):
            self.members[member.name].append(member)
            self.registered.add(member.resident_id)
        stages = select(MemberStage).where(col(MemberStage.community_id) == upload.community_id)
        self.stages: dict[UUID, list[MemberStage]] = defaultdict(list)
        for stage in s.scalars(stages.order_by(col(MemberStage.from_on))):
            self.stages[stage.member_id].append(stage)
        self.residents = Known(s, upload.community_id, [row.values["name"] for row in rows])
        self.seen: dict[UUID, int] = {}
        self.entering: dict[tuple[Any, ...], int] = {}

    def judge(self, row: sheets.Row) -> Planned:
        values, name = row.values, row.values["name"]
        faults = self._place(values)
        if faults:
            return Planned(row.number, name, Fate.refused, faults)
        same = [member for member in self.members[name] if _is(member, values)]
        if len(same) > 1:
            return self._refused(row, N_("名册里有几位同名的人，请补上出生日期或电话。"))
        return self._known(row, same[0]) if same else self._new(row)

    def _refused(self, line: sheets.Row, text: str, column: str = "name", **values: Any) -> Planned:
        return Planned(line.number, line.values["name"], Fate.refused, [problem(text, column, **values)])

    def _place(self, values: dict[str, Any]) -> list[Problem]:
        """Turns the branch's name into what the record holds."""
        name = values.pop("branch", "")
        if values["affiliation"] == Affiliation.resident:
            values.update(branch_id=None, home_branch=name)
            return [] if name else [problem(N_("居民党员请填写所在党组织。"), "branch")]
        branch = self.branches.get(name) or (next(iter(self.branches.values()), None) if not name else None)
        if branch is None or (not name and len(self.branches) > 1):
            return [problem(N_("本社区没有这个支部。"), "branch")]
        if branch.dissolved_on is not None:
            return [problem(N_("这个支部已撤销。"), "branch")]
        values.update(branch_id=branch.id, home_branch="")
        return []

    def _new(self, row: sheets.Row) -> Planned:
        values = row.values
        resident_id = self.residents.find(values["name"], values.get("birth_on"), values.get("phone"))
        if resident_id is not None and resident_id in self.registered:
            return self._refused(row, N_("这个人已经在名册里。"))
        marks = self._marks(values, resident_id)
        for mark in marks:
            if mark in self.entering:
                return self._refused(row, N_("与第 %(row)s 行重复。"), row=self.entering[mark])
        self.entering.update(dict.fromkeys(marks, row.number))
        return Planned(row.number, values["name"], Fate.new, [], partial(self._enter, values, resident_id))

    def _marks(self, values: dict[str, Any], resident_id: UUID | None = None) -> list[tuple[Any, ...]]:
        """What nobody else who enters may have."""
        name, phone = values["name"], values.get("phone")
        marks: list[tuple[Any, ...]] = [(name, values.get("birth_on"), phone)]
        if phone:
            marks.append((name, phone))
        return [*marks, (resident_id,)] if resident_id else marks

    def _enter(self, values: dict[str, Any], resident_id: UUID | None) -> None:
        member = Member(
            community_id=self.community_id,
            resident_id=resident_id,
            name=values["name"],
            sex=values.get("sex", Sex.unknown),
            birth_on=values.get("birth_on"),
            education=values.get("education", Education.unknown),
            affiliation=values["affiliation"],
            branch_id=values["branch_id"],
            home_branch=values["home_branch"],
            from_on=values.get("from_on", today()),
        )
        service.set_name(member, values["name"])
        seal_phone(service.TABLE, member, values.get("phone"))
        self.s.add(member)
        self.s.flush()
        reached = values.get("stage_on", member.from_on)
        self._reach(member.id, values.get("stage", Stage.full), reached)

    def _reach(self, member_id: UUID, stage: str, from_on: date) -> None:
        self.s.add(MemberStage(community_id=self.community_id, member_id=member_id, stage=stage, from_on=from_on))

    def _known(self, row: sheets.Row, member: Member) -> Planned:
        if member.id in self.seen:
            return self._refused(row, N_("与第 %(row)s 行重复。"), row=self.seen[member.id])
        self.seen[member.id] = row.number
        values = row.values
        changes = {key: values[key] for key in _KEPT if key in values and values[key] != getattr(member, key)}
        changes |= {key: values[key] for key in ("branch_id", "home_branch") if values[key] != getattr(member, key)}
        details = [
            problem(N_("更新"), "branch" if key.endswith("branch") or key == "branch_id" else key) for key in changes
        ]
        phone = values.get("phone")
        new_phone = phone if phone and phone_index(phone) != member.phone_index else None
        if new_phone:
            mark = (member.name, new_phone)
            if mark in self.entering:
                return self._refused(row, N_("与第 %(row)s 行重复。"), row=self.entering[mark])
            self.entering[mark] = row.number
            details.append(problem(N_("更新"), "phone"))
        try:
            stage = self._new_stage(member, values)
        except DomainError as refused:
            return self._refused(row, refused.message, "stage")
        if stage:
            details.append(problem(N_("更新"), "stage"))
        if not details:
            return Planned(row.number, member.name, Fate.unchanged)
        apply = partial(self._change, member, changes, new_phone, stage)
        return Planned(row.number, member.name, Fate.updated, details, apply)

    def _new_stage(self, member: Member, values: dict[str, Any]) -> tuple[str, date] | None:
        """A stage that the record does not have yet; one that does not fit among those reached is refused."""
        stage = values.get("stage")
        if stage is None or any(known.stage == stage for known in self.stages[member.id]):
            return None
        reached = values.get("stage_on", today())
        service.check_stage(self.stages[member.id], stage, reached)
        joining.require(joining.against(self.s, member, Stage(stage), reached))
        return stage, reached

    def _change(
        self, member: Member, changes: dict[str, Any], phone: str | None, stage: tuple[str, date] | None
    ) -> None:
        for key, value in changes.items():
            setattr(member, key, value)
        if phone:
            seal_phone(service.TABLE, member, phone)
        if stage:
            self._reach(member.id, *stage)
        touch(member)
        self.s.add(member)


def _is(member: Member, values: dict[str, Any]) -> bool:
    """Whether a row may be this member of the same name: nothing that both know differs, or the phone is the same."""
    phone, birth_on = values.get("phone"), values.get("birth_on")
    mark = phone_index(phone) if phone else None
    if mark and mark == member.phone_index:
        return True
    if birth_on and member.birth_on:
        return bool(birth_on == member.birth_on)
    return not (mark and member.phone_index)


def plan(s: Session, upload: RosterUpload, rows: list[sheets.Row]) -> list[Planned]:
    known = _Plan(s, upload, rows)
    return [known.judge(row) for row in rows]


ROSTER = Roster("members", N_("党员名册"), COLUMNS, PARSERS, plan)
