"""The course of a meeting: opening, breaks, the next item, ending. Each press answers with the meeting as it is."""

from __future__ import annotations

from uuid import UUID

from app.accounts.permissions import AssembliesRun
from app.assemblies.floor import putting, reading
from app.assemblies.floor.schemas import FloorRead, Next, ToVote
from app.assemblies.floor.shown import PAGE, again, extra, here, where_pressed
from app.assemblies.meetings import agenda, conduct, service
from app.assemblies.meetings.schemas import ItemShift, NoteAdd, ReasonGiven
from app.core.clock import now
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html

router = APIRouter(prefix="/assemblies/{assembly_id}", tags=["floor"])


@router.post("/open")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def open_assembly(s: SessionDep, who: AssembliesRun, assembly_id: UUID) -> FloorRead:
    """Opens a noticed assembly on its day, with notice period and quorum kept; pressed twice, once."""
    assembly = conduct.open_(s, service.get(s, who, assembly_id), now())
    return reading.floor(s, who, assembly, now())


@router.post("/suspend")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def suspend_assembly(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ReasonGiven) -> FloorRead:
    """A break, with a reason; not while a vote is open."""
    assembly = conduct.suspend(s, service.get(s, who, assembly_id), data.reason, now())
    return reading.floor(s, who, assembly, now())


@router.post("/resume")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def resume_assembly(s: SessionDep, who: AssembliesRun, assembly_id: UUID) -> FloorRead:
    """Goes on after a break or a lost quorum, once the quorum is there."""
    assembly = conduct.resume(s, service.get(s, who, assembly_id), now())
    return reading.floor(s, who, assembly, now())


@router.post("/close")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def close_assembly(s: SessionDep, who: AssembliesRun, assembly_id: UUID) -> FloorRead:
    """Ends an assembly; what was not dealt with is put off."""
    assembly = conduct.close(s, who, service.get(s, who, assembly_id), now())
    return reading.floor(s, who, assembly, now())


@router.post("/abandon")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def abandon_assembly(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ReasonGiven) -> FloorRead:
    """Breaks an assembly off: open votes are void, motions wait for another one."""
    assembly = conduct.abandon(s, who, service.get(s, who, assembly_id), data.reason, now())
    return reading.floor(s, who, assembly, now())


@router.post("/undo-opening")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def undo_assembly_opening(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ReasonGiven) -> FloorRead:
    """Takes back an opening that was a mistake, while nothing was dealt with."""
    assembly = conduct.undo_opening(s, service.get(s, who, assembly_id), data.reason, now())
    return reading.floor(s, who, assembly, now())


@router.post("/remarks")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def add_assembly_remark(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: NoteAdd) -> FloorRead:
    """A remark for the minutes."""
    assembly = service.get(s, who, assembly_id)
    conduct.note(s, assembly, data.text, now())
    return reading.floor(s, who, assembly, now())


@router.post("/next")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def proceed_to_next_item(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: Next) -> FloorRead:
    """Ends what is on the floor and takes up the next item; pressed at two tablets, the meeting moves on once."""
    assembly = service.get(s, who, assembly_id)
    agenda.proceed(s, who, assembly, data.current_id, now())
    return reading.floor(s, who, assembly, now())


@router.post("/agenda/{agenda_item_id}/take-up")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def take_up_agenda_item(s: SessionDep, who: AssembliesRun, assembly_id: UUID, agenda_item_id: UUID) -> FloorRead:
    """Puts an item on the floor out of its order."""
    assembly = service.get(s, who, assembly_id)
    agenda.take_up(s, who, assembly, agenda.find(s, assembly, agenda_item_id), now())
    return reading.floor(s, who, assembly, now())


@router.post("/agenda/{agenda_item_id}/put-off")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def put_off_agenda_item(
    s: SessionDep, who: AssembliesRun, assembly_id: UUID, agenda_item_id: UUID, data: ReasonGiven
) -> FloorRead:
    """Leaves an item for another assembly."""
    assembly = service.get(s, who, assembly_id)
    agenda.put_off(s, who, assembly, agenda.find(s, assembly, agenda_item_id), data.reason, now())
    return reading.floor(s, who, assembly, now())


@router.post("/agenda/{agenda_item_id}/order")
@html(form=PAGE, extra=extra, current=again, then=where_pressed, swap=PAGE)
def reorder_agenda_item(
    s: SessionDep, who: AssembliesRun, assembly_id: UUID, agenda_item_id: UUID, data: ItemShift
) -> FloorRead:
    """Moves an item one place up or down: before the notice, and on the day among those that still wait."""
    assembly = service.get(s, who, assembly_id)
    agenda.shift(s, assembly, agenda.find(s, assembly, agenda_item_id), data.direction)
    return reading.floor(s, who, assembly, now())


@router.post("/vote")
@html(form=PAGE, extra=extra, current=again, then=here, swap=PAGE)
def put_item_to_vote(s: SessionDep, who: AssembliesRun, assembly_id: UUID, data: ToVote) -> FloorRead:
    """Sets up and opens a vote on what is on the floor; pressed at two tablets, one vote opens."""
    assembly = service.get(s, who, assembly_id)
    putting.to_vote(s, who, assembly, data, now())
    return reading.floor(s, who, assembly, now())
