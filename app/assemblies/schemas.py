"""Bodies and answers about residents' groups, terms, seats, their holders, and the posts of community workers."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.assemblies.models import Installed, SeatPost, TermBody
from app.core.schemas import AnyDate, Body, Line, LongLineOrEmpty, PastDate, Read, ShortLine
from app.households.residents.identity import Phone
from app.households.residents.models import Sex
from app.households.residents.schemas import PersonName, Reason

Number = Annotated[int, Field(ge=1, le=9999)]
MOST_SEATS = 500


class GroupCreate(Body):
    """A residents' group; `buildings` says which buildings it covers, as people write it."""

    number: Number
    name: Line
    buildings: LongLineOrEmpty = ""


class GroupUpdate(Body):
    """What changes."""

    number: Number = 0
    name: Line = ""
    buildings: LongLineOrEmpty = ""


class GroupRead(Read):
    id: UUID
    community_id: UUID
    number: int
    name: str
    buildings: str
    representatives: int = Field(description="who sit for it today")
    version: int


class TermCreate(Body):
    """A term of a body with so many seats, numbered from 1; the first seat of a committee is its director's."""

    body: TermBody
    name: Line
    starts_on: AnyDate
    ends_on: AnyDate
    source: LongLineOrEmpty = Field(default="", description="the record of the election")
    seats: Annotated[int, Field(ge=0, le=MOST_SEATS)] = 0


class TermUpdate(Body):
    """What changes. Whoever holds a seat must stay inside the term."""

    name: Line = ""
    starts_on: AnyDate | None = None
    ends_on: AnyDate | None = None
    source: LongLineOrEmpty = ""


class HolderRead(Read):
    """Who held a seat from when to when. The phone is masked; outsiders see a masked name."""

    id: UUID
    seat_id: UUID
    name: str
    sex: Sex
    phone: str | None = Field(description="masked")
    resident_id: UUID | None
    user_id: UUID | None
    account: str | None = Field(description="the account with which the holder answers and votes")
    from_on: date
    to_on: date | None = Field(description="null: until the term ends")
    how: Installed
    end_reason: str
    version: int


class SeatRead(Read):
    id: UUID
    term_id: UUID
    number: int
    post: SeatPost
    group_id: UUID | None
    group_number: int | None
    group_name: str | None
    holder: HolderRead | None = Field(description="on the day that was asked for")
    version: int


class SeatDetail(SeatRead):
    """A seat with everybody who held it, the latest first."""

    body: TermBody
    term_name: str
    starts_on: date
    ends_on: date
    holders: list[HolderRead]


class TermRead(Read):
    id: UUID
    community_id: UUID
    body: TermBody
    name: str
    starts_on: date
    ends_on: date
    source: str
    seats: int
    filled: int = Field(description="seats held today, or at the end of a term that is over")
    version: int


class TermDetail(TermRead):
    """A term with its seats and who held them on a day."""

    as_of: date
    places: list[SeatRead]


class SeatCreate(Body):
    """One more seat; the next free number where none is named."""

    post: SeatPost
    number: Number | None = None
    group_id: UUID | None = None


class SeatUpdate(Body):
    post: SeatPost | None = None
    number: Number | None = None
    group_id: UUID | None = None


class HolderCreate(Body):
    """Somebody takes the seat. Whoever holds it then gives it up on the day before, for `reason`."""

    name: PersonName
    sex: Sex = Sex.unknown
    phone: Phone | None = None
    from_on: AnyDate
    how: Installed = Installed.elected
    reason: Reason = Field(default="", description="why the present holder gives the seat up")
    user_id: UUID | None = None
    resident_id: UUID | None = None
    room: ShortLine | None = Field(default=None, description="12-1-302: links the resident of that name")


class HolderUpdate(Body):
    """A correction, or the end of somebody's time. Only what is named changes; a phone of null stays."""

    name: PersonName | None = None
    sex: Sex | None = None
    phone: Phone | None = None
    forget_phone: bool = False
    from_on: AnyDate | None = None
    to_on: AnyDate | None = Field(default=None, description="the last day; null: until the term ends")
    how: Installed | None = None
    end_reason: Reason | None = None
    user_id: UUID | None = None
    resident_id: UUID | None = None
    room: ShortLine | None = None


class StaffCreate(Body):
    """A community worker's post."""

    name: PersonName
    position: ShortLine
    from_on: PastDate
    user_id: UUID | None = None


class StaffUpdate(Body):
    name: PersonName | None = None
    position: ShortLine | None = None
    from_on: PastDate | None = None
    to_on: PastDate | None = Field(default=None, description="the last day; null while it lasts")
    end_reason: Reason | None = None
    user_id: UUID | None = None


class StaffRead(Read):
    id: UUID
    community_id: UUID
    name: str
    position: str
    user_id: UUID | None
    account: str | None
    from_on: date
    to_on: date | None
    end_reason: str
    version: int


class SittingRead(Read):
    """Somebody in office on a day."""

    holder_id: UUID
    seat_id: UUID
    number: int
    name: str
    sex: Sex
    post: SeatPost
    group_number: int | None
    group_name: str | None
    from_on: date
    how: Installed


class BodyRead(Read):
    """A body on a day: its term, how many seats it has, and who held them."""

    body: TermBody
    term_id: UUID | None
    term_name: str
    starts_on: date | None
    ends_on: date | None
    seats: int
    sitting: list[SittingRead]


class RosterRead(Read):
    """Who sat where on a day, and who worked for the community."""

    as_of: date
    community_id: UUID | None
    community_name: str
    bodies: list[BodyRead]
    staff: list[StaffRead]
