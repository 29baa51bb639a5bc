"""Pages of motions that only show a form, and what else their templates need."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlmodel import Session, col

from app.accounts.models import Role
from app.accounts.permissions import MotionsPropose, Principal
from app.assemblies.motions import handling, proposing, service, shown, states
from app.assemblies.motions.models import Motion, ProposerKind
from app.assemblies.motions.schemas import MotionDetail
from app.assemblies.rules.words import MATTERS
from app.communities import service as communities
from app.core.clock import now
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.schemas import FormPage
from app.households.words import choices, translated

router = APIRouter(tags=["motions"])
PROPOSERS = {
    ProposerKind.representative: N_("居民代表"),
    ProposerKind.committee: N_("居民委员会"),
    ProposerKind.residents: N_("居民联名"),
}
TONES = {
    "carried": "good",
    "rejected": "bad",
    "voting": "warn",
    "returned": "warn",
    "no_quorum": "warn",
}


def words(_view: View) -> dict[str, Any]:
    return {
        "state_words": translated(states.LABELS),
        "states": choices(states.LABELS),
        "matter_words": translated(MATTERS),
        "matters": choices(MATTERS),
        "proposer_words": translated(PROPOSERS),
        "proposer_kinds": choices(PROPOSERS),
        "tones": TONES,
    }


def list_extra(view: View) -> dict[str, Any]:
    found = [] if view.who.community_id else communities.choices(view.s, view.who)
    return {**words(view), "communities": found}


def representatives(s: Session, who: Principal) -> list[tuple[str, str]]:
    """Those in office today, for the director to choose from."""
    if who.community_id is None or who.role == Role.representative:
        return []
    found = proposing.in_office(s, who.community_id, now()).values()
    return [(str(x.id), x.name) for x in found]


def form_extra(view: View) -> dict[str, Any]:
    return {**words(view), "representatives": representatives(view.s, view.who)}


def motion_extra(view: View) -> dict[str, Any]:
    """The choices of a motion's page: who may second, and into what it may be merged."""
    mergeable: list[tuple[str, str]] = []
    if view.who.may("motions:write"):
        motion = service.find(view.s, view.who, view.param("motion_id"))
        mergeable = [(str(m.id), f"{m.number} {m.title}") for m, _likeness in handling.by_likeness(view.s, motion)]
    return {**form_extra(view), "mergeable": mergeable}


def new_extra(view: View) -> dict[str, Any]:
    """For an amendment, the motion that it would change."""
    asked = view.values.get("parent_id") or view.request.query_params.get("parent_id")
    return {**form_extra(view), "record": None, "holders": [], "parent": _parent(view, asked)}


def _parent(view: View, asked: Any) -> Motion | None:
    try:
        wanted = UUID(str(asked))
    except ValueError:
        return None
    found: Motion | None = view.s.scalars(service.visible(view.who).where(col(Motion.id) == wanted)).one_or_none()
    return found


def edit_extra(view: View) -> dict[str, Any]:
    motion = service.find(view.s, view.who, view.param("motion_id"))
    holders = [str(p.holder_id) for p in proposing.proposers(view.s, motion.id)]
    return {**form_extra(view), "record": motion, "holders": holders, "parent": _parent(view, motion.parent_id)}


def current(view: View) -> MotionDetail:
    """The motion beneath a refused form."""
    return shown.detail(view.s, view.who, service.find(view.s, view.who, view.param("motion_id")), now())


@router.get("/motions/new")
@html("motions/form.html", extra=new_extra)
def show_motion_form(
    s: SessionDep,
    who: MotionsPropose,
    parent_id: Annotated[UUID | None, Query(description="the motion that an amendment would change")] = None,
) -> FormPage:
    """The form for a new motion or an amendment."""
    return FormPage(action="/motions")


@router.get("/motions/{motion_id}/edit")
@html("motions/form.html", extra=edit_extra)
def show_motion_edit(s: SessionDep, who: MotionsPropose, motion_id: UUID) -> MotionDetail:
    """The form that changes a draft or a returned motion."""
    motion = service.find(s, who, motion_id)
    proposing.require_author(s, who, motion)
    return shown.detail(s, who, motion, now())
