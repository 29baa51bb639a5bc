"""Preparing a box: who is invited, which passes there are, what is printed on the slips, and opening."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session, col

from app.ballots import codes, locks, sealing, strata
from app.ballots.models import UNSPENT, BallotBox, BallotPass, BoxState, Invitation, InvitationState, Secrecy
from app.core import audit
from app.core.db import touch
from app.core.errors import Conflict
from app.core.i18n import gettext as _

_shuffle = secrets.SystemRandom().shuffle


@dataclass(frozen=True)
class Voter:
    """Somebody to invite. `kind` and `id` say who in the room that invites."""

    kind: str
    id: UUID
    name: str
    stratum: str = ""


@dataclass(frozen=True)
class Slip:
    """What is printed for one pass. `name` is None in a secret box, where nobody knows whose pass it is."""

    serial: str
    token: str
    name: str | None
    stratum: str


def prepare(s: Session, community_id: UUID, purpose: str, secrecy: Secrecy, voters: Sequence[Voter]) -> BallotBox:
    """A box for exactly these people: nobody is added later, because the difference would be that person's ballot."""
    if not voters:
        raise Conflict(_("没有可以邀请的人。"), code="nobody_invited")
    if len({(v.kind, v.id) for v in voters}) < len(voters):
        raise Conflict(_("同一个人只能邀请一次。"), code="invited_twice")
    locks.erase_for_good(s)
    box = BallotBox(community_id=community_id, purpose=purpose, secrecy=Secrecy(secrecy))
    key = sealing.begin_key(box)
    s.add(box)
    s.flush()
    invitations = _invite(s, box, key, voters)
    if box.secrecy != Secrecy.secret:
        called = _called(box, invitations)
        _add_passes(s, box, key, (_slip(key, i, called[i.stratum]) for i in invitations))
    return box


def _invite(s: Session, box: BallotBox, key: bytes, voters: Sequence[Voter]) -> list[Invitation]:
    invitations = [
        Invitation(
            box_id=box.id,
            community_id=box.community_id,
            voter_kind=voter.kind,
            voter_id=voter.id,
            voter_name=voter.name,
            stratum=voter.stratum,
        )
        for voter in voters
    ]
    for invitation, serial in zip(invitations, _numbers(box, key, invitations), strict=True):
        invitation.serial = serial
    s.add_all(invitations)
    s.flush()
    return invitations


def _numbers(box: BallotBox, key: bytes, invitations: Sequence[Invitation]) -> Sequence[str | None]:
    """In a secret box an invitation has no serial number: the slips have numbers of their own."""
    if box.secrecy == Secrecy.secret:
        return [None] * len(invitations)
    return _serials(len(invitations)) if box.secrecy == Secrecy.confidential else _named_serials(key, invitations)


def _named_serials(key: bytes, invitations: Iterable[Invitation]) -> list[str]:
    """Numbers that follow from the tokens: see `redeeming._invitation_of`."""
    of, taken = sealing.token_key(key), dict[str, None]()
    for invitation in invitations:
        mine = sealing.serials_of(key, sealing.token_of(of, invitation.id))
        taken[next(serial for serial in mine if serial not in taken)] = None
    return list(taken)


def _serials(n: int) -> list[str]:
    found: set[str] = set()
    while len(found) < n:
        found.add(codes.new_serial())
    return list(found)


def _called(box: BallotBox, invitations: Iterable[Invitation]) -> dict[str, str]:
    counts = Counter(i.stratum for i in invitations)
    return {name: name for name in counts} if box.secrecy == Secrecy.named else strata.coarse(counts)


def _slip(key: bytes, invitation: Invitation, stratum: str) -> Slip:
    token = sealing.token_of(sealing.token_key(key), invitation.id)
    return Slip(serial=str(invitation.serial), token=token, name=invitation.voter_name, stratum=stratum)


def _add_passes(s: Session, box: BallotBox, key: bytes, made: Iterable[Slip]) -> None:
    """All at once and in the order of their hashes, so that their place in the table says nothing."""
    rows = [
        {
            "token_hash": codes.token_hash(slip.token),
            "box_id": box.id,
            "serial_hash": sealing.serial_hash(key, slip.serial),
            "stratum": slip.stratum,
            "spent": UNSPENT,
        }
        for slip in made
    ]
    s.execute(insert(BallotPass), sorted(rows, key=lambda row: row["token_hash"]))


def invited(s: Session, box: BallotBox) -> list[Invitation]:
    return list(s.scalars(select(Invitation).where(col(Invitation.box_id) == box.id).order_by(col(Invitation.id))))


def slips(s: Session, box: BallotBox) -> list[Slip]:
    """What to print. Any number of times until closing; in a secret box once, before opening: nothing is kept of it."""
    if box.secrecy == Secrecy.secret:
        box = locks.held(s, box)
        if box.state != BoxState.prepared or _passes(s, box):
            raise Conflict(_("无记名的答题条只能制作一次。"), code="slips_made")
        return _new_slips(s, box)
    if box.state not in (BoxState.prepared, BoxState.open):
        raise Conflict(_("已经结束，不能再打印答题条。"), code="box_closed")
    key, invitations = sealing.key_of(box), invited(s, box)
    called = _called(box, invitations)
    return [_slip(key, i, called[i.stratum]) for i in invitations if i.state == InvitationState.invited]


def renew_slips(s: Session, box: BallotBox) -> list[Slip]:
    """New slips of a secret box for spoilt or lost ones, before the first is used. All earlier slips become void."""
    box = locks.held(s, box)
    if box.secrecy != Secrecy.secret or box.state not in (BoxState.prepared, BoxState.open):
        raise Conflict(_("这里的答题条不需要重新制作。"), code="slips_not_renewable")
    if _passes(s, box, spent=True):
        raise Conflict(_("已经有人作答，不能再换答题条。"), code="slips_in_use")
    locks.erase_for_good(s)
    s.execute(delete(BallotPass).where(col(BallotPass.box_id) == box.id))
    return _new_slips(s, box, "ballot_box.renew_slips")


def _new_slips(s: Session, box: BallotBox, action: str = "ballot_box.make_slips") -> list[Slip]:
    key, invitations = sealing.key_of(box), invited(s, box)
    called = _called(box, invitations)
    made = [
        Slip(serial=serial, token=codes.new_token(), name=None, stratum=called[invitation.stratum])
        for serial, invitation in zip(_serials(len(invitations)), invitations, strict=True)
    ]
    _shuffle(made)
    _add_passes(s, box, key, made)
    audit.note(s, action, "ballot_box", box.id, box.community_id, rows=len(made))
    return made


def _passes(s: Session, box: BallotBox, *, spent: bool = False) -> int:
    count = select(func.count()).select_from(BallotPass).where(col(BallotPass.box_id) == box.id)
    if spent:
        count = count.where(col(BallotPass.spent) != UNSPENT)
    return s.scalar(count) or 0


def open_box(s: Session, box: BallotBox) -> None:
    """From now on passes can be used."""
    box = locks.held(s, box)
    if box.state == BoxState.open:
        return
    if box.state != BoxState.prepared:
        raise Conflict(_("已经结束，不能再开放。"), code="box_closed")
    if not _passes(s, box):
        raise Conflict(_("请先制作答题条，再开放。"), code="slips_missing")
    locks.erase_for_good(s)
    box.state = BoxState.open
    touch(box)
    s.flush()


def token_of(box: BallotBox, invitation: Invitation) -> str:
    """The token of a named or confidential invitation, made again as for a letter that is printed once more."""
    if box.secrecy == Secrecy.secret:
        raise Conflict(_("无记名的答题条不知道是谁的。"), code="nobodys_token")
    return sealing.token_of(sealing.token_key(sealing.key_of(box)), invitation.id)


def mark_ineligible(s: Session, invitation: Invitation) -> None:
    """Moved away or died: no more reminders, and not counted as silent. A pass in use stays as good as it was."""
    invitation.state = InvitationState.ineligible
    touch(invitation)
