"""The rules of the members' register: who sees whom, entering, changing, reaching a stage, leaving."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.core.clock import today
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.residents.names import sort_key_of, syllables_of
from app.households.scope import communities_of
from app.members.models import MEMBERS, Affiliation, Branch, Left, Member, MemberStage, Stage
from app.members.people import resident_of
from app.members.personal import seal_phone
from app.members.schemas import BranchCreate, BranchUpdate, MemberCreate, MemberLeave, MemberUpdate

TABLE = "member"
_DEVELOPING = tuple(stage for stage in Stage if stage not in MEMBERS)
_LEFT_AT = {
    Left.application_withdrawn: _DEVELOPING,
    Left.training_ended: _DEVELOPING,
    Left.probation_cancelled: (Stage.probationary,),
    Left.left_party: MEMBERS,
}
_PLACE = {str(stage): place for place, stage in enumerate(Stage)}


def own_community(who: Principal) -> UUID:
    """Rosters are written from within a community."""
    if who.community_id is None:
        raise Forbidden(_("请以某一个社区的账号登记。"))
    return who.community_id


def branches(who: Principal) -> Select[Branch]:
    return select(Branch).where(communities_of(who, col(Branch.community_id)))


def find_branch(s: Session, who: Principal, branch_id: UUID) -> Branch:
    found = s.scalars(branches(who).where(col(Branch.id) == branch_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create_branch(s: Session, who: Principal, data: BranchCreate) -> Branch:
    branch = Branch(community_id=own_community(who), **data.model_dump())
    s.add(branch)
    flush_or(s, _branch_taken())
    return branch


def update_branch(s: Session, who: Principal, branch_id: UUID, data: BranchUpdate, version: int | None) -> Branch:
    """A branch is dissolved only when nobody belongs to it any more."""
    branch = find_branch(s, who, branch_id)
    check_version(branch, version)
    changes = data.model_dump(exclude_unset=True)
    if changes.get("founded_on") is None:
        changes.pop("founded_on", None)
    branch.sqlmodel_update(changes)
    if branch.dissolved_on is not None:
        if branch.dissolved_on < branch.founded_on:
            raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="dissolved_on")
        belongs = select(col(Member.id)).where(col(Member.branch_id) == branch.id, col(Member.to_on).is_(None))
        if s.scalar(belongs.limit(1)) is not None:
            raise Conflict(_("还有党员在这个支部，请先转到别的支部。"), code="branch_in_use", field="dissolved_on")
    touch(branch)
    flush_or(s, _branch_taken())
    return branch


def _branch_taken() -> Conflict:
    return Conflict(_("本社区已有同名的支部。"), code="branch_taken", field="name")


def visible(who: Principal) -> Select[Member]:
    return select(Member).where(communities_of(who, col(Member.community_id)))


def find(s: Session, who: Principal, member_id: UUID) -> Member:
    found = s.scalars(visible(who).where(col(Member.id) == member_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def stages_of(s: Session, member_id: UUID) -> list[MemberStage]:
    """Every stage that was reached, the first one first."""
    wanted = select(MemberStage).where(col(MemberStage.member_id) == member_id)
    return list(s.scalars(wanted.order_by(col(MemberStage.from_on), col(MemberStage.id))))


def create(s: Session, who: Principal, data: MemberCreate) -> Member:
    """Enters somebody in the register; who is in it already is refused."""
    community_id = own_community(who)
    resident = resident_of(s, who, data.name, data.resident_id, data.room)
    member = Member(
        community_id=community_id,
        resident_id=resident.id if resident else None,
        from_on=data.from_on or today(),
        **data.model_dump(include={"name", "sex", "birth_on", "education", "affiliation", "branch_id", "home_branch"}),
    )
    set_name(member, data.name)
    seal_phone(TABLE, member, data.phone)
    check_place(s, who, member)
    check_alone(s, member)
    s.add(member)
    flush_or(s, registered())
    reached = data.stage_on or member.from_on
    s.add(MemberStage(community_id=community_id, member_id=member.id, stage=data.stage, from_on=reached))
    s.flush()
    return member


def set_name(member: Member, name: str) -> None:
    """The name with what it sorts by and is found under."""
    member.name, member.sort_key = name, sort_key_of(name)
    member.initials = "".join(syllable[0] for syllable in syllables_of(name))


def update(s: Session, who: Principal, member_id: UUID, data: MemberUpdate, version: int | None) -> Member:
    member = find(s, who, member_id)
    check_version(member, version)
    sent = data.model_dump(exclude_unset=True, exclude={"phone", "forget_phone", "resident_id", "room"})
    clearable = {"birth_on", "branch_id"}
    for key, value in sent.items():
        if value is not None or key in clearable:
            setattr(member, key, value)
    if member.to_on is not None and member.to_on < member.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="from_on")
    set_name(member, member.name)
    resident = resident_of(s, who, member.name, data.resident_id, data.room)
    member.resident_id = resident.id if resident else member.resident_id
    if data.phone or data.forget_phone:
        seal_phone(TABLE, member, data.phone)
    check_place(s, who, member)
    check_alone(s, member)
    touch(member)
    s.add(member)
    flush_or(s, registered())
    return member


def check_place(s: Session, who: Principal, member: Member) -> None:
    """A directly managed member has a branch of this community, a resident member names the one elsewhere."""
    if member.affiliation == Affiliation.resident:
        member.branch_id = None
        if not member.home_branch:
            raise Invalid(_("居民党员请填写所在党组织。"), code="home_branch_missing", field="home_branch")
        return
    member.home_branch = ""
    if member.branch_id is None:
        raise Invalid(_("直管党员请选择支部。"), code="branch_missing", field="branch_id")
    branch = s.scalars(branches(who).where(col(Branch.id) == member.branch_id)).one_or_none()
    if branch is None or branch.community_id != member.community_id:
        raise Invalid(_("本社区没有这个支部。"), code="no_such_branch", field="branch_id")
    if branch.dissolved_on is not None and member.to_on is None:
        raise Conflict(_("这个支部已撤销。"), code="branch_dissolved", field="branch_id")


def check_alone(s: Session, member: Member) -> None:
    """Nobody is in the register twice at a time: the same resident, or the same name and phone.

    The community's row is the lock under which that is looked at, as for an import; the indexes are the second wall.
    """
    same: Any = None
    if member.resident_id is not None:
        same = col(Member.resident_id) == member.resident_id
    elif member.phone_index is not None:
        same = (col(Member.name) == member.name) & (col(Member.phone_index) == member.phone_index)
    if same is None or member.to_on is not None:
        return
    others = select(col(Member.id)).where(
        col(Member.community_id) == member.community_id, same, col(Member.id) != member.id, col(Member.to_on).is_(None)
    )
    with s.no_autoflush:
        lock_row(s, Community, member.community_id)
        if s.scalar(others.limit(1)) is not None:
            raise registered()


def registered() -> Conflict:
    return Conflict(_("这个人已经在名册里。"), code="already_registered", field="name")


def check_stage(before: list[MemberStage], stage: Stage | str, from_on: date) -> None:
    """That a stage fits among those reached: every earlier day holds a lower one, every later day a higher one."""
    for other in before:
        rises = _PLACE[str(other.stage)] < _PLACE[str(stage)]
        if other.from_on == from_on or other.stage == stage or (other.from_on < from_on) != rises:
            raise Conflict(
                _("与已登记的阶段先后不符：%(day)s 已登记。", day=other.from_on.isoformat()),
                code="stage_order",
                field="from_on",
            )


def leave(s: Session, who: Principal, member_id: UUID, data: MemberLeave, version: int | None) -> Member:
    """Ends somebody's time in the register; the record and its history stay."""
    member = find(s, who, member_id)
    check_version(member, version)
    if data.to_on < member.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="to_on")
    _check_kind(s, member, data)
    member.to_on, member.to_reason, member.to_kind = data.to_on, data.to_reason, data.to_kind
    touch(member)
    s.add(member)
    return member


def _check_kind(s: Session, member: Member, data: MemberLeave) -> None:
    """An application is withdrawn before admission, a probation cancelled during it; only members leave the party."""
    allowed = _LEFT_AT.get(data.to_kind)
    reached = [x.stage for x in stages_of(s, member.id) if x.from_on <= data.to_on]
    if allowed is not None and (not reached or reached[-1] not in allowed):
        raise Invalid(_("这个原因不适用于此人当时的阶段。"), code="kind_of_another_stage", field="to_kind")


def come_back(s: Session, who: Principal, member_id: UUID, version: int | None) -> Member:
    """Takes back a leaving that was recorded by mistake."""
    member = find(s, who, member_id)
    check_version(member, version)
    back(s, who, member)
    touch(member)
    s.add(member)
    flush_or(s, registered())
    return member


def back(s: Session, who: Principal, member: Member) -> None:
    """In the register again, unless the place or somebody else is in the way."""
    member.to_on, member.to_reason, member.to_kind = None, "", ""
    check_place(s, who, member)
    check_alone(s, member)
