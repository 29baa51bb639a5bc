"""What `qinlian check` says about the register: stages in order, histories without a gap, transfers that agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from sqlalchemy import func, select
from sqlmodel import col

from app.core.db import Database
from app.members.joining.models import JoiningEvent
from app.members.models import Affiliation, Member, MemberStage, Stage
from app.members.transfers.models import MemberTransfer

_PLACE = {str(stage): place for place, stage in enumerate(Stage)}


def joining(db: Database) -> Iterator[str]:
    with db.read() as s:
        stages = select(MemberStage).order_by(col(MemberStage.member_id), col(MemberStage.from_on))
        for before, after in pairwise(s.scalars(stages).all()):
            if before.member_id == after.member_id and _PLACE[before.stage] >= _PLACE[after.stage]:
                yield f"member {after.member_id} reached {after.stage} after {before.stage}"
        of_member = col(JoiningEvent.member_id)
        counted = select(of_member, func.count(), func.max(col(JoiningEvent.seq))).group_by(of_member)
        for member_id, found, last in s.execute(counted):
            if found != last:
                yield f"member {member_id} has {found} events of joining, but they were numbered up to {last}"
        yield from _transfers(
            (row[0], row[1])
            for row in s.execute(
                select(MemberTransfer, Member)
                .join(Member, col(Member.id) == col(MemberTransfer.member_id))
                .where(col(MemberTransfer.undone_at).is_(None), col(MemberTransfer.leaves))
            )
        )


def _transfers(found: Iterable[tuple[MemberTransfer, Member]]) -> Iterator[str]:
    for transfer, member in found:
        if member.to_on != transfer.on_day or member.affiliation != Affiliation.direct:
            yield f"member {member.id} was transferred out on {transfer.on_day}, but did not leave on that day"
