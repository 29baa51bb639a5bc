"""The rules of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.communities.service import in_scope
from app.core.clock import today
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import gettext as _
from app.surveys.instruments import service as instruments
from app.surveys.instruments.models import Instrument
from app.surveys.schedules import panel_size, periods, wording
from app.surveys.schedules.models import Cadence, Method, Schedule, Stratify
from app.surveys.schedules.schemas import ScheduleCreate, ScheduleDetail, ScheduleRead, ScheduleWrite

# A round of one period is over before the next opens.
_LONGEST = {Cadence.monthly: 28}


def visible(who: Principal) -> Select[Any]:
    return select(Schedule).where(in_scope(who, Schedule.community_id))


def find(s: Session, who: Principal, schedule_id: UUID) -> Schedule:
    found: Schedule | None = s.scalars(visible(who).where(col(Schedule.id) == schedule_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def shown(s: Session, schedules: Sequence[Schedule]) -> list[ScheduleRead]:
    """Schedules with the names of what they point at, and their summaries."""
    used = {row.instrument_id for row in schedules}
    owners = {row.community_id for row in schedules}
    named = {i.id: i for i in s.exec(select(Instrument).where(col(Instrument.id).in_(used)))}
    places = {c.id: c.name for c in s.exec(select(Community).where(col(Community.id).in_(owners)))}
    panels = {_panel(row) for row in schedules}
    sizes = {key: panel_size.count(s, key[0], key[1], today(), key[2]) for key in panels}
    return [_read(row, named[row.instrument_id], places[row.community_id], sizes[_panel(row)]) for row in schedules]


def _panel(row: Schedule) -> tuple[UUID, str, tuple[str, ...]]:
    return row.community_id, row.panel, tuple(row.grid_area_ids)


def _read(row: Schedule, instrument: Instrument, community_name: str, size: int) -> ScheduleRead:
    return ScheduleRead(
        **row.model_dump(),
        community_name=community_name,
        instrument_key=instrument.key,
        instrument_title=instrument.title,
        summary=wording.together(wording.sentences(row, size)),
        next=wording.next_opening(row),
    )


def detail(s: Session, who: Principal, schedule_id: UUID) -> ScheduleDetail:
    row = find(s, who, schedule_id)
    size = panel_size.count(s, row.community_id, row.panel, today(), row.grid_area_ids)
    return ScheduleDetail(
        **shown(s, [row])[0].model_dump(),
        sentences=wording.sentences(row, size),
        openings=wording.coming(row),
        panel_size=size,
    )


def create(s: Session, who: Principal, data: ScheduleCreate) -> ScheduleRead:
    community_id = instruments.home_of(s, who, data.community_id)
    row = Schedule(community_id=community_id, **_sound(s, who, community_id, data, None))
    s.add(row)
    s.flush()
    return shown(s, [row])[0]


def update(s: Session, who: Principal, schedule_id: UUID, data: ScheduleWrite, version: int | None) -> ScheduleRead:
    """Changes what later rounds do; a round that is there keeps what it was opened with."""
    row = find(s, who, schedule_id)
    check_version(row, version)
    row.sqlmodel_update(_sound(s, who, row.community_id, data, row))
    touch(row)
    s.add(row)
    s.flush()
    return shown(s, [row])[0]


def set_paused(s: Session, who: Principal, schedule_id: UUID, *, paused: bool) -> ScheduleRead:
    """A paused schedule opens nothing. Asking twice changes nothing."""
    row = find(s, who, schedule_id)
    if row.paused != paused:
        row.paused = paused
        touch(row)
        s.add(row)
        s.flush()
    return shown(s, [row])[0]


def remove(s: Session, who: Principal, schedule_id: UUID, version: int | None) -> None:
    """Only a schedule that never opened a round can go; another is paused or ended."""
    row = find(s, who, schedule_id)
    check_version(row, version)
    s.delete(row)
    flush_or(s, Conflict(_("这个安排已经有过评议，不能删除。可以暂停，或填写结束日期。"), code="schedule_in_use"))


# --- what makes sense -----------------------------------------------------------------------------------------


def _sound(s: Session, who: Principal, community_id: UUID, data: ScheduleWrite, row: Schedule | None) -> dict[str, Any]:
    """The values to store: checked against the instrument and each other; what does not apply is set back."""
    kinds = _kinds_of_instrument(s, who, community_id, data, row)
    values = data.model_dump(exclude={"community_id"})
    values["subject_kinds"] = [kind for kind in kinds if kind in data.subject_kinds] or kinds
    values["reminder_days"] = sorted(set(data.reminder_days))
    if data.cadence in (Cadence.monthly, Cadence.once):
        values["opens_month"] = 1
    if data.method == Method.census:
        values.update(sample_size=0, reserves=0, stratify=Stratify.none, public_number=False, public_number_source="")
    if not values["public_number"]:
        values["public_number_source"] = ""
    if "property_company" not in values["subject_kinds"]:
        values["property_company"] = ""
    _check(data, values)
    return values


def _kinds_of_instrument(
    s: Session, who: Principal, community_id: UUID, data: ScheduleWrite, row: Schedule | None
) -> list[str]:
    """The kinds of subjects that the instrument judges: one that is published, in use, and for this community."""
    refusal = Invalid(_("请选择一份已发布、没有停用的问卷。"), field="instrument_id")
    try:
        instrument = instruments.find(s, who, data.instrument_id)
    except NotFound:
        raise refusal from None
    newest = instruments.newest_published(s, instrument.id)
    kept = row is not None and row.instrument_id == instrument.id
    if newest is None or (instrument.retired_at is not None and not kept):
        raise refusal
    if instrument.community_id not in (None, community_id):
        raise refusal
    return instruments.definition_of(newest).subject_kinds()


def _check(data: ScheduleWrite, values: dict[str, Any]) -> None:
    found = [*_times(data, values), *_sample(data), *_subjects(values)]
    if found:
        errors: list[FieldError] = [{"field": f, "message": m, "code": c} for f, m, c in found]
        raise Invalid(_("有些内容需要改正。"), code="schedule_unsound", errors=errors)


def _times(data: ScheduleWrite, values: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if data.cadence in periods.MONTHS and values["opens_month"] > periods.MONTHS[data.cadence]:
        most = periods.MONTHS[data.cadence]
        found.append(("opens_month", _("这里是周期里的第几个月，最多 %(n)s。", n=most), "month_outside"))
    if data.open_days > _LONGEST.get(data.cadence, data.open_days):
        message = _("每月一次的评议最多开放 %(n)s 天，以免与下一轮重叠。", n=_LONGEST[data.cadence])
        found.append(("open_days", message, "rounds_overlap"))
    if any(day >= data.open_days for day in data.reminder_days):
        found.append(("reminder_days", _("提醒须在截止之前。"), "reminder_late"))
    return found


def _sample(data: ScheduleWrite) -> list[tuple[str, str, str]]:
    if data.method == Method.census:
        return []
    found = []
    if data.sample_size < 1:
        found.append(("sample_size", _("请填写抽取多少人。"), "missing"))
    if data.public_number and not data.public_number_source:
        message = _("请写明用哪个公开号码、何时何地产生。")
        found.append(("public_number_source", message, "missing"))
    return found


def _subjects(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    if "property_company" in values["subject_kinds"] and not values["property_company"]:
        return [("property_company", _("请填写物业公司的名称。"), "missing")]
    return []
