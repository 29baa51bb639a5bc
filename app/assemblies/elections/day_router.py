"""The day of the election and after it: ballots, opening, closing, counting, declaring, and the public result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import AssembliesRead, AssembliesRun, AssembliesWrite, Principal
from app.assemblies.elections import (
    booth,
    bundle,
    counts,
    declaring,
    filling,
    polling,
    reading,
    service,
    shown,
)
from app.assemblies.elections import slips as printing
from app.assemblies.elections.models import Election, State
from app.assemblies.elections.schemas import (
    BallotPaper,
    CountConfirm,
    CountWrite,
    ElectionDetail,
    ElectionRead,
    FurtherRound,
    Installation,
    ReceiptRead,
    ResultPage,
    Slips,
)
from app.ballots import service as ballots
from app.ballots.ending import ended
from app.ballots.models import BallotReceipt
from app.ballots.schemas import BoothForm
from app.core import qr
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate

router = APIRouter(prefix="/elections/{election_id}", tags=["elections"])
PAGE = shown.PAGE


def _detail(s: Session, who: Principal, election_id: UUID) -> ElectionDetail:
    return reading.one(s, who, service.find(s, who, election_id))


def _shown(who: Principal) -> Callable[[Session, UUID], ElectionDetail]:
    return lambda s, election_id: _detail(s, who, election_id)


@router.get("/ballot")
@html("elections/ballot.html", extra=shown.words)
def read_election_ballot(s: SessionDep, who: AssembliesRead, election_id: UUID) -> BallotPaper:
    """The ballot as it is printed, one a sheet of A4."""
    return reading.ballot(s, who, service.find(s, who, election_id))


@router.get("/ballot/phone")
@html("elections/specimen.html")
def read_ballot_specimen(s: SessionDep, who: AssembliesRead, election_id: UUID) -> BoothForm:
    """The ballot as a phone shows it, to look at."""
    election = service.find(s, who, election_id)
    return booth.paper(s, election, ballots.claim(ballots.Secrecy.secret))


def _slips_again(view: View) -> Slips:
    return printing.overview(view.s, view.who, view.param("election_id"))


@router.get("/slips")
@html("elections/slips.html")
def read_election_slips(s: SessionDep, who: AssembliesRun, election_id: UUID) -> Slips:
    """Whether slips can be made for an election, and how many."""
    return printing.overview(s, who, election_id)


@router.post("/slips")
@html(form="elections/slips.html", current=_slips_again, shows="elections/slips.html")
def make_election_slips(s: SessionDep, who: AssembliesRun, request: Request, election_id: UUID) -> Slips:
    """A slip for each elector, shown this once; made again before the first is used, all earlier ones are void."""
    return printing.make(s, who, election_id, qr.base(request))


@router.post("/opening")
@html(form=PAGE, extra=shown.page, current=shown.again, then=shown.here, done=N_("投票开始了。"))
def open_election(
    s: SessionDep, who: AssembliesRun, election_id: UUID, idempotency_key: IdempotencyKey = None
) -> ElectionDetail:
    """Voting begins: rules, list and candidates are kept as they are now."""
    return reading.one(s, who, polling.open_polls(s, who, election_id))


@router.post("/closing")
@html(form=PAGE, extra=shown.page, current=shown.again, then=shown.here, done=N_("投票已截止。"))
def close_election(
    request: Request, who: AssembliesRun, election_id: UUID, idempotency_key: IdempotencyKey = None
) -> ElectionDetail:
    """Voting ends. The machine counts its box at once, people count paper."""
    return ended(request, who, idempotency_key, lambda s: polling.close_polls(s, who, election_id), _shown(who))


@router.get("/counts/new")
@html("elections/count.html", extra=shown.count_page)
def show_election_count_form(s: SessionDep, who: AssembliesRun, election_id: UUID) -> ElectionDetail:
    """The form for a count of printed ballots."""
    return _detail(s, who, election_id)


@router.post("/counts", status_code=201)
@html(
    form="elections/count.html",
    extra=shown.count_page,
    current=shown.again,
    then=shown.here,
    done=N_("计票已录入，请另一个人核对签字。"),
)
def enter_election_count(
    s: SessionDep,
    who: AssembliesRun,
    election_id: UUID,
    data: CountWrite,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ElectionDetail:
    """What people counted on paper; it must reconcile. A recount gives its reason."""
    counts.enter(s, who, election_id, data)
    response.headers["Location"] = f"/elections/{election_id}"
    return _detail(s, who, election_id)


@router.post("/confirmation")
@html(form=PAGE, extra=shown.page, current=shown.again, then=shown.here, done=N_("计票已签字。"))
def confirm_election_count(
    s: SessionDep,
    who: AssembliesRun,
    election_id: UUID,
    data: CountConfirm,
    idempotency_key: IdempotencyKey = None,
) -> ElectionDetail:
    """A second person signs the latest count."""
    counts.confirm(s, who, election_id, data.revision)
    return _detail(s, who, election_id)


@router.post("/declaration")
@html(form=PAGE, extra=shown.page, current=shown.again, then=shown.here, done=N_("结果已宣布。"))
def declare_election(
    s: SessionDep, who: AssembliesRun, election_id: UUID, idempotency_key: IdempotencyKey = None
) -> ElectionDetail:
    """Declares the result of the signed count; it never changes afterwards."""
    return reading.one(s, who, declaring.declare(s, who, election_id))


@router.post("/further-round", status_code=201)
@html(form=PAGE, extra=shown.page, current=shown.again, done=N_("另行投票已建立。"))
def create_further_round(
    s: SessionDep,
    who: AssembliesWrite,
    election_id: UUID,
    data: FurtherRound,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ElectionRead:
    """Another round for the seats that stayed open, with the same electors and new ballots."""
    election = declaring.further(s, who, election_id, data)
    response.headers["Location"] = f"/elections/{election.id}"
    return reading.many(s, [election])[0]


@router.get("/installation")
@html("elections/install.html", extra=shown.install_page)
def show_installation(s: SessionDep, who: AssembliesWrite, election_id: UUID) -> ElectionDetail:
    """The form with which those elected take office."""
    return _declared(s, who, election_id)


def _declared(s: Session, who: Principal, election_id: UUID) -> ElectionDetail:
    found = _detail(s, who, election_id)
    if found.state != State.declared:
        raise NotFound()
    return found


@router.post("/installation")
@html(
    form="elections/install.html",
    extra=shown.install_page,
    current=shown.again,
    then=shown.here,
    done=N_("当选人已登记就任。"),
)
def install_elected(
    s: SessionDep,
    who: AssembliesWrite,
    election_id: UUID,
    data: Installation,
    idempotency_key: IdempotencyKey = None,
) -> ElectionDetail:
    """Gives those elected their seats, in a new term or in one that runs."""
    return reading.one(s, who, filling.install(s, who, election_id, data))


@router.get("/result")
@html("elections/result.html", extra=shown.public_words)
def read_election_result(s: SessionDep, election_id: UUID) -> ResultPage:
    """The declared result, for everybody."""
    return reading.result_page(s, election_id)


@router.get("/bundle.json", response_class=Response)
def read_election_bundle(s: SessionDep, election_id: UUID) -> Response:
    """The file from which anybody recomputes the result, byte for byte as it was declared."""
    return bundle.response(s, election_id)


@router.get("/receipts")
@html("elections/receipts.html", extra=shown.receipts_page)
def list_election_receipts(s: SessionDep, election_id: UUID, paging: PagingDep) -> Page[ReceiptRead]:
    """The codes of all ballots that were counted, for everybody to look for their own."""
    election = s.get(Election, election_id)
    if election is None or election.state != State.declared or election.box_id is None:
        raise NotFound()
    wanted = select(BallotReceipt).where(col(BallotReceipt.box_id) == election.box_id)
    keys: list[Any] = [(col(BallotReceipt.code), str)]
    found = paginate(s, wanted, paging, keys)
    codes = [ReceiptRead(code=ballots.grouped(x.code)) for x in found["items"]]
    return Page[ReceiptRead](**{**found, "items": codes})
