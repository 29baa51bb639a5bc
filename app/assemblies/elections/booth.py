"""What the booth behind `/b/{token}` shows of an election, and what of a ballot goes into the box."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.elections import candidates, service
from app.assemblies.elections.models import Candidate, Election, ElectionPost, State
from app.assemblies.models import SeatPost
from app.assemblies.words import POSTS
from app.ballots import booth
from app.ballots import service as ballots
from app.ballots.models import BallotBox, Purpose
from app.ballots.redeeming import Answers
from app.ballots.schemas import BallotOption, BoothForm, Contest
from app.communities.models import Community
from app.core.i18n import gettext as _


def _of_box(s: Session, box_id: UUID) -> Election | None:
    found: Election | None = s.scalars(select(Election).where(col(Election.box_id) == box_id)).one_or_none()
    return found


def form(s: Session, box: BallotBox) -> BoothForm | None:
    """The ballot on a phone: the same names in the same order as on paper. None unless people vote now."""
    election = _of_box(s, box.id)
    if election is None or election.state != State.open:
        return None
    return paper(s, election, ballots.claim(ballots.Secrecy(box.secrecy)))


def paper(s: Session, election: Election, claim: str) -> BoothForm:
    names = candidates.standing(s, election.id)
    return BoothForm(
        title=election.title,
        community_name=s.get_one(Community, election.community_id).name,
        lead=_("第 %(n)s 次投票", n=election.round) if election.round > 1 else "",
        claim=claim,
        contests=[_contest(post, names) for post in service.posts_of(s, election.id)],
        blank=_("交空白票，一个人也不选"),
    )


def _contest(post: ElectionPost, names: list[Candidate]) -> Contest:
    """Fewer marks than seats are everybody's right; more would make the ballot invalid."""
    return Contest(
        key=str(post.id),
        title=_(POSTS[SeatPost(post.post)]),
        note=_("应选 %(n)s 名，可以少选，不能多选。", n=post.seats),
        least=0,
        most=post.seats,
        options=[BallotOption(key=str(x.id), label=x.name, note=x.about) for x in names if x.post_id == post.id],
    )


def answers(_s: Session, _box: BallotBox, marks: booth.Marks) -> Answers:
    """What is stored of a ballot: the marked names of each post."""
    return {post: {"marks": list(chosen)} for post, chosen in marks.items()}


def receipts_href(s: Session, box_id: UUID) -> str:
    election = _of_box(s, box_id)
    return f"/elections/{election.id}/receipts" if election else ""


booth.register(Purpose.election, booth.Kind(form, answers, receipts_href))
