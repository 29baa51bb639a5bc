"""Deciding by a rule set: pure, in integers, with both sides of every condition. `explaining` says it in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from app.assemblies.rules.definition import Base, Condition, Count, Matter, RuleSet
from app.core.errors import Conflict
from app.core.i18n import gettext as _


class Outcome(StrEnum):
    """`tied` and `rejected` both fail; `not_valid`: too few took part in a vote that has no room."""

    carried = "carried"
    rejected = "rejected"
    tied = "tied"
    no_quorum = "no_quorum"
    not_valid = "not_valid"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted. Areas are integers of 0.01 m²."""

    entitled: int = 0
    present: int = 0
    returned: int = 0
    valid: int = 0
    in_favour: int = 0
    against: int = 0
    abstain: int = 0
    participating: int = 0
    signed: int = 0
    area_entitled: int = 0
    area_present: int = 0
    area_participating: int = 0
    area_for: int = 0

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0:
            raise ValueError("a count is never negative")

    def value(self, name: Count | Base | str) -> int:
        if name == Base.for_against:
            return self.in_favour + self.against
        return int(getattr(self, "in_favour" if name == Count.in_favour else str(name)))


class Tested(BaseModel):
    """A condition with both its sides: `left` was counted, of `right`; `needed` would have been enough."""

    model_config = ConfigDict(frozen=True)

    condition: Condition
    left: int
    right: int
    needed: int
    holds: bool


class Other(BaseModel):
    """What the same votes would have given, had another base been the rule."""

    model_config = ConfigDict(frozen=True)

    base: Base
    tested: list[Tested]
    outcome: Outcome


class Decision(BaseModel):
    """An outcome with every condition it rests on: those of quorum, those of adoption."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    matter: Matter
    quorum: list[Tested]
    adoption: list[Tested]
    in_favour: int
    against: int
    abstain: int
    others: list[Other] = []

    @property
    def tested(self) -> list[Tested]:
        return [*self.quorum, *self.adoption]

    @property
    def carried(self) -> bool:
        return self.outcome == Outcome.carried


def threshold(num: int, den: int, strict: bool, n: int) -> int:
    """The smallest count that is more than (`strict`) or at least `num`/`den` of `n`."""
    return n * num // den + 1 if strict else -(-n * num // den)


def holds(condition: Condition, counts: Counts) -> Tested:
    """One condition worked out. Of nobody nothing holds: 0 of 0 is no majority."""
    left, right = counts.value(condition.count), counts.value(condition.base)
    over, bound = left * condition.den, right * condition.num
    return Tested(
        condition=condition,
        left=left,
        right=right,
        needed=max(1, threshold(condition.num, condition.den, condition.strict, right)),
        holds=right > 0 and (over > bound if condition.strict else over >= bound),
    )


def decide(rules: RuleSet, matter: Matter, counts: Counts) -> Decision:
    """The outcome of a vote, and what other bases would have given. Without rules there is no outcome (409)."""
    adoption = rules.adoption.special if matter.is_special else rules.adoption.ordinary
    if not rules.quorum or not adoption:
        raise Conflict(_("规则包没有写明这类事项的到会或者通过条件，不能据此作出决定。"), code="rule_missing")
    return Decision(
        outcome=_outcome(rules, adoption, counts),
        matter=matter,
        quorum=_all(rules.quorum, counts),
        adoption=_all(adoption, counts),
        in_favour=counts.in_favour,
        against=counts.against,
        abstain=counts.abstain,
        others=_others(rules, adoption, counts),
    )


def _all(conditions: Iterable[Condition], counts: Counts) -> list[Tested]:
    return [holds(condition, counts) for condition in conditions]


def _outcome(rules: RuleSet, adoption: list[Condition], counts: Counts) -> Outcome:
    failed = [test.condition.count for test in _all(rules.quorum, counts) if not test.holds]
    if failed:
        in_room = {Count.present, Count.area_present}
        return Outcome.no_quorum if in_room.intersection(failed) else Outcome.not_valid
    if counts.in_favour == counts.against > 0:
        return Outcome.tied
    return Outcome.carried if all(test.holds for test in _all(adoption, counts)) else Outcome.rejected


_AREA_OF = {Base.entitled: Base.area_entitled, Base.participating: Base.area_participating}
_OF_AREA = {Count.area_present, Count.area_participating, Count.area_for}
_IN_A_ROOM = (Base.entitled, Base.present, Base.returned, Base.valid, Base.for_against)
_OF_OWNERS = (Base.entitled, Base.participating)


def _others(rules: RuleSet, adoption: list[Condition], counts: Counts) -> list[Other]:
    """The same shares of other bases, where those were counted."""
    by_area = any(condition.count in _OF_AREA for condition in adoption)
    own = {condition.base for condition in adoption}
    found = []
    for base in _OF_OWNERS if by_area else _IN_A_ROOM:
        if base in own or not counts.value(base):
            continue
        asked = [c.model_copy(update={"base": _AREA_OF[base] if c.count in _OF_AREA else base}) for c in adoption]
        found.append(Other(base=base, tested=_all(asked, counts), outcome=_outcome(rules, asked, counts)))
    return found
