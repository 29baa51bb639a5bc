"""What happens to a person: moving, dying, care that begins and ends, a look at sealed data, a merge.

Each step has its form at the address to which it is sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import ResidentsMerge, ResidentsReveal, ResidentsWrite
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.schemas import Search
from app.core.versions import IfMatch
from app.households.residents import care, detail, merging, moves
from app.households.residents.router import current, page_extra, to_page
from app.households.residents.schemas import (
    CareCreate,
    CareRead,
    CareUpdate,
    Death,
    Merge,
    MoveIn,
    MoveOut,
    PersonalField,
    ResidencyRead,
    ResidencyUpdate,
    ResidentRead,
    Reveal,
    Revealed,
)

router = APIRouter(tags=["residents"])
FORM = "residents/step.html"
_RECORDS = {"care_record_id": "care", "residency_id": "residencies"}


def step(name: str) -> Callable[[View], dict[str, Any]]:
    """What the form of one step needs: its name, the record it is about, and choices."""

    def extra(view: View) -> dict[str, Any]:
        return {**page_extra(view), "step": name, "record": _record(view)}

    return extra


def _record(view: View) -> Any:
    for parameter, attribute in _RECORDS.items():
        if parameter in view.request.path_params:
            wanted = view.param(parameter)
            found = [record for record in getattr(view.data, attribute) if record.id == wanted]
            if not found:
                raise NotFound()
            return found[0]
    return None


@router.get("/residents/{resident_id}/move-out")
@html(FORM, extra=step("move_out"))
def show_move_out(s: SessionDep, who: ResidentsWrite, resident_id: UUID) -> ResidentRead:
    """The form for moving out."""
    return detail.detail(s, who, resident_id)


@router.post("/residents/{resident_id}/move-out")
@html(form=FORM, extra=step("move_out"), current=current, then=to_page, done=N_("已办理迁出。"))
def move_out(s: SessionDep, who: ResidentsWrite, resident_id: UUID, data: MoveOut) -> ResidentRead:
    """Ends the present residency; `on` is its last day."""
    return detail.of(s, who, moves.move_out(s, who, resident_id, data))


@router.get("/residents/{resident_id}/move-in")
@html(FORM, extra=step("move_in"))
def show_move_in(s: SessionDep, who: ResidentsWrite, resident_id: UUID) -> ResidentRead:
    """The form for moving into another household, or back."""
    return detail.detail(s, who, resident_id)


@router.post("/residents/{resident_id}/move-in")
@html(form=FORM, extra=step("move_in"), current=current, then=to_page, done=N_("已办理迁入。"))
def move_in(s: SessionDep, who: ResidentsWrite, resident_id: UUID, data: MoveIn) -> ResidentRead:
    """Moves somebody into a household; the present residency ends the day before."""
    return detail.of(s, who, moves.move_in(s, who, resident_id, data))


@router.get("/residents/{resident_id}/death")
@html(FORM, extra=step("death"))
def show_death(s: SessionDep, who: ResidentsWrite, resident_id: UUID) -> ResidentRead:
    """The form for a death."""
    return detail.detail(s, who, resident_id)


@router.post("/residents/{resident_id}/death")
@html(form=FORM, extra=step("death"), current=current, then=to_page, done=N_("已登记去世。"))
def record_death(s: SessionDep, who: ResidentsWrite, resident_id: UUID, data: Death) -> ResidentRead:
    """Records a death; the present residency and all care end that day."""
    return detail.of(s, who, moves.died(s, who, resident_id, data))


@router.get("/residents/{resident_id}/care")
@html(FORM, extra=step("care"))
def show_care_form(s: SessionDep, who: ResidentsWrite, resident_id: UUID) -> ResidentRead:
    """The form for a new care category."""
    return detail.detail(s, who, resident_id)


def _to_person(data: CareRead, request: Request) -> str:
    return f"{to_page(data, request)}#care"


@router.post("/residents/{resident_id}/care", status_code=201)
@html(form=FORM, extra=step("care"), current=current, then=_to_person, done=N_("关爱类别已登记。"))
def add_care(s: SessionDep, who: ResidentsWrite, resident_id: UUID, data: CareCreate, response: Response) -> CareRead:
    """Begins a care category, with the reason; whoever is signed in confirmed it."""
    record = care.add(s, who, resident_id, data)
    response.headers["Location"] = f"/residents/{record.resident_id}"
    return detail.one_care_record(s, who, record)


@router.get("/residents/{resident_id}/care/{care_record_id}")
@html(FORM, extra=step("care_edit"))
def show_care_record(s: SessionDep, who: ResidentsWrite, resident_id: UUID, care_record_id: UUID) -> ResidentRead:
    """The form that corrects or ends a care record."""
    care.get(s, who, resident_id, care_record_id)
    return detail.detail(s, who, resident_id)


@router.patch("/residents/{resident_id}/care/{care_record_id}")
@html(form=FORM, extra=step("care_edit"), current=current, then=_to_person, done=N_("关爱记录已保存。"))
def change_care(
    s: SessionDep, who: ResidentsWrite, resident_id: UUID, care_record_id: UUID, data: CareUpdate, if_match: IfMatch
) -> CareRead:
    """Corrects a care record, or ends it with `to_on`, its last day."""
    return detail.one_care_record(s, who, care.change(s, who, resident_id, care_record_id, data, if_match))


@router.get("/residents/{resident_id}/residencies/{residency_id}")
@html(FORM, extra=step("residency"))
def show_residency(s: SessionDep, who: ResidentsWrite, resident_id: UUID, residency_id: UUID) -> ResidentRead:
    """The form that corrects where somebody lived and when."""
    moves.get(s, who, resident_id, residency_id)
    return detail.detail(s, who, resident_id)


@router.patch("/residents/{resident_id}/residencies/{residency_id}")
@html(form=FORM, extra=step("residency"), current=current, then=to_page, done=N_("居住记录已保存。"))
def correct_residency(
    s: SessionDep, who: ResidentsWrite, resident_id: UUID, residency_id: UUID, data: ResidencyUpdate, if_match: IfMatch
) -> ResidencyRead:
    """Corrects where somebody lived and when; a `to_on` of null opens the period again."""
    return detail.one_residency(s, who, moves.correct(s, who, resident_id, residency_id, data, if_match))


@router.get("/residents/{resident_id}/reveal")
@html(FORM, extra=step("reveal"))
def show_reveal(
    s: SessionDep, who: ResidentsReveal, resident_id: UUID, field: Annotated[PersonalField | None, Query()] = None
) -> ResidentRead:
    """The form that asks what to show in full and why."""
    return detail.detail(s, who, resident_id)


@router.post("/residents/{resident_id}/reveal")
@html(form=FORM, extra=step("reveal"), current=current, shows="residents/revealed.html")
def reveal_personal_data(s: SessionDep, who: ResidentsReveal, resident_id: UUID, data: Reveal) -> Revealed:
    """Shows an identity number or phone once, in full. Who, what and why stand in the audit log."""
    return detail.reveal(s, who, resident_id, data)


def merge_extra(view: View) -> dict[str, Any]:
    """The duplicate beside the record that it is to become part of, once it is named."""
    named = view.values.get("other_id") or view.request.query_params.get("other_id")
    other = None
    with contextlib.suppress(NotFound, ValueError):
        other = detail.detail(view.s, view.who, UUID(str(named)))
    return {**step("merge")(view), "other": other if other and other.id != view.data.id else None, "named": named}


@router.get("/residents/{resident_id}/merge")
@html(FORM, extra=merge_extra)
def show_merge(
    s: SessionDep, who: ResidentsMerge, resident_id: UUID, other_id: Annotated[Search, Query()] = ""
) -> ResidentRead:
    """The form that merges a duplicate into this record."""
    return detail.detail(s, who, resident_id)


@router.post("/residents/{resident_id}/merge")
@html(form=FORM, extra=merge_extra, current=current, then=to_page, done=N_("两条记录已合并，历史都保留在这里。"))
def merge_residents(s: SessionDep, who: ResidentsMerge, resident_id: UUID, data: Merge) -> ResidentRead:
    """Merges a duplicate into this record; the duplicate's id answers with this record from now on."""
    return detail.of(s, who, merging.merge(s, who, resident_id, data.other_id, data.confirm_name))
