"""Bodies and answers about branches and members."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.core.schemas import Body, Clean, Line, LineOrEmpty, PastDate, Read, ShortLine, one_line
from app.households.residents.identity import Phone
from app.households.residents.models import Education, Sex
from app.households.residents.schemas import PersonName
from app.members.models import Affiliation, Left, Stage


class AgeBand(StrEnum):
    """Completed years, both ends included."""

    up_to_35 = "up_to_35"
    from_36_to_45 = "from_36_to_45"
    from_46_to_59 = "from_46_to_59"
    from_60_to_69 = "from_60_to_69"
    from_70 = "from_70"
    unknown = "unknown"


class BranchCreate(Body):
    """A branch of the community (one's own)."""

    name: Line
    founded_on: PastDate


class BranchUpdate(Body):
    """What changes; a branch that is dissolved takes no more members."""

    name: Line = ""
    founded_on: PastDate | None = None
    dissolved_on: PastDate | None = None


class BranchRead(Read):
    id: UUID
    community_id: UUID
    name: str
    founded_on: date
    dissolved_on: date | None
    members: int = Field(description="probationary and full members today")
    version: int


class MemberCreate(Body):
    """Somebody who enters the register, at a stage reached on a day (that of registration where none is named)."""

    name: PersonName
    sex: Sex = Sex.unknown
    birth_on: PastDate | None = None
    education: Education = Education.unknown
    phone: Phone | None = None
    affiliation: Affiliation
    branch_id: UUID | None = Field(default=None, description="of a directly managed member")
    home_branch: LineOrEmpty = Field(default="", description="where a resident member belongs")
    stage: Stage = Stage.full
    stage_on: PastDate | None = None
    from_on: PastDate | None = Field(default=None, description="today where it is not named")
    resident_id: UUID | None = None
    room: ShortLine | None = Field(default=None, description="12-1-302: links the resident of that name")


class MemberUpdate(Body):
    """Only what is named changes. A phone of null stays; `forget_phone` erases it."""

    name: PersonName | None = None
    sex: Sex | None = None
    birth_on: PastDate | None = None
    education: Education | None = None
    phone: Phone | None = None
    forget_phone: bool = False
    affiliation: Affiliation | None = None
    branch_id: UUID | None = None
    home_branch: LineOrEmpty | None = None
    from_on: PastDate | None = None
    resident_id: UUID | None = None
    room: ShortLine | None = None


class MemberLeave(Body):
    """The last day in the register, and why: moved away, transferred, withdrawn, died."""

    to_on: PastDate
    to_kind: Left = Left.other
    to_reason: Annotated[str, StringConstraints(min_length=1, max_length=200), Clean, AfterValidator(one_line)]


class StageCreate(Body):
    stage: Stage
    from_on: PastDate


class StageRead(Read):
    id: UUID
    member_id: UUID
    stage: Stage
    from_on: date


class MemberItem(Read):
    """A line of the list; for those outside the community the name is masked."""

    id: UUID
    name: str
    sex: Sex
    phone: str | None = Field(description="masked")
    affiliation: Affiliation
    branch: str
    stage: Stage | None = Field(description="on the day of the list")
    stage_on: date | None
    from_on: date
    to_on: date | None


class MemberRead(Read):
    """One person of the register. The phone is masked; a reveal shows it."""

    id: UUID
    community_id: UUID
    resident_id: UUID | None
    name: str
    sex: Sex
    birth_on: date | None
    education: Education
    phone: str | None = Field(description="masked")
    affiliation: Affiliation
    branch_id: UUID | None
    branch: str = Field(description="the branch of the community, or the one elsewhere")
    home_branch: str
    stage: Stage | None = Field(description="today")
    stages: list[StageRead]
    from_on: date
    to_on: date | None
    to_kind: str = Field(description="empty while somebody is in the register, and where it was never said")
    to_reason: str
    created_at: datetime
    version: int


class MemberCounts(Read):
    """How many people stand where on a day."""

    as_of: date
    members: int = Field(description="probationary and full")
    direct: int
    resident: int
    stages: dict[Stage, int]
    joined: dict[Stage, int] = Field(description="who reached each stage here within the year before that day")
    joined_since: date
    sexes: dict[Sex, int] = Field(description="of the members")
    educations: dict[Education, int] = Field(description="of the members")
    ages: dict[AgeBand, int] = Field(description="of the members, in completed years on that day")


class PhoneReveal(Body):
    """Why somebody needs the number in full."""

    reason: Annotated[str, StringConstraints(min_length=2, max_length=200), Clean, AfterValidator(one_line)]


class PhoneRevealed(Read):
    """The number, once. The reveal stands in the audit log."""

    id: UUID
    value: str
