"""The fixed cast of the tests, in a small community of two grid areas and a second community that must see nothing.

王站长 directs 翰林缘; 李网格 works grid area 1; 赵网格 works area 2 and must not see area 1; 周代表 is a residents'
representative; 钱会计 keeps the books; 区督导 reads the district; 系统员 is the administrator; 外社区 works in another
community; 区平台 is the district's API client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.accounts.models import ApiClient, Role, User, UserGridArea
from app.accounts.passwords import hash_password
from app.communities.models import Community, District, GridArea
from app.core import crypto
from app.core.clock import now
from app.core.db import Database
from app.households.models import Building, Household
from app.households.residents.models import CareCategory, CareRecord, Relation, Residency, Resident, Sex

PASSWORD = "correct-horse-battery"
TOKENS = {"区平台": "test-token-district-read", "定时任务": "test-token-cron", "过期": "test-token-expired"}


@dataclass
class Cast:
    """Ids of everybody and everything, found by the names above."""

    community: UUID
    other_community: UUID
    district: UUID
    users: dict[str, UUID] = field(default_factory=dict)
    areas: dict[int, UUID] = field(default_factory=dict)
    households: dict[str, UUID] = field(default_factory=dict)
    other_household: UUID | None = None
    residents: dict[str, UUID] = field(default_factory=dict)

    @staticmethod
    def load(db: Database) -> Cast:
        with db.read() as s:
            ours = s.exec(select(Community).where(Community.code == "320594001001")).one()
            other = s.exec(select(Community).where(Community.code == "320594001002")).one()
            foreign = s.exec(select(Household).where(Household.community_id == other.id)).first()
            return Cast(
                community=ours.id,
                other_community=other.id,
                district=ours.district_id,
                users={u.display_name: u.id for u in s.exec(select(User))},
                areas={a.number: a.id for a in s.exec(select(GridArea).where(GridArea.community_id == ours.id))},
                households={h.label: h.id for h in s.exec(select(Household).where(Household.community_id == ours.id))},
                other_household=foreign.id if foreign else None,
                residents={r.name: r.id for r in s.exec(select(Resident))},
            )


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[name]}"}


def build_cast(db: Database) -> Cast:
    with db.write() as s:
        district = District(name="苏州工业园区", code="320594")
        s.add(district)
        s.flush()
        ours = _community(s, district, "翰林缘社区", "320594001001", areas=2, households=3)
        other = _community(s, district, "外社区", "320594001002", areas=1, households=1)
        _people(s, district, ours, other)
        _residents(s, ours, other)
    return Cast.load(db)


def _community(s: Session, district: District, name: str, code: str, *, areas: int, households: int) -> Community:
    community = Community(district_id=district.id, name=name, code=code, founded_on=date(2009, 8, 1))
    s.add(community)
    s.flush()
    for number in range(1, areas + 1):
        area = GridArea(community_id=community.id, number=number, name=f"第{number}网格")
        s.add(area)
        s.flush()
        building = Building(
            community_id=community.id, grid_area_id=area.id, number=str(number), walk_order=number, address="翰林路1号"
        )
        s.add(building)
        s.flush()
        for room in range(1, households + 1):
            s.add(
                Household(
                    community_id=community.id,
                    building_id=building.id,
                    grid_area_id=area.id,
                    unit="1",
                    room=f"{room}01",
                    label=f"{number}-1-{room}01",
                    walk_key=f"{number:06d}-000001-{room * 100 + 1:06d}",
                    tenure="owner_occupied",
                )
            )
    s.flush()
    return community


def _people(s: Session, district: District, ours: Community, other: Community) -> None:
    hashed = hash_password(PASSWORD)

    def person(name: str, username: str, role: Role, community: Community | None, area: int | None = None) -> None:
        user = User(
            username=username,
            display_name=name,
            role=role,
            community_id=community.id if community else None,
            district_id=district.id if role != Role.admin else None,
            password_hash=hashed,
        )
        s.add(user)
        s.flush()
        if area and community:
            found = s.exec(select(GridArea).where(GridArea.community_id == community.id, GridArea.number == area)).one()
            s.add(UserGridArea(user_id=user.id, grid_area_id=found.id))

    person("王站长", "wang", Role.director, ours)
    person("李网格", "li", Role.worker, ours, 1)
    person("赵网格", "zhao", Role.worker, ours, 2)
    person("钱会计", "qian", Role.finance, ours)
    person("周代表", "zhou", Role.representative, ours)
    person("区督导", "qu", Role.supervisor, None)
    person("系统员", "admin", Role.admin, None)
    person("外主任", "waizhu", Role.director, other)
    person("外社区", "wai", Role.worker, other, 1)
    scopes = {"区平台": ["read"], "定时任务": ["rounds:run"], "过期": ["read"]}
    for name, token in TOKENS.items():
        s.add(
            ApiClient(
                name=name,
                token_hash=crypto.token_hash(token),
                token_hint=token[:4],
                scopes=scopes[name],
                district_id=district.id,
                expires_at=now() + timedelta(days=-1 if name == "过期" else 365),
            )
        )


def _residents(s: Session, ours: Community, other: Community) -> None:
    """张桂英 (88, lives alone) in 1-1-101; a couple with a child in 1-1-201; 陈建国 in 2-1-101; one far away."""
    homes = {h.label: h for h in s.exec(select(Household).where(Household.community_id == ours.id))}
    far = s.exec(select(Household).where(Household.community_id == other.id)).one()
    people = [
        ("张桂英", Sex.female, date(1938, 3, 5), homes["1-1-101"], Relation.head),
        ("王小明", Sex.male, date(1985, 7, 1), homes["1-1-201"], Relation.head),
        ("刘芳", Sex.female, date(1987, 2, 11), homes["1-1-201"], Relation.spouse),
        ("王乐乐", Sex.male, date(2016, 9, 30), homes["1-1-201"], Relation.son),
        ("陈建国", Sex.male, date(1950, 10, 1), homes["2-1-101"], Relation.head),
        ("外来人", Sex.male, date(1970, 1, 1), far, Relation.head),
    ]
    for name, sex, born, home, relation in people:
        resident = Resident(community_id=home.community_id, name=name, sex=sex, birth_on=born, sort_key=name)
        s.add(resident)
        s.flush()
        s.add(
            Residency(
                community_id=home.community_id,
                household_id=home.id,
                resident_id=resident.id,
                relation=relation,
                from_on=date(2010, 1, 1),
            )
        )
        if name == "张桂英":
            s.add(
                CareRecord(
                    community_id=home.community_id,
                    resident_id=resident.id,
                    category=CareCategory.living_alone,
                    from_on=date(2015, 1, 1),
                )
            )
