"""The file from which anyone can recompute a declared vote, as docs/bundle.md lays it down.

It is made once, when the result is declared, and served byte for byte to everybody. Of a named vote it has seats with
masked names, of owners their areas and no address, of every other vote no person.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlmodel import Session
from starlette.responses import Response

from app.assemblies.motions.models import Motion
from app.assemblies.votes import counting, electorate, service
from app.assemblies.votes.models import Method, Vote, VoteBundle, VoteCount, VoteElector
from app.ballots import service as ballots
from app.communities.models import Community
from app.core.errors import NotFound
from app.core.masking import mask_name

FORMAT = "qinlian-vote-v1"
_FIGURES = (
    "issued", "returned", "unreturned", "valid", "invalid", "votes_for", "votes_against", "abstain",
    "area_participating", "area_for",
)  # fmt: skip


def keep(s: Session, vote: Vote, at: datetime) -> VoteBundle:
    """Makes and stores the file of a vote that is just being declared."""
    text = json.dumps(content(s, vote), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = VoteBundle(vote_id=vote.id, content=text, sha256=hashlib.sha256(text.encode()).hexdigest(), created_at=at)
    s.add(made)
    s.flush()
    return made


def content(s: Session, vote: Vote) -> dict[str, Any]:
    counts = counting.counts_of_vote(s, vote.id)
    return {
        "format": FORMAT,
        "vote": _vote(s, vote),
        "pack": vote.pack,
        "pack_hash": vote.pack_hash,
        "electors": [_elector(vote, one) for one in electorate.electors(s, vote.id)],
        "count": _count(counts[-1]),
        "recounted": [{**_count(one), "reason": later.reason} for one, later in pairwise(counts)],
        **_ballots(s, vote),
        "decision": vote.decision,
        "resolution": {"number": vote.resolution_number, "text": vote.resolution_text}
        if vote.resolution_number
        else None,
    }


def _vote(s: Session, vote: Vote) -> dict[str, Any]:
    community = s.get_one(Community, vote.community_id)
    assembly = service.assembly_of(s, vote)
    motion = s.get(Motion, vote.motion_id) if vote.motion_id else None
    return {
        "id": str(vote.id),
        "community": community.name,
        "community_code": community.code,
        "body": vote.body,
        "assembly": assembly.title if assembly else "",
        "motion": motion.number if motion else "",
        "question": vote.question,
        "matter": str(vote.matter),
        "method": str(vote.method),
        "opened_at": _instant(vote.opened_at),
        "closed_at": _instant(vote.closed_at),
        "declared_at": _instant(vote.declared_at),
    }


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def _elector(vote: Vote, elector: VoteElector) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "position": elector.position,
        "present": elector.present,
        "proxy": elector.proxy_id is not None,
    }
    if vote.method == Method.owners:
        shown |= {"area": elector.area, "choice": elector.choice}
    if vote.method == Method.roll_call:
        shown |= {"name": mask_name(elector.name), "choice": elector.choice}
    return shown


def _count(count: VoteCount) -> dict[str, int]:
    return {name: getattr(count, name) for name in _FIGURES}


def _ballots(s: Session, vote: Vote) -> dict[str, Any]:
    """Every ballot of a secret vote by passes, in an order that says nothing, and the receipts of all."""
    box = service.box_of(s, vote)
    if box is None:
        return {"ballots": None, "receipts": None}
    cast = [counting.choice_of(sheet.answers) for sheet in ballots.sheets(s, box)]
    return {"ballots": sorted(cast), "receipts": sorted(ballots.receipts(s, box))}


def find(s: Session, vote_id: UUID) -> VoteBundle:
    """The published file: to be read by everybody, and 404 until the result is declared."""
    found = s.get(VoteBundle, vote_id)
    if found is None:
        raise NotFound()
    return found


def response(s: Session, vote_id: UUID) -> Response:
    kept = find(s, vote_id)
    headers = {
        "ETag": f'"{kept.sha256}"',
        "Content-Disposition": f'attachment; filename="vote-{vote_id}.json"',
    }
    return Response(kept.content, media_type="application/json", headers=headers)
