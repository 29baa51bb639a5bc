"""Taking opinions down and moving them on, as the office does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core.clock import today
from tests.cast import Cast
from tests.visitor import Visitor

SAID = "三幢楼下的路灯坏了一个月，晚上看不见台阶。"


def take_down(office: Visitor, **fields: Any) -> dict[str, Any]:
    """A new opinion, with its code."""
    body = {"source": "phone", "category": "facilities", "text": SAID, **fields}
    answer = office.post("/opinions", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def step(office: Visitor, opinion: dict[str, Any], what: str, body: dict[str, Any], expected: int = 200) -> Any:
    """One step; returns the opinion as it now is, or the refusal."""
    tag = {"If-Match": f'"{opinion["version"]}"'}
    answer = office.put(f"/opinions/{opinion['id']}/{what}", json=body, headers=tag)
    assert answer.status_code == expected, answer.text
    return answer.json()


def assignment(cast: Cast, name: str = "李网格", days: int = 3) -> dict[str, Any]:
    return {"assignee_id": str(cast.users[name]), "due_on": (today() + timedelta(days=days)).isoformat()}


ANSWER = {"answer": "已报物业，明天换灯。"}
PUBLIC = {"answer": "路灯已换成节能灯。", "public": True, "public_text": "三幢附近路灯损坏"}


def plan(office: Visitor, **fields: Any) -> dict[str, Any]:
    """A meeting in three days."""
    body = {
        "topic": "停车怎么停",
        "held_at": f"{today() + timedelta(days=3)}T19:00:00+08:00",
        "place": "居民之家",
        "host": "王站长",
        **fields,
    }
    answer = office.post("/consultations", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
