"""What a tablet needs where there is no network: the service worker, and one page without anybody's data.

The page is filled on the tablet from its own encrypted store (static/offline.js). It is rendered without a principal
whoever asks, so that a browser may keep it for the next person.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from app.core import pages
from app.core.clock import zone
from app.core.hypermedia import APIRouter, View
from app.households.visits import form, labels
from app.households.visits.models import Outcome, Purpose
from app.households.visits.schemas import VisitForm

PAGE = "/offline"
SCRIPT = "service-worker.js"
SHELL = (
    "app.css",
    "app.js",
    "offline.js",
    "vendor/htmx.min.js",
    "vendor/hx-csp.min.js",
    "icons.svg",
    "favicon.svg",
    "icon-180.png",
    "manifest.webmanifest",
)
_WORDS = ("tier", "care", "outcome", "event")
_NOBODY = UUID(int=0)

router = APIRouter(tags=["offline"])


class Script(Response):
    media_type = "text/javascript"


@router.get(PAGE, response_class=HTMLResponse)
def show_offline(request: Request) -> Response:
    """The page that a tablet shows without network; the tablet fills it with what it kept."""
    return HTMLResponse(_page(request), headers={"Cache-Control": "no-cache"})


@router.get(f"/{SCRIPT}", response_class=Script)
def read_service_worker(request: Request) -> Response:
    """The service worker, with the addresses of the shell; it changes whenever any of them does."""
    shell = [pages.static(name) for name in SHELL]
    rules = (pages.STATIC / SCRIPT).read_text()
    constant = _page(request).replace(request.state.nonce, "")
    mark = hashlib.sha256("\n".join([*shell, rules, constant]).encode()).hexdigest()
    beginning = f"const VERSION = {json.dumps(mark[:16])};\nconst SHELL = {json.dumps([PAGE, *shell])};\n"
    return Script(beginning + rules, headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"})


def _page(request: Request) -> str:
    view = View(s=cast(Session, None), who=None, request=request)
    extra = {**form.extra(view), "latest_next": "", "zone": zone().key, "words": _words()}
    return pages.render(request, "visits/offline.html", data=_empty(), extra=extra, who=None, nav=[], csrf="", flash=[])


def _words() -> list[tuple[str, str]]:
    """What the codes of the kept day are called: `tier.high` is 重点户."""
    return [(f"{kind}.{value}", text) for kind in _WORDS for value, text in labels.choices(kind)]


def _empty() -> VisitForm:
    """A form for nobody, the same at every hour, so that the worker's version changes only with the program."""
    return VisitForm(
        visit_id=_NOBODY,
        household_id=_NOBODY,
        household_label="",
        tier=None,
        categories=[],
        due_on=None,
        overdue_days=0,
        last_visit=None,
        events=[],
        people=[],
        visited_at=datetime(2000, 1, 1, tzinfo=UTC),
        purpose=Purpose.routine,
        outcome=Outcome.fine,
        note="",
        needs=[],
        next_due_on=None,
        version=None,
    )
