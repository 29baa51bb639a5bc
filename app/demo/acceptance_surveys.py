"""The acceptance data of instruments and schedules: one instrument of each community's own, and standing orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from app.demo.acceptance_place import Place
from app.surveys.instruments import service as instruments
from app.surveys.instruments.builtins import ensure_builtins, instrument_id, satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Section
from app.surveys.instruments.models import Instrument, InstrumentVersion, VersionState
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Schedule, Secrecy, Stratify

OWN_KEY = "courtyard"
_START = date(2011, 10, 1)


def _instrument(s: Session, place: Place) -> Instrument:
    found = select(Instrument).where(Instrument.community_id == place.community.id, Instrument.key == OWN_KEY)
    return s.exec(found).one()


def _version_number(s: Session, place: Place) -> int:
    own = _instrument(s, place).id
    found = select(InstrumentVersion.number).where(
        InstrumentVersion.instrument_id == own, InstrumentVersion.state == VersionState.published
    )
    return s.exec(found.order_by(col(InstrumentVersion.number))).first() or 0


def _schedule(s: Session, place: Place) -> Any:
    """The one of the community's own instrument: a check may change or delete it."""
    found = select(Schedule.id).where(
        Schedule.community_id == place.community.id, Schedule.instrument_id == _instrument(s, place).id
    )
    return s.exec(found).first()


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "instrument_id": lambda s, p: _instrument(s, p).id,
    "version_number": _version_number,
    "schedule_id": _schedule,
}


def add_instruments_and_schedules(s: Session, place: Place) -> None:
    """An own instrument (a published version and the draft of the next), and four schedules from 2011-10 on."""
    ensure_builtins(s)
    own = instruments.add(s, place.community.id, OWN_KEY, _courtyard())
    instruments.publish_draft(s, own)
    instruments.begin_next(s, own)
    for schedule in _schedules(place, own):
        s.add(schedule)
    s.flush()


def _courtyard() -> Definition:
    wishes = [("benches", "添座椅", "More benches"), ("lamps", "添路灯", "More lamps"), ("shade", "种树", "More shade")]
    return Definition(
        title="小区环境意见",
        title_en="The courtyard",
        intro="请您说说小区的环境。",
        intro_en="Tell us about the courtyard.",
        sections=[
            Section(
                title="环境",
                title_en="Surroundings",
                questions=[
                    Question(
                        key="overall",
                        kind=Kind.rating,
                        label="您对小区环境是否满意？",
                        label_en="How satisfied are you with the courtyard?",
                        required=True,
                        options=satisfaction_scale(),
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


def _schedules(place: Place, own: Instrument) -> list[Schedule]:
    common: dict[str, Any] = {"community_id": place.community.id, "starts_on": _START, "opens_hour": 9}
    return [
        Schedule(
            **common,
            instrument_id=instrument_id("property_monthly"),
            title="物业服务月度评议",
            cadence=Cadence.monthly,
            opens_day=25,
            open_days=5,
            reminder_days=[2, 4],
            panel=Panel.representatives,
            secrecy=Secrecy.secret,
            subject_kinds=["property_company"],
            property_company=f"{place.letter}区物业服务有限公司",
            publish=Publish.auto,
        ),
        Schedule(
            **common,
            instrument_id=instrument_id("committee_halfyear"),
            title="居委会和社区工作者半年评议",
            cadence=Cadence.halfyearly,
            opens_month=6,
            opens_day=15,
            open_days=10,
            reminder_days=[5, 8],
            panel=Panel.representatives,
            secrecy=Secrecy.secret,
            subject_kinds=["committee", "staff"],
            publish=Publish.auto,
        ),
        Schedule(
            **common,
            instrument_id=instrument_id("integrity_yearly"),
            title="勤廉指数年度测评",
            cadence=Cadence.yearly,
            opens_month=11,
            opens_day=1,
            open_days=20,
            reminder_days=[7, 14],
            panel=Panel.residents,
            method=Method.sample,
            sample_size=6,
            reserves=2,
            stratify=Stratify.grid_area,
            secrecy=Secrecy.confidential,
            subject_kinds=["committee"],
            publish=Publish.manual,
        ),
        Schedule(
            **common,
            instrument_id=own.id,
            title="小区环境意见征询",
            cadence=Cadence.quarterly,
            opens_month=2,
            opens_day=10,
            open_days=7,
            panel=Panel.residents,
            method=Method.census,
            secrecy=Secrecy.named,
            publish=Publish.manual,
            paused=True,
        ),
    ]
