"""What the pages of an election need, whichever router shows them again."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Request
from sqlalchemy import select
from sqlmodel import col

from app.assemblies import service as rosters
from app.assemblies.elections import electors, reading, rules, service
from app.assemblies.elections import words as w
from app.assemblies.elections.models import Election, Elector, Electorate, Invalidity, State
from app.assemblies.elections.schemas import ElectionDetail
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.assemblies.models import ResidentsGroup, SeatPost, Term, TermBody
from app.assemblies.rosters import sitting
from app.assemblies.words import BODIES, POSTS
from app.communities import service as communities
from app.core.clock import add_months
from app.core.errors import Conflict
from app.core.hypermedia import View
from app.core.i18n import gettext as _
from app.households.models import Building
from app.households.words import SEXES, choices, translated

PAGE = "elections/election.html"
STEPS = (State.draft, State.list_frozen, State.nominated, State.open, State.counted, State.declared)


def words(view: View) -> dict[str, Any]:
    """Words and choices of this room."""
    found = view.s.scalars(communities.visible(view.who)).all() if view.who.community_id is None else []
    return {
        "communities": [(c.id, c.name) for c in found],
        "states": translated(w.STATES),
        "tones": w.TONES,
        "steps": [str(step) for step in STEPS],
        "bodies": choices(BODIES),
        "body_words": translated(BODIES),
        "post_words": translated(POSTS),
        "methods": choices(w.METHODS),
        "method_words": translated(w.METHODS),
        "electorates": choices(w.ELECTORATES),
        "electorate_words": translated(w.ELECTORATES),
        "invalidities": choices(w.INVALIDITIES),
        "consents": choices(w.CONSENTS),
        "consent_words": translated(w.CONSENTS),
        "rulings": [c for c in choices(w.RULINGS) if c[0] != "open"],
        "ruling_words": translated(w.RULINGS),
        "fates": translated(w.FATES),
        "event_words": translated(w.EVENTS),
        "sexes": choices(SEXES),
        "sex_words": translated(SEXES),
    }


def again(view: View) -> ElectionDetail:
    """The election beneath a refused form."""
    return reading.one(view.s, view.who, _election(view))


def _election(view: View) -> Election:
    return service.find(view.s, view.who, view.param("election_id"))


def here(_data: object, request: Request) -> str:
    return f"/elections/{request.path_params['election_id']}"


def page(view: View) -> dict[str, Any]:
    """For the page of an election: what its rules ask for, in words, as far as they are known."""
    return {**words(view), "rule": _rule(view, _election(view)), "signs": _may_sign(view)}


def _rule(view: View, election: Election) -> dict[str, Any] | None:
    try:
        version, found = rules.of(view.s, election)
    except Conflict as missing:
        return {"missing": missing.message}
    example = bool(version.definition.get("example"))
    return {"missing": "", "citation": version.citation, "list_days": found.list_days, "example": example}


def _may_sign(view: View) -> bool:
    """Whether the person may sign the latest count: somebody else entered it."""
    latest = next(iter(view.data.counts), None) if view.data else None
    return latest is not None and latest.confirmed_by is None and latest.entered_by != view.who.id


def form(view: View) -> dict[str, Any]:
    """The choices of the form for a new or changed election."""
    editing = "election_id" in view.request.path_params
    own = view.who.community_id
    groups = rosters.groups(view.who).order_by(col(ResidentsGroup.number))
    buildings = select(Building).where(col(Building.community_id) == own).order_by(col(Building.walk_order))
    planned = meetings.visible(view.who).where(col(Assembly.state).in_(("draft", "noticed", "open")))
    return {
        **words(view),
        "record": again(view) if editing else None,
        "posts": [(str(post), _(word)) for post, word in POSTS.items()],
        "groups": [(g.id, g.name) for g in view.s.scalars(groups)],
        "buildings": [(str(b.id), _("%(number)s幢", number=b.number)) for b in view.s.scalars(buildings)],
        "assemblies": [(a.id, a.title) for a in view.s.scalars(planned.order_by(col(Assembly.scheduled_at)))],
    }


def candidates_page(view: View) -> dict[str, Any]:
    election = _election(view)
    posts = [(post.post, _(POSTS[SeatPost(post.post)])) for post in service.posts_of(view.s, election.id)]
    record = None
    if "candidate_id" in view.request.path_params:
        wanted = view.param("candidate_id")
        record = next((x for x in reading.candidate_reads(view.s, view.who, election) if x.id == wanted), None)
    return {**words(view), "posts": posts, "record": record, "election": again(view)}


def objections_page(view: View) -> dict[str, Any]:
    """Whom an objection may be about, and whom a ruling may add."""
    election = _election(view)
    listed = view.s.scalars(electors.listed(election.id).order_by(col(Elector.number))).all()
    sits = []
    if election.electorate == Electorate.representatives:
        there = {x.voter_id for x in listed if not x.struck}
        body = TermBody.representative_assembly
        sits = [
            (x.id, x.name) for x in sitting(view.s, election.community_id, body, election.held_on) if x.id not in there
        ]
    few = listed if len(listed) <= _MOST_CHOICES else []
    return {
        **words(view),
        "election": again(view),
        "electors": [(x.id, f"{x.number} {x.name}") for x in few if not x.struck],
        "sitting": sits,
        "objections": reading.objection_reads(view.s, view.who, election),
    }


_MOST_CHOICES = 500


def count_page(view: View) -> dict[str, Any]:
    election = _election(view)
    paper = reading.ballot(view.s, view.who, election)
    return {**words(view), "posts": paper.posts, "reasons": [str(x) for x in Invalidity]}


def install_page(view: View) -> dict[str, Any]:
    """Terms of the body to choose from, and how long a new one lasts by the rules."""
    election = _election(view)
    terms = rosters.terms(view.who).where(
        col(Term.community_id) == election.community_id, col(Term.body) == election.body
    )
    years = rules.kept(election).term_years
    begins = (election.declared_at or election.created_at).date()
    return {
        **words(view),
        "terms": [(t.id, t.name) for t in view.s.scalars(terms.order_by(col(Term.starts_on).desc()))],
        "begins": begins,
        "ends": _last_day(begins, years) if years else None,
        "further": election.parent_id is not None,
    }


def _last_day(begins: date, years: int) -> date:
    return date.fromordinal(add_months(begins, years * 12).toordinal() - 1)


def public_words(_view: View) -> dict[str, Any]:
    """Words for pages that everybody sees."""
    return {
        "body_words": translated(BODIES),
        "post_words": translated(POSTS),
        "method_words": translated(w.METHODS),
        "invalidities": choices(w.INVALIDITIES),
        "fates": translated(w.FATES),
    }


def receipts_page(view: View) -> dict[str, Any]:
    election = view.s.get_one(Election, view.param("election_id"))
    return {"title": election.title, "id": str(election.id)}
