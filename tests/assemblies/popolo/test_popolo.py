"""The open data of a community: valid Popolo, complete in itself, and silent about secret votes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest

from app.core.db import Database
from tests.assemblies.elections.helpers import ABOVE, declared, ok
from tests.assemblies.popolo.schema import POPOLO
from tests.assemblies.votes import helpers as votes
from tests.cast import Cast
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]
ADDRESS = "/assemblies.json?community=320594001001"
VALIDATOR = jsonschema_rs.Draft202012Validator(POPOLO, validate_formats=True)


_asked: list[dict[str, Any]] = []


@pytest.fixture
def data(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the community of `_decide` publishes: asked once, a copy for each test."""
    if not _asked:
        _decide(*(request.getfixturevalue(name) for name in ("visit_as", "db", "cast")))
        _asked.append(ok(request.getfixturevalue("visit_as")(None).get(ADDRESS)))
    return deepcopy(_asked[0])


def _decide(visit_as: Open, db: Database, cast: Cast) -> None:
    """A roll call on a motion, one show of hands, and an election; another vote is still open."""
    room = votes.room(db, cast, 60, 41)
    roll = votes.vote(db, room, "roll_call", motion_id=votes.motion(db, cast))
    votes.tap_all(db, roll, votes.choices(30, 6, 4))
    votes.declared(db, roll)
    votes.hands(db, votes.vote(db, room, "hands", question="是否补种树木"), 10, 31)
    votes.vote(db, room, "roll_call", question="还在表决")
    declared(visit_as("王站长"), visit_as("李网格"), {**ABOVE, "戊五": 28, "己六": 27})


def test_it_is_popolo(data: dict[str, Any]) -> None:
    assert [f"{list(e.instance_path)}: {e.message}" for e in VALIDATOR.iter_errors(data)] == []
    assert {key: len(value) for key, value in data.items()} == {
        "persons": 60,
        "organizations": 2,
        "posts": 60,
        "memberships": 60,
        "events": 1,
        "motions": 1,
        "vote_events": 3,
    }


def test_the_schema_refuses(data: dict[str, Any]) -> None:
    event = data["vote_events"][0]
    for wrong in (
        {"start_date": "2011"},
        {"start_date": "am Montag"},
        {"organization_id": None},
        {"phone": "13800000000"},
        {"counts": [{"option": "yes"}]},
    ):
        data["vote_events"][0] = {**event, **wrong}
        assert not VALIDATOR.is_valid(data)


def test_every_reference_leads_somewhere(data: dict[str, Any]) -> None:
    ids = {key: {row["id"] for row in rows} for key, rows in data.items()}
    for row in data["memberships"]:
        assert row["person_id"] in ids["persons"]
        assert row["post_id"] in ids["posts"]
    for row in [*data["memberships"], *data["posts"], *data["motions"], *data["vote_events"], *data["events"]]:
        assert row["organization_id"] in ids["organizations"]
    for row in data["vote_events"]:
        assert row["motion_id"] in {None, *ids["motions"]}
        assert row["legislative_session_id"] in {None, *ids["events"]}
        assert {vote["voter_id"] for vote in row["votes"]} <= ids["persons"]


def test_only_an_open_vote_names_anybody(data: dict[str, Any]) -> None:
    by_kind = {row["classification"]: row for row in data["vote_events"]}
    roll, hands, election = by_kind["roll_call"], by_kind["hands"], by_kind["election"]
    options = [vote["option"] for vote in roll["votes"]]
    assert [options.count(o) for o in ("yes", "no", "abstain", "not voting", "absent")] == [30, 6, 4, 1, 19]
    assert [(c["option"], c["value"]) for c in roll["counts"]] == [("yes", 30), ("no", 6), ("abstain", 4)]
    assert (roll["result"], hands["result"]) == ("pass", "fail")
    assert hands["votes"] == election["votes"] == []
    assert {c["option"]: c["value"] for c in election["counts"]}["甲一"] == 50
    assert roll["sources"][0]["url"].endswith(f"/votes/{roll['id']}/bundle.json")
    assert data["motions"][0]["result"] == "carried"


def test_another_community_and_none(visit_as: Open, db: Database, cast: Cast) -> None:
    _decide(visit_as, db, cast)
    stranger = visit_as(None)
    other = ok(stranger.get("/assemblies.json?community=320594001002"))
    assert [x["name"] for x in other["organizations"]] == ["外社区"]
    assert not any(other[key] for key in other if key != "organizations")
    assert stranger.get("/assemblies.json?community=999999999999").status_code == 404
    assert stranger.get("/assemblies.json").status_code == 422
