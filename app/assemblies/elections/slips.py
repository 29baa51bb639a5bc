"""Slips with a QR code, one for each elector: drawn by hand from a pile, so that nobody knows who has which."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.elections import polling, service
from app.assemblies.elections.models import Election, Method, State
from app.assemblies.elections.schemas import SlipRead, Slips
from app.ballots import service as ballots
from app.communities.models import Community
from app.core import qr


def overview(s: Session, who: Principal, election_id: UUID) -> Slips:
    return _read(s, service.find(s, who, election_id))


def make(s: Session, who: Principal, election_id: UUID, base: str) -> Slips:
    election, made = polling.make_slips(s, who, election_id)
    shown = _read(s, election)
    shown.slips = [_slip(slip, base) for slip in made]
    return shown


def _read(s: Session, election: Election) -> Slips:
    used = polling.turnout(s, election) or 0
    ready = election.method == Method.passes and election.state in (State.nominated, State.open)
    return Slips(
        election_id=election.id,
        community_name=s.get_one(Community, election.community_id).name,
        may_make=ready and not used,
        made=election.box_id is not None,
        claim=ballots.claim(ballots.Secrecy.secret),
        slips=[],
        **election.model_dump(include={"title", "held_on", "registered", "method", "state"}),
    )


def _slip(slip: ballots.Slip, base: str) -> SlipRead:
    href = f"{base}/b/{slip.token}"
    return SlipRead(
        serial=ballots.grouped(slip.serial), code=ballots.grouped(slip.token), href=href, picture=qr.picture(href)
    )
