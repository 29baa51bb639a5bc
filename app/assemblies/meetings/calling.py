"""Who may call an extraordinary assembly, and on what ground: the pack's `callers` rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.meetings import packs, states
from app.assemblies.meetings.models import Assembly, Caller, CallSigner, Kind, State
from app.assemblies.models import TermBody
from app.assemblies.rosters import Sitting, sitting
from app.assemblies.rules.decide import Counts, Tested, holds
from app.assemblies.rules.definition import Caller as CallerRule
from app.core.clock import local_date
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.core.i18n import gettext as _

LABELS: dict[str, str] = {
    Caller.committee: N_("居民委员会"),
    Caller.representatives: N_("居民代表联名"),
    Caller.subdistrict: N_("街道"),
}


def signers(s: Session, assembly_id: UUID) -> list[UUID]:
    """Who asked for it."""
    wanted = select(col(CallSigner.holder_id)).where(col(CallSigner.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(CallSigner.id))))


def may_sign(s: Session, assembly: Assembly, on: date) -> list[Sitting]:
    """Representatives in office on a day."""
    return sitting(s, assembly.community_id, TermBody(assembly.body), on)


def set_signers(
    s: Session, assembly: Assembly, holder_ids: Sequence[UUID], version: int | None, at: datetime
) -> Assembly:
    """Names the representatives who asked for the assembly, in place of those named before."""
    check_version(assembly, version)
    states.require(assembly, State.draft, rule=_("通知发出以后，联名的代表不能再改。"))
    if assembly.called_by != Caller.representatives:
        raise Conflict(_("只有居民代表联名召集的临时会议才登记联名代表。"), code="not_called_by_representatives")
    allowed = {x.id for x in may_sign(s, assembly, local_date(at))}
    if not allowed.issuperset(holder_ids):
        raise Invalid(_("有人当时不是在任的居民代表。"), code="not_sitting", field="holder_ids")
    kept = set(holder_ids)
    for signer in s.scalars(select(CallSigner).where(col(CallSigner.assembly_id) == assembly.id)):
        if signer.holder_id in kept:
            kept.discard(signer.holder_id)
        else:
            s.delete(signer)
    for holder_id in dict.fromkeys(holder_ids):
        if holder_id in kept:
            s.add(CallSigner(community_id=assembly.community_id, assembly_id=assembly.id, holder_id=holder_id))
    touch(assembly)
    s.flush()
    return assembly


def rule_for(s: Session, assembly: Assembly) -> CallerRule | None:
    """What the pack says of whoever calls this assembly; nothing for a regular one."""
    if assembly.kind == Kind.regular:
        return None
    return next((rule for rule in packs.rules_shown(s, assembly).callers if rule.who == assembly.called_by), None)


def tested(s: Session, assembly: Assembly, on: date) -> Tested | None:
    """The signatures worked out, where the rule counts them. Only those still in office count."""
    rule = rule_for(s, assembly)
    if rule is None or rule.condition is None:
        return None
    sitting_now = {x.id for x in may_sign(s, assembly, on)}
    signed = len(sitting_now.intersection(signers(s, assembly.id)))
    return holds(rule.condition, Counts(signed=signed, entitled=len(sitting_now)))


def require(s: Session, assembly: Assembly, at: datetime) -> None:
    """That an extraordinary assembly is called by somebody who may, with a ground (409 with the rule otherwise)."""
    if assembly.kind == Kind.regular:
        return
    version, rule = packs.version_of(s, assembly), rule_for(s, assembly)
    caller = _(LABELS[assembly.called_by])
    if rule is None:
        text = _("规则没有写明“%(who)s”可以召集临时会议。", who=caller)
        raise packs.refusal(text, "may_not_call", version)
    if not assembly.ground:
        raise Conflict(_("召集临时会议要写明理由。"), code="ground_missing", field="ground")
    test = tested(s, assembly, local_date(at))
    if test is not None and not test.holds:
        text = _(
            "联名的代表还不够：现在 %(n)s 人，在任代表 %(all)s 人，至少要 %(needed)s 人。",
            n=test.left, all=test.right, needed=test.needed,
        )  # fmt: skip
        raise packs.refusal(text, "too_few_signers", version, rule.source)
