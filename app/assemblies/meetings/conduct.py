"""Opening, suspending, resuming and ending an assembly, and what happens when its quorum is lost. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, business, notices, packs, presence, states
from app.assemblies.meetings.models import Assembly, EventKind, ItemState, State
from app.assemblies.meetings.presence import Quorum, meeting_day, quorum_at
from app.assemblies.meetings.record import hold, log
from app.core.clock import local_date
from app.core.db import touch
from app.core.errors import Conflict
from app.core.events import QuorumLost, publish
from app.core.i18n import gettext as _


def open_(s: Session, assembly: Assembly, at: datetime) -> Assembly:
    """Opens a noticed assembly on its day, with its notice period kept and its quorum there (409 with the rule).

    Pressed at two tablets, it is opened once.
    """
    hold(s, assembly)
    if assembly.state == State.open:
        return assembly
    states.require(assembly, State.noticed, rule=_("只有已通知的会议才能开会；中止的会议请按“恢复会议”。"))
    _require_day(assembly, at)
    _require_notice(s, assembly)
    found = require_quorum(s, assembly, at)
    states.move(assembly, State.open)
    assembly.opened_at = at
    log(s, assembly, EventKind.opened, assembly.title, _figures(found), at)
    touch(assembly)
    s.flush()
    return assembly


def _require_day(assembly: Assembly, at: datetime) -> None:
    day = meeting_day(assembly)
    if local_date(at) != day:
        text = _("会议定在 %(day)s，别的日子不能开。要换日子，请先改期并重新通知。", day=day.isoformat())
        raise Conflict(text, code="wrong_day")


def _require_notice(s: Session, assembly: Assembly) -> None:
    if assembly.noticed_at is None:
        raise Conflict(_("还没有发出会议通知。"), code="not_noticed")
    rules = packs.rules_of(s, assembly)
    noticed_on, version = local_date(assembly.noticed_at), packs.version_of(s, assembly)
    notices.require_period(assembly, noticed_on, rules.notice_days, version, rules.sources.notice_days)


def require_quorum(s: Session, assembly: Assembly, at: datetime) -> Quorum:
    """The quorum at an instant, or 409 with both sides of the condition that fails, and its source."""
    found = quorum_at(s, assembly, at)
    if found.holds:
        return found
    version = packs.version_of(s, assembly)
    if not found.tested:
        raise packs.refusal(_("规则包没有写明到会人数的条件，不能开会。"), "rule_missing", version)
    failed = next(test for test in found.tested if not test.holds)
    raise packs.refusal(quorum_words(found), "no_quorum", version, failed.condition.source)


def quorum_words(found: Quorum) -> str:
    return _(
        "到会人数不足：到会 %(n)s 人，应到 %(all)s 人，至少要 %(needed)s 人。",
        n=found.present, all=found.entitled, needed=found.needed,
    )  # fmt: skip


def _figures(found: Quorum) -> dict[str, object]:
    return {"present": found.present, "entitled": found.entitled, "needed": found.needed}


def watch_quorum(s: Session, assembly: Assembly, at: datetime) -> None:
    """After somebody left: an open assembly without quorum is suspended, and whatever is being voted on is void."""
    if assembly.state != State.open:
        return
    found = quorum_at(s, assembly, at)
    if found.holds:
        return
    states.move(assembly, State.suspended)
    assembly.suspended_reason = quorum_words(found)
    log(s, assembly, EventKind.quorum_lost, assembly.suspended_reason, _figures(found), at)
    touch(assembly)
    s.flush()
    publish(s, QuorumLost(assembly.id, at))


def suspend(s: Session, assembly: Assembly, reason: str, at: datetime) -> Assembly:
    """A break. Refused while a vote is open."""
    hold(s, assembly)
    business.require_none(s, assembly)
    states.move(assembly, State.suspended)
    assembly.suspended_reason = reason
    log(s, assembly, EventKind.suspended, reason, at=at)
    touch(assembly)
    s.flush()
    return assembly


def resume(s: Session, assembly: Assembly, at: datetime) -> Assembly:
    """Goes on, with the quorum there again (409 otherwise). Pressed at two tablets, it goes on once."""
    hold(s, assembly)
    if assembly.state == State.open:
        return assembly
    states.require(assembly, State.suspended, rule=_("只有中止的会议才能恢复。"))
    found = require_quorum(s, assembly, at)
    states.move(assembly, State.open)
    assembly.suspended_reason = ""
    log(s, assembly, EventKind.resumed, data=_figures(found), at=at)
    touch(assembly)
    s.flush()
    return assembly


def close(s: Session, who: Principal, assembly: Assembly, at: datetime) -> Assembly:
    """Ends an assembly: no vote may be open; what was not dealt with is put off, everybody leaves."""
    hold(s, assembly)
    if assembly.state == State.closed and not assembly.abandoned:
        return assembly
    states.require(assembly, *states.RUNNING, rule=_("只有进行中或中止的会议才能结束。"))
    business.require_none(s, assembly)
    left = agenda.release(s, who, assembly, _("会议结束时没有议到"), at)
    states.move(assembly, State.closed)
    _end(s, assembly, EventKind.closed, "", {"put_off": left}, at)
    return assembly


def abandon(s: Session, who: Principal, assembly: Assembly, reason: str, at: datetime) -> Assembly:
    """Breaks an assembly off: everybody leaves, so the quorum is lost and open votes are void; motions wait."""
    hold(s, assembly)
    states.require(assembly, *states.RUNNING, rule=_("只有进行中或中止的会议才能终止；还没有开的会议可以取消。"))
    presence.all_leave(s, assembly, at)
    watch_quorum(s, assembly, at)
    hold(s, assembly)
    left = agenda.release(s, who, assembly, reason, at)
    states.move(assembly, State.closed)
    assembly.abandoned = True
    _end(s, assembly, EventKind.abandoned, reason, {"put_off": left}, at)
    return assembly


def _end(s: Session, assembly: Assembly, kind: str, text: str, data: dict[str, object], at: datetime) -> None:
    presence.all_leave(s, assembly, at)
    assembly.closed_at, assembly.suspended_reason = at, ""
    log(s, assembly, kind, text, data, at)
    touch(assembly)
    s.flush()


def undo_opening(s: Session, assembly: Assembly, reason: str, at: datetime) -> Assembly:
    """Takes an opening back that was a mistake: only while nothing was dealt with. It is an event of its own."""
    hold(s, assembly)
    states.require(assembly, *states.RUNNING, rule=_("只有刚开的会议才能撤回开会。"))
    business.require_none(s, assembly)
    if any(item.state != ItemState.pending for item in agenda.of(s, assembly.id)):
        raise Conflict(_("议程已经开始，不能撤回开会；请结束或终止会议。"), code="already_begun")
    assembly.state, assembly.opened_at, assembly.suspended_reason = State.noticed, None, ""
    log(s, assembly, EventKind.opening_undone, reason, at=at)
    touch(assembly)
    s.flush()
    return assembly


def note(s: Session, assembly: Assembly, text: str, at: datetime) -> None:
    """A remark for the minutes."""
    hold(s, assembly)
    states.require(assembly, *states.RUNNING, rule=_("只有会议进行时才能记录。"))
    log(s, assembly, EventKind.note, text, at=at)
