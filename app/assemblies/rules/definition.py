"""What a rule pack says: conditions over counts, in integers only, and the times and persons that rules name.

A condition holds iff `count * den > base * num` (strict) or `>=`. A percentage is never stored: `ceil(n * 0.66)` is
wrong for 9,902 of the first 10,000 n. What a source does not say, or could not be read of it, is null or an empty list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from app.core.schemas import Body, LineOrEmpty, LongLineOrEmpty, Prose

MOST_CONDITIONS, MOST_CALLERS, MOST_DAYS = 6, 6, 400


class RuleBody(StrEnum):
    """Whose rules: the three assemblies, each with rules of its own, and the bodies that are elected."""

    representative_assembly = "representative_assembly"
    residents_assembly = "residents_assembly"
    owners_assembly = "owners_assembly"
    committee = "committee"
    supervision_committee = "supervision_committee"


class Matter(StrEnum):
    """What is decided, as far as rules ask: owners' matters are not a committee's to decide."""

    ordinary = "ordinary"
    special = "special"
    owners = "owners"
    owners_special = "owners_special"

    @property
    def of_owners(self) -> bool:
        return self in (Matter.owners, Matter.owners_special)

    @property
    def is_special(self) -> bool:
        return self in (Matter.special, Matter.owners_special)

    @property
    def body(self) -> RuleBody:
        return RuleBody.owners_assembly if self.of_owners else RuleBody.representative_assembly


class Count(StrEnum):
    """What is compared."""

    present = "present"
    returned = "returned"
    valid = "valid"
    in_favour = "for"
    against = "against"
    abstain = "abstain"
    participating = "participating"
    signed = "signed"
    area_present = "area_present"
    area_participating = "area_participating"
    area_for = "area_for"


class Base(StrEnum):
    """With what it is compared."""

    entitled = "entitled"
    present = "present"
    returned = "returned"
    valid = "valid"
    for_against = "for_against"
    participating = "participating"
    area_entitled = "area_entitled"
    area_participating = "area_participating"


Part = Annotated[int, Field(ge=1, le=1000)]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]


class Condition(Body):
    """`count` is more than (`strict`) or at least `num`/`den` of `base`; `source` says where that is written."""

    count: Count
    base: Base
    num: Part
    den: Part
    strict: bool = False
    source: LongLineOrEmpty = ""


Conditions = Annotated[list[Condition], Field(max_length=MOST_CONDITIONS)]


class Adoption(Body):
    """All conditions of a list must hold. An empty list decides nothing."""

    ordinary: Conditions = Field(default_factory=list)
    special: Conditions = Field(default_factory=list)


class Caller(Body):
    """Who may call an extraordinary session; `condition` counts those who `signed` over those entitled."""

    who: Literal["committee", "representatives", "residents", "subdistrict"]
    condition: Condition | None = None
    source: LongLineOrEmpty = ""


class Proxy(Body):
    """Voting for somebody who is absent."""

    allowed: bool = False
    per_holder: Annotated[int, Field(ge=0, le=20)] = 0


class ElectionRules(Body):
    """Valid: `returned` over `entitled` (registered). Elected: `for` over `returned`. A tie for a seat: run-off."""

    valid: Conditions = Field(default_factory=list)
    elected: Conditions = Field(default_factory=list)
    second_round: Conditions = Field(default_factory=list)
    more_candidates_than_seats: bool = True
    list_days: Days | None = None
    source: LongLineOrEmpty = ""


class Sources(Body):
    """Where each of the single rules is written."""

    tie: LongLineOrEmpty = ""
    notice_days: LongLineOrEmpty = ""
    late_item: LongLineOrEmpty = ""
    regular_per_year: LongLineOrEmpty = ""
    seconders: LongLineOrEmpty = ""
    proxy: LongLineOrEmpty = ""
    resolution_days: LongLineOrEmpty = ""
    term_years: LongLineOrEmpty = ""
    lapse_after_absences: LongLineOrEmpty = ""


class RuleSet(Body):
    """The rules of one body. Null or empty: the source says nothing, or could not be read."""

    body: RuleBody
    quorum: Conditions = Field(default_factory=list)
    adoption: Adoption = Field(default_factory=Adoption)
    tie: Literal["fails"] = "fails"
    notice_days: Days | None = None
    late_item: bool = False
    regular_per_year: Annotated[int, Field(ge=0, le=53)] | None = None
    callers: Annotated[list[Caller], Field(max_length=MOST_CALLERS)] = Field(default_factory=list)
    seconders: Annotated[int, Field(ge=0, le=500)] = 0
    proxy: Proxy = Field(default_factory=Proxy)
    resolution_days: Days | None = None
    election: ElectionRules | None = None
    term_years: Annotated[int, Field(ge=1, le=10)] | None = None
    lapse_after_absences: Annotated[int, Field(ge=1, le=20)] | None = None
    sources: Sources = Field(default_factory=Sources)

    @property
    def decides(self) -> bool:
        """Whether votes can be decided by it."""
        return bool(self.quorum and self.adoption.ordinary)


class Definition(Body):
    """A pack: rules of one or several bodies. An `example` is marked as such wherever it is shown."""

    title: LineOrEmpty = ""
    title_en: LineOrEmpty = ""
    note: Prose = ""
    note_en: Prose = ""
    example: bool = False
    sets: Annotated[list[RuleSet], Field(max_length=len(RuleBody))] = Field(default_factory=list)

    def of(self, body: str) -> RuleSet | None:
        """The rules of a body, or None where the pack has none."""
        return next((rules for rules in self.sets if rules.body == body), None)


def document(
    key: str,
    number: int,
    definition: Definition,
    *,
    citation: str,
    source_url: str,
    effective_from: date | None,
    effective_to: date | None,
) -> dict[str, Any]:
    """A version in full, as a decision keeps it and as a bundle carries it."""
    return {
        "pack": key,
        "number": number,
        "citation": citation,
        "source_url": source_url,
        "effective_from": effective_from.isoformat() if effective_from else None,
        "effective_to": effective_to.isoformat() if effective_to else None,
        "definition": definition.model_dump(mode="json"),
    }


def hash_of(kept: Mapping[str, Any]) -> str:
    """SHA-256 of a document as one text: keys sorted, no spaces, UTF-8."""
    plain = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
