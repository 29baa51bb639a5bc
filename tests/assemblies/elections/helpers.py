"""An election of five committee members by sixty representatives, in as many steps as a test wants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from app.assemblies.elections.models import Invalidity
from app.assemblies.models import Seat, SeatHolder, SeatPost, Term, TermBody
from app.core.clock import today
from app.core.db import Database
from app.households.residents.names import sort_key_of
from tests.cast import Cast
from tests.visitor import Visitor

ABOVE = {"甲一": 50, "乙二": 48, "丙三": 44, "丁四": 40}
NAMES = ("甲一", "乙二", "丙三", "丁四", "戊五", "己六")


def seat_representatives(db: Database, cast: Cast, n: int = 60) -> None:
    """So many representatives in office; 周代表 holds the first seat."""
    with db.write() as s:
        term = Term(
            community_id=cast.community,
            body=TermBody.representative_assembly,
            name="第一届",
            starts_on=today() - timedelta(days=400),
            ends_on=today() + timedelta(days=400),
        )
        s.add(term)
        s.flush()
        for number in range(1, n + 1):
            _sit(s, term, number, cast)


def _sit(s: Session, term: Term, number: int, cast: Cast) -> None:
    seat = Seat(community_id=term.community_id, term_id=term.id, number=number, post=SeatPost.representative)
    s.add(seat)
    s.flush()
    name = f"代表{number:02d}"
    s.add(
        SeatHolder(
            community_id=term.community_id,
            seat_id=seat.id,
            name=name,
            sort_key=sort_key_of(name),
            user_id=cast.users["周代表"] if number == 1 else None,
            from_on=term.starts_on,
        )
    )


def prepare(director: Visitor, **changes: Any) -> str:
    """An election in preparation; answers its address."""
    sent = {
        "body": "committee",
        "title": "第二届居民委员会选举",
        "held_on": str(today()),
        "method": "paper",
        "posts": [{"post": "member", "seats": 5}],
        **changes,
    }
    made = director.post("/elections", json=sent)
    assert made.status_code == 201, made.text
    return f"/elections/{made.json()['id']}"


def freeze(director: Visitor, address: str) -> None:
    ok(director.post(f"{address}/list", json={"objections_until": str(today())}))


def nominate(director: Visitor, address: str, names: Any = NAMES, **changes: Any) -> None:
    for name in names:
        sent = {"post": "member", "name": name, "nominated_by": "十名代表联名", "consent": "accepted", **changes}
        made = director.post(f"{address}/candidates", json=sent)
        assert made.status_code == 201, made.text


def published(director: Visitor, **changes: Any) -> str:
    """An election whose candidates are published."""
    address = prepare(director, **changes)
    freeze(director, address)
    nominate(director, address)
    ok(director.post(f"{address}/nominations"))
    return address


def closed(director: Visitor, **changes: Any) -> str:
    """Paper that was handed out and handed in."""
    address = published(director, **changes)
    ok(director.post(f"{address}/opening"))
    ok(director.post(f"{address}/closing"))
    return address


def count_of(
    director: Visitor, address: str, votes: dict[str, int], returned: int = 55, **changes: Any
) -> dict[str, Any]:
    """What people counted: every sheet that is not blank is valid."""
    ids = {x["name"]: x["id"] for x in director.get(f"{address}/candidates").json()["items"]}
    member = {"valid": returned, "invalid": {}, "votes": {ids[name]: n for name, n in votes.items()}}
    return {
        "issued": 58,
        "returned": returned,
        "unreturned": 58 - returned,
        "posts": {"member": member},
        "tellers": "监票吴一，唱票吴二",
        **changes,
    }


def declared(director: Visitor, worker: Visitor, votes: dict[str, int], returned: int = 55, **changes: Any) -> str:
    """The whole way."""
    address = closed(director, **changes)
    ok(director.post(f"{address}/counts", json=count_of(director, address, votes, returned)), 201)
    ok(worker.post(f"{address}/confirmation", json={"revision": 1}))
    ok(director.post(f"{address}/declaration"))
    return address


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


REASONS = tuple(map(str, Invalidity))
