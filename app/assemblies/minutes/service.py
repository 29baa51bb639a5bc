"""The rules of minutes: drawn from the record, signed by two people over the same words, then locked by their hash.

Every function takes the instant (`at`), so that the past may be told as it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly, State
from app.assemblies.minutes import decided, drawing
from app.assemblies.minutes.models import Minutes, MinutesNote, MinutesSignature, MinutesState, SignerRole
from app.assemblies.minutes.schemas import CorrectionNote, Remarks
from app.assemblies.minutes.shapes import Facts, seal
from app.core import audit
from app.core.clock import now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.households.scope import communities_of

READY = (MinutesState.confirmed, MinutesState.published)


def visible(who: Principal) -> Select[Minutes]:
    """Drafts are for those who run assemblies; whoever may read assemblies reads what was confirmed."""
    found = select(Minutes).where(communities_of(who, col(Minutes.community_id)))
    return found if who.may("assemblies:run") else found.where(col(Minutes.state).in_(READY))


def find(s: Session, who: Principal, minutes_id: UUID) -> Minutes:
    found = s.scalars(visible(who).where(col(Minutes.id) == minutes_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def filtered(who: Principal, state: MinutesState | None, q: str | None) -> Any:
    """The list, with each one's assembly."""
    found: Any = visible(who).join(Assembly, col(Assembly.id) == col(Minutes.assembly_id)).add_columns(Assembly)
    if state is not None:
        found = found.where(col(Minutes.state) == state)
    if q:
        found = found.where(col(Assembly.title).icontains(q, autoescape=True))
    return found


def awaiting(s: Session, who: Principal) -> list[Assembly]:
    """Assemblies that are over and have no minutes yet, the latest first."""
    wanted = meetings.visible(who).where(col(Assembly.state) == State.closed)
    return list(s.scalars(wanted.order_by(col(Assembly.closed_at).desc(), col(Assembly.id)).limit(50)))


def hash_of(minutes: Minutes) -> str:
    return seal(minutes.facts, minutes.remarks)


def signatures(s: Session, minutes: Minutes) -> list[MinutesSignature]:
    """Those that count: over the words as they now stand."""
    wanted = select(MinutesSignature).where(
        col(MinutesSignature.minutes_id) == minutes.id, col(MinutesSignature.sha256) == hash_of(minutes)
    )
    return list(s.scalars(wanted.order_by(col(MinutesSignature.at))))


def notes(s: Session, minutes_id: UUID) -> list[MinutesNote]:
    wanted = select(MinutesNote).where(col(MinutesNote.minutes_id) == minutes_id)
    return list(s.scalars(wanted.order_by(col(MinutesNote.at), col(MinutesNote.id))))


def is_stale(s: Session, minutes: Minutes) -> bool:
    """Whether the record says something else by now than the draft that was drawn from it."""
    if minutes.state != MinutesState.draft:
        return False
    return drawing.draw(s, s.get_one(Assembly, minutes.assembly_id)) != Facts.model_validate(minutes.facts)


def draft(s: Session, who: Principal, assembly_id: UUID, at: datetime | None = None) -> Minutes:
    """Draws the first draft of an assembly that is over."""
    assembly, at = meetings.held(s, who, assembly_id), at or now()
    meetings.advance(s, assembly, State.minutes_draft, at)
    facts = drawing.draw(s, assembly).model_dump(mode="json")
    minutes = Minutes(community_id=assembly.community_id, assembly_id=assembly.id, facts=facts, drawn_at=at)
    s.add(minutes)
    flush_or(s, Conflict(_("这次会议已有会议记录。"), code="minutes_exist"))
    return minutes


def _hold_draft(s: Session, who: Principal, minutes_id: UUID, version: int | None) -> Minutes:
    find(s, who, minutes_id)
    minutes = cast(Minutes, lock_row(s, Minutes, minutes_id))
    check_version(minutes, version)
    if minutes.state != MinutesState.draft:
        raise Conflict(_("会议记录已经签字锁定，不能再改；有错请加更正说明。"), code="minutes_locked")
    return minutes


def redraw(s: Session, who: Principal, minutes_id: UUID, version: int | None, at: datetime | None = None) -> Minutes:
    """Reads the record again; what people added stays. Signatures over other words no longer count."""
    minutes = _hold_draft(s, who, minutes_id, version)
    minutes.facts = drawing.draw(s, s.get_one(Assembly, minutes.assembly_id)).model_dump(mode="json")
    minutes.drawn_at = at or now()
    return _saved(s, minutes)


def remark(s: Session, who: Principal, minutes_id: UUID, data: Remarks, version: int | None) -> Minutes:
    """Writes what people add to the parts that are named."""
    minutes = _hold_draft(s, who, minutes_id, version)
    told = {key: text or "" for key, text in data.model_dump(exclude_unset=True).items()}
    minutes.remarks = {key: text for key, text in {**minutes.remarks, **told}.items() if text}
    return _saved(s, minutes)


def sign(
    s: Session, who: Principal, minutes_id: UUID, role: SignerRole, version: int | None, at: datetime | None = None
) -> Minutes:
    """Signs the words as they stand. With both signatures the minutes are confirmed and locked by their hash."""
    minutes, at = _hold_draft(s, who, minutes_id, version), at or now()
    assembly = meetings.hold(s, s.get_one(Assembly, minutes.assembly_id))
    _check_complete(s, minutes, assembly)
    words = hash_of(minutes)
    before = signatures(s, minutes)
    if any(signature.user_id == who.id for signature in before):
        raise Conflict(_("主持人和记录人必须是两个人，您已经签过字。"), code="same_signer")
    if any(signature.role == role for signature in before):
        raise Conflict(_("这一栏已有人签字。"), code="role_signed", field="role")
    signature = MinutesSignature(
        community_id=minutes.community_id,
        minutes_id=minutes.id,
        role=role,
        user_id=who.id,
        name=who.name,
        sha256=words,
        at=at,
    )
    s.add(signature)
    flush_or(s, Conflict(_("这一栏已有人签字。"), code="role_signed", field="role"))
    if {str(role), *[str(x.role) for x in before]} == {str(r) for r in SignerRole}:
        _confirm(s, minutes, assembly, words, at)
    return _saved(s, minutes)


def _check_complete(s: Session, minutes: Minutes, assembly: Assembly) -> None:
    """Nobody signs what is unfinished or no longer what the record says."""
    if left := decided.pending(s, assembly):
        raise Conflict(
            _("还有没宣布结果的表决或选举：%(titles)s。宣布以后才能签字。", titles=_("、").join(left)),
            code="undeclared",
        )
    if is_stale(s, minutes):
        raise Conflict(_("起草以后会议的原始记载有变化，请先重新读取再签字。"), code="minutes_stale")


def _confirm(s: Session, minutes: Minutes, assembly: Assembly, words: str, at: datetime) -> None:
    minutes.state, minutes.sha256, minutes.confirmed_at = MinutesState.confirmed, words, at
    meetings.advance(s, assembly, State.minutes_confirmed, at)
    audit.note(s, "minutes.confirm", "minutes", minutes.id, minutes.community_id, sha256=words)


def publish(s: Session, who: Principal, minutes_id: UUID, version: int | None, at: datetime | None = None) -> Minutes:
    """Publishes confirmed minutes within the community."""
    find(s, who, minutes_id)
    minutes, at = cast(Minutes, lock_row(s, Minutes, minutes_id)), at or now()
    check_version(minutes, version)
    if minutes.state != MinutesState.confirmed:
        raise Conflict(_("主持人和记录人都签字以后才能公布，公布以后不再变动。"), code="minutes_state")
    minutes.state, minutes.published_at = MinutesState.published, at
    meetings.advance(s, s.get_one(Assembly, minutes.assembly_id), State.published, at)
    return _saved(s, minutes)


def add_note(
    s: Session, who: Principal, minutes_id: UUID, data: CorrectionNote, at: datetime | None = None
) -> MinutesNote:
    """A correction beneath minutes that are locked: they stay as they were signed."""
    minutes = find(s, who, minutes_id)
    if minutes.state == MinutesState.draft:
        raise Conflict(_("还没有签字锁定，请直接修改草稿。"), code="minutes_state")
    note = MinutesNote(
        community_id=minutes.community_id,
        minutes_id=minutes.id,
        text=data.text,
        author_id=who.id,
        author_name=who.name,
        at=at or now(),
    )
    s.add(note)
    s.flush()
    return note


def _saved(s: Session, minutes: Minutes) -> Minutes:
    touch(minutes)
    s.add(minutes)
    s.flush()
    return minutes
