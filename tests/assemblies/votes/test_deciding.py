"""What a vote decides: by the rules it was opened under, on the people who were there, in integers."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from app.assemblies.motions.models import Motion
from app.assemblies.rules import builtins
from app.assemblies.votes import counting, declaring, electorate, opening, reading, service
from app.assemblies.votes.models import Choice, Vote
from app.core import events
from app.core.db import Database
from app.core.errors import Conflict
from app.households.models import Household
from tests.assemblies.votes.helpers import choices, declared, hands, motion, person, room, tap_all, vote
from tests.cast import Cast

# seats, present, for, against, abstain -> outcome under the example charter: more than half of those present
ROOMS = [
    (60, 40, 20, 15, 5, "rejected"),
    (60, 40, 21, 15, 4, "carried"),
    (60, 31, 15, 15, 1, "tied"),
    (60, 31, 16, 15, 0, "carried"),
    (61, 31, 16, 0, 0, "carried"),
    (3, 2, 1, 0, 0, "rejected"),
    (1, 1, 1, 0, 0, "carried"),
    (2, 2, 0, 0, 2, "rejected"),
]


@pytest.mark.parametrize(("seats", "present", "yes", "no", "none", "outcome"), ROOMS)
def test_a_room_decides(
    db: Database, cast: Cast, seats: int, present: int, yes: int, no: int, none: int, outcome: str
) -> None:
    here = room(db, cast, seats, present)
    for method in ("hands", "roll_call"):
        made = vote(db, here, method)
        if method == "hands":
            result = hands(db, made, yes, no, none)
        else:
            tap_all(db, made, choices(yes, no, none))
            result = declared(db, made)
        assert (result.outcome, result.entitled, result.present) == (outcome, seats, present)
        assert (result.resolution_number is not None) == (outcome == "carried")


def test_the_decision_explains_itself_with_both_sides_and_other_bases(db: Database, cast: Cast) -> None:
    made = hands(db, vote(db, room(db, cast, 60, 40), "hands"), 20, 15, 5)
    with db.read() as s:
        shown = reading.one(s, person(s, "王站长"), s.get_one(Vote, made.id))
    assert [(c.left, c.right, c.needed, c.holds) for c in shown.conditions] == [
        (40, 60, 31, True),
        (20, 40, 21, False),
    ]
    assert all(str(n) in shown.explanation for n in (40, 60, 31, 20, 21))
    outcomes = {other.base: other.outcome for other in shown.others}
    assert outcomes["for_against"] == "carried"
    assert outcomes["entitled"] == "rejected"
    assert shown.pack_example


# areas of six dwellings, what the first of them say -> by heads and by area at once (Civil Code 278)
OWNERS = [
    ("owners", (1, 1, 1, 1, 1, 1), choices(3, 1), "carried"),
    ("owners", (1, 1, 1, 1, 1, 1), choices(3), "not_valid"),
    ("owners", (1, 1, 1, 1, 1, 1), choices(2, 2), "tied"),
    ("owners", (1, 1, 1, 9, 9, 9), choices(3, 2), "rejected"),
    ("owners", (1, 1, 1, 1, 9, 9), choices(4), "not_valid"),
    ("owners_special", (1, 1, 1, 1, 1, 1), choices(3, 1), "carried"),
    ("owners_special", (1, 1, 1, 1, 1, 1), choices(3, 1, 1), "rejected"),
]


@pytest.mark.parametrize(("matter", "areas", "said", "outcome"), OWNERS)
def test_owners_decide_by_heads_and_by_area(
    db: Database, cast: Cast, matter: str, areas: tuple[int, ...], said: list[Choice], outcome: str
) -> None:
    with db.write() as s:
        of_cast = select(Household).where(Household.community_id == cast.community).order_by(Household.walk_key)
        for home, area in zip(s.exec(of_cast), areas, strict=True):
            home.floor_area_cm2 = area * 10_000
    made = vote(db, None, "owners", matter=matter)
    tap_all(db, made, said)
    with db.write() as s:
        counting.close(s, person(s, "李网格"), made)
        counting.confirm(s, person(s, "王站长"), made)
        result = declaring.declare(s, person(s, "王站长"), made)
    assert (result.outcome, result.entitled, result.area_entitled) == (outcome, 6, sum(areas) * 10_000)


def test_nobody_is_asked_where_areas_are_missing(db: Database, cast: Cast) -> None:
    with pytest.raises(Conflict) as refused:
        vote(db, None, "owners", matter="owners")
    assert refused.value.code == "areas_missing"


def test_quorum_is_tested_at_the_instant_and_cites_its_rule(db: Database, cast: Cast) -> None:
    here = room(db, cast, 60, 30)
    with pytest.raises(Conflict) as refused:
        vote(db, here, "hands")
    assert refused.value.code == "no_quorum"
    assert "31" in refused.value.message and "章程" in refused.value.message
    with db.read() as s:
        assert not service.of_assembly(s, here.assembly)


def test_a_motion_moves_along_and_a_resolution_has_its_number(db: Database, cast: Cast) -> None:
    here, about = room(db, cast, 3, 3), motion(db, cast)
    carried: list[events.MotionCarried] = []

    def told(_s: Session, happened: events.MotionCarried) -> None:
        carried.append(happened)

    events.subscribe(events.MotionCarried, told)
    try:
        made = vote(db, here, "hands", motion_id=str(about), question="")
        with db.read() as s:
            assert s.get_one(Motion, about).state == "voting"
        result = hands(db, made, 2, 1)
    finally:
        events._handlers[events.MotionCarried].remove(told)
    assert result.question == "改建儿童乐园"
    assert result.resolution_number == f"{result.declared_at.year if result.declared_at else ''}-0001"
    assert [(c.motion_id, c.vote_id) for c in carried] == [(about, made)]
    with db.read() as s:
        assert s.get_one(Motion, about).state == "carried"
        assert [v.id for v in service.carried(s, cast.community)] == [made]


def test_the_rules_are_those_of_the_opening(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 3, 3), "hands")
    with db.read() as s:
        kept = s.get_one(Vote, made)
        assert kept.pack["pack"] == builtins.EXAMPLE
        assert kept.pack_hash == builtins.hash_of(kept.pack)
        assert declaring.rules_of(kept).quorum


def test_opening_twice_freezes_once(db: Database, cast: Cast) -> None:
    here = room(db, cast, 3, 3)
    made = vote(db, here, "roll_call")
    with db.write() as s:
        again = opening.open_vote(s, person(s, "李网格"), made)
        assert again.opened_by == cast.users["王站长"]
    with db.read() as s:
        assert [one.position for one in electorate.electors(s, made)] == [1, 2, 3]
