"""Pages of instruments that only show: the form for a new one, the editor, and what else their templates need."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.accounts.permissions import InstrumentsRead, InstrumentsWrite
from app.communities import service as communities
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage
from app.surveys.instruments import editing, lint, presenting, service, words
from app.surveys.instruments.definition import MOST_OPTIONS, MOST_ROWS, MOST_SECTIONS
from app.surveys.instruments.schemas import DraftRead, InstrumentDetail, PreviewRead

router = APIRouter(tags=["instruments"])


def community_choices(view: View) -> list[tuple[str, str]]:
    """Whose it will be: asked only of those who look after several communities."""
    if view.who is None or view.who.community_id is not None:
        return []
    return [(str(key), name) for key, name in communities.choices(view.s, view.who)]


def new_extra(view: View) -> dict[str, Any]:
    return {"communities": community_choices(view)}


def read_extra(view: View) -> dict[str, Any]:
    return {**words.for_pages(), "communities": community_choices(view)}


def current(view: View) -> InstrumentDetail:
    """The instrument beneath a refused form."""
    return service.detail(view.s, view.who, view.param("instrument_id"))


def editor_extra(view: View) -> dict[str, Any]:
    """The choices of the editor, and what keeps the draft from being published."""
    draft = view.data or current_draft(view)
    return {
        **words.for_pages(),
        "additions": words.choices(words.ADDITIONS),
        "counts": words.choices(words.COUNTS),
        "subject_kinds": words.subject_choices(),
        "unfinished": {} if view.values else {p["field"]: p["message"] for p in lint.problems(draft.definition)},
        "most": {"options": MOST_OPTIONS, "rows": MOST_ROWS, "sections": MOST_SECTIONS},
        "anchor": editing.anchor,
    }


def current_draft(view: View) -> DraftRead:
    """The draft beneath a refused form, in the shape in which it was sent."""
    draft = service.draft(view.s, view.who, view.param("instrument_id"))
    sent = editing.skeleton(view.values)
    return draft if sent is None else draft.model_copy(update={"definition": sent})


def preview_extra(view: View) -> dict[str, Any]:
    """The same preparation as for the page that people answer, with made-up subjects."""
    found = presenting.parts(view.data.definition, presenting.examples(view.data.definition))
    steps = presenting.steps(found)
    at = min(view.data.step, len(steps))
    return {**words.for_pages(), "parts": found, "steps": steps, "at": at}


@router.get("/instruments/new")
@html("surveys/instruments/new.html", extra=new_extra)
def show_new_instrument(s: SessionDep, who: InstrumentsWrite) -> FormPage:
    """The form for a new questionnaire, and the upload of one made elsewhere."""
    return FormPage(action="/instruments")


@router.get("/instruments/{instrument_id}/draft")
@html("surveys/instruments/editor.html", extra=editor_extra)
def read_instrument_draft(s: SessionDep, who: InstrumentsWrite, instrument_id: UUID) -> DraftRead:
    """The draft that is being edited."""
    return service.draft(s, who, instrument_id)


@router.get("/instruments/{instrument_id}/preview")
@html("surveys/instruments/preview.html", extra=preview_extra)
def preview_instrument(
    s: SessionDep,
    who: InstrumentsRead,
    instrument_id: UUID,
    number: Annotated[int | None, Query(ge=1, le=1_000_000, description="version; the newest by default")] = None,
    step: Annotated[int, Query(ge=0, le=5000, description="one question a screen: which; 0 shows all")] = 0,
) -> PreviewRead:
    """A version exactly as it looks on a phone, with made-up subjects."""
    version = service.any_version(s, who, instrument_id, number)
    return PreviewRead(
        instrument_id=version.instrument_id,
        title=version.instrument_title,
        number=version.number,
        state=version.state,
        definition=version.definition,
        step=step,
    )
