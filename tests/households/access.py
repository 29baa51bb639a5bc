"""How a test of a page of grid area 1 ends: by showing who has no access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cast import bearer
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
Told = Callable[[type[Any]], list[Any]]


def nobody_else_reads(visit_as: Visit, path: str) -> None:
    """Another area's worker and another community see nothing, a representative may not, the district may."""
    assert visit_as("赵网格").get(path).status_code == 404
    assert visit_as("外社区").get(path).status_code == 404
    assert visit_as("外主任").get(path).status_code == 404
    assert visit_as("周代表").get(path).status_code == 403
    assert visit_as("钱会计").get(path).status_code == 403
    assert visit_as(None).get(path).status_code == 401
    assert visit_as("区督导").get(path).status_code == 200
    assert visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 200


def nobody_else_writes(visit_as: Visit, method: str, path: str, body: dict[str, Any], *, hidden: int = 404) -> None:
    """The same for a write: the district reads only."""
    for name, status in (("赵网格", hidden), ("外社区", hidden), ("周代表", 403), ("区督导", 403), (None, 401)):
        answer = visit_as(name).request(method, path, json=body, headers={"If-Match": '"1"'})
        assert answer.status_code == status, (name, answer.text)
    program = visit_as(None).request(
        method, f"/api/v1{path}", json=body, headers={**bearer("区平台"), "If-Match": '"1"'}
    )
    assert program.status_code == 403


def in_area_one(visit_as: Visit, path: str) -> None:
    """A list shows area 1 to its worker and the director, nothing to others."""
    assert visit_as("李网格").get(path).json()["items"]
    assert visit_as("王站长").get(path).json()["items"]
    assert visit_as("赵网格").get(path).json()["items"] == []
    assert visit_as("外社区").get(path).json()["items"] == []
    assert visit_as("周代表").get(path).status_code == 403
    assert visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 200


def newcomer(visitor: Visitor, household: Any, **particulars: Any) -> Any:
    """Registers somebody and returns the answer's body."""
    answer = visitor.post(f"/households/{household}/residents", json={"name": "新来人", **particulars})
    assert answer.status_code == 201, answer.text
    return answer.json()
