"""The list of electors with its objections, and the candidates."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import AssembliesRead, AssembliesRun, AssembliesWrite
from app.assemblies.elections import candidates, electors, reading, service, shown
from app.assemblies.elections.models import Elector
from app.assemblies.elections.schemas import (
    CandidateCreate,
    CandidateRead,
    CandidateUpdate,
    ElectionRead,
    ElectorRead,
    ListFreeze,
    ObjectionCreate,
    ObjectionRead,
    ReasonGiven,
    RulingWrite,
)
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import Search
from app.core.versions import IfMatch

router = APIRouter(prefix="/elections/{election_id}", tags=["elections"])
PAGE, LIST, CANDIDATES = shown.PAGE, "elections/electors.html", "elections/candidates.html"


def _to_list(_data: object, request: Request) -> str:
    return f"/elections/{request.path_params['election_id']}/electors"


def _to_candidates(_data: object, request: Request) -> str:
    return f"/elections/{request.path_params['election_id']}/candidates"


def _list_again(view: View) -> Page[ElectorRead]:
    election = service.find(view.s, view.who, view.param("election_id"))
    found = view.s.scalars(electors.listed(election.id).order_by(col(Elector.number)).limit(50)).all()
    return Page[ElectorRead](items=reading.elector_reads(view.who, found))


def _candidates_again(view: View) -> Page[CandidateRead]:
    election = service.find(view.s, view.who, view.param("election_id"))
    return Page[CandidateRead](items=reading.candidate_reads(view.s, view.who, election))


@router.post("/list")
@html(form=PAGE, extra=shown.page, current=shown.again, then=_to_list, done=N_("选民名单已公布。"))
def publish_election_electors(
    s: SessionDep, who: AssembliesWrite, election_id: UUID, data: ListFreeze, idempotency_key: IdempotencyKey = None
) -> ElectionRead:
    """Freezes the list of electors and publishes it; only an objection that is upheld changes it afterwards."""
    return reading.many(s, [electors.freeze(s, who, election_id, data)])[0]


@router.get("/electors")
@html(LIST, extra=shown.objections_page)
def list_election_electors(
    s: SessionDep,
    who: AssembliesRead,
    election_id: UUID,
    paging: PagingDep,
    q: Annotated[Search, Query(description="a name, a room or a group")] = "",
) -> Page[ElectorRead]:
    """The list of electors, by number."""
    election = service.find(s, who, election_id)
    statement = electors.listed(election.id)
    if q:
        statement = statement.where(
            col(Elector.name).contains(q, autoescape=True) | col(Elector.place).contains(q, autoescape=True)
        )
    keys: list[Any] = [(col(Elector.number), int)]
    found = paginate(s, statement, paging, keys)
    return Page[ElectorRead](**{**found, "items": reading.elector_reads(who, found["items"])})


@router.get("/electors/export", response_class=Response)
def export_election_electors(
    s: SessionDep,
    who: AssembliesRead,
    election_id: UUID,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The whole list as CSV or XLSX, as it hangs out. Each export stands in the audit log."""
    election = service.find(s, who, election_id)
    rows = reading.elector_rows(s, who, election)
    answer = table_response(format, _("选民名单"), reading.elector_columns(), rows)
    note_export(database(request), who, "elector", election.community_id, format, request.query_params.keys())
    return answer


@router.get("/objections")
def list_elector_objections(s: SessionDep, who: AssembliesRead, election_id: UUID) -> list[ObjectionRead]:
    """Objections to the list with what became of them, the earliest first."""
    return reading.objection_reads(s, who, service.find(s, who, election_id))


@router.post("/objections", status_code=201)
@html(form=LIST, extra=shown.objections_page, current=_list_again, then=_to_list, done=N_("异议已登记。"))
def create_elector_objection(
    s: SessionDep,
    who: AssembliesRun,
    election_id: UUID,
    data: ObjectionCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ObjectionRead:
    """Writes down an objection to the list of electors."""
    objection = electors.object_to(s, who, election_id, data)
    response.headers["Location"] = f"/elections/{election_id}/electors#objections"
    return reading.objection_read(s, who, objection)


@router.post("/objections/{objection_id}/ruling")
@html(form=LIST, extra=shown.objections_page, current=_list_again, then=_to_list, done=N_("异议已答复。"))
def rule_elector_objection(
    s: SessionDep,
    who: AssembliesWrite,
    election_id: UUID,
    objection_id: UUID,
    data: RulingWrite,
    if_match: IfMatch,
) -> ObjectionRead:
    """Answers an objection, with grounds: somebody is added, struck, or nothing changes."""
    return reading.objection_read(s, who, electors.rule(s, who, election_id, objection_id, data, if_match))


@router.get("/candidates")
@html(CANDIDATES, extra=shown.candidates_page)
def list_candidates(s: SessionDep, who: AssembliesRead, election_id: UUID) -> Page[CandidateRead]:
    """Everybody who was nominated, by post and name."""
    found: list[Any] = reading.candidate_reads(s, who, service.find(s, who, election_id))
    return Page[CandidateRead](items=found, total=len(found))


@router.post("/candidates", status_code=201)
@html(
    form=CANDIDATES,
    extra=shown.candidates_page,
    current=_candidates_again,
    then=_to_candidates,
    done=N_("提名已登记。"),
)
def nominate_candidate(
    s: SessionDep,
    who: AssembliesWrite,
    election_id: UUID,
    data: CandidateCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CandidateRead:
    """Puts somebody up for a post."""
    candidate = candidates.nominate(s, who, election_id, data)
    response.headers["Location"] = f"/elections/{election_id}/candidates/{candidate.id}"
    return reading.candidate_read(s, who, candidate)


@router.get("/candidates/{candidate_id}")
@html("elections/candidate.html", extra=shown.candidates_page)
def read_candidate(s: SessionDep, who: AssembliesRead, election_id: UUID, candidate_id: UUID) -> CandidateRead:
    """Somebody who was nominated, and whether he stands."""
    return reading.candidate_read(s, who, candidates.find(s, service.find(s, who, election_id), candidate_id))


def _candidate_again(view: View) -> CandidateRead:
    election = service.find(view.s, view.who, view.param("election_id"))
    return reading.candidate_read(view.s, view.who, candidates.find(view.s, election, view.param("candidate_id")))


@router.patch("/candidates/{candidate_id}")
@html(
    form="elections/candidate.html",
    extra=shown.candidates_page,
    current=_candidate_again,
    then=_to_candidates,
    done=N_("已保存。"),
)
def update_candidate(
    s: SessionDep,
    who: AssembliesWrite,
    election_id: UUID,
    candidate_id: UUID,
    data: CandidateUpdate,
    if_match: IfMatch,
) -> CandidateRead:
    """Corrects what is said of somebody, or writes down whether he agrees, until the candidates are published."""
    return reading.candidate_read(s, who, candidates.update(s, who, election_id, candidate_id, data, if_match))


@router.post("/candidates/{candidate_id}/withdrawal")
@html(
    form="elections/candidate.html",
    extra=shown.candidates_page,
    current=_candidate_again,
    then=_to_candidates,
    done=N_("已登记退出。"),
)
def withdraw_candidate(
    s: SessionDep, who: AssembliesWrite, election_id: UUID, candidate_id: UUID, data: ReasonGiven, if_match: IfMatch
) -> CandidateRead:
    """Somebody no longer stands, with the reason; not once people vote."""
    found = candidates.withdraw(s, who, election_id, candidate_id, data.reason, if_match)
    return reading.candidate_read(s, who, found)


@router.post("/nominations")
@html(
    form=CANDIDATES,
    extra=shown.candidates_page,
    current=_candidates_again,
    then=shown.here,
    done=N_("候选人已公布。"),
)
def publish_candidates(
    s: SessionDep, who: AssembliesWrite, election_id: UUID, idempotency_key: IdempotencyKey = None
) -> ElectionRead:
    """Publishes the candidates; from now on the list and the names stand."""
    return reading.many(s, [candidates.publish(s, who, election_id)])[0]
