"""What lives in a community of the acceptance data: dwellings, people, visits, and spare records to change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts import authentication
from app.accounts.models import ApiClient, Role, User
from app.accounts.passwords import hash_password, made_up
from app.communities.models import Community, GridArea
from app.core import crypto
from app.core.clock import add_months, now, today
from app.core.models import new_id
from app.demo.people import PHONE_PREFIXES, REGION
from app.households.imports.models import ImportJob
from app.households.labels import make_label, make_walk_key
from app.households.models import Building, Household, HouseholdTenure, Tenure
from app.households.residents.identity import check_digit
from app.households.residents.models import CareCategory, CareRecord, Education, Relation, Residency, Resident, Sex
from app.households.residents.names import sort_key_of
from app.households.residents.personal import seal_personal
from app.households.residents.service import write_terms
from app.households.visits import happenings, policy, recording, refresh
from app.households.visits.models import EventKind, NeedCategory, Outcome, Purpose
from app.households.visits.schemas import EventWrite, NeedWrite, VisitRead, VisitWrite

ROOMS = 4
_SURNAMES = {"A": "王李张刘", "B": "赵钱孙周"}


@dataclass
class Place:
    """One community and what was made in it."""

    letter: str
    community: Community
    areas: list[GridArea] = field(default_factory=list)
    homes: list[Household] = field(default_factory=list)
    people: list[Resident] = field(default_factory=list)
    visit: VisitRead | None = None
    event_id: UUID | None = None
    spare_user: User | None = None
    spare_client: ApiClient | None = None
    job: ImportJob | None = None
    round_id: UUID | None = None
    token: str = ""
    ballot_token: str = ""
    calendar_token: str = ""


def add_building(s: Session, area: GridArea) -> list[Household]:
    number = str(area.number)
    building = Building(
        community_id=area.community_id,
        grid_area_id=area.id,
        number=number,
        address=f"翰林路{number}号",
        walk_order=area.number,
    )
    s.add(building)
    s.flush()
    homes = []
    for floor in range(1, ROOMS + 1):
        tenure = (Tenure.owner_occupied, Tenure.rented, Tenure.owner_occupied, Tenure.vacant)[floor - 1]
        room = f"{floor}01"
        home = Household(
            community_id=area.community_id,
            building_id=building.id,
            grid_area_id=area.id,
            unit="1",
            room=room,
            label=make_label(number, "1", room),
            walk_key=make_walk_key(area.number, number, "1", room),
            tenure=tenure,
            floor_area_cm2=8900,
        )
        s.add(home)
        s.flush()
        s.add(
            HouseholdTenure(
                community_id=area.community_id, household_id=home.id, tenure=tenure, from_on=date(2010, 1, 1)
            )
        )
        homes.append(home)
    return homes


def add_client(
    s: Session,
    name: str,
    scopes: list[str],
    *,
    days: int = 365,
    district_id: UUID | None = None,
    community_id: UUID | None = None,
) -> tuple[str, ApiClient]:
    token = crypto.new_token()
    client = ApiClient(
        name=name,
        token_hash=crypto.token_hash(token),
        token_hint=token[:4],
        scopes=scopes,
        expires_at=now() + timedelta(days=days),
        district_id=district_id,
        community_id=community_id,
    )
    s.add(client)
    s.flush()
    return token, client


def add_life(s: Session, place: Place, director: User, worker: User) -> None:
    """People, care, visits, a need, an event, an account and a client to spare, and an import."""
    for index, home in enumerate(h for h in place.homes if h.tenure != Tenure.vacant):
        _family(s, place, home, index, director)
    policy.ensure(s, [place.community.id])
    s.flush()
    refresh.refresh_community(s, place.community.id)
    _visits(s, place, worker)
    suffix = place.letter.lower()
    spare = User(
        username=f"spare_{suffix}",
        display_name=f"备用{place.letter}",
        role=Role.finance,
        community_id=place.community.id,
        district_id=place.community.district_id,
        password_hash=hash_password(made_up()),
    )
    s.add(spare)
    place.spare_user = spare
    _token, place.spare_client = add_client(s, f"spare_{suffix}", ["read"], community_id=place.community.id)
    place.job = ImportJob(
        community_id=place.community.id,
        filename="住户.csv",
        format="csv",
        size=0,
        sha256="0" * 64,
        requested_by=director.id,
        state="failed",
        problem={"code": "empty", "message": "文件是空的。"},
        finished_at=now(),
    )
    s.add(place.job)
    s.flush()


def _family(s: Session, place: Place, home: Household, index: int, director: User) -> None:
    """A couple, or an old woman alone in the first dwelling of each area."""
    surname = _SURNAMES[place.letter][index % 4]
    if index % 3 == 0:
        elder = _resident(s, place, home, f"{surname}桂英", Sex.female, date(1940, 3, 5 + index), Relation.head)
        for category in (CareCategory.living_alone, CareCategory.disabled):
            disabled = category == CareCategory.disabled
            s.add(
                CareRecord(
                    community_id=home.community_id,
                    resident_id=elder.id,
                    category=category,
                    disability_type=4 if disabled else None,
                    disability_level=3 if disabled else None,
                    reason="持残疾人证，肢体三级" if disabled else "子女在外地工作",
                    from_on=date(2020, 5, 1),
                    reviewed_by=director.id,
                )
            )
        return
    _resident(s, place, home, f"{surname}建国", Sex.male, date(1980 + index, 7, 1), Relation.head)
    _resident(s, place, home, f"{surname}雅琴", Sex.female, date(1982 + index, 2, 11), Relation.spouse)


def _resident(
    s: Session, place: Place, home: Household, name: str, sex: Sex, born: date, relation: Relation
) -> Resident:
    resident = Resident(
        community_id=home.community_id,
        name=name,
        sort_key=sort_key_of(name),
        sex=sex,
        birth_on=born,
        education=Education.bachelor if born.year > 1960 else Education.primary,
    )
    body = f"{REGION}{born:%Y%m%d}{len(place.people) * 2 + (sex == Sex.male):03d}"
    phone = f"{PHONE_PREFIXES[place.letter == 'B']}{len(place.people):08d}"
    seal_personal(resident, body + check_digit(body), phone)
    s.add(resident)
    s.flush()
    since = max(date(2010, 1, 1), born)
    s.add(
        Residency(
            community_id=home.community_id,
            household_id=home.id,
            resident_id=resident.id,
            relation=relation,
            from_on=since,
            reason="购房入住",
        )
    )
    s.flush()
    write_terms(s, resident)
    place.people.append(resident)
    return resident


def _visits(s: Session, place: Place, worker: User) -> None:
    """Two visits to the first household by its worker, one of them with an urgent need, and an open event."""
    who = authentication.principal_for(s, worker)
    home, elder = place.homes[0], place.people[0]
    for days, need in ((40, False), (9, True)):
        needs = [NeedWrite(category=NeedCategory.health, detail="想请家庭医生上门。", urgent=True)] if need else []
        sent = VisitWrite(
            household_id=home.id,
            visited_at=now() - timedelta(days=days),
            purpose=Purpose.care,
            outcome=Outcome.need_raised if need else Outcome.fine,
            note="精神不错。",
            people_met=[elder.id],
            needs=needs,
        )
        place.visit, _new = recording.put(s, who, new_id(), sent, None)
    other = VisitWrite(
        household_id=place.homes[1].id,
        visited_at=now() - timedelta(days=(today() - add_months(today(), -2)).days),
        purpose=Purpose.routine,
        outcome=Outcome.not_home,
        note="家中无人。",
    )
    recording.put(s, who, new_id(), other, None)
    sent_event = EventWrite(kind=EventKind.hospital, detail="昨天住院。")
    place.event_id = happenings.report(s, who, place.homes[1].id, sent_event).id
