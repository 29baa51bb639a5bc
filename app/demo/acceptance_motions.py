"""The acceptance data of rules and motions: a pack of each community's own, and motions in several states."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.assemblies.models import TermBody
from app.assemblies.motions import handling, proposing, service
from app.assemblies.motions.models import Motion, MotionCorrection, MotionState, ProposerKind
from app.assemblies.motions.schemas import MotionCreate
from app.assemblies.rosters import sitting
from app.assemblies.rules import editing
from app.assemblies.rules.builtins import EXAMPLE, ensure_builtins, pack_id
from app.assemblies.rules.models import RulePack
from app.assemblies.rules.schemas import DraftWrite, PackCreate, SetWrite
from app.core.clock import now, today
from app.demo.acceptance_place import Place

_SOURCE = "居民自治章程第九条"
_NAMED = "健身场地铺设安全地垫"


def add_rules(s: Session, place: Place, director: User) -> None:
    """Two packs of one's own: one with a published version and the draft of the next, and a mere draft."""
    ensure_builtins(s)
    who = principal_for(s, director)
    own = editing.create(s, who, PackCreate(title=f"{place.community.name}居民自治章程", from_pack_id=pack_id(EXAMPLE)))
    draft = editing.draft(s, who, own.id)
    editing.write_draft(s, who, own.id, _cited(draft.definition), draft.version)
    editing.start_draft(s, who, own.id)
    editing.create(s, who, PackCreate(title="备用章程"))


def _cited(definition: dict[str, Any]) -> DraftWrite:
    """The copied rules of the representatives, each with a source, ready to be published."""
    plain = next(each for each in definition["sets"] if each["body"] == TermBody.representative_assembly)
    for conditions in (plain["quorum"], *plain["adoption"].values(), *(plain["election"][k] for k in _ELECTION)):
        for condition in conditions:
            condition["source"] = _SOURCE
    plain.pop("tie")
    plain["callers"] = [{"who": "committee", "source": _SOURCE}]
    plain["sources"] = dict.fromkeys(("notice_days", "regular_per_year", "resolution_days"), _SOURCE)
    return DraftWrite(
        title=definition["title"],
        citation="居民自治章程（2012 年 3 月居民代表会议通过）",
        effective_from=date(2012, 4, 1),
        sets=[SetWrite.model_validate(plain)],
        op="publish",
    )


_ELECTION = ("valid", "elected", "second_round")


def add_motions(s: Session, place: Place, director: User) -> None:
    """The motion named in `objects` is handed in and has a correction that waits; the others differ in state."""
    who, at = principal_for(s, director), now()
    first, second = sitting(s, place.community.id, TermBody.representative_assembly, today())[2:4]

    def bring(title: str, *, submit: bool = True, kind: ProposerKind = ProposerKind.representative) -> Motion:
        holders = [first.id] if kind == ProposerKind.representative else []
        wanted = MotionCreate(
            title=title, text=f"{title}，请居民代表会议审议。", proposer_kind=kind, holder_ids=holders, submit=submit
        )
        return proposing.create(s, who, wanted, at)

    named = bring(_NAMED)
    proposing.second(s, who, named, at, second.id)
    proposing.add_note(s, who, named, "先请三家报价。", at)
    handling.ask_correction(s, who, named, MotionState.returned, "当时已经退回", at)
    bring("小公园补种树木", submit=False)
    admitted = bring("二次供水水箱更换", kind=ProposerKind.committee)
    handling.admit(s, who, admitted, at)
    returned = bring("夜间噪声管理")
    service.move(s, who, returned, MotionState.returned, at, reason="请写明时段和地点")


def _named(s: Session, place: Place) -> Motion:
    wanted = select(Motion).where(Motion.community_id == place.community.id, Motion.title == _NAMED)
    return s.exec(wanted).one()


def _correction(s: Session, place: Place) -> Any:
    return s.exec(select(MotionCorrection.id).where(MotionCorrection.motion_id == _named(s, place).id)).one()


def _pack(s: Session, place: Place) -> Any:
    wanted = select(RulePack.id).where(RulePack.community_id == place.community.id)
    return s.exec(wanted.order_by(col(RulePack.key))).first()


OBJECTS: dict[str, Any] = {
    "pack_id": _pack,
    "motion_id": lambda s, p: _named(s, p).id,
    "correction_id": _correction,
}
