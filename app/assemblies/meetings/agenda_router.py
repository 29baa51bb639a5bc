"""The items of an agenda while it is written, and late ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response

from app.accounts.permissions import AssembliesRead, AssembliesWrite
from app.assemblies.meetings import agenda, owners, reading, service, shown
from app.assemblies.meetings.schemas import ItemCreate, ItemPage, ItemRead, ItemUpdate
from app.assemblies.meetings.shown import PAGE, again, page_extra
from app.attachments import service as attachments
from app.core.clock import now
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.versions import IfMatch

router = APIRouter(prefix="/assemblies/{assembly_id}/agenda", tags=["meetings"])


def to_agenda(_data: object, request: Request) -> str:
    return f"/assemblies/{request.path_params['assembly_id']}#agenda"


def _item_extra(view: View) -> dict[str, Any]:
    """The kinds to choose from, the item itself, and its files."""
    item = agenda.find(view.s, shown.find(view), view.param("agenda_item_id"))
    files = attachments.of(view.s, owners.KIND, item.id)
    return {**page_extra(view), "record": item, "files": files, "owner_kind": owners.KIND}


def _item_again(view: View) -> ItemPage:
    return _page(view.s, view.who, view.param("assembly_id"), view.param("agenda_item_id"))


def _page(s: Any, who: Any, assembly_id: UUID, item_id: UUID) -> ItemPage:
    assembly = service.get(s, who, assembly_id)
    item = agenda.find(s, assembly, item_id)
    return ItemPage(**reading.one_item(s, item).model_dump(), assembly=reading.row(s, assembly))


@router.post("", status_code=201)
@html(form=PAGE, extra=page_extra, current=again, then=to_agenda, done=N_("议程已添加。"))
def create_agenda_item(
    s: SessionDep,
    who: AssembliesWrite,
    assembly_id: UUID,
    data: ItemCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ItemRead:
    """An item at the end of the agenda; after the notice only with a reason, if the rules allow it."""
    item = agenda.add(s, who, service.get(s, who, assembly_id), data, now())
    response.headers["Location"] = f"/assemblies/{assembly_id}/agenda/{item.id}"
    return reading.one_item(s, item)


@router.get("/{agenda_item_id}")
@html("meetings/item.html", extra=_item_extra)
def read_agenda_item(s: SessionDep, who: AssembliesRead, assembly_id: UUID, agenda_item_id: UUID) -> ItemPage:
    """An item with its text and its files."""
    return _page(s, who, assembly_id, agenda_item_id)


@router.patch("/{agenda_item_id}")
@html(form="meetings/item.html", extra=_item_extra, current=_item_again, then=to_agenda, done=N_("已保存。"))
def update_agenda_item(
    s: SessionDep,
    who: AssembliesWrite,
    assembly_id: UUID,
    agenda_item_id: UUID,
    data: ItemUpdate,
    if_match: IfMatch,
) -> ItemRead:
    """Changes an item before the notice."""
    assembly = service.get(s, who, assembly_id)
    return reading.one_item(s, agenda.update(s, assembly, agenda.find(s, assembly, agenda_item_id), data, if_match))


@router.delete("/{agenda_item_id}", status_code=204)
@html(form="meetings/item.html", extra=_item_extra, current=_item_again, then=to_agenda, done=N_("议程已删除。"))
def delete_agenda_item(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, agenda_item_id: UUID, if_match: IfMatch
) -> None:
    """Takes an item from the agenda before the notice; its motion waits for another assembly."""
    assembly = service.get(s, who, assembly_id)
    agenda.remove(s, who, assembly, agenda.find(s, assembly, agenda_item_id), if_match, now())
