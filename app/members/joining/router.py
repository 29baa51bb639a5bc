"""The stages of joining: everybody's next step, one person's way, and what two people answer for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import MembersConfirm, MembersRead, MembersWrite
from app.attachments import service as attachments
from app.core.clock import add_months, now, today
from app.core.db import SessionDep
from app.core.errors import Invalid
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.schemas import AnyDate
from app.households.scope import Choice
from app.households.words import choices, translated
from app.members import service as members
from app.members.joining import files, reading, requests, service
from app.members.joining.models import Fact
from app.members.joining.rules import ORDER, STAGE_OF
from app.members.joining.schemas import (
    CorrectionAsk,
    FactCreate,
    FactStrike,
    JoiningBoard,
    JoiningRead,
    Movements,
    OverrideAsk,
    RequestDecision,
)
from app.members.joining.words import FACTS, KINDS, REQUESTS, STATES, TONES, explain
from app.members.models import Branch
from app.members.schemas import StageCreate, StageRead
from app.members.words import STAGES

router = APIRouter(prefix="/members", tags=["joining"])
_PAGE = "members/joining/way.html"
_LONGEST_PERIOD = 12 * 120


def words(view: View) -> dict[str, Any]:
    """Words of these pages, and the branches to choose from."""
    branches = members.branches(view.who).order_by(col(Branch.name))
    return {
        "branches": [(b.id, b.name) for b in view.s.scalars(branches)],
        "step_words": translated(STAGES) | translated(FACTS),
        "stage_words": translated(STAGES),
        "state_words": translated(STATES),
        "kind_words": translated(KINDS),
        "request_words": translated(REQUESTS),
        "tones": TONES,
        "explain": explain,
    }


def way_extra(view: View) -> dict[str, Any]:
    """The same, with the files of each stage and what may be recorded now."""
    way: JoiningRead = view.data
    here = [Fact(x) for x in FACTS if way.stage is not None and STAGE_OF[Fact(x)] == way.stage]
    facts = [x for x in here if x != Fact.extension or not way.extended]
    following = [x for x in ORDER if way.stage is not None and ORDER.index(x) > ORDER.index(way.stage)]
    return {
        **words(view),
        "files": attachments.of_many(view.s, requests.OWNER_KIND, [x.id for x in way.stages]),
        "facts": [(x, _(FACTS[x])) for x in facts],
        "following": [(x, _(STAGES[x])) for x in following],
        "every_stage": choices(STAGES),
    }


def _current(view: View) -> JoiningRead:
    return reading.detail(view.s, view.who, members.find(view.s, view.who, view.param("member_id")), today())


def to_way(_data: Any, request: Request) -> str:
    return f"/members/{request.path_params['member_id']}/joining"


@router.get("/joining")
@html("members/joining/board.html", extra=words)
def read_joining(
    s: SessionDep,
    who: MembersRead,
    as_of: Annotated[Choice[AnyDate], Query(description="today by default")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
    branch_id: Annotated[Choice[UUID], Query()] = None,
) -> JoiningBoard:
    """Everybody on the way towards joining: the next step, when it may happen, and when it is late."""
    return reading.board(s, who, as_of or today(), community_id, branch_id)


@router.get("/movements")
@html("members/joining/movements.html", extra=words)
def read_movements(
    s: SessionDep,
    who: MembersRead,
    since: Annotated[Choice[AnyDate], Query(description="the first of the month by default")] = None,
    until: Annotated[Choice[AnyDate], Query(description="today by default; both days are included")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> Movements:
    """What changed within a period: stages reached in the community's branches, transfers, leavings."""
    last = until or today()
    first = since or date(last.year, last.month, 1)
    if first > last or add_months(first, _LONGEST_PERIOD) < last:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="until")
    return reading.movements(s, who, first, last, community_id)


@router.get("/{member_id}/joining")
@html(_PAGE, extra=way_extra)
def read_member_joining(
    s: SessionDep, who: MembersRead, member_id: UUID, as_of: Annotated[Choice[AnyDate], Query()] = None
) -> JoiningRead:
    """One person's way: stages with their papers, what comes next and from which day on, and the history."""
    return reading.detail(s, who, members.find(s, who, member_id), as_of or today())


@router.post("/{member_id}/stages", status_code=201)
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("阶段已登记。"))
def create_member_stage(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: StageCreate, response: Response
) -> StageRead:
    """Records that the person reached a stage of joining, where the rules allow it on that day."""
    stage = service.reach_stage(s, who, member_id, data)
    response.headers["Location"] = f"/members/{member_id}/joining"
    return cast(StageRead, stage)


@router.post("/{member_id}/joining/facts", status_code=201)
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("已登记。"))
def record_joining_fact(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: FactCreate, response: Response
) -> JoiningRead:
    """Records what a stage asks for: the talk, a review, training, the political review, the approval, an extension."""
    service.record_fact(s, who, member_id, data)
    return _answer(s, who, member_id, response)


@router.post("/{member_id}/joining/strike")
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("登记已撤回，经过里两次都留着。"))
def strike_joining_fact(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: FactStrike, response: Response
) -> JoiningRead:
    """Takes back a fact that was recorded by mistake; the history keeps both."""
    service.strike_fact(s, who, member_id, data)
    return _answer(s, who, member_id, response)


@router.post("/{member_id}/joining/overrides", status_code=201)
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("申请已提出，等待另一人确认。"))
def ask_joining_override(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: OverrideAsk, response: Response
) -> JoiningRead:
    """Asks for a stage that the rules do not allow on its day; a second person must confirm it."""
    requests.ask_override(s, who, member_id, data, now())
    return _answer(s, who, member_id, response)


@router.post("/{member_id}/stages/{member_stage_id}/correction", status_code=201)
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("更正已提出，等待另一人确认。"))
def correct_member_stage(
    s: SessionDep,
    who: MembersWrite,
    member_id: UUID,
    member_stage_id: UUID,
    data: CorrectionAsk,
    response: Response,
) -> JoiningRead:
    """Says that a stage was recorded wrongly, or never reached; a second person must confirm it."""
    requests.ask_correction(s, who, member_id, member_stage_id, data, now())
    return _answer(s, who, member_id, response)


@router.post("/{member_id}/joining/confirm")
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("已确认并记入经过。"))
def confirm_joining_request(
    s: SessionDep, who: MembersConfirm, member_id: UUID, data: RequestDecision, response: Response
) -> JoiningRead:
    """A second person confirms an override or a correction, which then stands."""
    requests.settle(s, who, member_id, data.request_id, confirm=True)
    return _answer(s, who, member_id, response)


@router.post("/{member_id}/joining/refuse")
@html(form=_PAGE, extra=way_extra, current=_current, then=to_way, done=N_("未予确认，什么都没有改变。"))
def refuse_joining_request(
    s: SessionDep, who: MembersConfirm, member_id: UUID, data: RequestDecision, response: Response
) -> JoiningRead:
    """A second person refuses an override or a correction; nothing changes."""
    requests.settle(s, who, member_id, data.request_id, confirm=False)
    return _answer(s, who, member_id, response)


def _answer(s: Any, who: Any, member_id: UUID, response: Response) -> JoiningRead:
    response.headers["Location"] = f"/members/{member_id}/joining"
    return reading.detail(s, who, members.find(s, who, member_id), today())


files.register()
