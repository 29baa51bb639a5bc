"""Terms and seats for the tests."""

from __future__ import annotations

from typing import Any

from tests.visitor import Visitor

FIRST, LAST = "2011-10-16", "2014-10-15"


def term_of(director: Visitor, body: str = "representative_assembly", seats: int = 3, **changes: Any) -> dict[str, Any]:
    sent = {"body": body, "name": "第一届", "starts_on": FIRST, "ends_on": LAST, "seats": seats, **changes}
    made = director.post("/terms", json=sent)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def seats_of(director: Visitor, term: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = director.get(f"/terms/{term['id']}?as_of={FIRST}").json()["places"]
    return found


def sit(director: Visitor, seat: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    made = director.post(f"/seats/{seat['id']}/holders", json={"name": name, "from_on": FIRST, **changes})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found
