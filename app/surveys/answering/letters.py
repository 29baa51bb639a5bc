"""Slips and letters: what is printed, cut and handed out, so that people can answer by phone or on paper."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.communities.models import Community
from app.core import audit, qr
from app.core.clock import today
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.households.models import Household
from app.households.residents.models import Residency
from app.surveys.answering.schemas import Letter, Letters
from app.surveys.rounds import publishing
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round

_RESIDENT = "resident"


def overview(s: Session, who: Principal, round_id: UUID) -> Letters:
    """What would be printed, and whether it can be; no pass is shown."""
    return _letters(s, rounds.get(s, who, round_id), "", [])


def make(s: Session, who: Principal, round_id: UUID, base: str) -> Letters:
    """The slips, audited each time. A named or confidential round's as often as needed until it closes; those of a
    secret round are new ones, seen this once: all earlier ones become void, and it is refused once somebody answered.
    """
    round_ = _open_round(s, who, round_id)
    box = publishing.box_of(s, round_)
    secret = round_.secrecy == ballots.Secrecy.secret
    slips = ballots.renew_slips(s, box) if secret else ballots.slips(s, box)
    audit.note(s, "round.print_letters", "evaluation_round", round_.id, round_.community_id, rows=len(slips))
    return _letters(s, round_, base, slips)


def _open_round(s: Session, who: Principal, round_id: UUID) -> Round:
    round_ = rounds.get(s, who, round_id)
    if not rounds.is_answerable(round_):
        raise Conflict(_("只有进行中的轮次才能打印答题条。"), code="round_state")
    return round_


def _letters(s: Session, round_: Round, base: str, slips: Sequence[ballots.Slip]) -> Letters:
    is_open, secret = rounds.is_answerable(round_), round_.secrecy == ballots.Secrecy.secret
    addresses = _addresses(s, round_) if is_open else {}
    used = secret and is_open and ballots.turnout(s, publishing.box_of(s, round_)).answered > 0
    return Letters(
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        community_name=s.get_one(Community, round_.community_id).name,
        secrecy=round_.secrecy,
        claim=ballots.claim(ballots.Secrecy(round_.secrecy)),
        closes_at=round_.closes_at,
        is_open=is_open,
        may_print=is_open and not used,
        invited=round_.invited,
        letters=[_letter(slip, base, addresses) for slip in slips],
        recipients=_recipients(s, round_, addresses) if secret and is_open else [],
    )


def _letter(slip: ballots.Slip, base: str, addresses: dict[str, str]) -> Letter:
    href = f"{base}/s/{slip.token}"
    return Letter(
        serial=ballots.grouped(slip.serial),
        code=ballots.grouped(slip.token),
        name=slip.name,
        address=addresses.get(slip.serial, ""),
        href=href,
        picture=qr.picture(href),
    )


def _addresses(s: Session, round_: Round) -> dict[str, str]:
    """Where the residents among those invited live now: by serial number, and by invitation for those without one."""
    day, invited = today(), ballots.Invitation
    wanted = (
        select(invited.serial, invited.id, Household.label)
        .join(Residency, col(Residency.resident_id) == col(invited.voter_id))
        .join(Household, col(Household.id) == col(Residency.household_id))
        .where(invited.box_id == round_.box_id, invited.voter_kind == _RESIDENT, col(Residency.from_on) <= day)
        .where(col(Residency.to_on).is_(None) | (col(Residency.to_on) >= day))
    )
    return {str(serial or invitation_id): label for serial, invitation_id, label in s.exec(wanted)}


def _recipients(s: Session, round_: Round, addresses: dict[str, str]) -> list[str]:
    """Whom the sealed slips are handed to. Any slip to any of them: which one went where is written nowhere."""
    invited = ballots.Invitation
    wanted = select(invited.id, invited.voter_name).where(invited.box_id == round_.box_id)
    rows = s.exec(wanted.order_by(invited.voter_name, col(invited.id)))
    return sorted(" ".join(filter(None, [addresses.get(str(id_), ""), name])) for id_, name in rows)
