"""Trying rules: counts are entered, and every condition is worked out as a real vote would be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.rules import service, shown
from app.assemblies.rules.decide import Counts, decide
from app.assemblies.rules.definition import Matter, RuleBody
from app.assemblies.rules.explaining import explain
from app.assemblies.rules.schemas import CountsRead, TrialRead
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.households.scope import Choice

_LARGEST = 1_000_000
Heads = Annotated[Choice[Annotated[int, Field(ge=0, le=_LARGEST)]], Query()]
Area = Annotated[Decimal, Field(ge=0, le=100_000_000, decimal_places=2, max_digits=12)]
SquareMetres = Annotated[Choice[Area], Query(description="m²")]
# What the page shows first: the example of 60 representatives, and of 2418 owners.
_ROOM = {"entitled": 60, "present": 40, "in_favour": 20, "against": 15, "abstain": 5}
_OWNERS = {
    "entitled": 2418,
    "participating": 1612,
    "in_favour": 807,
    "against": 700,
    "abstain": 105,
    "area_entitled": 24_180_000,
    "area_participating": 16_120_000,
    "area_for": 8_060_001,
}


@dataclass(frozen=True)
class Entered:
    """The counts of the page; None where nothing was entered."""

    body: RuleBody | None
    special: bool
    heads: dict[str, int | None]
    areas: dict[str, Decimal | None]

    @property
    def is_blank(self) -> bool:
        return all(v is None for v in (*self.heads.values(), *self.areas.values()))


async def _entered(
    body: Annotated[Choice[RuleBody], Query()] = None,
    special: Annotated[bool, Query()] = False,
    entitled: Heads = None,
    present: Heads = None,
    returned: Heads = None,
    valid: Heads = None,
    in_favour: Heads = None,
    against: Heads = None,
    abstain: Heads = None,
    participating: Heads = None,
    area_entitled: SquareMetres = None,
    area_participating: SquareMetres = None,
    area_for: SquareMetres = None,
) -> Entered:
    heads = {
        "entitled": entitled, "present": present, "returned": returned, "valid": valid, "in_favour": in_favour,
        "against": against, "abstain": abstain, "participating": participating,
    }  # fmt: skip
    areas = {"area_entitled": area_entitled, "area_participating": area_participating, "area_for": area_for}
    return Entered(body, special, heads, areas)


EnteredDep = Annotated[Entered, Depends(_entered)]


def run(s: Session, who: Principal, pack_id: UUID, entered: Entered) -> TrialRead:
    """What the pack's rules make of the counts."""
    pack = service.find(s, who, pack_id)
    version = shown.shown_version(s, pack)
    definition = service.definition_of(version)
    bodies = [RuleBody(r.body) for r in definition.sets if r.decides]
    body = entered.body or next(iter(bodies), RuleBody.representative_assembly)
    counts = counts_of(body, entered)
    trial = TrialRead(
        pack_id=pack.id,
        pack_title=pack.title,
        number=version.number,
        example=definition.example,
        citation=version.citation,
        body=body,
        matter=_matter(body, entered.special),
        counts=CountsRead.model_validate(counts, from_attributes=True),
        decision=None,
        explanation="",
        problem=contradiction(body, counts),
        bodies=bodies,
    )
    rules = definition.of(body)
    if rules is None:
        trial.problem = _("这个规则包没有这个组织的规则。")
    if rules is None or trial.problem:
        return trial
    try:
        trial.decision = decide(rules, trial.matter, counts)
    except Conflict as refusal:
        trial.problem = refusal.message
        return trial
    trial.explanation = explain(trial.decision)
    return trial


def _matter(body: RuleBody, special: bool) -> Matter:
    if body == RuleBody.owners_assembly:
        return Matter.owners_special if special else Matter.owners
    return Matter.special if special else Matter.ordinary


def counts_of(body: RuleBody, entered: Entered) -> Counts:
    """The counts as entered; votes returned and valid follow from the choices where they were left empty."""
    if entered.is_blank:
        return _completed(body, dict(_OWNERS if body == RuleBody.owners_assembly else _ROOM))
    found = {name: value for name, value in entered.heads.items() if value is not None}
    found |= {name: int(value * 100) for name, value in entered.areas.items() if value is not None}
    return _completed(body, found)


def _completed(body: RuleBody, found: dict[str, int]) -> Counts:
    cast = sum(found.get(name, 0) for name in ("in_favour", "against", "abstain"))
    found.setdefault("valid", cast)
    found.setdefault("returned", found["valid"])
    found.setdefault("participating" if body == RuleBody.owners_assembly else "present", cast)
    return Counts(**found)


def contradiction(body: RuleBody, c: Counts) -> str:
    """Why the counts cannot be; empty where they can."""
    room, room_word = (c.participating, _("参加表决的人数")) if body == RuleBody.owners_assembly else (
        c.present, _("实到人数")
    )  # fmt: skip
    for smaller, larger, message in (
        (room, c.entitled, _("%(room)s不能多于应到人数。", room=room_word)),
        (c.returned, room, _("收回的票不能多于%(room)s。", room=room_word)),
        (c.valid, c.returned, _("有效票不能多于收回的票。")),
        (c.area_participating, c.area_entitled, _("参加表决的面积不能大于总面积。")),
        (c.area_for, c.area_participating, _("赞成面积不能大于参加表决的面积。")),
    ):
        if smaller > larger:
            return message
    if c.in_favour + c.against + c.abstain != c.valid:
        return _("赞成、反对、弃权之和应等于有效票数。")
    return ""
