"""Forms of schedules, and the sample-size helper."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.accounts.permissions import RoundsRead, SchedulesWrite
from app.core.clock import today
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.schemas import FormPage
from app.surveys.instruments import service as instruments
from app.surveys.instruments import words
from app.surveys.instruments.pages import community_choices
from app.surveys.instruments.subjects import KIND_LABELS
from app.surveys.schedules import panel_size, service, wording
from app.surveys.schedules.models import Panel
from app.surveys.schedules.schemas import SampleSizeRead, ScheduleDetail
from app.surveys.scores.formulas import sample_size, to_invite

router = APIRouter(tags=["schedules"])
_REMINDERS = (1, 2, 3, 4, 5, 7, 10, 14, 21)


def labels(_view: View) -> dict[str, Any]:
    """The words of a schedule's choices."""
    return {
        "cadences": wording.choices(wording.CADENCES),
        "cadence_label": lambda key: _(wording.CADENCES[key]),
        "secrecy_label": lambda key: _(wording.SECRECY[key]),
    }


def form_extra(view: View) -> dict[str, Any]:
    """The choices of the form. An instrument that is retired stays for the schedule that uses it."""
    usable = instruments.usable(view.s, view.who)
    known = {i.id: i for i in usable}
    if view.data is not None and view.request.path_params:
        used = instruments.find(view.s, view.who, view.data.instrument_id)
        known.setdefault(used.id, used)
    secrecy = [(k, _(wording.SECRECY[k]), _(wording.SECRECY_NOTES[k])) for k in wording.SECRECY]
    asked = view.request.query_params.get("instrument_id", "")
    return {
        **labels(view),
        "record": view.data if view.request.path_params else None,
        "instruments": [(str(i.id), i.title) for i in known.values()],
        "asked": asked if asked in {str(key) for key in known} else "",
        "panels": wording.choices(wording.PANELS),
        "methods": wording.choices(wording.METHODS),
        "strata": wording.choices(wording.STRATA),
        "secrecy": secrecy,
        "publish": wording.choices(wording.PUBLISH),
        "subject_kinds": words.choices(KIND_LABELS),
        "reminders": [(str(day), _("第 %(n)s 天", n=day)) for day in _REMINDERS],
        "communities": community_choices(view),
    }


def current(view: View) -> ScheduleDetail:
    """The schedule beneath a refused form."""
    return service.detail(view.s, view.who, view.param("schedule_id"))


def edit_extra(view: View) -> dict[str, Any]:
    return form_extra(View(view.s, view.who, view.request, view.data or current(view), view.values))


@router.get("/schedules/new")
@html("surveys/schedules/form.html", extra=form_extra)
def show_new_schedule(
    s: SessionDep,
    who: SchedulesWrite,
    instrument_id: Annotated[UUID | None, Query(description="chosen beforehand")] = None,
) -> FormPage:
    """The form for a new schedule."""
    return FormPage(action="/schedules")


@router.get("/schedules/sample-size")
@html("surveys/schedules/sample_size.html")
def read_sample_size(
    s: SessionDep,
    who: RoundsRead,
    population: Annotated[int | None, Query(ge=1, le=100_000_000, description="adult residents by default")] = None,
    margin_percent: Annotated[float, Query(ge=0.5, le=50)] = 5,
    response_percent: Annotated[float, Query(ge=1, le=100)] = 60,
) -> SampleSizeRead:
    """How many answers a margin of error takes, and how many people to invite for them."""
    size = population or _adults(s, who.community_id)
    answers = sample_size(margin_percent / 100, size)
    return SampleSizeRead(
        population=size,
        margin_percent=margin_percent,
        response_percent=response_percent,
        answers=answers,
        invite=min(to_invite(answers, Fraction(str(response_percent)) / 100), size),
    )


def _adults(s: Any, community_id: UUID | None) -> int:
    """The adult residents of one's own community; a round thousand where there is none to count."""
    found = panel_size.count(s, community_id, Panel.residents, today()) if community_id else 0
    return found or 1000


@router.get("/schedules/{schedule_id}/edit")
@html("surveys/schedules/form.html", extra=edit_extra)
def show_edit_schedule(s: SessionDep, who: SchedulesWrite, schedule_id: UUID) -> ScheduleDetail:
    """The form to change a schedule."""
    return service.detail(s, who, schedule_id)
