"""The members' list: filters, one page of it, all of it as a table, one person's page, and counts of any day."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import today
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.core.schemas import AnyDate, Search
from app.households.queries import pairs
from app.households.residents.identity import plain_phone
from app.households.residents.models import Education, Sex
from app.households.residents.personal import phone_index
from app.households.scope import Choice, is_outsider
from app.households.words import EDUCATIONS, SEXES
from app.members import rosters, service, tallies
from app.members.models import MEMBERS, Affiliation, Branch, Member, MemberStage, Stage
from app.members.personal import masked_phone
from app.members.schemas import AgeBand, BranchRead, MemberRead, StageRead
from app.members.words import AFFILIATIONS, STAGES

StageFilter = Stage | Literal["member", "developing"]
_EXPORT_AT_ONCE = 500
_PHONE_DIGITS = 7


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `as_of` None is today; `left` shows those who left instead."""

    q: str = ""
    community_id: UUID | None = None
    affiliation: Affiliation | None = None
    branch_id: UUID | None = None
    stage: StageFilter | None = None
    as_of: date | None = None
    left: bool = False
    sex: Sex | None = None
    education: Education | None = None
    age: AgeBand | None = None

    @property
    def day(self) -> date:
        return self.as_of or today()


async def _filters(
    q: Annotated[Search, Query(description="part of a name, pinyin initials, or a whole phone number")] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    affiliation: Annotated[Choice[Affiliation], Query()] = None,
    branch_id: Annotated[Choice[UUID], Query()] = None,
    stage: Annotated[Choice[StageFilter], Query(description="`member`: probationary and full")] = None,
    as_of: Annotated[Choice[AnyDate], Query(description="today by default")] = None,
    left: Annotated[Choice[bool], Query(description="those who had left by that day instead")] = None,
    sex: Annotated[Choice[Sex], Query()] = None,
    education: Annotated[Choice[Education], Query()] = None,
    age: Annotated[Choice[AgeBand], Query(description="completed years on that day")] = None,
) -> Filters:
    return Filters(q, community_id, affiliation, branch_id, stage, as_of, bool(left), sex, education, age)


FiltersDep = Annotated[Filters, Depends(_filters)]


def _statement(who: Principal, wanted: Filters) -> Select[Member]:
    statement = service.visible(who)
    if wanted.left:
        statement = statement.where(col(Member.to_on) < wanted.day)
    else:
        statement = statement.where(*rosters.registered_on(wanted.day))
    for column, value in (
        (col(Member.community_id), wanted.community_id),
        (rosters.kind_on(wanted.day), wanted.affiliation),
        (rosters.branch_on(wanted.day), wanted.branch_id),
        (col(Member.sex), wanted.sex),
        (col(Member.education), wanted.education),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.age is not None:
        statement = statement.where(tallies.of_age(wanted.age, wanted.day))
    if wanted.stage is not None:
        statement = statement.where(rosters.stage_on(wanted.day).in_(_stages(wanted.stage)))
    return statement.where(*_matching(wanted.q))


def _stages(wanted: StageFilter) -> Sequence[str]:
    if wanted == "member":
        return MEMBERS
    return [stage for stage in Stage if stage not in MEMBERS] if wanted == "developing" else [wanted]


def _matching(q: str) -> list[Any]:
    """Conditions for a search: every word is part of a name, of its pinyin initials, or the whole phone."""
    text = unicodedata.normalize("NFKC", q).strip()
    phone = plain_phone(text)
    if phone.isdecimal() and len(phone) >= _PHONE_DIGITS:
        return [col(Member.phone_index) == phone_index(phone)]
    return [
        or_(
            col(Member.name).contains(word, autoescape=True),
            col(Member.initials).contains(word.lower(), autoescape=True),
        )
        for word in text.split()[:4]
    ]


def page(s: Session, who: Principal, wanted: Filters, paging: Paging) -> dict[str, Any]:
    """One page in the order of pinyin."""
    keys: list[Any] = [(col(Member.sort_key), str), (col(Member.id), UUID)]
    found = paginate(s, _statement(who, wanted), paging, keys)
    return {**found, "items": _items(s, who, found["items"], wanted.day)}


def _items(s: Session, who: Principal, members: Sequence[Member], day: date) -> list[dict[str, Any]]:
    hidden, placed = is_outsider(who), places(s, members, day)
    reached: dict[UUID, MemberStage] = {}
    stages = select(MemberStage).where(
        col(MemberStage.member_id).in_([m.id for m in members]), col(MemberStage.from_on) <= day
    )
    for stage in s.scalars(stages.order_by(col(MemberStage.from_on))):
        reached[stage.member_id] = stage
    return [
        {
            **member.model_dump(),
            "name": mask_name(member.name) if hidden else member.name,
            "phone": masked_phone(service.TABLE, member),
            "affiliation": placed[member.id][0],
            "branch": placed[member.id][1],
            "stage": reached[member.id].stage if member.id in reached else None,
            "stage_on": reached[member.id].from_on if member.id in reached else None,
        }
        for member in members
    ]


def places(s: Session, members: Sequence[Member], day: date) -> dict[UUID, tuple[str, str]]:
    """How each belonged on a day, and to which branch."""
    home = func.coalesce(col(Branch.name), rosters.home_branch_on(day))
    placed = (
        select(col(Member.id), rosters.kind_on(day), home)
        .outerjoin(Branch, col(Branch.id) == rosters.branch_on(day))
        .where(col(Member.id).in_([m.id for m in members]))
    )
    return {row[0]: (row[1], row[2]) for row in s.execute(placed)}


def detail(s: Session, who: Principal, member: Member) -> MemberRead:
    """One person's page."""
    item = _items(s, who, [member], today())[0]
    hidden = is_outsider(who)
    stages = [StageRead.model_validate(stage) for stage in service.stages_of(s, member.id)]
    return MemberRead.model_validate(
        {**item, "birth_on": None if hidden else member.birth_on, "stages": stages}
        | ({"to_reason": "", "resident_id": None} if hidden else {})
    )


def columns() -> list[str]:
    return [
        _("姓名"),
        _("性别"),
        _("出生日期"),
        _("文化程度"),
        _("电话"),
        _("类别"),
        _("所在支部"),
        _("阶段"),
        _("阶段日期"),
        _("登记日期"),
        _("离开日期"),
    ]


def rows(s: Session, who: Principal, wanted: Filters) -> Iterator[list[Any]]:
    """Everybody of the list, masked as on the page, for an export."""
    hidden = is_outsider(who)
    everything = s.scalars(_statement(who, wanted).order_by(col(Member.sort_key), col(Member.id))).all()
    for at in range(0, len(everything), _EXPORT_AT_ONCE):
        for item in _items(s, who, everything[at : at + _EXPORT_AT_ONCE], wanted.day):
            yield [
                item["name"],
                _(SEXES[Sex(item["sex"])]),
                None if hidden else item["birth_on"],
                _(EDUCATIONS[Education(item["education"])]),
                item["phone"],
                _(AFFILIATIONS[Affiliation(item["affiliation"])]),
                item["branch"],
                _(STAGES[Stage(item["stage"])]) if item["stage"] else None,
                item["stage_on"],
                item["from_on"],
                item["to_on"],
            ]


def branches(s: Session, found: Sequence[Branch]) -> list[BranchRead]:
    """Branches with how many members they have today."""
    day = today()
    counted = (
        select(col(Member.branch_id), func.count())
        .where(
            col(Member.branch_id).in_([b.id for b in found]),
            *rosters.registered_on(day),
            rosters.stage_on(day).in_(MEMBERS),
        )
        .group_by(col(Member.branch_id))
    )
    members = pairs(s, counted)
    return [BranchRead(**b.model_dump(), members=members.get(b.id, 0)) for b in found]
