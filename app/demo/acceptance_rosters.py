"""The rosters of the acceptance data: groups, terms with seats and holders, workers' posts, a branch with members.

Each community has ten seats for representatives, nine of them held (one by a former and a present holder), so that
figures about representatives are many enough to be published.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
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
from app.core.clock import today
from app.demo.acceptance_place import Place
from app.demo.people import PHONE_PREFIXES
from app.households.residents.models import Sex
from app.households.residents.names import sort_key_of
from app.members.models import Affiliation, Branch, Member, MemberStage, RosterUpload, Stage
from app.members.personal import seal_phone
from app.members.service import TABLE as MEMBER
from app.members.service import set_name

REPRESENTATIVES, COMMITTEE, STAFF, OF_EACH_KIND = 10, 5, 3, 6
SINCE = date(2011, 10, 16)
_GIVEN = ("建平", "丽君", "国强", "秀兰", "志远", "敏", "海燕", "俊杰", "文静", "永康", "晓东", "雪梅")
_SURNAMES = {"A": "吴郑冯陈褚卫", "B": "蒋沈韩杨朱秦"}


def add_rosters(s: Session, place: Place, director: User, users: dict[str, User]) -> None:
    """Everything; `users` maps a name of the contract to the account, for those who sit."""
    letter = place.letter.lower()
    groups = [_add(s, ResidentsGroup, place, number=n, name=f"第{n}居民小组", buildings=f"{n}幢") for n in (1, 2)]
    _add(s, ResidentsGroup, place, number=9, name="备用小组")
    assembly = _term(s, place, TermBody.representative_assembly, "第一届居民代表会议")
    for number in range(1, REPRESENTATIVES + 1):
        seat = _add(
            s, Seat, place, term_id=assembly.id, group_id=groups[number % 2].id, number=number,
            post=SeatPost.representative,
        )  # fmt: skip
        if number < REPRESENTATIVES:
            user = users.get(f"representative_{letter}") if number == 1 else None
            _sit(s, place, seat, number, user_id=user.id if user else None)
    committee = _term(s, place, TermBody.committee, "第一届居民委员会")
    posts = (SeatPost.director, SeatPost.deputy_director, *[SeatPost.member] * (COMMITTEE - 2))
    for number, post in enumerate(posts, start=1):
        seat = _add(s, Seat, place, term_id=committee.id, number=number, post=post)
        _sit(s, place, seat, number + 20, user_id=director.id if number == 1 else None)
    for number in range(STAFF):
        user = users.get(f"worker_{letter}{number + 1}")
        _add(
            s, StaffPost, place, name=_name(place, number + 40), sort_key=sort_key_of(_name(place, number + 40)),
            position=("综合窗口", "民政", "网格员")[number], from_on=date(2009 + number, 8, 1),
            user_id=user.id if user else None,
        )  # fmt: skip
    _members(s, place)
    for kind, target in (("members", None), ("seats", assembly.id)):
        _upload(s, place, director, kind, target)


def _add(s: Session, model: Any, place: Place, **values: Any) -> Any:
    row = model(community_id=place.community.id, **values)
    s.add(row)
    s.flush()
    return row


def _name(place: Place, index: int) -> str:
    surnames = _SURNAMES[place.letter]
    return surnames[index % len(surnames)] + _GIVEN[index % len(_GIVEN)]


def _phone(place: Place, index: int) -> str:
    return f"{PHONE_PREFIXES[place.letter == 'B']}{70_000_000 + index:08d}"


def _term(s: Session, place: Place, body: TermBody, name: str) -> Term:
    ends_on = max(date(2028, 5, 9), date(today().year + 2, 5, 9))
    term: Term = _add(s, Term, place, body=body, name=name, starts_on=SINCE, ends_on=ends_on, source="选举结果公告")
    return term


def _sit(s: Session, place: Place, seat: Seat, index: int, *, user_id: UUID | None) -> None:
    """A holder since the election; the second seat of the assembly changed hands by a by-election."""
    by_election = index == 2
    if by_election:
        _holder(s, place, seat, index + 10, SINCE, to_on=date(2014, 8, 31), end_reason="迁出本社区")
    first = date(2014, 9, 1) if by_election else SINCE
    how = Installed.by_election if by_election else Installed.elected
    _holder(s, place, seat, index, first, how=how, user_id=user_id)


def _holder(s: Session, place: Place, seat: Seat, index: int, from_on: date, **values: Any) -> None:
    name = _name(place, index)
    holder = SeatHolder(
        community_id=place.community.id,
        seat_id=seat.id,
        name=name,
        sort_key=sort_key_of(name),
        sex=Sex.female if index % 2 else Sex.male,
        from_on=from_on,
        **values,
    )
    seal_phone(HOLDER, holder, _phone(place, index))
    s.add(holder)
    s.flush()


def _members(s: Session, place: Place) -> None:
    branch = _add(s, Branch, place, name=f"{place.community.name}第一党支部", founded_on=date(2010, 7, 1))
    for number in range(OF_EACH_KIND * 2):
        direct = number < OF_EACH_KIND
        member = Member(
            community_id=place.community.id,
            name="",
            sex=Sex.male if number % 2 else Sex.female,
            birth_on=date(1960 + number, 4, 5),
            affiliation=Affiliation.direct if direct else Affiliation.resident,
            branch_id=branch.id if direct else None,
            home_branch="" if direct else "某科技公司党支部",
            from_on=date(2012, 1, 10),
        )
        set_name(member, _name(place, number + 60))
        seal_phone(MEMBER, member, _phone(place, number + 60))
        s.add(member)
        s.flush()
        for stage, day in ((Stage.probationary, date(2000, 7, 1)), (Stage.full, date(2001, 7, 1))):
            s.add(MemberStage(community_id=place.community.id, member_id=member.id, stage=stage, from_on=day))
    s.flush()


def _upload(s: Session, place: Place, director: User, kind: str, target: UUID | None) -> None:
    """A file that was imported already."""
    _add(
        s, RosterUpload, place, kind=kind, target_id=target, filename="名册.csv", size=0, sha256="0" * 64,
        requested_by=director.id, committed_at=director.created_at, fates={"unchanged": 1},
    )  # fmt: skip


def _first(s: Session, place: Place, model: Any, *conditions: Any) -> Any:
    found = s.exec(select(model).where(model.community_id == place.community.id, *conditions).order_by(model.id))
    return found.first()


def _assembly(s: Session, place: Place) -> Term:
    term: Term = _first(s, place, Term, col(Term.body) == TermBody.representative_assembly)
    return term


def _seat(s: Session, place: Place) -> Seat:
    seat: Seat = _first(s, place, Seat, col(Seat.term_id) == _assembly(s, place).id, col(Seat.number) == 3)
    return seat


def _member(s: Session, place: Place) -> Member:
    member: Member = _first(s, place, Member)
    return member


OBJECTS: dict[str, Any] = {
    "residents_group_id": lambda s, p: _first(s, p, ResidentsGroup, col(ResidentsGroup.number) == 9).id,
    "term_id": lambda s, p: _assembly(s, p).id,
    "seat_id": lambda s, p: _seat(s, p).id,
    "seat_holder_id": lambda s, p: _first(s, p, SeatHolder, col(SeatHolder.seat_id) == _seat(s, p).id).id,
    "seat_import_id": lambda s, p: _first(s, p, RosterUpload, col(RosterUpload.kind) == "seats").id,
    "staff_post_id": lambda s, p: _first(s, p, StaffPost).id,
    "branch_id": lambda s, p: _first(s, p, Branch).id,
    "member_id": lambda s, p: _member(s, p).id,
    "member_stage_id": lambda s, p: _first(s, p, MemberStage, col(MemberStage.member_id) == _member(s, p).id).id,
    "member_import_id": lambda s, p: _first(s, p, RosterUpload, col(RosterUpload.kind) == "members").id,
}
