"""The demo's evaluation rounds since 2011: real ballots in closed boxes, counted and published by the usual code.

Only the way into the box is shorter than in life: sheets are stored as a closed box holds them, not press by press.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session, col, select

from app.ballots import codes, sealing
from app.ballots import service as ballots
from app.ballots.models import (
    BallotBox,
    BallotReceipt,
    BoxState,
    Invitation,
    InvitationState,
    SealedSheet,
    SealedText,
)
from app.core.clock import day_start
from app.core.models import new_id
from app.demo import opinions
from app.surveys.instruments import service as instruments
from app.surveys.instruments.builtins import ensure_builtins, instrument_id, satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Section
from app.surveys.rounds import framing, opening, panels, publishing, subjects
from app.surveys.rounds.models import Round, RoundReminder, State
from app.surveys.schedules import periods
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Schedule, Secrecy, Stratify

SEED = 20120630
_START = date(2011, 10, 17)
_OWN = "environment"
_ON_PAPER = 0.2


@dataclass(frozen=True)
class Load:
    """What the rounds are made for."""

    s: Session
    community_id: UUID
    day: date
    rng: random.Random


def load(s: Session, community_id: UUID, day: date) -> int:
    """Standing orders, those of finished projects among them; every round that is over by `day`, and one that is open.

    Returns how many rounds there are.
    """
    ensure_builtins(s)
    made = Load(s, community_id, day, random.Random(SEED))
    s.add_all(_schedules(made))
    s.flush()
    orders = s.exec(select(Schedule).where(Schedule.community_id == community_id).order_by(col(Schedule.id))).all()
    due = sorted((opens, order.id.hex, order, period) for order in orders for period, opens in _due(order, day))
    finished = [(opens, order, period) for opens, _hex, order, period in due if _over(order, opens, day)]
    for opens, order, period in sorted(finished, key=lambda found: found[0] + timedelta(days=found[1].open_days)):
        _finished(made, order, period, opens)
    for opens, _hex, order, period in due:
        if not _over(order, opens, day):
            _running(made, order, period, opens)
    return len(due)


def _due(order: Schedule, day: date) -> Iterator[tuple[str, datetime]]:
    for period, opens in periods.openings(order):
        if opens > day_start(day):
            return
        yield period, opens


def _over(order: Schedule, opens: datetime, day: date) -> bool:
    return opens + timedelta(days=order.open_days) <= day_start(day)


def _schedules(made: Load) -> Iterator[Schedule]:
    common: dict[str, Any] = {"community_id": made.community_id, "starts_on": _START}
    representatives: dict[str, Any] = {"panel": Panel.representatives, "secrecy": Secrecy.secret}
    yield Schedule(
        **common, **representatives, instrument_id=instrument_id("property_monthly"), title="物业服务月度评议",
        cadence=Cadence.monthly, opens_day=25, open_days=5, reminder_days=[2, 4],
        subject_kinds=["property_company"], property_company="翰林物业服务有限公司", publish=Publish.auto,
    )  # fmt: skip
    yield Schedule(
        **common, **representatives, instrument_id=instrument_id("committee_halfyear"),
        title="居委会和社区工作者半年评议", cadence=Cadence.halfyearly, opens_month=6, opens_day=10, open_days=10,
        reminder_days=[4, 8], subject_kinds=["committee", "staff"], publish=Publish.auto,
    )  # fmt: skip
    yield Schedule(
        **common, instrument_id=instrument_id("integrity_yearly"), title="勤廉指数年度测评",
        cadence=Cadence.yearly, opens_month=11, opens_day=1, open_days=20, reminder_days=[7, 14],
        panel=Panel.residents, method=Method.sample, sample_size=120, reserves=30, stratify=Stratify.grid_area,
        secrecy=Secrecy.confidential, subject_kinds=["committee"], publish=Publish.auto,
    )  # fmt: skip
    yield Schedule(
        **common, instrument_id=instrument_id("member_appraisal"), title="民主评议党员",
        cadence=Cadence.yearly, opens_month=12, opens_day=5, open_days=10, reminder_days=[5],
        panel=Panel.directly_managed, secrecy=Secrecy.secret, subject_kinds=["member"], publish=Publish.auto,
    )  # fmt: skip
    yield Schedule(
        community_id=made.community_id, starts_on=made.day - timedelta(days=3),
        instrument_id=_own_instrument(made), title="小区环境意见征询",
        cadence=Cadence.once, open_days=14, reminder_days=[5, 10], opens_hour=9,
        panel=Panel.residents, method=Method.sample, sample_size=60, reserves=15, stratify=Stratify.grid_area,
        secrecy=Secrecy.confidential, subject_kinds=["property_company"], property_company="翰林物业服务有限公司",
        publish=Publish.manual,
    )  # fmt: skip


def _own_instrument(made: Load) -> UUID:
    """A questionnaire of the community's own, beside the built-in ones."""
    own = instruments.add(made.s, made.community_id, _OWN, _environment())
    instruments.publish_draft(made.s, own)
    return own.id


def _environment() -> Definition:
    wishes = [("benches", "添座椅", "More benches"), ("lamps", "添路灯", "More lamps"), ("shade", "种树遮荫", "Shade")]
    return Definition(
        title="小区环境意见征询",
        title_en="The courtyard",
        intro="请您说说小区的环境，一分钟就好。",
        intro_en="Tell us about the courtyard; it takes a minute.",
        sections=[
            Section(
                subject_kind="property_company",
                title="小区环境",
                title_en="Surroundings",
                questions=[
                    Question(
                        key="overall",
                        kind=Kind.rating,
                        label="您对小区环境是否满意？",
                        label_en="How satisfied are you with the courtyard?",
                        required=True,
                        options=satisfaction_scale(),
                        scored=True,
                    ),
                    Question(
                        key="wishes",
                        kind=Kind.multiple,
                        label="您希望先做什么？",
                        label_en="What should be done first?",
                        options=[Option(key=k, label=zh, label_en=en) for k, zh, en in wishes],
                    ),
                    Question(key="words", kind=Kind.text, label="您还想说什么？", label_en="Anything else?"),
                ],
            )
        ],
    )


def _begun(made: Load, order: Schedule, period: str, opens: datetime) -> Round:
    """A round with its frame and its draw, as the clock would have made it."""
    round_ = opening.new_round(made.s, order, period, opens)
    if round_ is None:
        raise RuntimeError(f"no published version for {order.title}")
    made.s.add(round_)
    made.s.flush()
    on = opens.date()
    subjects.keep(made.s, round_, subjects.of_schedule(made.s, order, on))
    people = panels.people(made.s, made.community_id, order.panel, on, order.stratify)
    units = framing.freeze(made.s, round_, people, opens, None)
    if order.method == Method.sample:
        drawn = framing.commit_seed(made.s, round_, order, units, opens)
        framing.execute(made.s, drawn, units, "", opens)
    return round_


def _finished(made: Load, order: Schedule, period: str, opens: datetime) -> None:
    round_ = _begun(made, order, period, opens)
    definition = publishing.definition_of(made.s, round_)
    judged = subjects.of_round(made.s, round_.id)
    voters = _voters(made, round_)
    n = opinions.answered(len(voters), made.rng, order.method == Method.sample)
    returned = opinions.sheets(definition, round_.instrument_key, judged, period, n, made.rng)
    texts = opinions.texts(round_.instrument_key, definition, judged, made.rng)
    closed = round_.closes_at
    _box(made, round_, voters, returned, texts)
    round_.opened_at, round_.closed_at, round_.state = opens, closed, State.closed
    for number, due in enumerate(order.reminder_days, 1):
        at = opens + timedelta(days=due)
        made.s.add(
            RoundReminder(
                community_id=made.community_id,
                round_id=round_.id,
                number=number,
                due_at=at,
                sent_at=at + timedelta(minutes=2),
                audience=len(voters),
            )
        )
    made.s.flush()
    publishing.publish(made.s, round_, closed + timedelta(minutes=5), history=True)


def _voters(made: Load, round_: Round) -> list[ballots.Voter]:
    entries = framing.invited_entries(made.s, round_)
    kind = panels.kind_of(round_.panel)
    names = panels.names(made.s, kind, [entry.person_id for entry in entries])
    shown = panels.shown_strata(entry.stratum for entry in entries)
    return [ballots.Voter(kind, e.person_id, names[e.person_id], shown[e.stratum]) for e in entries]


def _box(
    made: Load,
    round_: Round,
    voters: Sequence[ballots.Voter],
    returned: Sequence[opinions.Sheet],
    texts: Sequence[tuple[str, str]],
) -> None:
    """A closed box as closing leaves it: no pass, no key, sheets and receipts under random keys."""
    s, on_paper = made.s, round(len(returned) * _ON_PAPER)
    box = BallotBox(
        community_id=made.community_id,
        purpose=ballots.Purpose.round,
        secrecy=round_.secrecy,
        state=BoxState.closed,
        issued=len(voters),
        returned=len(returned),
        on_paper=on_paper,
        closed_at=round_.closes_at,
        swept=True,
    )
    s.add(box)
    s.flush()
    _invitations(made, box, voters, len(returned))
    order = made.rng.sample(range(len(voters)), len(returned))
    sheets = [
        {"rid": os.urandom(16), "stratum": voters[i].stratum, "answers": sealing.canonical(sheet)}
        for i, sheet in zip(order, returned, strict=True)
    ]
    _store(s, SealedSheet, box, sheets)
    _store(s, SealedText, box, [{"rid": os.urandom(16), "field": field, "text": text} for field, text in texts])
    _store(s, BallotReceipt, box, [{"code": code} for code in sorted(_codes(len(returned)))])
    round_.box_id, round_.invited, round_.answered, round_.on_paper = box.id, len(voters), len(returned), on_paper


def _invitations(made: Load, box: BallotBox, voters: Sequence[ballots.Voter], answered: int) -> None:
    """Who was asked. Of a secret box nobody knows who answered; of the others it is known, but not what."""
    secret, at = box.secrecy == Secrecy.secret, box.created_at
    marked = set() if secret else set(made.rng.sample(range(len(voters)), answered))
    rows = [
        {
            "id": new_id(),
            "created_at": at,
            "updated_at": at,
            "version": 1,
            "box_id": box.id,
            "community_id": made.community_id,
            "voter_kind": voter.kind,
            "voter_id": voter.id,
            "voter_name": voter.name,
            "stratum": voter.stratum,
            "serial": None if secret else codes.new_serial(),
            "state": InvitationState.invited,
            "answered": place in marked,
            "reminded": 0,
        }
        for place, voter in enumerate(voters)
    ]
    made.s.connection().execute(insert(Invitation), rows)


def _codes(n: int) -> set[str]:
    found: set[str] = set()
    while len(found) < n:
        found.add(codes.drawn(codes.RECEIPT_LENGTH))
    return found


def _store(s: Session, table: Any, box: BallotBox, rows: list[dict[str, Any]]) -> None:
    if rows:
        s.connection().execute(insert(table), [{"box_id": box.id, **row} for row in rows])


def _running(made: Load, order: Schedule, period: str, opens: datetime) -> None:
    """A round that is open on the demo's day: opened by the clock, answered by real presses."""
    round_ = opening.new_round(made.s, order, period, opens)
    if round_ is None:
        raise RuntimeError(f"no published version for {order.title}")
    made.s.add(round_)
    made.s.flush()
    opening.advance(made.s, round_, order, opens, None)
    if order.secrecy == Secrecy.secret or round_.state != State.open:
        return
    box = publishing.box_of(made.s, round_)
    definition, judged = publishing.definition_of(made.s, round_), subjects.of_round(made.s, round_.id)
    slips = ballots.slips(made.s, box)
    some = made.rng.sample(slips, round(len(slips) * 0.4))
    returned = opinions.sheets(definition, round_.instrument_key, judged, period, len(some), made.rng)
    for slip, sheet in zip(some, returned, strict=True):
        opened = ballots.find_by_token(made.s, slip.token)
        if opened is not None:
            ballots.submit(made.s, opened, slip.token, os.urandom(9).hex(), sheet, {})
    made.s.flush()
