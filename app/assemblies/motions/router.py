"""Motions and what becomes of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.accounts.permissions import AssembliesRead, AssembliesRun, MotionsPropose, MotionsWrite
from app.assemblies.motions import audit_words, handling, listing, pages, proposing, service, shown
from app.assemblies.motions.models import MotionState
from app.assemblies.motions.schemas import (
    CorrectionBody,
    MergeBody,
    MotionCreate,
    MotionDetail,
    MotionRead,
    MotionUpdate,
    NoteBody,
    ReasonBody,
    SecondBody,
)
from app.assemblies.rules.definition import Matter
from app.core.apart import database
from app.core.clock import now
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ASSEMBLIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(tags=["motions"])
PAGE, FORM = "motions/motion.html", "motions/form.html"


def _wanted(
    q: Annotated[Search, Query(description="part of the title, the text or the number")] = "",
    state: Annotated[Choice[MotionState], Query()] = None,
    matter: Annotated[Choice[Matter], Query()] = None,
    year: Annotated[Choice[int], Query(ge=1900, le=2200)] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
    assembly_id: Annotated[Choice[UUID], Query()] = None,
    mine: Annotated[bool, Query(description="those that I proposed")] = False,
    waiting: Annotated[bool, Query(description="those that I may still second")] = False,
) -> listing.Wanted:
    return listing.Wanted(q, state, matter, year, community_id, assembly_id, mine, waiting)


WantedDep = Annotated[listing.Wanted, Depends(_wanted)]


def _here(_data: object, request: Request) -> str:
    return f"/motions/{request.path_params['motion_id']}"


@router.get("/motions")
@html("motions/list.html", extra=pages.list_extra)
def list_motions(s: SessionDep, who: AssembliesRead, wanted: WantedDep, paging: PagingDep) -> Page[MotionRead]:
    """Motions within reach, the latest number first; drafts only for their author and the director."""
    return listing.page(s, who, wanted, paging)


@router.post("/motions", status_code=201)
@html(form=FORM, extra=pages.new_extra, done=N_("议案已保存。"))
def create_motion(
    s: SessionDep, who: MotionsPropose, data: MotionCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> MotionDetail:
    """Brings a motion or an amendment: as a draft, or handed in at once."""
    at = now()
    motion = proposing.create(s, who, data, at)
    response.headers["Location"] = f"/motions/{motion.id}"
    return shown.detail(s, who, motion, at)


@router.get("/motions/export", response_class=Response)
def export_motions(
    s: SessionDep,
    who: AssembliesRead,
    wanted: WantedDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("议案"), listing.columns(), listing.rows(s, who, wanted))
    note_export(database(request), who, "motion", who.community_id, format, request.query_params.keys())
    return answer


router.routes.extend(pages.router.routes)


@router.get("/motions/{motion_id}")
@html(PAGE, extra=pages.motion_extra)
def read_motion(s: SessionDep, who: AssembliesRead, motion_id: UUID) -> MotionDetail:
    """A motion with everything that happened to it."""
    return shown.detail(s, who, service.find(s, who, motion_id), now())


@router.put("/motions/{motion_id}")
@html(form=FORM, extra=pages.edit_extra, then=_here, done=N_("议案已保存。"))
def update_motion(
    s: SessionDep, who: MotionsPropose, motion_id: UUID, data: MotionUpdate, if_match: IfMatch
) -> MotionDetail:
    """Changes a draft or a returned motion; hands it in where `submit` says so."""
    at = now()
    return shown.detail(s, who, proposing.update(s, who, motion_id, data, if_match, at), at)


@router.post("/motions/{motion_id}/submit")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("议案已提交。"))
def submit_motion(s: SessionDep, who: MotionsPropose, motion_id: UUID) -> MotionDetail:
    """Hands a motion in."""
    motion, at = service.find(s, who, motion_id), now()
    proposing.submit(s, who, motion, at)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/withdraw")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("议案已撤回。"))
def withdraw_motion(s: SessionDep, who: MotionsPropose, motion_id: UUID, data: ReasonBody) -> MotionDetail:
    """Takes a motion back, with its reason, until it is voted on; its amendments fall with it."""
    motion, at = service.find(s, who, motion_id), now()
    proposing.withdraw(s, who, motion, at, data.reason)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/seconds", status_code=201)
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("已附议。"))
def second_motion(
    s: SessionDep,
    who: MotionsPropose,
    motion_id: UUID,
    data: SecondBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MotionDetail:
    """A representative seconds a motion; twice is once. The director records a signature on paper."""
    motion, at = service.find(s, who, motion_id), now()
    proposing.second(s, who, motion, at, data.holder_id)
    response.headers["Location"] = f"/motions/{motion.id}"
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/unsecond")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("已取消附议。"))
def unsecond_motion(s: SessionDep, who: MotionsPropose, motion_id: UUID) -> MotionDetail:
    """Takes one's own second back, until the motion is admitted."""
    motion, at = service.find(s, who, motion_id), now()
    proposing.unsecond(s, who, motion, at)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/notes", status_code=201)
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("意见已记下。"))
def note_on_motion(
    s: SessionDep,
    who: MotionsPropose,
    motion_id: UUID,
    data: NoteBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MotionDetail:
    """Adds to the discussion; what was said stays as it was said."""
    motion, at = service.find(s, who, motion_id), now()
    proposing.add_note(s, who, motion, data.text, at)
    response.headers["Location"] = f"/motions/{motion.id}"
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/admit")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("议案已受理，可以列入议程。"))
def admit_motion(s: SessionDep, who: MotionsWrite, motion_id: UUID) -> MotionDetail:
    """Takes a motion up, so that it may be put on an agenda; refused while seconds are missing."""
    motion, at = service.find(s, who, motion_id), now()
    handling.admit(s, who, motion, at)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/return")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("议案已退回，理由已写明。"))
def return_motion(s: SessionDep, who: MotionsWrite, motion_id: UUID, data: ReasonBody) -> MotionDetail:
    """Gives a motion back to its author with a reason; it may be changed and handed in again."""
    motion, at = service.find(s, who, motion_id), now()
    service.move(s, who, motion, MotionState.returned, at, reason=data.reason)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/merge")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("议案已合并。"))
def merge_motion(s: SessionDep, who: MotionsWrite, motion_id: UUID, data: MergeBody) -> MotionDetail:
    """Makes a duplicate part of another motion; its proposers and seconders go with it."""
    motion, at = service.find(s, who, motion_id), now()
    handling.merge(s, who, motion, data.into_id, at, data.reason)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/corrections", status_code=201)
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("更正已提出，等待另一人确认。"))
def ask_motion_correction(
    s: SessionDep, who: MotionsWrite, motion_id: UUID, data: CorrectionBody, response: Response
) -> MotionDetail:
    """Says that the recorded state is wrong; another person must confirm before anything changes."""
    motion, at = service.find(s, who, motion_id), now()
    handling.ask_correction(s, who, motion, data.to, data.reason, at)
    response.headers["Location"] = f"/motions/{motion.id}"
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/corrections/{correction_id}/confirm")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("更正已确认并记入经过。"))
def confirm_motion_correction(s: SessionDep, who: AssembliesRun, motion_id: UUID, correction_id: UUID) -> MotionDetail:
    """A second person confirms a correction, which then is an event of the motion's history."""
    motion, at = service.find(s, who, motion_id), now()
    handling.settle_correction(s, who, motion, correction_id, at, confirm=True)
    return shown.detail(s, who, motion, at)


@router.post("/motions/{motion_id}/corrections/{correction_id}/refuse")
@html(form=PAGE, extra=pages.motion_extra, current=pages.current, then=_here, done=N_("更正未获确认，状态不变。"))
def refuse_motion_correction(s: SessionDep, who: AssembliesRun, motion_id: UUID, correction_id: UUID) -> MotionDetail:
    """A second person refuses a correction; nothing changes."""
    motion, at = service.find(s, who, motion_id), now()
    handling.settle_correction(s, who, motion, correction_id, at, confirm=False)
    return shown.detail(s, who, motion, at)


add_nav(NavItem("/motions", N_("议案"), "file-text", "assemblies:read", 42, ASSEMBLIES))
audit_words.register()
