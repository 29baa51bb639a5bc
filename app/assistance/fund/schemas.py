"""What is sent and shown about the hardship fund."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.assistance.fund.models import DonorKind, EntryKind, EventKind, Method, ReliefKind, State
from app.attachments.schemas import AttachmentRead
from app.core.money import LARGEST_FEN, Fen, Yuan
from app.core.schemas import (
    AnyDate,
    Body,
    Line,
    LineOrEmpty,
    LongLine,
    LongLineOrEmpty,
    PastDate,
    Prose,
    Read,
)

Days = Annotated[int, Field(ge=1, le=60)]
Step = Literal[State.applied, State.opined, State.reviewed, State.noticed, State.followed_up, State.closed]
UNRELATED = "that the one who acts is no relative of the applicant; whoever does not say so is refused"


class Amount(Body):
    """An amount in fen or, as people write it, in yuan."""

    amount_fen: Annotated[int, Field(ge=1, le=LARGEST_FEN)] | None = None
    amount_yuan: Yuan | None = Field(default=None, description="instead of amount_fen, as people write it")

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if self.amount_yuan is not None:
            if self.amount_fen not in (None, self.amount_yuan):
                raise PydanticCustomError("amount_twice", "amount_fen and amount_yuan differ")
            self.amount_fen = self.amount_yuan
        return self


class DonationCreate(Amount):
    """A gift. It is voluntary, and said to be: membership dues never enter this fund."""

    voluntary: bool = Field(default=False, description="that this is a gift and no membership dues")
    donor_kind: DonorKind = DonorKind.member
    donor_name: LineOrEmpty = ""
    anonymous: bool = False
    method: Method = Method.cash
    received_on: PastDate | None = None
    campaign_id: UUID | None = None
    note: LongLineOrEmpty = ""


class DonationRead(Read):
    """A gift in a list. Outside the community names are masked, and of an anonymous donor nothing is said."""

    id: UUID
    community_id: UUID
    number: str
    donor_kind: DonorKind
    donor_name: str
    anonymous: bool
    amount_fen: int
    method: Method
    received_on: date
    campaign_id: UUID | None
    campaign_name: str
    entry_id: UUID
    entry_number: str
    reversed: bool = Field(description="that it bounced or was given back")


class DonationDetail(DonationRead):
    """A gift with what its receipt says."""

    community_name: str
    capitals: str = Field(description="the amount in Chinese capital figures, as receipts write it")
    note: str
    at: datetime
    by_name: str
    reversal_id: UUID | None
    reversal_reason: str


class CampaignUpdate(Body):
    """A call for donations."""

    name: Line | None = None
    purpose: LongLineOrEmpty | None = None
    starts_on: AnyDate | None = None
    ends_on: AnyDate | None = None
    goal_fen: Fen | None = None
    goal_yuan: Yuan | None = Field(default=None, description="instead of goal_fen, as people write it")


class CampaignCreate(CampaignUpdate):
    """A new call, from–to (both days included)."""

    name: Line
    starts_on: AnyDate
    ends_on: AnyDate


class CampaignRead(Read):
    """A call and what came of it, bounced donations left out."""

    id: UUID
    community_id: UUID
    name: str
    purpose: str
    starts_on: date
    ends_on: date
    goal_fen: int
    raised_fen: int
    donations: int
    version: int


class EntryRead(Read):
    """A movement of money in the ledger: what the fund gained or, below zero, paid."""

    id: UUID
    community_id: UUID
    number: str
    kind: EntryKind
    booked_on: date
    amount_fen: int
    reference: str = Field(description="the number of the receipt, the request, or the entry that is taken back")
    reverses_id: UUID | None
    reversed: bool


class LineRead(Read):
    """One side of an entry: debit above zero, credit below."""

    account: str
    amount_fen: int


class EntryDetail(EntryRead):
    """An entry with both its sides and what it belongs to."""

    reason: str
    at: datetime
    by_name: str
    lines: list[LineRead]
    reversal_id: UUID | None
    reverses_number: str
    donation_id: UUID | None
    donation_number: str
    relief_id: UUID | None
    relief_number: str


class EntryReverse(Body):
    """Takes an entry back: a donation that bounced, a payment that came back, a mistake."""

    reason: LongLine


class ReliefUpdate(Amount):
    """A request that nobody has checked yet."""

    purpose: Line | None = None
    situation: Prose | None = None
    urgent: bool | None = None


class ReliefCreate(Amount):
    """A need that is reported: for whom by room and name or by id, or for what purpose, and how much."""

    kind: ReliefKind = ReliefKind.relief
    urgent: bool = Field(default=False, description="paid first and shown after")
    case_id: UUID | None = None
    household_id: UUID | None = None
    room: LineOrEmpty = Field(default="", description="instead of household_id, such as 12-1-302")
    resident_id: UUID | None = None
    person: LineOrEmpty = Field(default="", description="instead of resident_id, a name in the household")
    purpose: Line
    situation: Prose = ""


class ReliefMove(Body):
    """The next step, with what was said or found."""

    to: Step
    note: LongLineOrEmpty = ""
    days: Days = Field(default=7, description="how long the notice is shown")


class CheckCreate(Body):
    """What one of the two people found at the door."""

    checked_on: PastDate | None = None
    findings: LongLine
    unrelated: bool = Field(default=False, description=UNRELATED)


class Approval(Body):
    """The decision of somebody who did not ask."""

    note: LongLineOrEmpty = ""
    unrelated: bool = Field(default=False, description=UNRELATED)


class Rejection(Body):
    """Why not."""

    reason: LongLine


class Payment(Body):
    """The third act: money against a receipt that the recipient signed, kept as a file of the request."""

    receipt_id: UUID | None = Field(default=None, description="the attachment that is the signed receipt")
    method: Method = Method.cash
    unrelated: bool = Field(default=False, description=UNRELATED)


class RelativeCreate(Body):
    """That somebody of the office is related to the applicant."""

    user_id: UUID
    relation: Line


class ReliefRead(Read):
    """A request in a list. Outside the community the name is masked and the room left out."""

    id: UUID
    community_id: UUID
    number: str
    kind: ReliefKind
    urgent: bool
    case_id: UUID | None
    household_id: UUID | None
    room: str
    resident_id: UUID | None
    person: str
    purpose: str
    amount_fen: int
    state: State
    reported_on: date
    paid_on: date | None
    version: int


class CheckRead(Read):
    user_id: UUID
    by_name: str
    checked_on: date
    findings: str


class RelativeRead(Read):
    user_id: UUID
    name: str
    relation: str


class EventRead(Read):
    seq: int
    kind: EventKind
    from_state: str
    to_state: str
    at: datetime
    by_name: str
    text: str
    entry_id: UUID | None


class ReliefDetail(ReliefRead):
    """The whole request: its path, who acted, what was found, what was paid and every event."""

    community_name: str
    situation: str
    capitals: str
    notice_from: date | None
    notice_to: date | None
    requester: str
    approver: str
    payer: str
    next_state: State | None
    path: list[State]
    checks: list[CheckRead]
    relatives: list[RelativeRead]
    events: list[EventRead]
    files: list[AttachmentRead]
    receipt_id: UUID | None
    entry_id: UUID | None
    entry_number: str
    balance_fen: int


class FigureRead(Read):
    """One figure of a statement: its entries are listed at `href`."""

    kind: EntryKind
    reversal: bool
    amount_fen: int = Field(description="never below zero")
    entries: int
    href: str


class MonthRead(Read):
    """A month of a yearly statement."""

    period: str
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int
    href: str


class StatementRead(Read):
    """Opening + in - out = closing, of a month or a year; what was taken back is subtracted on its own side."""

    community_id: UUID
    community_name: str
    community_code: str
    period: str
    from_on: date
    to_on: date
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int
    income: list[FigureRead]
    spending: list[FigureRead]
    months: list[MonthRead]
    years: list[int]
    entries_href: str


class FundOverview(Read):
    """The fund of a community as it stands."""

    community_id: UUID
    community_name: str
    community_code: str
    balance_fen: int
    waiting_fen: int = Field(description="approved and not yet paid")
    year: StatementRead
    states: dict[str, int]
    latest: list[EntryRead]


class NoticeRead(Read):
    """A request that is shown: never the name, never the room."""

    number: str
    person: str
    amount_fen: int
    from_on: date
    to_on: date


class PublicRead(Read):
    """The fund as everybody sees it, without names."""

    statement: StatementRead
    balance_fen: int
    notices: list[NoticeRead]
    campaigns: list[CampaignRead]


class PublicEntry(Read):
    """A movement of money as everybody sees it."""

    number: str
    kind: EntryKind
    booked_on: date
    amount_fen: int
    reference: str
    reversal: bool
