"""Rounds as they are shown: in lists, one by one, and the public page of a draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.communities.models import Community
from app.core.clock import zone
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.households.models import Household
from app.households.residents.models import Residency
from app.households.scope import is_outsider
from app.surveys.instruments.models import Instrument, InstrumentVersion
from app.surveys.rounds import framing, panels, publishing, service, states, subjects
from app.surveys.rounds.models import DrawPick, FrameEntry, Round, RoundBundle, RoundDraw, RoundReminder, State
from app.surveys.rounds.schemas import (
    CorrectionRead,
    DrawRead,
    DrawState,
    FrameRead,
    PickRead,
    PublicNumberPage,
    ReminderRead,
    RoundDrawRead,
    RoundRead,
    RoundRow,
    SampleRead,
    SampleRow,
    ShareRead,
    SubjectRead,
)
from app.surveys.schedules.models import Method, Panel

_KEYS: list[Any] = [(col(Round.opens_at), datetime), (col(Round.id), UUID)]


def _row(round_: Round, community_name: str) -> dict[str, Any]:
    return {
        **round_.model_dump(),
        "community_name": community_name,
        "blocked_text": states.reason(round_.blocked),
        "void_text": states.reason(round_.void_reason),
    }


def _community_names(s: Session, rounds: Iterable[Round]) -> dict[UUID, str]:
    wanted = {r.community_id for r in rounds}
    found = s.execute(select(col(Community.id), col(Community.name)).where(col(Community.id).in_(wanted)))
    return {row[0]: row[1] for row in found}


def page(s: Session, who: Principal, wanted: service.Filters, paging: Paging) -> dict[str, Any]:
    """One page of rounds, the latest first."""
    found = paginate(s, service.listed(who, wanted), paging, _KEYS, descending=True)
    names = _community_names(s, found["items"])
    return {**found, "items": [RoundRow(**_row(r, names[r.community_id])) for r in found["items"]]}


def columns() -> list[str]:
    return [
        _("社区"),
        _("评议"),
        _("问卷"),
        _("周期"),
        _("状态"),
        _("开放时间"),
        _("截止时间"),
        _("参加者"),
        _("应邀"),
        _("作答"),
        _("纸质"),
        _("作废原因"),
    ]


def rows(s: Session, who: Principal, wanted: service.Filters) -> Iterator[list[Any]]:
    """Every round of the list, for an export."""
    statement = service.listed(who, wanted).order_by(col(Round.opens_at).desc(), col(Round.id).desc())
    found: Sequence[Round] = s.scalars(statement).all()
    names = _community_names(s, found)
    for r in found:
        yield [
            names[r.community_id],
            r.title,
            r.instrument_key,
            r.period,
            states.label(r.state),
            r.opens_at.astimezone(zone()),
            r.closes_at.astimezone(zone()),
            panels.label(r.panel),
            r.invited,
            r.answered,
            r.on_paper,
            states.reason(r.void_reason),
        ]


def one(s: Session, who: Principal, round_: Round) -> RoundRead:
    """A round with its subjects, reminders and draws."""
    version = s.get_one(InstrumentVersion, round_.version_id)
    draws = framing.draws_of(s, round_.id)
    kept = _row(round_, _community_names(s, [round_])[round_.community_id]) | _turnout(s, round_)
    return RoundRead(
        **kept,
        version_number=version.number,
        instrument_title=s.get_one(Instrument, round_.instrument_id).title,
        awaits_number=bool(draws) and draws[-1].waits and draws[-1].drawn_at is None and round_.state == State.framed,
        subjects=_subjects(s, who, round_),
        reminders=_reminders(s, round_),
        draws=[DrawState.model_validate(d) for d in draws],
        corrections=[
            CorrectionRead(revision=c.revision, reason=c.reason, created_at=c.created_at, sheets=len(c.changes))
            for c in publishing.corrections_of(s, round_.id)
        ],
        correction_pending=publishing.pending_correction(s, round_.id) is not None,
        bundle_sha256=_latest_hash(s, round_),
    )


def _turnout(s: Session, round_: Round) -> dict[str, int]:
    """Of an open round the counts so far."""
    if round_.state != State.open:
        return {}
    so_far = ballots.turnout(s, publishing.box_of(s, round_))
    return {"answered": so_far.answered, "on_paper": so_far.on_paper}


def _subjects(s: Session, who: Principal, round_: Round) -> list[SubjectRead]:
    hidden = is_outsider(who)
    return [
        SubjectRead(
            key=x.key,
            kind=x.kind,
            name=mask_name(x.name) if hidden and x.kind == "member" else x.name,
            ref_id=x.ref_id,
        )
        for x in subjects.of_round(s, round_.id)
    ]


def _reminders(s: Session, round_: Round) -> list[ReminderRead]:
    wanted = select(RoundReminder).where(col(RoundReminder.round_id) == round_.id)
    return [ReminderRead.model_validate(r) for r in s.scalars(wanted.order_by(col(RoundReminder.number)))]


def _latest_hash(s: Session, round_: Round) -> str:
    kept = s.get(RoundBundle, (round_.id, round_.revision)) if round_.revision else None
    return kept.sha256 if kept else ""


def public_round(s: Session, round_id: UUID) -> Round:
    """A round that was framed: from then on its draw is public."""
    found = s.get(Round, round_id)
    if found is None or found.framed_at is None:
        raise NotFound()
    return found


def draw_page(s: Session, who: Principal | None, round_id: UUID) -> RoundDrawRead:
    """Everything from which anyone can recompute the sample: no name, no address, nothing that leads to one."""
    round_ = public_round(s, round_id)
    draws = [_draw(s, d) for d in framing.draws_of(s, round_.id)]
    waits = bool(draws) and round_.state == State.framed and draws[-1].waits and draws[-1].drawn_at is None
    within = (
        who is not None and s.scalars(service.visible(who).where(col(Round.id) == round_.id)).one_or_none() is not None
    )
    ours = who if within and waits else None
    return RoundDrawRead(
        round_id=round_.id,
        community_name=_community_names(s, [round_])[round_.community_id],
        title=round_.title,
        period=round_.period,
        state=round_.state,
        panel=Panel(round_.panel),
        method=Method(round_.method),
        population=round_.population,
        frame_hash=round_.frame_hash,
        framed_at=round_.framed_at or round_.created_at,
        draws=draws,
        frame=[FrameRead(id=u.id, cluster=u.cluster, stratum=u.stratum) for u in framing.units_of(s, round_.id)],
        may_announce=ours is not None and ours.may("rounds:write") and not draws[-1].source_text,
        may_enter=ours is not None
        and ours.may("rounds:draw")
        and bool(draws[-1].source_text)
        and not service.second_person(s, ours, round_),
    )


def _draw(s: Session, drawn: RoundDraw) -> DrawRead:
    return DrawRead(
        **drawn.model_dump(exclude={"allocation"}),
        grindable=drawn.drawn_at is not None and not drawn.public_number,
        allocation=[ShareRead.model_validate(share) for share in drawn.allocation],
        picks=[
            PickRead(id=p.public_id, **p.model_dump(exclude={"draw_id", "public_id"}))
            for p in framing.picks_of(s, drawn.id)
        ],
    )


def number_page(s: Session, who: Principal, round_id: UUID) -> PublicNumberPage:
    """The form for the public number, with what was announced; empty where no draw waits for one."""
    round_ = service.get(s, who, round_id)
    drawn = framing.current(s, round_.id)
    waiting = drawn if drawn and drawn.waits and drawn.drawn_at is None and round_.state == State.framed else None
    return PublicNumberPage(
        action=f"/rounds/{round_.id}/public-number",
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        framed=round_.framed_at is not None,
        waits=waiting is not None,
        commit=waiting.commit if waiting else "",
        committed_at=waiting.committed_at if waiting else None,
        source_text=waiting.source_text if waiting else "",
        announced_at=waiting.announced_at if waiting else None,
        refusal=service.second_person(s, who, round_),
    )


def sample(s: Session, who: Principal, round_id: UUID) -> SampleRead:
    """The drawn and the reserves by name, for those who bring the letters; nobody before there was a draw."""
    round_ = service.get(s, who, round_id)
    drawn = framing.current(s, round_.id)
    picks = framing.picks_of(s, drawn.id) if drawn else []
    people = _people(s, round_, picks)
    kind = panels.kind_of(round_.panel)
    names = panels.names(s, kind, list(people.values()))
    homes = _homes(s, list(people.values())) if kind == "resident" else {}
    return SampleRead(
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        state=round_.state,
        draw=drawn.number if drawn else 0,
        may_replace=bool(picks) and round_.state == State.framed,
        may_excuse=bool(picks) and round_.state == State.open,
        items=[
            SampleRow(
                **p.model_dump(exclude={"draw_id"}),
                name=names.get(people[p.public_id], ""),
                household=homes.get(people[p.public_id], ""),
            )
            for p in picks
        ],
    )


def _people(s: Session, round_: Round, picks: Sequence[DrawPick]) -> dict[str, UUID]:
    """Who stands behind the opaque ids."""
    wanted = select(col(FrameEntry.public_id), col(FrameEntry.person_id)).where(
        col(FrameEntry.round_id) == round_.id, col(FrameEntry.public_id).in_([p.public_id for p in picks])
    )
    return {row[0]: row[1] for row in s.execute(wanted)}


def _homes(s: Session, residents: Sequence[UUID]) -> dict[UUID, str]:
    """Where each lives now."""
    wanted = (
        select(col(Residency.resident_id), col(Household.label))
        .join(Household, col(Household.id) == col(Residency.household_id))
        .where(col(Residency.resident_id).in_(residents), col(Residency.to_on).is_(None))
    )
    return {row[0]: row[1] for row in s.execute(wanted)}
