"""How a test of a roster's page ends: by showing who has no access. Workers read, only the director writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cast import bearer
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def nobody_else_reads(visit_as: Visit, path: str, *, representative: int = 403) -> None:
    """Another community sees nothing, the books and the administrator may not, the district may."""
    assert visit_as("外主任").get(path).status_code == 404
    assert visit_as("外社区").get(path).status_code == 404
    assert visit_as("周代表").get(path).status_code == representative
    for name in ("钱会计", "系统员"):
        assert visit_as(name).get(path).status_code == 403
    assert visit_as(None).get(path).status_code == 401
    assert visit_as("赵网格").get(path).status_code == 200
    assert visit_as("区督导").get(path).status_code == 200
    assert visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 200


def only_the_director_writes(
    visit_as: Visit, method: str, path: str, body: dict[str, Any], *, hidden: int = 404
) -> None:
    headers = {"If-Match": '"1"'}
    for name in ("李网格", "周代表", "钱会计", "区督导", "系统员"):
        answer = visit_as(name).request(method, path, json=body, headers=headers)
        assert answer.status_code == 403, (name, answer.text)
    assert visit_as("外主任").request(method, path, json=body, headers=headers).status_code == hidden
    assert visit_as(None).request(method, path, json=body).status_code == 401
    program = visit_as(None).request(
        method, f"/api/v1{path}", json=body, headers={**bearer("区平台"), "If-Match": '"1"'}
    )
    assert program.status_code == 403


def branch_of(director: Visitor, name: str = "第一党支部") -> str:
    made = director.post("/branches", json={"name": name, "founded_on": "2010-07-01"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def member_of(director: Visitor, name: str = "王建国", **changes: Any) -> dict[str, Any]:
    """Registers a resident member and answers with the body."""
    body = {"name": name, "affiliation": "resident", "home_branch": "某公司党支部", "from_on": "2012-01-10", **changes}
    made = director.post("/members", json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found
