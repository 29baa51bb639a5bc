"""The file from which anyone can recompute a published round, draw and score both, as docs/bundle.md lays it down.

It is made once, at publishing, and served byte for byte. It names nobody, and what the scores suppress is not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Text, cast, func, insert, literal
from sqlmodel import Session
from starlette.responses import Response

from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.communities.models import Community
from app.core.errors import NotFound
from app.surveys.rounds import draw, framing, subjects
from app.surveys.rounds.models import Round, RoundBundle, RoundDraw
from app.surveys.scores import bundle as score_bundle
from app.surveys.scores import compute, facts
from app.surveys.scores import service as scores

FORMAT = "qinlian-bundle-v1"


def keep(
    s: Session,
    round_: Round,
    counted: compute.Tallies,
    lines: score_bundle.Lines,
    strata: Mapping[str, compute.Stratum],
    changed: tuple[int, int],
    at: datetime,
) -> None:
    """Makes and stores the bundle of the round's present revision; `changed` are sheets added and removed so far."""
    added, removed = changed
    receipts = ballots.receipts(s, s.get_one(BallotBox, round_.box_id))
    counts = {
        "invited": round_.invited,
        "population": round_.population,
        "returned": len(receipts) + added - removed,
        "on_paper": round_.on_paper,
        "added": added,
        "removed": removed,
    }
    judged, standing = subjects.of_round(s, round_.id), scores.of_round(s, round_.id, latest=True)
    content = score_bundle.together(
        score_bundle.texts(
            format=FORMAT,
            round=_round(s, round_),
            frame=_frame(s, round_),
            draws=[_draw(s, drawn) for drawn in framing.draws_of(s, round_.id)],
            counts=counts,
            receipts=receipts,
        )
        | score_bundle.scored_part(counted, judged, lines, standing, strata)
    )
    values = {"round_id": round_.id, "revision": round_.revision, "created_at": at}
    mark = hashlib.sha256(content).hexdigest()
    s.execute(insert(RoundBundle).values(**values, content=_text(s, content), sha256=mark))


def _text(s: Session, content: bytes) -> ColumnElement[str]:
    """The bytes as a text of the database's own: a Python string with Chinese in it takes three times the room."""
    raw = literal(content, LargeBinary)
    return cast(raw, Text) if s.get_bind().dialect.name == "sqlite" else func.convert_from(raw, "UTF8")


def _round(s: Session, round_: Round) -> dict[str, Any]:
    community = s.get_one(Community, round_.community_id)
    return {
        "id": str(round_.id),
        "community": community.name,
        "community_code": community.code,
        "instrument": round_.instrument_key,
        "title": round_.title,
        "period": round_.period,
        "panel": str(round_.panel),
        "method": str(round_.method),
        "secrecy": str(round_.secrecy),
        "opened_at": _instant(round_.opened_at),
        "closed_at": _instant(round_.closed_at),
        "revision": round_.revision,
    }


def _instant(at: datetime | None) -> str:
    return facts.instant(at) if at else ""


def _frame(s: Session, round_: Round) -> dict[str, Any]:
    units = framing.units_of(s, round_.id)
    return {
        "units": sorted([u.id, u.cluster, u.stratum] for u in units),
        "hash": round_.frame_hash,
        "table_hash": draw.table_hash(units),
    }


def _draw(s: Session, drawn: RoundDraw) -> dict[str, Any]:
    picks = framing.picks_of(s, drawn.id)
    shares = {share["stratum"]: share["size"] for share in drawn.allocation}
    instead = {p.replaces: p.public_id for p in picks if p.replaces}
    return {
        "number": drawn.number,
        "frame_hash": drawn.frame_hash,
        "table_hash": drawn.table_hash,
        "commit": drawn.commit,
        "seed": drawn.seed,
        "public": drawn.public_number,
        "source": drawn.source_text,
        "size": drawn.size,
        "reserves": drawn.reserves,
        "strata": drawn.allocation,
        "picks": [
            {
                "id": p.public_id,
                "stratum": p.stratum,
                "position": p.position,
                "reserve": p.position > shares[p.stratum],  # type: ignore[operator]
            }
            for p in picks
        ],
        "replaced": [
            {"id": p.public_id, "by": instead[p.public_id], "reason": p.reason} for p in picks if p.public_id in instead
        ],
        "voided": drawn.void_reason,
    }


def find(s: Session, round_id: UUID, revision: int | None) -> RoundBundle:
    """A published bundle; the latest when no revision is named."""
    round_ = s.get(Round, round_id)
    wanted = revision or (round_.revision if round_ else 0)
    found = s.get(RoundBundle, (round_id, wanted))
    if found is None:
        raise NotFound()
    return found


def response(s: Session, round_id: UUID, revision: int | None) -> Response:
    kept = find(s, round_id, revision)
    name = f"round-{round_id}-{kept.revision}.json"
    headers = {
        "ETag": f'"{kept.sha256}"',
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(kept.content, media_type="application/json", headers=headers)
