"""Bodies and answers about rule packs."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.assemblies.rules.decide import Decision
from app.assemblies.rules.definition import (
    MOST_CALLERS,
    Adoption,
    Base,
    Caller,
    Condition,
    Conditions,
    Count,
    Days,
    Definition,
    ElectionRules,
    Matter,
    Part,
    Proxy,
    RuleBody,
    RuleSet,
    Sources,
)
from app.assemblies.rules.models import VersionState
from app.core.schemas import AnyDate, Body, Line, LineOrEmpty, LongLineOrEmpty, Prose, Read


def _web_address(value: str) -> str:
    """A link of a page: nothing but a web address, which no `javascript:` is."""
    if not value:
        return value
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", value)
    except ValueError:
        fine = False
    if not fine:
        raise PydanticCustomError("web_address", "not a web address")
    return value


WebAddress = Annotated[LongLineOrEmpty, AfterValidator(_web_address)]


class PackCreate(Body):
    """A pack of one's own: a draft that begins as a published pack without its sources, or empty."""

    title: Line
    from_pack_id: UUID | None = None


class CallerWrite(Body):
    """`num`/`den` of those entitled must sign; both empty where the caller needs nobody else."""

    who: str = Field(pattern="^(committee|representatives|residents|subdistrict)$")
    num: Part | None = None
    den: Part | None = None
    source: LongLineOrEmpty = ""

    def caller(self) -> Caller:
        condition = None
        if self.num and self.den:
            condition = Condition(
                count=Count.signed, base=Base.entitled, num=self.num, den=self.den, source=self.source
            )
        return Caller.model_validate({"who": self.who, "condition": condition, "source": self.source})


class SetWrite(Body):
    """The rules of one body as the editor sends them."""

    body: RuleBody
    quorum: Conditions = Field(default_factory=list)
    adoption: Adoption = Field(default_factory=Adoption)
    notice_days: Days | None = None
    late_item: bool = False
    regular_per_year: Annotated[int, Field(ge=0, le=53)] | None = None
    callers: Annotated[list[CallerWrite], Field(max_length=MOST_CALLERS)] = Field(default_factory=list)
    seconders: Annotated[int, Field(ge=0, le=500)] = 0
    proxy: Proxy = Field(default_factory=Proxy)
    resolution_days: Days | None = None
    election: ElectionRules | None = None
    term_years: Annotated[int, Field(ge=1, le=10)] | None = None
    lapse_after_absences: Annotated[int, Field(ge=1, le=20)] | None = None
    sources: Sources = Field(default_factory=Sources)

    def rules(self) -> RuleSet:
        plain = self.model_dump(exclude={"callers"})
        return RuleSet(**plain, callers=[c.caller() for c in self.callers])


class DraftWrite(Body):
    """The whole draft. `op`: save, publish, add:PATH, remove:PATH, add_set:BODY or remove_set:N."""

    title: Line
    title_en: LineOrEmpty = ""
    citation: LongLineOrEmpty = ""
    source_url: WebAddress = ""
    effective_from: AnyDate | None = None
    effective_to: AnyDate | None = None
    note: Prose = ""
    note_en: Prose = ""
    sets: Annotated[list[SetWrite], Field(max_length=len(RuleBody))] = Field(default_factory=list)
    op: Annotated[str, Field(max_length=60)] = "save"

    def definition(self) -> Definition:
        return Definition(
            title=self.title,
            title_en=self.title_en,
            note=self.note,
            note_en=self.note_en,
            sets=[s.rules() for s in self.sets],
        )


class ChoiceWrite(Body):
    """From a day on, the community decides in this body by this pack."""

    body: RuleBody
    from_on: AnyDate


class VersionRead(Read):
    id: UUID
    number: int
    state: VersionState
    hash: str
    citation: str
    source_url: str
    effective_from: date | None
    effective_to: date | None
    published_at: datetime | None


class VersionDetail(VersionRead):
    """One version with all its rules."""

    pack_id: UUID
    pack_key: str
    pack_title: str
    definition: Definition
    version: int


class PackRead(Read):
    """A pack; `used_for` names the bodies whose rules it is today."""

    id: UUID
    key: str
    title: str
    title_en: str
    community_id: UUID | None = Field(description="null: built in")
    community_name: str
    example: bool = Field(description="to be replaced by each community's own")
    citation: str
    bodies: list[RuleBody]
    published_number: int | None
    has_draft: bool
    used_for: list[RuleBody]
    version: int


class PackDetail(PackRead):
    """A pack with the version that holds today (else the newest published, else the draft) and all others."""

    shown: VersionDetail
    versions: list[VersionRead]
    editable: bool


class ChoiceRead(Read):
    """By which pack a body decides today, and from which day on it was chosen."""

    body: RuleBody
    pack_id: UUID | None
    pack_title: str
    pack_title_en: str
    from_on: date | None = Field(description="null: nobody chose, the default of the software holds")
    example: bool
    decides: bool = Field(description="whether votes can be decided by it")
    notice_days: int | None


class CountsRead(Read):
    """What was entered on the page to try rules; areas in 0.01 m²."""

    entitled: int
    present: int
    returned: int
    valid: int
    in_favour: int
    against: int
    abstain: int
    participating: int
    area_entitled: int
    area_participating: int
    area_for: int


class TrialRead(Read):
    """Counts, and what a version's rules make of them; `problem` where they contradict one another."""

    pack_id: UUID
    pack_title: str
    number: int
    example: bool
    citation: str
    body: RuleBody
    matter: Matter
    counts: CountsRead
    decision: Decision | None
    explanation: str
    problem: str
    bodies: list[RuleBody] = Field(description="that can be tried")
