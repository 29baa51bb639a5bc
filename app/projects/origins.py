"""Where projects come from: motions and the votes that carried them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.assemblies.motions.models import Motion
from app.assemblies.votes import reading as votes
from app.assemblies.votes import service as resolutions
from app.assemblies.votes.models import Vote
from app.core.masking import mask_name
from app.projects.models import Project
from app.projects.schemas import OriginRead


def carried_ids(s: Session, community_id: UUID) -> set[UUID]:
    return {vote.id for vote in resolutions.carried(s, community_id)}


def choices(s: Session, community_id: UUID) -> list[tuple[UUID, str]]:
    """The resolutions of a community to choose from, the latest first."""
    return [(v.id, f"{v.resolution_number} {v.resolution_text}"[:120]) for v in resolutions.carried(s, community_id)]


def origin(s: Session, project: Project, *, outside: bool) -> OriginRead:
    """The motion and the vote; `outside` the community the names of those who moved it are masked."""
    motion = s.get(Motion, project.motion_id) if project.motion_id else None
    vote = s.get(Vote, project.vote_id) if project.vote_id else None
    carried = votes.resolution(vote) if vote is not None and vote.resolution_number else None
    return OriginRead(
        motion_id=project.motion_id,
        motion_number=motion.number if motion else "",
        motion_title=motion.title if motion else "",
        proposers=_names(motion.proposer_names, outside) if motion else "",
        vote_id=project.vote_id,
        resolution_number=carried.number if carried else "",
        decided_at=carried.declared_at if carried else None,
        decision=carried.explanation if carried else "",
    )


def _names(names: str, outside: bool) -> str:
    return "、".join(mask_name(name) for name in names.split("、")) if outside and names else names
