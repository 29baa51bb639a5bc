"""VisitDue follows people, households and policy; in bulk with a handful of statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlmodel import select

from app.core.clock import add_months, today
from app.core.db import Database
from app.core.events import HouseholdsChanged, publish
from app.core.models import new_id
from app.households.models import Building, Household
from app.households.residents.models import CareRecord, Residency, Resident
from app.households.visits import policy, refresh
from app.households.visits.models import Visit, VisitDue, VisitPolicy
from tests.cast import Cast
from tests.visitor import Visitor
from tests.visits.helpers import body, due_of, new_path, plan, statements


def _change(db: Database, cast: Cast, label: str, **values: object) -> None:
    with db.write() as s:
        home = s.get_one(Household, cast.households[label])
        for name, value in values.items():
            setattr(home, name, value)
        s.add(home)
        publish(s, HouseholdsChanged((home.id,)))


def test_tiers_of_the_cast(db: Database, cast: Cast) -> None:
    plan(db, cast)
    alone, family = due_of(db, cast.households["1-1-101"]), due_of(db, cast.households["1-1-201"])
    assert alone is not None and family is not None
    assert (alone.tier, alone.categories, alone.due_on) == ("high", ["living_alone"], today())
    assert (family.tier, family.categories, family.due_on) == ("routine", [], add_months(today(), 6))


@pytest.mark.parametrize("change", [{"tenure": "vacant"}, {"closed_on": date(2026, 1, 1)}])
def test_vacant_and_closed_households_are_not_due(db: Database, cast: Cast, change: dict[str, object]) -> None:
    plan(db, cast)
    _change(db, cast, "1-1-101", **change)
    assert due_of(db, cast.households["1-1-101"]) is None
    _change(db, cast, "1-1-101", tenure="rented", closed_on=None)
    assert due_of(db, cast.households["1-1-101"]) is not None


def test_a_new_care_category_changes_tier_at_once(db: Database, cast: Cast) -> None:
    plan(db, cast)
    home = cast.households["1-1-201"]
    with db.write() as s:
        s.add(
            CareRecord(
                community_id=cast.community,
                resident_id=cast.residents["王小明"],
                category="severe_ill",
                from_on=today() - timedelta(days=2),
            )
        )
        publish(s, HouseholdsChanged((home,)))
    row = due_of(db, home)
    assert row is not None
    assert (row.tier, row.tier_since, row.due_on) == ("high", today() - timedelta(days=2), today())


def test_a_birthday_is_caught_up_by_whoever_looks(
    db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]
) -> None:
    plan(db, cast)
    with db.write() as s:
        person = s.get_one(Resident, cast.residents["张桂英"])
        person.birth_on = (today() + timedelta(days=1)).replace(year=today().year - 80)
        s.add(person)
        s.flush()
        refresh.refresh(s, [cast.households["1-1-101"]], today() - timedelta(days=1))
    row = due_of(db, cast.households["1-1-101"])
    assert row is not None
    assert (row.tier, row.refresh_on) == ("general", today() + timedelta(days=1))
    with db.write() as s:
        assert refresh.refresh_stale(s, today()) == 0
        row = s.get_one(VisitDue, cast.households["1-1-101"])
        row.refresh_on = today()  # as if the day had come
        s.add(row)
        person = s.get_one(Resident, cast.residents["张桂英"])
        person.birth_on = today().replace(year=today().year - 80)
        s.add(person)
    homes = visit_as("李网格").get("/today").json()["due"]
    assert [(h["household_label"], h["tier"]) for h in homes] == [("1-1-101", "high")]


def test_today_is_shown_while_the_store_cannot_write(
    db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core.errors import Unavailable

    plan(db, cast)
    with db.write() as s:
        row = s.get_one(VisitDue, cast.households["1-1-101"])
        row.refresh_on = today()
        s.add(row)

    def refuse(*_args: object) -> int:
        raise Unavailable()

    monkeypatch.setattr(refresh, "refresh_stale", refuse)
    assert visit_as("李网格").get("/today").status_code == 200


def test_defaults_are_stored_once(db: Database, cast: Cast) -> None:
    plan(db, cast)
    plan(db, cast)
    with db.read() as s:
        found = s.exec(select(VisitPolicy).where(VisitPolicy.community_id == cast.community)).all()
        assert {p.tier: p.id for p in found} == {t: policy.policy_id(cast.community, t) for t in policy.DEFAULTS}


def test_one_visit_and_a_full_refresh_agree(
    db: Database, cast: Cast, visit_as: Callable[[str | None], Visitor]
) -> None:
    """The quick path after a visit gives what a rebuild from nothing gives."""
    plan(db, cast)
    li = visit_as("李网格")
    for outcome, days in (("fine", 40), ("not_home", 2), ("helped", 20), ("not_home", 30)):
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        li.put(new_path(), json=body(cast, outcome=outcome, visited_at=at))
        quick = due_of(db, cast.households["1-1-101"])
        with db.write() as s:
            refresh.refresh(s, [cast.households["1-1-101"]])
        rebuilt = due_of(db, cast.households["1-1-101"])
        assert quick is not None and rebuilt is not None
        assert quick.model_dump() == rebuilt.model_dump()


def _town(db: Database, cast: Cast, households: int) -> list[object]:
    """Many dwellings with two people each, every fourth with somebody in care, every third visited."""
    with db.write() as s:
        building = s.exec(select(Building).where(Building.community_id == cast.community)).first()
        assert building is not None
        homes, people, stays, cares, visits = [], [], [], [], []
        at = datetime(2026, 6, 1, tzinfo=UTC)
        for n in range(households):
            home = new_id()
            label = f"T-{n}"
            place = {"community_id": cast.community, "building_id": building.id, "grid_area_id": cast.areas[1]}
            homes.append(
                {
                    "id": home,
                    "unit": "1",
                    "room": str(n),
                    "label": label,
                    "walk_key": label,
                    "tenure": "rented",
                    **place,
                }
            )
            for age in (83, 30):
                person = new_id()
                born = date(today().year - age, 1, 1)
                people.append({"id": person, "community_id": cast.community, "name": f"人{n}", "birth_on": born})
                stays.append(
                    {
                        "id": new_id(),
                        "community_id": cast.community,
                        "household_id": home,
                        "resident_id": person,
                        "from_on": date(2020, 1, 1),
                    }
                )
                if n % 4 == 0:
                    cares.append(
                        {
                            "id": new_id(),
                            "community_id": cast.community,
                            "resident_id": person,
                            "category": "living_alone",
                            "from_on": date(2021, 1, 1),
                        }
                    )
            if n % 3 == 0:
                visits.append(
                    {
                        "id": new_id(),
                        "community_id": cast.community,
                        "household_id": home,
                        "worker_id": cast.users["李网格"],
                        "visited_at": at,
                        "recorded_at": at,
                        "purpose": "care",
                        "outcome": "fine",
                        "people_met": [],
                        "content_hash": "",
                    }
                )
        for model, rows in ((Household, homes), (Resident, people), (Residency, stays), (CareRecord, cares)):
            s.execute(insert(model), rows)
        s.execute(insert(Visit), visits)
        return [h["id"] for h in homes]


def test_a_whole_community_in_few_statements(db: Database, cast: Cast) -> None:
    ids = _town(db, cast, 2418)
    with statements(db) as seen, db.write() as s:
        assert refresh.refresh(s, ids) == 2418  # type: ignore[arg-type]
    assert len(seen) < 20, seen
    with db.read() as s:
        tiers = [r.tier for r in s.exec(select(VisitDue).where(VisitDue.household_id.in_(ids)))]  # type: ignore[attr-defined]
    assert tiers.count("high") == 605
