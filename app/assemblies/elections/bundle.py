"""The file from which anybody recomputes an election, as docs/bundle.md lays it down. Made once, when it is declared.

No sheet is in it. With many names on a sheet everybody could be told a pattern of his own, and a buyer of votes would
look for it. Published are votes by candidate, ballots by the number of marks, and the receipts.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session
from starlette.responses import Response

from app.assemblies.elections import candidates, electors, rules, service
from app.assemblies.elections.models import Election, ElectionBundle, ElectionCount
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.communities.models import Community
from app.core.errors import NotFound

FORMAT = "qinlian-election-v1"


def keep(s: Session, election: Election, count: ElectionCount, at: datetime) -> ElectionBundle:
    """Makes and stores the bundle of a result that is being declared."""
    text = json.dumps(content(s, election, count), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = ElectionBundle(
        election_id=election.id, content=text, sha256=hashlib.sha256(text.encode()).hexdigest(), created_at=at
    )
    s.add(made)
    s.flush()
    return made


def content(s: Session, election: Election, count: ElectionCount) -> dict[str, Any]:
    terms = rules.terms(election)
    box = s.get(BallotBox, election.box_id) if election.box_id else None
    return {
        "format": FORMAT,
        "election": _election(s, election),
        "pack": election.pack,
        "pack_hash": election.pack_hash,
        "rules": {
            "valid": [x.model_dump(mode="json") for x in terms.valid],
            "elected": [x.model_dump(mode="json") for x in terms.elected],
        },
        "electors": {"ids": electors.public_ids(s, election.id), "hash": election.electors_hash},
        "counts": {
            "registered": election.registered,
            "issued": count.issued,
            "returned": count.returned,
            "unreturned": count.unreturned,
            "revision": count.revision,
        },
        "receipts": ballots.receipts(s, box) if box else [],
        "contests": _contests(s, election, count),
        "outcome": election.outcome,
    }


def _election(s: Session, election: Election) -> dict[str, Any]:
    community = s.get_one(Community, election.community_id)
    return {
        "id": str(election.id),
        "community": community.name,
        "community_code": community.code,
        "title": election.title,
        "body": election.body,
        "held_on": election.held_on.isoformat(),
        "round": election.round,
        "method": election.method,
        "opened_at": _instant(election.opened_at),
        "closed_at": _instant(election.closed_at),
        "declared_at": _instant(election.declared_at),
    }


def _instant(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""


def _contests(s: Session, election: Election, count: ElectionCount) -> list[dict[str, Any]]:
    names = candidates.standing(s, election.id)
    rows = {row["post_id"]: row for row in count.posts}
    return [
        {
            "post_id": str(post.id),
            "post": post.post,
            "seats": post.seats,
            "candidates": [{"id": str(x.id), "name": x.name} for x in names if x.post_id == post.id],
            **{key: rows[str(post.id)][key] for key in ("valid", "invalid", "votes", "marks")},
        }
        for post in service.posts_of(s, election.id)
    ]


def find(s: Session, election_id: UUID) -> ElectionBundle:
    found = s.get(ElectionBundle, election_id)
    if found is None:
        raise NotFound()
    return found


def response(s: Session, election_id: UUID) -> Response:
    kept = find(s, election_id)
    headers = {
        "ETag": f'"{kept.sha256}"',
        "Content-Disposition": f'attachment; filename="election-{election_id}.json"',
    }
    return Response(kept.content, media_type="application/json", headers=headers)
