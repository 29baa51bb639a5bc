"""What was done at each stage of joining in the demo community, and how directly managed members came to its branch.

Ids are derived from those of the members, so that they take nothing from the demo's own stream.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from app.core.clock import add_months, day_start
from app.members.joining import rules
from app.members.joining.models import EventKind, Fact, JoiningEvent
from app.members.models import Affiliation, Stage
from app.members.transfers.models import Direction, MemberTransfer

Rows = list[dict[str, Any]]
_BY = "陈卫国"
_HOURS = timedelta(hours=10)
_FROM = ("苏州市某中学退休党支部", "某机械厂退休党支部", "某街道老干部党支部", "某医院退休党支部", "某粮食局退休党支部")
_NOTES = {
    Fact.talk: "由支部书记和组织委员谈话",
    Fact.review: "培养联系人提交考察意见，支委会讨论通过",
    Fact.training: "参加街道党校发展对象培训班，三天二十四学时",
    Fact.political_review: "函调直系亲属情况，结论清楚",
    Fact.approval: "科教创新区社工委党委批准接收为预备党员",
}


def tables(members: Sequence[dict[str, Any]], stages: Iterable[dict[str, Any]], today: date) -> list[tuple[Any, Rows]]:
    reached: dict[UUID, list[tuple[Stage, date]]] = defaultdict(list)
    for stage in stages:
        reached[stage["member_id"]].append((Stage(stage["stage"]), stage["from_on"]))
    events = [row for member in members for row in _events(member, reached[member["id"]], today)]
    came = (member for member in members if member["affiliation"] == Affiliation.direct)
    transfers = [_came(member, number) for number, member in enumerate(came) if not _on_the_way(reached[member["id"]])]
    return [(JoiningEvent, events), (MemberTransfer, transfers)]


def _on_the_way(stages: Sequence[tuple[Stage, date]]) -> bool:
    return stages[0][0] == Stage.applicant


def _events(member: dict[str, Any], stages: Sequence[tuple[Stage, date]], today: date) -> Iterator[dict[str, Any]]:
    """Everything in time, but for the latest review of who is an activist now: the page has something to warn of."""
    if not _on_the_way(stages):
        return
    last = min(today, member["to_on"] or today)
    facts = sorted((x for x in _facts(dict(stages), last) if x[1] <= last), key=lambda x: x[1])
    for seq, (fact, day) in enumerate(facts, start=1):
        yield {
            "id": uuid5(member["id"], f"joining-{seq}"),
            "community_id": member["community_id"],
            "member_id": member["id"],
            "seq": seq,
            "kind": str(EventKind.fact),
            "what": str(fact),
            "on_day": day,
            "months": None,
            "was_stage": "",
            "was_on": None,
            "event_id": None,
            "against": "",
            "text": _NOTES[fact],
            "by_user_id": None,
            "by_name": _BY,
            "second_id": None,
            "second_name": "",
            "at": day_start(day) + _HOURS,
        }


def _facts(days: dict[Stage, date], last: date) -> Iterator[tuple[Fact, date]]:
    yield Fact.talk, days[Stage.applicant] + timedelta(days=12)
    activist, target = days.get(Stage.activist), days.get(Stage.development_target)
    if activist is not None:
        done = rules.reviews_due(activist, target or last) - (target is None)
        for n in range(1, done + 1):
            yield Fact.review, add_months(activist, rules.REVIEW_EVERY * n) - timedelta(days=4)
    if target is not None:
        yield Fact.training, add_months(target, 2)
        yield Fact.political_review, add_months(target, 3)
    if Stage.probationary in days:
        yield Fact.approval, days[Stage.probationary] + timedelta(days=40)


def _came(member: dict[str, Any], number: int) -> dict[str, Any]:
    day = member["from_on"]
    return {
        "id": uuid5(member["id"], "came"),
        "created_at": day_start(day) + _HOURS,
        "updated_at": day_start(day) + _HOURS,
        "version": 1,
        "community_id": member["community_id"],
        "member_id": member["id"],
        "direction": str(Direction.incoming),
        "organisation": _FROM[number % len(_FROM)],
        "on_day": day,
        "paper_number": f"苏组转〔{day.year}〕{number + 101}号",
        "note": "",
        "leaves": False,
        "changed": False,
        "was_affiliation": str(Affiliation.direct),
        "was_branch_id": member["branch_id"],
        "was_home_branch": "",
        "stage": str(Stage.full),
        "probation_until": None,
        "by_user_id": None,
        "by_name": _BY,
        "undone_at": None,
        "undone_by": "",
        "undone_reason": "",
    }
