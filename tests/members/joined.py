"""What tests of joining share: somebody of the branch at a stage, and what two people answer for."""

from __future__ import annotations

from typing import Any

from tests.members.access import Visit, branch_of, member_of
from tests.visitor import Visitor

TALK, APPLIED, ACTIVIST = "2020-01-20", "2020-01-05", "2020-06-01"


def applicant(director: Visitor, name: str = "申请人", **changes: Any) -> dict[str, Any]:
    """Somebody of the branch who applied, and was talked to in time."""
    body = {"affiliation": "direct", "branch_id": branch_of(director, f"{name}支部"), "home_branch": ""}
    body |= {"stage": "applicant", "stage_on": APPLIED, "from_on": APPLIED, "birth_on": "1990-05-05"}
    return member_of(director, name, **{**body, **changes})


def fact(director: Visitor, member_id: str, kind: str, day: str, status: int = 201, **more: Any) -> dict[str, Any]:
    made = director.post(f"/members/{member_id}/joining/facts", json={"fact": kind, "on_day": day, **more})
    assert made.status_code == status, made.text
    found: dict[str, Any] = made.json()
    return found


def reach(director: Visitor, member_id: str, stage: str, day: str, status: int = 201) -> dict[str, Any]:
    made = director.post(f"/members/{member_id}/stages", json={"stage": stage, "from_on": day})
    assert made.status_code == status, made.text
    found: dict[str, Any] = made.json()
    return found


def probationary(director: Visitor, name: str = "预备党员") -> dict[str, Any]:
    """Somebody who went through everything in time and was admitted on 2022-01-31."""
    member = applicant(director, name)
    key = member["id"]
    fact(director, key, "talk", TALK)
    reach(director, key, "activist", ACTIVIST)
    for day in ("2020-11-20", "2021-05-30"):
        fact(director, key, "review", day)
    reach(director, key, "development_target", "2021-06-01")
    fact(director, key, "training", "2021-09-01")
    fact(director, key, "political_review", "2021-10-08")
    reach(director, key, "probationary", "2022-01-31")
    return member


def overridden(visit_as: Visit, member_id: str, stage: str, day: str) -> None:
    """A stage against the rules: the director asks, a worker confirms."""
    body = {"stage": stage, "from_on": day, "reason": "上级特批"}
    asked = visit_as("王站长").post(f"/members/{member_id}/joining/overrides", json=body)
    assert asked.status_code == 201, asked.text
    settle(visit_as, member_id, asked.json()["request"]["id"])


def settle(visit_as: Visit, member_id: str, request_id: str, verb: str = "confirm", who: str = "李网格") -> None:
    done = visit_as(who).post(f"/members/{member_id}/joining/{verb}", json={"request_id": request_id})
    assert done.status_code == 200, done.text
