"""The rules of instruments: whose they are, one draft at a time, and versions that never change once published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.communities.service import in_scope
from app.core.clock import now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.surveys.instruments import editing, lint
from app.surveys.instruments.builtins import BUILT_IN
from app.surveys.instruments.definition import Definition, hash_of
from app.surveys.instruments.models import Instrument, InstrumentVersion, VersionState
from app.surveys.instruments.schemas import (
    DraftRead,
    DraftWrite,
    InstrumentCopy,
    InstrumentCreate,
    InstrumentDetail,
    InstrumentRead,
    VersionDetail,
    VersionRead,
)


def visible(who: Principal) -> Select[Any]:
    """The built-in instruments, and those of the communities within reach."""
    return select(Instrument).where(or_(col(Instrument.community_id).is_(None), in_scope(who, Instrument.community_id)))


def find(s: Session, who: Principal, instrument_id: UUID) -> Instrument:
    found: Instrument | None = s.scalars(visible(who).where(col(Instrument.id) == instrument_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def may_edit(who: Principal, instrument: Instrument) -> bool:
    return who.may("instruments:write") and instrument.community_id is not None


def _own(s: Session, who: Principal, instrument_id: UUID) -> Instrument:
    """An instrument that may be changed: built-in ones are only copied."""
    instrument = find(s, who, instrument_id)
    if instrument.community_id is None:
        raise Forbidden(_("内置问卷不能修改。请复制一份，再修改副本。"), code="built_in")
    return instrument


def versions(s: Session, instrument_id: UUID) -> list[InstrumentVersion]:
    """All versions, the latest first; a draft is the latest."""
    newest_first = col(InstrumentVersion.number).desc()
    return list(
        s.exec(select(InstrumentVersion).where(InstrumentVersion.instrument_id == instrument_id).order_by(newest_first))
    )


def newest_published(s: Session, instrument_id: UUID) -> InstrumentVersion | None:
    """What a round that opens now would ask."""
    return s.exec(
        select(InstrumentVersion)
        .where(InstrumentVersion.instrument_id == instrument_id, InstrumentVersion.state == VersionState.published)
        .order_by(col(InstrumentVersion.number).desc())
        .limit(1)
    ).one_or_none()


def definition_of(version: InstrumentVersion) -> Definition:
    return Definition.model_validate(version.definition)


def shown(s: Session, instruments: Sequence[Instrument]) -> list[InstrumentRead]:
    """Instruments with what their newest version (published, else the draft) asks."""
    ids = [i.id for i in instruments]
    by_instrument: dict[UUID, list[InstrumentVersion]] = {i: [] for i in ids}
    wanted = select(InstrumentVersion).where(col(InstrumentVersion.instrument_id).in_(ids))
    for version in s.exec(wanted.order_by(col(InstrumentVersion.number).desc())):
        by_instrument[version.instrument_id].append(version)
    owners = {i.community_id for i in instruments if i.community_id}
    names = {c.id: c.name for c in s.exec(select(Community).where(col(Community.id).in_(owners)))}
    return [_read(i, by_instrument[i.id], names.get(i.community_id) if i.community_id else "") for i in instruments]


def _read(instrument: Instrument, found: Sequence[InstrumentVersion], community_name: str | None) -> InstrumentRead:
    published = [v for v in found if v.state == VersionState.published]
    definition = definition_of((published or list(found))[0])
    return InstrumentRead(
        **instrument.model_dump(),
        community_name=community_name or "",
        published_number=published[0].number if published else None,
        has_draft=any(v.state == VersionState.draft for v in found),
        questions=sum(1 for _pair in definition.questions()),
        subject_kinds=definition.subject_kinds(),
    )


def detail(s: Session, who: Principal, instrument_id: UUID) -> InstrumentDetail:
    instrument = find(s, who, instrument_id)
    found = versions(s, instrument.id)
    published = [v for v in found if v.state == VersionState.published]
    return InstrumentDetail(
        **shown(s, [instrument])[0].model_dump(),
        versions=[VersionRead.model_validate(v) for v in found],
        definition=definition_of((published or found)[0]),
        editable=may_edit(who, instrument),
    )


def version(s: Session, who: Principal, instrument_id: UUID, number: int) -> VersionDetail:
    instrument = find(s, who, instrument_id)
    return VersionDetail(**_version_fields(instrument, _numbered(s, instrument, number)))


def _numbered(s: Session, instrument: Instrument, number: int) -> InstrumentVersion:
    found = s.exec(
        select(InstrumentVersion).where(
            InstrumentVersion.instrument_id == instrument.id, InstrumentVersion.number == number
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _version_fields(instrument: Instrument, row: InstrumentVersion) -> dict[str, Any]:
    return {
        **row.model_dump(exclude={"definition"}),
        "instrument_key": instrument.key,
        "instrument_title": instrument.title,
        "definition": definition_of(row),
    }


def any_version(s: Session, who: Principal, instrument_id: UUID, number: int | None) -> VersionDetail:
    """The version asked for, else the newest published one, else the draft."""
    instrument = find(s, who, instrument_id)
    if number is not None:
        return version(s, who, instrument_id, number)
    found = newest_published(s, instrument.id) or versions(s, instrument.id)[0]
    return VersionDetail(**_version_fields(instrument, found))


# --- making ---------------------------------------------------------------------------------------------------


def home_of(s: Session, who: Principal, community_id: UUID | None) -> UUID:
    """The community of what is being made: one's own, or one named by somebody who looks after several."""
    wanted = community_id or who.community_id
    if wanted is None:
        raise Invalid(_("请选择社区。"), field="community_id")
    if s.scalars(select(Community.id).where(in_scope(who, Community.id), Community.id == wanted)).first() is None:
        raise Invalid(_("没有这个社区。"), field="community_id")
    return wanted


def _taken() -> Conflict:
    return Conflict(_("这个代码已经有人使用。"), code="key_taken", field="key")


def _keys_taken(s: Session, community_id: UUID) -> set[str]:
    """A community's own may not take a built-in's key: a key says what was asked, in every community alike."""
    return {*BUILT_IN, *s.exec(select(Instrument.key).where(Instrument.community_id == community_id))}


def free_key_of(s: Session, community_id: UUID, wanted: str) -> str:
    return editing.free_key(wanted or "survey", _keys_taken(s, community_id))


def add(s: Session, community_id: UUID, key: str | None, definition: Definition) -> Instrument:
    """A new instrument with a draft. The key is checked, or made up where none is given."""
    if key in _keys_taken(s, community_id):
        raise _taken()
    instrument = Instrument(
        community_id=community_id,
        key=key or free_key_of(s, community_id, ""),
        title=definition.title,
        title_en=definition.title_en,
    )
    s.add(instrument)
    flush_or(s, _taken())
    _add_draft(s, instrument, definition, 1)
    return instrument


def _add_draft(s: Session, instrument: Instrument, definition: Definition, number: int) -> InstrumentVersion:
    draft = InstrumentVersion(
        instrument_id=instrument.id,
        number=number,
        definition=definition.model_dump(mode="json"),
        hash=hash_of(definition),
    )
    s.add(draft)
    flush_or(s, Conflict(_("已经有一份草稿，请刷新后继续修改。"), code="draft_exists"))
    return draft


def create(s: Session, who: Principal, data: InstrumentCreate) -> InstrumentRead:
    community_id = home_of(s, who, data.community_id)
    definition = editing.new_definition(data.title, data.title_en)
    return shown(s, [add(s, community_id, data.key, definition)])[0]


def duplicate(s: Session, who: Principal, instrument_id: UUID, data: InstrumentCopy) -> InstrumentRead:
    """A draft of one's own from any instrument within reach: its newest published version, else its draft."""
    source = find(s, who, instrument_id)
    community_id = home_of(s, who, data.community_id or source.community_id if who.community_id is None else None)
    definition = any_version(s, who, source.id, None).definition.model_copy(deep=True)
    definition.title = data.title or _("%(title)s（副本）", title=definition.title)[:120]
    key = data.key or free_key_of(s, community_id, source.key)
    return shown(s, [add(s, community_id, key, definition)])[0]


# --- the draft ------------------------------------------------------------------------------------------------


def _draft(s: Session, instrument: Instrument) -> InstrumentVersion | None:
    return s.exec(
        select(InstrumentVersion).where(
            InstrumentVersion.instrument_id == instrument.id, InstrumentVersion.state == VersionState.draft
        )
    ).one_or_none()


def draft(s: Session, who: Principal, instrument_id: UUID) -> DraftRead:
    instrument = _own(s, who, instrument_id)
    found = _draft(s, instrument)
    if found is None:
        raise NotFound(_("这份问卷现在没有草稿。"))
    return DraftRead(**_version_fields(instrument, found))


def start_draft(s: Session, who: Principal, instrument_id: UUID) -> DraftRead:
    """The draft to go on with: the one there is, else a new one that begins as the newest published version."""
    instrument = _own(s, who, instrument_id)
    lock_row(s, Instrument, instrument.id)
    if instrument.retired_at is not None:
        raise Conflict(_("问卷已停用。请先恢复使用，再修改。"), code="retired")
    return DraftRead(**_version_fields(instrument, _draft(s, instrument) or begin_next(s, instrument)))


def begin_next(s: Session, instrument: Instrument) -> InstrumentVersion:
    """The draft of the next version, which begins as the newest one."""
    newest = versions(s, instrument.id)[0]
    return _add_draft(s, instrument, definition_of(newest), newest.number + 1)


def write_draft(s: Session, who: Principal, instrument_id: UUID, data: DraftWrite, version: int | None) -> DraftRead:
    """Keeps the whole draft as it was sent, then takes the step that was asked for."""
    instrument = _own(s, who, instrument_id)
    lock_row(s, Instrument, instrument.id)
    found = _draft(s, instrument)
    if found is None:
        raise NotFound(_("这份问卷现在没有草稿。"))
    check_version(found, version)
    definition, focus, control = data.definition(), "", ""
    lint.require_editable(definition)
    if data.op == "publish":
        lint.require_publishable(definition)
    else:
        definition, focus = editing.apply(definition, data.op)
        lint.require_editable(definition)
        control = editing.control(definition, data.op, focus)
    _keep(s, instrument, found, definition, publish=data.op == "publish")
    return DraftRead(**_version_fields(instrument, found), focus=focus, control=control)


def _keep(s: Session, instrument: Instrument, row: InstrumentVersion, definition: Definition, *, publish: bool) -> None:
    row.definition = definition.model_dump(mode="json")
    row.hash = hash_of(definition)
    if publish:
        row.state, row.published_at = VersionState.published, now()
    if (publish or row.number == 1) and definition.title:
        instrument.title, instrument.title_en = definition.title, definition.title_en
        touch(instrument)
        s.add(instrument)
    touch(row)
    s.add(row)
    s.flush()


def discard_draft(s: Session, who: Principal, instrument_id: UUID, version: int | None) -> None:
    """Throws the draft away; an instrument that was never published goes with it."""
    instrument = _own(s, who, instrument_id)
    lock_row(s, Instrument, instrument.id)
    found = _draft(s, instrument)
    if found is None:
        raise NotFound(_("这份问卷现在没有草稿。"))
    check_version(found, version)
    s.delete(found)
    s.flush()
    if found.number == 1:
        s.delete(instrument)
        flush_or(s, Conflict(_("这份问卷还在使用，不能删除。"), code="in_use"))


def publish_draft(s: Session, instrument: Instrument) -> InstrumentVersion:
    """Publishes the draft as it stands (for seeds and demos; people publish from the editor)."""
    found = _draft(s, instrument)
    if found is None:
        raise NotFound(_("这份问卷现在没有草稿。"))
    definition = definition_of(found)
    lint.require_publishable(definition)
    _keep(s, instrument, found, definition, publish=True)
    return found


def set_retired(s: Session, who: Principal, instrument_id: UUID, *, retired: bool) -> InstrumentRead:
    """A retired instrument opens no new rounds; its rounds and scores stay. Asking twice changes nothing."""
    instrument = _own(s, who, instrument_id)
    if retired != (instrument.retired_at is not None):
        instrument.retired_at = now() if retired else None
        touch(instrument)
        s.add(instrument)
        s.flush()
    return shown(s, [instrument])[0]


def usable(s: Session, who: Principal) -> list[Instrument]:
    """Those a schedule may use: published and not retired; the built-in ones first."""
    published = (
        select(func.count())
        .where(InstrumentVersion.instrument_id == Instrument.id, InstrumentVersion.state == VersionState.published)
        .scalar_subquery()
    )
    statement = visible(who).where(col(Instrument.retired_at).is_(None), published > 0)
    return list(s.scalars(statement.order_by(col(Instrument.community_id).is_not(None), col(Instrument.title))))
