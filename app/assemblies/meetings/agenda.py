"""The agenda: free until the notice, then fixed but for late items the rules allow; and its course on the day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import business, packs, states
from app.assemblies.meetings.models import AgendaItem, Assembly, EventKind, ItemKind, ItemState, State
from app.assemblies.meetings.record import hold, log
from app.assemblies.meetings.schemas import Direction, ItemCreate, ItemUpdate
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion, MotionState
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _

MOST_ITEMS = 60
_OPEN = (ItemState.pending, ItemState.current)


def of(s: Session, assembly_id: UUID) -> list[AgendaItem]:
    """The items in their order."""
    wanted = select(AgendaItem).where(col(AgendaItem.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(AgendaItem.position))))


def find(s: Session, assembly: Assembly, item_id: UUID) -> AgendaItem:
    wanted = select(AgendaItem).where(col(AgendaItem.id) == item_id, col(AgendaItem.assembly_id) == assembly.id)
    found = s.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def current(s: Session, assembly_id: UUID) -> AgendaItem | None:
    """What is on the floor."""
    return next((item for item in of(s, assembly_id) if item.state == ItemState.current), None)


def add(s: Session, who: Principal, assembly: Assembly, data: ItemCreate, at: datetime) -> AgendaItem:
    """An item at the end of the agenda. After the notice it is a late one: only with a reason, if rules allow it."""
    hold(s, assembly)
    late = _require_room(s, assembly, data)
    listed = of(s, assembly.id)
    if len(listed) >= MOST_ITEMS:
        raise Conflict(_("议程最多 %(n)s 项。", n=MOST_ITEMS), code="too_many_items")
    item = AgendaItem(
        community_id=assembly.community_id,
        assembly_id=assembly.id,
        position=listed[-1].position + 1 if listed else 1,
        kind=data.kind,
        title=data.title,
        text=data.text,
        late_reason=data.late_reason if late else "",
    )
    if data.kind == ItemKind.motion:
        motion = _motion(s, who, assembly, data.motion_id)
        item.motion_id, item.title = motion.id, data.title or f"{motion.number} {motion.title}"
        motions.schedule(s, who, motion, assembly.id, at, data.late_reason if late else "")
    if not item.title:
        raise Invalid(_("请填写标题。"), code="missing", field="title")
    s.add(item)
    s.flush()
    if late:
        log(s, assembly, EventKind.late_item, item.title, {"item": str(item.id), "reason": data.late_reason}, at)
    else:
        _changed(assembly)
    return item


def _require_room(s: Session, assembly: Assembly, data: ItemCreate) -> bool:
    """Whether the item is late; refused where it comes too late altogether."""
    if assembly.state == State.draft:
        return False
    states.require(assembly, State.noticed, *states.RUNNING, rule=_("会议结束或取消以后，不能再增加议程。"))
    rules = packs.rules_of(s, assembly)
    if not rules.late_item:
        text = _("通知发出以后，规则不允许再增加议程。")
        raise packs.refusal(text, "agenda_fixed", packs.version_of(s, assembly), rules.sources.late_item)
    if not data.late_reason:
        raise Invalid(_("通知发出以后增加议程，要写明理由。"), code="missing", field="late_reason")
    return True


def _motion(s: Session, who: Principal, assembly: Assembly, motion_id: UUID | None) -> Motion:
    if motion_id is None:
        raise Invalid(_("请选择议案。"), code="missing", field="motion_id")
    found: Motion | None = s.scalars(
        motions.visible(who).where(col(Motion.id) == motion_id, col(Motion.community_id) == assembly.community_id)
    ).one_or_none()
    if found is None:
        raise Invalid(_("本社区没有这件议案。"), code="no_such_motion", field="motion_id")
    return found


def _changed(assembly: Assembly) -> None:
    """Nothing for the log, but other tablets should see it."""
    assembly.pulse += 1


def update(s: Session, assembly: Assembly, item: AgendaItem, data: ItemUpdate, version: int | None) -> AgendaItem:
    hold(s, assembly)
    check_version(item, version)
    states.require(assembly, State.draft, rule=_("通知发出以后，议程的文字不能再改。"))
    changes = {key: value for key, value in data.model_dump(exclude_unset=True).items() if value is not None}
    if (item.kind == ItemKind.motion) != (changes.get("kind", item.kind) == ItemKind.motion):
        raise Invalid(_("议案请删除后重新列入。"), code="wrong_kind", field="kind")
    item.sqlmodel_update(changes)
    touch(item)
    _changed(assembly)
    s.flush()
    return item


def remove(s: Session, who: Principal, assembly: Assembly, item: AgendaItem, version: int | None, at: datetime) -> None:
    """Takes an item from an agenda that nobody was told of yet; its motion waits for another assembly."""
    hold(s, assembly)
    check_version(item, version)
    states.require(assembly, State.draft, rule=_("通知发出以后，议程不能再删除；开会时可以搁置。"))
    _unschedule(s, who, item, "", at)
    s.delete(item)
    _changed(assembly)
    flush_or(s, Conflict(_("这一项已有表决，不能删除。"), code="item_in_use"))


def _unschedule(s: Session, who: Principal, item: AgendaItem, reason: str, at: datetime) -> None:
    """The motion waits for another assembly; one that was decided, withdrawn or undecided stays as it is."""
    motion = s.get(Motion, item.motion_id) if item.motion_id else None
    if motion is not None and motion.state in (MotionState.scheduled, MotionState.debated):
        motions.unschedule(s, who, motion, at, reason or item.title)


def shift(s: Session, assembly: Assembly, item: AgendaItem, direction: Direction) -> AgendaItem:
    """One place up or down: while the agenda is written, and on the day among what is still to come."""
    hold(s, assembly)
    states.require(assembly, State.draft, *states.RUNNING, rule=_("通知发出以后，要到开会时才能调整议程的次序。"))
    waiting = [x for x in of(s, assembly.id) if assembly.state == State.draft or x.state == ItemState.pending]
    places = [x.id for x in waiting]
    if item.id not in places:
        raise Conflict(_("这一项已经议过或正在议，不能再调整次序。"), code="item_state")
    here = places.index(item.id)
    there = here - 1 if direction == Direction.up else here + 1
    if 0 <= there < len(waiting):
        other = waiting[there]
        mine, theirs = item.position, other.position
        item.position = -1  # a place is held by one item only, also in the midst of changing
        s.flush()
        other.position = mine
        s.flush()
        item.position = theirs
        _changed(assembly)
        s.flush()
    return item


def take_up(s: Session, who: Principal, assembly: Assembly, item: AgendaItem, at: datetime) -> AgendaItem:
    """Puts an item on the floor, one at a time. Pressed twice, it is on the floor all the same."""
    hold(s, assembly)
    states.require(assembly, State.open, rule=_("会议没有在进行，不能审议。"))
    item = find(s, assembly, item.id)
    if item.state == ItemState.current:
        return item
    other = current(s, assembly.id)
    if other is not None:
        raise Conflict(_("正在审议“%(title)s”，请先结束这一项。", title=other.title), code="item_on_floor")
    if item.state == ItemState.done:
        raise Conflict(_("这一项已经议完。"), code="item_state")
    _to_floor(s, who, assembly, item, at)
    return item


def _to_floor(s: Session, who: Principal, assembly: Assembly, item: AgendaItem, at: datetime) -> None:
    motion = s.get(Motion, item.motion_id) if item.motion_id else None
    if motion is not None:
        if motion.state == MotionState.scheduled:
            motions.to_debate(s, who, motion, at)
        elif motion.state in (MotionState.admitted, MotionState.adjourned, MotionState.no_quorum):
            motions.resume(s, who, motion, assembly.id, at)
        elif motion.state == MotionState.withdrawn:
            raise Conflict(_("这件议案已经撤回，请把这一项搁置。"), code="motion_withdrawn")
    item.state, item.taken_up_at, item.ended_at = ItemState.current, at, None
    touch(item)
    log(s, assembly, EventKind.item_current, item.title, {"item": str(item.id)}, at)


def finish(s: Session, assembly: Assembly, item: AgendaItem, at: datetime) -> AgendaItem:
    """The item has been dealt with. Refused while a vote on it is open."""
    hold(s, assembly)
    states.require(assembly, *states.RUNNING, rule=_("会议没有在进行，不能结束议程。"))
    item = find(s, assembly, item.id)
    if item.state == ItemState.done:
        return item
    if item.state != ItemState.current:
        raise Conflict(_("这一项不在审议。"), code="item_state")
    business.require_none(s, assembly, item.id)
    _end(s, assembly, item, ItemState.done, "", at)
    return item


def proceed(s: Session, who: Principal, assembly: Assembly, seen: UUID | None, at: datetime) -> AgendaItem | None:
    """The next item: what is on the floor ends, the first that waits is taken up; None where nothing waits.

    `seen` is the item that whoever pressed saw on the floor: pressed at two tablets, the meeting moves on once.
    """
    hold(s, assembly)
    states.require(assembly, State.open, rule=_("会议没有在进行，不能审议。"))
    here = current(s, assembly.id)
    if (here.id if here else None) != seen:
        return here
    if here is not None:
        finish(s, assembly, here, at)
    following = next((item for item in of(s, assembly.id) if item.state == ItemState.pending), None)
    if following is not None:
        _to_floor(s, who, assembly, following, at)
    return following


def put_off(s: Session, who: Principal, assembly: Assembly, item: AgendaItem, reason: str, at: datetime) -> AgendaItem:
    """Leaves an item for another assembly. Refused while a vote on it is open."""
    hold(s, assembly)
    states.require(assembly, *states.RUNNING, rule=_("会议没有在进行，不能搁置议程。"))
    item = find(s, assembly, item.id)
    if item.state not in _OPEN:
        raise Conflict(_("这一项已经议完或搁置。"), code="item_state")
    business.require_none(s, assembly, item.id)
    _unschedule(s, who, item, reason, at)
    _end(s, assembly, item, ItemState.put_off, reason, at)
    return item


def _end(s: Session, assembly: Assembly, item: AgendaItem, to: ItemState, reason: str, at: datetime) -> None:
    item.state, item.ended_at = to, at
    touch(item)
    kind = EventKind.item_done if to == ItemState.done else EventKind.item_put_off
    log(s, assembly, kind, item.title, {"item": str(item.id), "reason": reason}, at)


def release(s: Session, who: Principal, assembly: Assembly, reason: str, at: datetime) -> list[str]:
    """Puts off whatever was not dealt with; for an assembly that ends. Returns the titles."""
    left = [item for item in of(s, assembly.id) if item.state in _OPEN]
    for item in left:
        _unschedule(s, who, item, reason, at)
        _end(s, assembly, item, ItemState.put_off, reason, at)
    return [item.title for item in left]


def hand_over(s: Session, who: Principal, assembly: Assembly, into: Assembly, reason: str, at: datetime) -> list[str]:
    """Moves the items, with all that hangs on them, to the end of another agenda. Returns the titles."""
    waiting = [item for item in of(s, assembly.id) if item.state == ItemState.pending]
    last = max((item.position for item in of(s, into.id)), default=0)
    for place, item in enumerate(waiting, last + 1):
        motion = s.get(Motion, item.motion_id) if item.motion_id else None
        if motion is not None and motion.state == MotionState.scheduled:
            motions.unschedule(s, who, motion, at, reason)
            motions.schedule(s, who, motion, into.id, at, reason)
        item.assembly_id, item.position = into.id, place
        item.late_reason = reason if into.state != State.draft else ""
        touch(item)
    s.flush()
    return [item.title for item in waiting]
